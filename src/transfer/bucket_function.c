/*
 * bucket_function.c - what a bucket has, from SQL.
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "transfer/bucket.h"

enum
{
	OBJECT_KEY,
	OBJECT_SIZE,
	OBJECT_ETAG,
	OBJECT_COLUMNS
};

static Bucket *
open_or_fail(const text *name)
{
	BucketProblem problem;
	char	   *text = text_to_cstring(name);
	Bucket	   *bucket = bucket_open(text, &problem);

	if (problem == BUCKET_MISSING)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("there is no bucket \"%s\"", text),
				 bucket_is_name(text) ? errhint("CREATE SERVER with FOREIGN DATA WRAPPER ddb_bucket makes one.") :
				 errhint("The name of a bucket is made of letters and digits, and of dots, hyphens and underscores between them.")));
	if (problem == BUCKET_DENIED)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("permission denied for the bucket \"%s\"", text),
				 errhint("GRANT USAGE ON FOREIGN SERVER lets a role use it.")));
	return bucket;
}

PG_FUNCTION_INFO_V1(ddb_bucket_objects);

Datum
ddb_bucket_objects(PG_FUNCTION_ARGS)
{
	Bucket	   *bucket = open_or_fail(PG_GETARG_TEXT_PP(0));
	List	   *objects = bucket_list(bucket, text_to_cstring(PG_GETARG_TEXT_PP(1)));
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	ListCell   *cell;

	InitMaterializedSRF(fcinfo, 0);
	foreach(cell, objects)
	{
		BucketObject *object = lfirst(cell);
		Datum		values[OBJECT_COLUMNS];
		bool		nulls[OBJECT_COLUMNS] = {0};

		values[OBJECT_KEY] = CStringGetTextDatum(object->key);
		values[OBJECT_SIZE] = Int64GetDatum(object->size);
		nulls[OBJECT_ETAG] = object->etag == NULL;
		values[OBJECT_ETAG] = object->etag == NULL ? (Datum) 0 : CStringGetTextDatum(object->etag);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* How much of what lies behind the first byte a value of the type bytea may have. */
static size_t
length_to_read(int64 size, int64 first, int32 length)
{
	int64		rest = Max(size - first, 0);
	int64		result = Min(rest, length);

	if (result > (int64) (MaxAllocSize - VARHDRSZ))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the object is too long to be read at once: %lld bytes", (long long) size),
				 errhint("Read it in parts.")));
	return result;
}

PG_FUNCTION_INFO_V1(ddb_read_object);

Datum
ddb_read_object(PG_FUNCTION_ARGS)
{
	Bucket	   *bucket = open_or_fail(PG_GETARG_TEXT_PP(0));
	int64		first = PG_GETARG_INT64(2);
	int32		length = PG_GETARG_INT32(3);
	BucketReader *reader;
	bytea	   *result;
	size_t		size;

	if (first < 0 || length < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an object is read from a byte of its own on, and no negative length")));
	reader = bucket_read_begin(bucket, text_to_cstring(PG_GETARG_TEXT_PP(1)), first);
	if (reader == NULL)
		PG_RETURN_NULL();
	size = length_to_read(bucket_read_size(reader), first, length);
	result = palloc(VARHDRSZ + size);
	size = bucket_read(reader, VARDATA(result), size);
	SET_VARSIZE(result, VARHDRSZ + size);
	bucket_read_end(reader);
	PG_RETURN_BYTEA_P(result);
}

PG_FUNCTION_INFO_V1(ddb_write_object);

Datum
ddb_write_object(PG_FUNCTION_ARGS)
{
	Bucket	   *bucket = open_or_fail(PG_GETARG_TEXT_PP(0));
	bytea	   *content = PG_GETARG_BYTEA_PP(2);
	BucketObject *object = bucket_write_object(bucket, text_to_cstring(PG_GETARG_TEXT_PP(1)),
											   VARDATA_ANY(content), VARSIZE_ANY_EXHDR(content));

	PG_RETURN_TEXT_P(cstring_to_text(object->etag));
}

PG_FUNCTION_INFO_V1(ddb_delete_object);

Datum
ddb_delete_object(PG_FUNCTION_ARGS)
{
	bucket_delete(open_or_fail(PG_GETARG_TEXT_PP(0)), text_to_cstring(PG_GETARG_TEXT_PP(1)));
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(ddb_clean_bucket);

Datum
ddb_clean_bucket(PG_FUNCTION_ARGS)
{
	bucket_clean(open_or_fail(PG_GETARG_TEXT_PP(0)), text_to_cstring(PG_GETARG_TEXT_PP(1)));
	PG_RETURN_VOID();
}
