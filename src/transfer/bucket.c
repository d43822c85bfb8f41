/*
 * bucket.c - opening buckets, and what their kinds have in common.
 */
#include "postgres.h"

#include "access/reloptions.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "commands/defrem.h"
#include "foreign/foreign.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "compat.h"
#include "digest.h"
#include "transfer/s3.h"

#define WRAPPER "ddb_bucket"

char	   *bucket_directory = NULL;
char	   *backup_bucket = NULL;

/* ---- Settings and options ---- */

static bool
check_directory(char **value, void **extra, GucSource source)
{
	if ((*value)[0] == '\0' || is_absolute_path(*value))
		return true;
	GUC_check_errdetail("It is the absolute path of a directory.");
	return false;
}

void
bucket_define_settings(void)
{
	DefineCustomStringVariable("ddb.bucket_directory",
							   "The directory of buckets that are folders.",
							   "Empty for none.",
							   &bucket_directory, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, check_directory, NULL, NULL);
	DefineCustomStringVariable("ddb.backup_bucket",
							   "The bucket of backups.",
							   "Empty for relations of the database.",
							   &backup_bucket, "", PGC_USERSET, 0, NULL, NULL, NULL);
	s3_define_settings();
}

/* What a bucket's options say. */
typedef struct BucketOptions
{
	bool		in_store;
	char	   *region;			/* or NULL */
} BucketOptions;

static void
read_options(List *options, BucketOptions *result)
{
	ListCell   *cell;

	memset(result, 0, sizeof(*result));
	foreach(cell, options)
	{
		DefElem    *option = lfirst(cell);
		char	   *value = defGetString(option);

		if (strcmp(option->defname, "region") == 0)
		{
			s3_check_region(value);
			result->region = value;
		}
		else if (strcmp(option->defname, "store") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
					 errmsg("a bucket has no option \"%s\"", option->defname),
					 errhint("Its options are store and region.")));
		else if (strcmp(value, "s3") == 0)
			result->in_store = true;
		else if (strcmp(value, "folder") != 0)
			ereport(ERROR,
					(errcode(ERRCODE_FDW_INVALID_ATTRIBUTE_VALUE),
					 errmsg("the store of a bucket is \"folder\" or \"s3\", not \"%s\"", value)));
	}
	if (result->region != NULL && !result->in_store)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
				 errmsg("a bucket that is a folder has no region")));
}

PG_FUNCTION_INFO_V1(ddb_bucket_validator);

/* What CREATE SERVER and its like may say of a bucket. */
Datum
ddb_bucket_validator(PG_FUNCTION_ARGS)
{
	List	   *options = untransformRelOptions(PG_GETARG_DATUM(0));
	Oid			catalog = PG_GETARG_OID(1);
	BucketOptions bucket;

	if (catalog == ForeignServerRelationId)
		read_options(options, &bucket);
	else if (catalog == UserMappingRelationId)
		s3_check_credentials(options);
	else if (options != NIL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
				 errmsg("only buckets and credentials for them have options")));
	PG_RETURN_VOID();
}

/* ---- Names ---- */

bool
bucket_is_name(const char *name)
{
	size_t		length = strlen(name);

	for (size_t i = 0; i < length; i++)
	{
		unsigned char byte = name[i];
		bool		within = i > 0 && i < length - 1;

		if (!((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
			  (within && (byte == '.' || byte == '-' || byte == '_'))))
			return false;
	}
	return length > 0;
}

bool
bucket_text_is_plain(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
	{
		if ((unsigned char) *at < ' ' || *at == '\x7f')
			return false;
	}
	return pg_verify_mbstr(PG_UTF8, text, strlen(text), true);
}

static void
bad_key(const char *what, const char *text, const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 bucket_text_is_plain(text) ? errmsg("\"%s\" is no %s in a bucket", text, what) :
			 errmsg("the text is no %s in a bucket", what),
			 errdetail_internal("%s", detail)));
}

/* Whether the names between slashes, up to the end, are some that a path of the bucket's can have. */
static bool
has_good_names(const Bucket *bucket, const char *path, const char *end)
{
	while (path < end)
	{
		size_t		length = strcspn(path, "/");

		if (length == 0 && !bucket->store->empty_names)
			return false;
		/* who hands on a path may leave them out, and what goes before them */
		if (path[0] == '.' && (length == 1 || (length == 2 && path[1] == '.')))
			return false;
		path += length + 1;
	}
	return true;
}

