/*
 * backup_files.c - the files of a backup in a bucket.
 */
#include "postgres.h"

#include <json-c/json.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "arn.h"
#include "digest.h"
#include "error.h"
#include "transfer/backup_files.h"
#include "transfer/export_files.h"
#include "transfer/import_files.h"
#include "value/json.h"

#define ROOT "AWSDynamoDB/backups/"
#define DESCRIPTION "manifest-backup.json"
#define MANIFEST "manifest-files.json"

/* <milliseconds since 1970>-<8 hexadecimal digits> */
#define ID_DIGITS 14
#define ID_LENGTH (ID_DIGITS + 1 + 8)

/* The longest name of a table, index or attribute in its longest spelling, times as many as there can be, is less. */
#define DESCRIPTION_MAX (1024 * 1024)

/* Enough for a table larger than a relation may be. */
#define MANIFEST_MAX (256 * 1024 * 1024)

/* More items than any file has; the sum of them all is no overflow. */
#define FILE_ITEMS_MAX INT64CONST(1000000000000)

/* How a description ends: the first of these, the checksum of what stands before it, and the second. */
#define CHECKSUM_BEGIN ",\"Checksum\":\""
#define CHECKSUM_END "\"}"
#define CHECKSUM_SIZE (strlen(CHECKSUM_BEGIN) + EXPORT_CHECKSUM_LENGTH + strlen(CHECKSUM_END))

/* ---- Names ---- */

bool
backup_id_time(const char *id, TimestampTz *time)
{
	if (strlen(id) != ID_LENGTH || strspn(id, "0123456789") != ID_DIGITS || id[ID_DIGITS] != '-' ||
		strspn(id + ID_DIGITS + 1, "0123456789abcdef") != ID_LENGTH - ID_DIGITS - 1)
		return false;
	*time = (TimestampTz) strtoll(id, NULL, 10) * 1000 -
		(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;
	return true;
}

char *
backup_files_folder(const BackupPlace *place)
{
	return psprintf(ROOT "%s/%s/", place->table_name, place->id);
}

static char *
key_of(const BackupPlace *place, const char *name)
{
	return psprintf("%s%s", backup_files_folder(place), name);
}

/* The backup of which that is the description's key; NULL where it is none. */
static BackupPlace *
place_of_key(const char *key)
{
	const char *name = key + strlen(ROOT);
	const char *id = strchr(name, '/');
	const char *file = id != NULL ? strchr(id + 1, '/') : NULL;
	BackupPlace *place;
	TimestampTz time;

	if (file == NULL || strcmp(file + 1, DESCRIPTION) != 0 || id - name < TABLE_NAME_MIN || id - name > TABLE_NAME_MAX ||
		!is_resource_name(name, id - name))
		return NULL;
	place = palloc(sizeof(BackupPlace));
	place->table_name = pnstrdup(name, id - name);
	place->id = pnstrdup(id + 1, file - id - 1);
	return backup_id_time(place->id, &time) ? place : NULL;
}

static int
compare_places(const ListCell *a, const ListCell *b)
{
	const BackupPlace *one = lfirst(a);
	const BackupPlace *other = lfirst(b);
	int			order = strcmp(one->id, other->id);

	return order != 0 ? order : strcmp(one->table_name, other->table_name);
}

List *
backup_files_list(Bucket *bucket, const char *table_name)
{
	List	   *places = NIL;
	ListCell   *cell;

	foreach(cell, bucket_list(bucket, table_name != NULL ? psprintf(ROOT "%s/", table_name) : ROOT))
	{
		BackupPlace *place = place_of_key(((BucketObject *) lfirst(cell))->key);

		if (place != NULL)
			places = lappend(places, place);
	}
	list_sort(places, compare_places);
	return places;
}

/* ---- The description ---- */

static char *
checksum_of(const char *data, size_t length)
{
	void	   *md5 = digest_md5_begin();
	uint8		digest[MD5_LENGTH];

	digest_md5_add(md5, data, length);
	digest_md5_end(md5, digest);
	return export_files_checksum(digest);
}

/* All of an object, with an end mark behind it; NULL, and its size -1, where there is none, or else where it is larger. */
static char *
read_object(Bucket *bucket, const char *key, int64 most, int64 *size)
{
	BucketReader *reader = bucket_read_begin(bucket, key, 0);
	char	   *text = NULL;

	*size = reader != NULL ? bucket_read_size(reader) : -1;
	if (reader == NULL)
		return NULL;
	if (*size <= most)
	{
		text = palloc(*size + 1);
		*size = bucket_read(reader, text, *size);
		text[*size] = '\0';
	}
	bucket_read_end(reader);
	return text;
}

static bool
has_checksum(const char *text, int64 size)
{
	const char *end;

	if (size <= (int64) CHECKSUM_SIZE)
		return false;
	end = text + size - CHECKSUM_SIZE;
	return strcmp(end, psprintf(CHECKSUM_BEGIN "%s" CHECKSUM_END, checksum_of(text, end - text))) == 0;
}

char *
backup_files_read(Bucket *bucket, const BackupPlace *place, const char **fault)
{
	int64		size;
	char	   *text = read_object(bucket, key_of(place, DESCRIPTION), DESCRIPTION_MAX, &size);

	*fault = NULL;
	if (size < 0)
		return NULL;
	if (text == NULL)
		*fault = "it is too large";
	else if (strlen(text) != (size_t) size || !has_checksum(text, size))
		*fault = "it is cut off, or its checksum is another one";
	return *fault == NULL ? text : NULL;
}

void
backup_files_write(Bucket *bucket, const BackupPlace *place, const char *object, int64 items, int64 bytes,
				   const char *manifest_checksum)
{
	StringInfoData out;

	initStringInfo(&out);
	appendBinaryStringInfo(&out, object, strlen(object) - 1);
	appendStringInfo(&out, ",\"" BACKUP_ITEMS "\":" INT64_FORMAT ",\"" BACKUP_BYTES "\":" INT64_FORMAT
					 ",\"" BACKUP_MANIFEST "\":\"%s\"", items, bytes, manifest_checksum);
	appendStringInfo(&out, CHECKSUM_BEGIN "%s" CHECKSUM_END, checksum_of(out.data, out.len));
	(void) bucket_write_object(bucket, key_of(place, DESCRIPTION), out.data, out.len);
}

/* ---- The manifest ---- */

typedef struct ManifestLine
{
	const char *folder;			/* in which its file must be */
	const char *text;
	size_t		length;
	MemoryContext context;		/* of the result */
	ImportFile *file;			/* NULL: it has not the form */
} ManifestLine;

static const char *
text_member(json_object *object, const char *name)
{
	json_object *value = json_object_object_get(object, name);

	if (!json_object_is_type(value, json_type_string) ||
		strlen(json_object_get_string(value)) != (size_t) json_object_get_string_len(value))
		return NULL;
	return json_object_get_string(value);
}

static void
read_line(void *argument)
{
	ManifestLine *line = argument;
	json_object *object = json_parse(line->text, line->length);
	json_object *items;
	const char *key;
	const char *checksum;

	if (!json_object_is_type(object, json_type_object))
		return;
	items = json_object_object_get(object, "itemCount");
	key = text_member(object, "dataFileS3Key");
	checksum = text_member(object, "md5Checksum");
	if (!json_object_is_type(items, json_type_int) || json_object_get_int64(items) < 0 ||
		json_object_get_int64(items) > FILE_ITEMS_MAX || key == NULL || checksum == NULL ||
		strlen(key) > BUCKET_KEY_MAX || strncmp(key, line->folder, strlen(line->folder)) != 0)
		return;
	line->file = MemoryContextAlloc(line->context, sizeof(ImportFile));
	line->file->key = MemoryContextStrdup(line->context, key);
	line->file->items = json_object_get_int64(items);
	line->file->checksum = MemoryContextStrdup(line->context, checksum);
}

static void
report_manifest(const BackupPlace *place, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("The manifest is not what the backup's description says: %s: %s", key_of(place, MANIFEST), detail)));
}

