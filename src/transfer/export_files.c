/*
 * export_files.c - the files of an export.
 */
#include "postgres.h"

#include "common/base64.h"
#include "utils/datetime.h"
#include "utils/memutils.h"

#include "transfer/export_files.h"
#include "value/json_out.h"

/* A file ends behind so many bytes of items. */
#define FILE_BYTES INT64CONST(134217728)

struct ExportFiles
{
	Bucket	   *bucket;
	char	   *folder;			/* with a slash at its end */
	char	   *data;			/* what the keys of shared files of data begin with; NULL: they lie below the folder */
	int			data_files;		/* so far */
	ItemFileOptions options;
	int64		items;
	int64		bytes;
	StringInfoData manifest;	/* manifest-files.json */
	MemoryContext file;			/* of what is open */
	char	   *key;			/* of the open file, or NULL */
	BucketWriter *object;
	ItemFileWriter *writer;
	int64		file_items;
	int64		file_bytes;
};

char *
export_files_folder(const char *prefix, const char *id)
{
	size_t		length = prefix != NULL ? strlen(prefix) : 0;

	return psprintf("%s%sAWSDynamoDB/%s/", length > 0 ? prefix : "", length > 0 && prefix[length - 1] != '/' ? "/" : "", id);
}

char *
export_files_longest_key(const char *prefix)
{
	return psprintf("%sdata/%026d.json.gz", export_files_folder(prefix, "00000000000000000-00000000"), 0);
}

/* ---- Objects ---- */

char *
export_files_checksum(const uint8 *md5)
{
	int			size = pg_b64_enc_len(MD5_LENGTH);
	char	   *text = palloc(size + 1);

	text[pg_b64_encode((const void *) md5, MD5_LENGTH, text, size)] = '\0';
	return text;
}

static BucketObject *
write_object(ExportFiles *files, const char *name, const char *data, size_t length)
{
	return bucket_write_object(files->bucket, psprintf("%s%s", files->folder, name), data, length);
}

ExportFiles *
export_files_begin(Bucket *bucket, const char *folder, ItemFileFormat format)
{
	ExportFiles *files = palloc0(sizeof(ExportFiles));

	files->bucket = bucket;
	files->folder = pstrdup(folder);
	files->options.format = format;
	files->options.compression = ITEM_FILE_GZIP;
	files->file = AllocSetContextCreate(CurrentMemoryContext, "ddb file of an export", ALLOCSET_DEFAULT_SIZES);
	initStringInfo(&files->manifest);
	bucket_delete_all(files->bucket, files->folder);
	write_object(files, "_started", "", 0);
	return files;
}

/* With the export's identifier in the names, so that nobody else has files of such names. */
void
export_files_share_data(ExportFiles *files, const char *prefix, const char *id)
{
	files->data = psprintf("%s%s-", export_files_folder(prefix, "data"), id);
	bucket_delete_all(files->bucket, files->data);
}

void
export_files_discard(ExportFiles *files)
{
	if (files->key != NULL)
		bucket_write_abort(files->object);
	if (files->data != NULL)
		bucket_delete_all(files->bucket, files->data);
	bucket_delete_all(files->bucket, files->folder);
}

/* ---- Files of data ---- */

static void
write_bytes(void *argument, const char *data, size_t length)
{
	bucket_write(((ExportFiles *) argument)->object, data, length);
}

static char *
file_name(const ExportFiles *files)
{
	const char *kind = files->options.format == ITEM_FILE_ION ? "ion" : "json";
	uint64		words[2];

	if (files->data != NULL)
		return psprintf("%s%05d.%s.gz", files->data, files->data_files, kind);
	if (!pg_strong_random(words, sizeof(words)))
		elog(ERROR, "could not generate a random number");
	return psprintf("%sdata/%016llx%010llx.%s.gz", files->folder, (unsigned long long) words[0],
					(unsigned long long) (words[1] & UINT64CONST(0xFFFFFFFFFF)), kind);
}