static void
check_text(const char *what, const char *text)
{
	if (strlen(text) > BUCKET_KEY_MAX)
		bad_key(what, text, psprintf("It has more than %d bytes.", BUCKET_KEY_MAX));
	if (!bucket_text_is_plain(text))
		bad_key(what, text, "It has control characters, or is not in UTF-8.");
}

#define BAD_NAMES "It has a name between slashes that is empty, \".\" or \"..\"."

void
bucket_check_key(const Bucket *bucket, const char *key)
{
	size_t		length = strlen(key);

	check_text("key", key);
	if (length == 0 || (key[length - 1] == '/' && !bucket->store->empty_names) ||
		!has_good_names(bucket, key, key + length))
		bad_key("key", key, BAD_NAMES);
}

/* The folders that the prefix names whole must be names; what follows the last slash may begin one. */
void
bucket_check_prefix(const Bucket *bucket, const char *prefix)
{
	const char *slash = strrchr(prefix, '/');

	check_text("prefix", prefix);
	if (slash != NULL && !has_good_names(bucket, prefix, slash + 1))
		bad_key("prefix", prefix, BAD_NAMES);
}

/* ---- Opening ---- */

/* The server of that name, where it is a bucket; else NULL. */
static ForeignServer *
find_server(const char *name)
{
	ForeignServer *server = bucket_is_name(name) ? GetForeignServerByName(name, true) : NULL;

	if (server == NULL || strcmp(GetForeignDataWrapper(server->fdwid)->fdwname, WRAPPER) != 0)
		return NULL;
	return server;
}

/*
 * Whether the current role may use it.  A server's owner can give it another name and other options without
 * being asked whether he may make such a one, so that is asked here.
 */
static bool
may_use(const ForeignServer *server)
{
	return may_use_server_compat(server->serverid, GetUserId()) &&
		may_use_wrapper_compat(server->fdwid, server->owner);
}

Bucket *
bucket_open(const char *name, BucketProblem *problem)
{
	ForeignServer *server = find_server(name);
	BucketOptions options;
	Bucket	   *bucket;

	*problem = server == NULL ? BUCKET_MISSING : may_use(server) ? BUCKET_FINE : BUCKET_DENIED;
	if (*problem != BUCKET_FINE)
		return NULL;
	read_options(server->options, &options);
	bucket = palloc0(sizeof(Bucket));
	bucket->name = pstrdup(name);
	bucket->store = options.in_store ? &s3_store : &folder_store;
	if (options.in_store)
		bucket->s3 = s3_access(server, options.region);
	return bucket;
}

static const char *
copy(const char *text)
{
	return text == NULL ? NULL : pstrdup(text);
}

BucketProblem
bucket_demand(Bucket *bucket, const BucketTerms *terms)
{
	BucketProblem problem = bucket->store->judge_terms(terms);

	if (problem == BUCKET_FINE)
		bucket->terms = (BucketTerms) {copy(terms->owner), copy(terms->encryption), copy(terms->encryption_key)};
	return problem;
}

void
bucket_hurry(Bucket *bucket)
{
	bucket->hurried = true;
}

/* ---- Objects ---- */

static int
compare_objects(const ListCell *a, const ListCell *b)
{
	return strcmp(((const BucketObject *) lfirst(a))->key, ((const BucketObject *) lfirst(b))->key);
}

List *
bucket_list(Bucket *bucket, const char *prefix)
{
	List	   *objects;

	bucket_check_prefix(bucket, prefix);
	objects = bucket->store->list(bucket, prefix);
	list_sort(objects, compare_objects);
	return objects;
}

void
bucket_delete(Bucket *bucket, const char *key)
{
	bucket_check_key(bucket, key);
	bucket->store->delete(bucket, key);
}

void
bucket_clean(Bucket *bucket, const char *prefix)
{
	bucket_check_prefix(bucket, prefix);
	bucket->store->clean(bucket, prefix);
}

void
bucket_delete_all(Bucket *bucket, const char *prefix)
{
	ListCell   *cell;

	bucket_clean(bucket, prefix);
	foreach(cell, bucket_list(bucket, prefix))
		bucket_delete(bucket, ((BucketObject *) lfirst(cell))->key);
}

/* ---- Reading ---- */