static List *
read_lines(const BackupPlace *place, const char *text, const char *end)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext scratch = AllocSetContextCreate(caller, "ddb line of a manifest", ALLOCSET_DEFAULT_SIZES);
	ManifestLine line = {.folder = key_of(place, "data/"),.context = caller};
	List	   *files = NIL;

	while (text < end)
	{
		const char *next = memchr(text, '\n', end - text);
		bool		failed;

		CHECK_FOR_INTERRUPTS();
		line.text = text;
		line.length = (next != NULL ? next : end) - text;
		line.file = NULL;
		MemoryContextSwitchTo(scratch);
		failed = error_caught(read_line, &line, scratch, NULL) || line.file == NULL;
		MemoryContextSwitchTo(caller);
		MemoryContextReset(scratch);
		if (failed)
			report_manifest(place, psprintf("line %d makes no sense", list_length(files) + 1));
		files = lappend(files, line.file);
		text += line.length + 1;
	}
	MemoryContextDelete(scratch);
	return files;
}

List *
backup_files_manifest(Bucket *bucket, const BackupPlace *place, const char *checksum, int64 items)
{
	int64		size;
	char	   *text = read_object(bucket, key_of(place, MANIFEST), MANIFEST_MAX, &size);
	List	   *files;
	ListCell   *cell;
	int64		sum = 0;

	if (text == NULL)
		report_manifest(place, size < 0 ? "it is not there" : "it is too large");
	if (strcmp(checksum_of(text, size), checksum) != 0)
		report_manifest(place, "its checksum is another one");
	files = read_lines(place, text, text + size);
	foreach(cell, files)
		sum += ((ImportFile *) lfirst(cell))->items;
	if (sum != items)
		report_manifest(place, psprintf("its files have " INT64_FORMAT " items, and not " INT64_FORMAT, sum, items));
	pfree(text);
	return files;
}

/* ---- Deleting ---- */

void
backup_files_delete(Bucket *bucket, const BackupPlace *place)
{
	bucket_delete(bucket, key_of(place, DESCRIPTION));
	bucket_delete_all(bucket, backup_files_folder(place));
}
