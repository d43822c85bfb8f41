/*
 * import_files.c - the items of a bucket's files.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "transfer/export_files.h"
#include "transfer/import_files.h"

struct ImportFiles
{
	Bucket	   *bucket;
	const ItemFileOptions *options;
	List	   *objects;		/* of BucketObject *, in order */
	List	   *known;			/* ImportFile * of each, or NIL */
	int			current;		/* which of them is read */
	int64		records;		/* of it, that have been read */
	int64		size;			/* of all of them, in the bucket */
	int64		size_before;	/* of those before it */
	int64		bytes;			/* of those before it, since the beginning */
	int64		passed;			/* of it, that were read before the beginning */
	MemoryContext file;			/* of what is open */
	BucketReader *object;
	int64		read;			/* of its bytes in the bucket */
	ItemFileReader *reader;		/* or NULL */
	void	   *md5;			/* of what has been read of one that is known; or NULL */
	bool		broken;			/* nothing behind the last record can be read */
};

/* What an export and a backup have beside their data; AWS's exports have had checksums by both names. */
static bool
is_manifest(const char *key)
{
	static const char *const names[] = {
		"", "_started", "manifest-files.json", "manifest-files.checksum", "manifest-files.md5",
		"manifest-summary.json", "manifest-summary.checksum", "manifest-summary.md5",
		"manifest-backup.json"
	};
	const char *slash = strrchr(key, '/');
	const char *name = slash != NULL ? slash + 1 : key;

	for (int i = 0; i < (int) lengthof(names); i++)
	{
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

bool
import_places_equal(ImportPlace one, ImportPlace other)
{
	if (one.key == NULL || other.key == NULL)
		return one.key == other.key;
	return one.records == other.records && strcmp(one.key, other.key) == 0;
}

static void
report_missing(const char *key)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("The specified key does not exist: %s", key)));
}

static const char *
current_key(const ImportFiles *files)
{
	return ((BucketObject *) list_nth(files->objects, files->current))->key;
}

static void
next_file(ImportFiles *files)
{
	files->size_before += ((BucketObject *) list_nth(files->objects, files->current))->size;
	files->current++;
}

static void
find_place(ImportFiles *files, const ImportPlace *place)
{
	while (files->current < list_length(files->objects) &&
		   (place->key != NULL ? strcmp(current_key(files), place->key) != 0 : files->current < place->files))
		next_file(files);
	if (place->key != NULL && files->current == list_length(files->objects))
		report_missing(place->key);
	files->records = place->records;
}

ImportFiles *
import_files_begin(Bucket *bucket, const char *prefix, const ItemFileOptions *options, const ImportPlace *place)
{
	ImportFiles *files = palloc0(sizeof(ImportFiles));
	ListCell   *cell;

	files->bucket = bucket;
	files->options = options;
	foreach(cell, bucket_list(bucket, prefix != NULL ? prefix : ""))
	{
		BucketObject *object = lfirst(cell);

		if (is_manifest(object->key))
			continue;
		files->objects = lappend(files->objects, object);
		files->size += object->size;
	}
	files->file = AllocSetContextCreate(CurrentMemoryContext, "ddb file of an import", ALLOCSET_DEFAULT_SIZES);
	find_place(files, place);
	return files;
}

ImportFiles *
import_files_begin_known(Bucket *bucket, List *known, const ItemFileOptions *options, const ImportPlace *place)
{
	ImportFiles *files = palloc0(sizeof(ImportFiles));
	ListCell   *cell;

	files->bucket = bucket;
	files->options = options;
	files->known = known;
	foreach(cell, known)
	{
		BucketObject *object = palloc0(sizeof(BucketObject));

		object->key = ((ImportFile *) lfirst(cell))->key;
		files->objects = lappend(files->objects, object);
	}
	files->file = AllocSetContextCreate(CurrentMemoryContext, "ddb file of an import", ALLOCSET_DEFAULT_SIZES);
	find_place(files, place);
	return files;
}

/* ---- What is known of a file ---- */

static void
report_difference(const ImportFiles *files, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("The file is not what its manifest says: %s: %s", current_key(files), detail)));
}

static void
forget_digest(void *argument)
{
	ImportFiles *files = argument;

	digest_md5_end(files->md5, NULL);
	files->md5 = NULL;
}

static void
begin_check(ImportFiles *files)
{
	MemoryContextCallback *callback;

	if (files->known == NIL)
		return;
	callback = MemoryContextAlloc(files->file, sizeof(MemoryContextCallback));
	callback->func = forget_digest;
	callback->arg = files;
	MemoryContextRegisterResetCallback(files->file, callback);
	files->md5 = digest_md5_begin();
}