BucketReader *
bucket_read_begin(Bucket *bucket, const char *key, int64 offset)
{
	MemoryContext context;
	MemoryContext before;
	BucketReader *reader;

	Assert(offset >= 0);
	bucket_check_key(bucket, key);
	context = AllocSetContextCreate(CurrentMemoryContext, "ddb bucket reader", ALLOCSET_SMALL_SIZES);
	before = MemoryContextSwitchTo(context);
	reader = bucket->store->read_begin(bucket, key, offset);
	if (reader != NULL)
	{
		reader->bucket = bucket;
		reader->key = pstrdup(key);
		reader->context = context;
	}
	MemoryContextSwitchTo(before);
	if (reader == NULL)
		MemoryContextDelete(context);
	return reader;
}

int64
bucket_read_size(const BucketReader *reader)
{
	return reader->size;
}

size_t
bucket_read(BucketReader *reader, char *buffer, size_t size)
{
	size_t		done = 0;

	while (done < size)
	{
		size_t		count;

		CHECK_FOR_INTERRUPTS();
		count = reader->bucket->store->read(reader, buffer + done, size - done);
		if (count == 0)
			break;
		done += count;
	}
	return done;
}

void
bucket_read_end(BucketReader *reader)
{
	MemoryContextDelete(reader->context);
}

/* ---- Writing ---- */

static void
forget_digest(void *writer)
{
	digest_md5_end(((BucketWriter *) writer)->md5, NULL);
}

BucketWriter *
bucket_write_begin(Bucket *bucket, const char *key)
{
	MemoryContext context;
	MemoryContext before;
	BucketWriter *writer;
	MemoryContextCallback *callback;

	bucket_check_key(bucket, key);
	context = AllocSetContextCreate(CurrentMemoryContext, "ddb bucket writer", ALLOCSET_SMALL_SIZES);
	before = MemoryContextSwitchTo(context);
	writer = bucket->store->write_begin(bucket, key);
	writer->bucket = bucket;
	writer->key = pstrdup(key);
	writer->context = context;
	callback = palloc(sizeof(MemoryContextCallback));
	callback->func = forget_digest;
	callback->arg = writer;
	MemoryContextRegisterResetCallback(context, callback);
	writer->md5 = digest_md5_begin();
	MemoryContextSwitchTo(before);
	return writer;
}

char *
bucket_hash_text(const uint8 *md5)
{
	char	   *text = palloc(2 * MD5_LENGTH + 1);

	text[hex_encode((const char *) md5, MD5_LENGTH, text)] = '\0';
	return text;
}

static void
give_up(BucketWriter *writer)
{
	/* an error has left its own context as the current one */
	MemoryContext before = MemoryContextSwitchTo(writer->context);

	if (writer->bucket->store->write_abort != NULL)
		writer->bucket->store->write_abort(writer);
	MemoryContextSwitchTo(before);
}

static void
write_all(BucketWriter *writer, const char *data, size_t length)
{
	while (length > 0)
	{
		size_t		count = Min(length, BUCKET_BUFFER_SIZE);

		CHECK_FOR_INTERRUPTS();
		digest_md5_add(writer->md5, data, count);
		writer->bucket->store->write(writer, data, count);
		writer->size += count;
		data += count;
		length -= count;
	}
}

void
bucket_write(BucketWriter *writer, const char *data, size_t length)
{
	PG_TRY();
	{
		write_all(writer, data, length);
	}
	PG_CATCH();
	{
		give_up(writer);
		PG_RE_THROW();
	}
	PG_END_TRY();
}

/* Makes the object; gives its entity tag, or NULL. */
static char *
finish(BucketWriter *writer)
{
	char	   *etag;

	PG_TRY();
	{
		etag = writer->bucket->store->write_end(writer);
	}
	PG_CATCH();
	{
		give_up(writer);
		PG_RE_THROW();
	}
	PG_END_TRY();
	return etag;
}

BucketObject *
bucket_write_end(BucketWriter *writer)
{
	char	   *etag = finish(writer);
	BucketObject *object = palloc0(sizeof(BucketObject));

	object->key = pstrdup(writer->key);
	object->size = writer->size;
	digest_md5_end(writer->md5, object->md5);
	writer->md5 = NULL;
	object->etag = etag != NULL ? etag : bucket_hash_text(object->md5);
	MemoryContextDelete(writer->context);
	return object;
}

BucketObject *
bucket_write_object(Bucket *bucket, const char *key, const char *data, size_t length)
{
	BucketWriter *writer = bucket_write_begin(bucket, key);

	bucket_write(writer, data, length);
	return bucket_write_end(writer);
}

void
bucket_write_abort(BucketWriter *writer)
{
	give_up(writer);
	MemoryContextDelete(writer->context);
}