static void
begin_file(ExportFiles *files)
{
	MemoryContext caller = MemoryContextSwitchTo(files->file);

	files->data_files++;
	files->key = file_name(files);
	files->object = bucket_write_begin(files->bucket, files->key);
	files->writer = item_file_write_begin(&files->options, write_bytes, files);
	files->file_items = files->file_bytes = 0;
	MemoryContextSwitchTo(caller);
}

static void
end_file(ExportFiles *files)
{
	MemoryContext caller = MemoryContextSwitchTo(files->file);
	BucketObject *object;

	item_file_write_end(files->writer);
	object = bucket_write_end(files->object);
	appendStringInfo(&files->manifest, "{\"itemCount\":" INT64_FORMAT ",\"md5Checksum\":\"%s\",\"etag\":\"%s\",\"dataFileS3Key\":",
					 files->file_items, export_files_checksum(object->md5), object->etag);
	json_append_string(&files->manifest, files->key, strlen(files->key));
	appendStringInfoString(&files->manifest, "}\n");
	files->key = NULL;
	MemoryContextSwitchTo(caller);
	MemoryContextReset(files->file);
}

/* A line has been written. */
static void
count_line(ExportFiles *files, uint64 size)
{
	files->items++;
	files->bytes += size;
	files->file_items++;
	files->file_bytes += size;
	if (files->file_bytes >= FILE_BYTES)
		end_file(files);
}

void
export_files_write_item(ExportFiles *files, const Value *item)
{
	if (files->key == NULL)
		begin_file(files);
	item_file_write_item(files->writer, item);
	count_line(files, item_size(item));
}

void
export_files_write_change(ExportFiles *files, int64 time, const Value *keys, const Value *old_item, const Value *new_item)
{
	uint64		size = 0;

	if (files->key == NULL)
		begin_file(files);
	item_file_write_change(files->writer, time, keys, old_item, new_item);
	if (old_item != NULL)
		size += item_size(old_item);
	if (new_item != NULL)
		size += item_size(new_item);
	count_line(files, Max(size, item_size(keys)));
}

int64
export_files_items(const ExportFiles *files)
{
	return files->items;
}

int64
export_files_bytes(const ExportFiles *files)
{
	return files->bytes;
}

/* ---- The manifests ---- */

char *
export_files_write_manifest(ExportFiles *files, const char *name, const StringInfoData *text)
{
	BucketObject *object = write_object(files, psprintf("%s.json", name), text->data, text->len);
	char	   *checksum = export_files_checksum(object->md5);

	write_object(files, psprintf("%s.checksum", name), checksum, strlen(checksum));
	return checksum;
}

char *
export_files_manifest_key(const ExportFiles *files)
{
	return psprintf("%smanifest-files.json", files->folder);
}

char *
export_files_end(ExportFiles *files)
{
	if (files->key == NULL && files->manifest.len == 0)
		begin_file(files);
	if (files->key != NULL)
		end_file(files);
	return export_files_write_manifest(files, "manifest-files", &files->manifest);
}

void
export_files_append_member(StringInfo manifest, const char *name, const char *value)
{
	appendStringInfo(manifest, "%s\"%s\":", manifest->data[manifest->len - 1] == '{' ? "" : ",", name);
	if (value == NULL)
		appendStringInfoString(manifest, "null");
	else
		json_append_string(manifest, value, strlen(value));
}

void
export_files_append_moment(StringInfo manifest, const char *name, TimestampTz moment)
{
	struct pg_tm tm;
	fsec_t		fraction;

	if (timestamp2tm(moment, NULL, &tm, &fraction, NULL, NULL) != 0)
		elog(ERROR, "timestamp out of range");
	export_files_append_member(manifest, name, psprintf("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year, tm.tm_mon, tm.tm_mday,
														tm.tm_hour, tm.tm_min, tm.tm_sec, (int) fraction / 1000));
}