static size_t
read_bytes(void *argument, char *buffer, size_t size)
{
	ImportFiles *files = argument;
	size_t		count = bucket_read(files->object, buffer, size);

	files->read += count;
	if (files->md5 != NULL)
		digest_md5_add(files->md5, buffer, count);
	return count;
}

/* At the end of its records: whether they were as many, and the bytes up to the file's end those. */
static void
end_check(ImportFiles *files)
{
	const ImportFile *known;
	char		buffer[8192];
	uint8		digest[MD5_LENGTH];

	if (files->md5 == NULL)
		return;
	while (read_bytes(files, buffer, sizeof(buffer)) > 0)
		;
	digest_md5_end(files->md5, digest);
	files->md5 = NULL;
	known = list_nth(files->known, files->current);
	if (strcmp(export_files_checksum(digest), known->checksum) != 0)
		report_difference(files, "its checksum is another one");
	if (files->records != known->items)
		report_difference(files, psprintf("it has " INT64_FORMAT " items, and not " INT64_FORMAT, files->records, known->items));
}

/* ---- One file ---- */

/* Passes by what has been read of it. */
static void
pass_by(ImportFiles *files)
{
	MemoryContext record = AllocSetContextCreate(files->file, "ddb record that has been imported", ALLOCSET_DEFAULT_SIZES);

	for (int64 i = 0; i < files->records; i++)
	{
		MemoryContext caller = MemoryContextSwitchTo(record);
		Value		item;
		const char *message;
		ItemFileResult result = item_file_read_next(files->reader, &item, &message);

		MemoryContextSwitchTo(caller);
		MemoryContextReset(record);
		files->broken = result == ITEM_FILE_BROKEN;
		if (result == ITEM_FILE_END || files->broken)
			break;
	}
	MemoryContextDelete(record);
	files->passed = item_file_read_bytes(files->reader);
}

static void
open_file(ImportFiles *files)
{
	MemoryContext caller = MemoryContextSwitchTo(files->file);

	files->object = bucket_read_begin(files->bucket, current_key(files), 0);
	if (files->object == NULL)
		report_missing(current_key(files));
	begin_check(files);
	files->reader = item_file_read_begin(files->options, read_bytes, files);
	pass_by(files);
	MemoryContextSwitchTo(caller);
}

static int64
file_bytes(const ImportFiles *files)
{
	return files->reader != NULL ? item_file_read_bytes(files->reader) - files->passed : 0;
}

static void
close_file(ImportFiles *files)
{
	files->bytes += file_bytes(files);
	files->reader = NULL;
	files->object = NULL;
	files->broken = false;
	files->records = files->passed = files->read = 0;
	MemoryContextReset(files->file);
}

/* ---- All of them ---- */

/* Whether there is another record in the current file. */
static bool
next_of_file(ImportFiles *files, Value *item, const char **message, ItemFileResult *result)
{
	if (files->reader == NULL)
		open_file(files);
	if (files->broken)
		return false;
	*result = item_file_read_next(files->reader, item, message);
	files->broken = *result == ITEM_FILE_BROKEN;
	if (files->known != NIL && (files->broken || *result == ITEM_FILE_BAD_ITEM))
		report_difference(files, psprintf("behind " INT64_FORMAT " items: %s", files->records, *message));
	return *result != ITEM_FILE_END;
}

ItemFileResult
import_files_next(ImportFiles *files, Value *item, const char **message)
{
	ItemFileResult result;

	for (; files->current < list_length(files->objects); next_file(files))
	{
		if (next_of_file(files, item, message, &result))
		{
			files->records++;
			return result;
		}
		end_check(files);
		/* the last one stays the place */
		if (files->current == list_length(files->objects) - 1)
			break;
		close_file(files);
	}
	return ITEM_FILE_END;
}

ImportPlace
import_files_place(const ImportFiles *files)
{
	ImportPlace place = {.records = files->records,.files = files->current};

	if (files->current < list_length(files->objects))
		place.key = (char *) current_key(files);
	return place;
}

int64
import_files_bytes(const ImportFiles *files)
{
	return files->bytes + file_bytes(files);
}

int64
import_files_size(const ImportFiles *files)
{
	return files->size;
}

int64
import_files_size_done(const ImportFiles *files)
{
	return files->size_before + files->read;
}

ItemFileCondition
import_files_condition(const ImportFiles *files)
{
	return item_file_read_condition(files->reader);
}
