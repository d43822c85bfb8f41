/*
 * transfers.c - what the operations on exports and imports share.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "arn.h"
#include "error.h"
#include "job/job_role.h"
#include "operation/transfer/transfers.h"
#include "transfer/export_files.h"
#include "request/parameters.h"
#include "value/json_out.h"

const Shape client_token_shape = {.kind = SHAPE_STRING, .pattern = &client_token_pattern};
const Shape bucket_name_shape = {.kind = SHAPE_STRING, .pattern = &bucket_name_pattern, AT_MOST(255)};
const Shape bucket_owner_shape = {.kind = SHAPE_STRING, .pattern = &account_pattern};
const Shape bucket_prefix_shape = {.kind = SHAPE_STRING, AT_MOST(1024)};
const Shape transfer_arn_shape = {.kind = SHAPE_STRING, AT_LEAST(37), AT_MOST(1024)};

void
check_transfer_text(const char *name, const RequestString *value)
{
	if (value->data != NULL && memchr(value->data, '\0', value->length) != NULL)
		validation_error("One or more parameter values were invalid: U+0000 in %s", name);
}

void
check_bucket_encryption(const RequestEnum *algorithm, const RequestString *key)
{
	if (key->data == NULL)
		return;
	check_transfer_text("S3SseKmsKeyId", key);
	if (algorithm->text == NULL || strcmp(algorithm->text, "KMS") != 0)
		validation_error("S3SseKmsKeyId can only be specified when S3SseAlgorithm is KMS");
	if (!bucket_is_encryption_key(key->data))
		validation_error("Invalid S3SseKmsKeyId: %s", key->data);
}

Bucket *
requested_bucket(const RequestString *name, const BucketTerms *terms)
{
	BucketProblem problem;
	Bucket	   *bucket;

	check_transfer_text("S3Bucket", name);
	bucket = bucket_open(name->data, &problem);
	if (problem == BUCKET_FINE)
		problem = bucket_demand(bucket, terms);
	if (problem == BUCKET_MISSING)
		validation_error("The specified bucket does not exist: %s", name->data);
	if (problem == BUCKET_DENIED)
		ddb_error(ACCESS_DENIED_EXCEPTION, "User: %s is not authorized to perform this operation on resource: arn:aws:s3:::%s",
				  GetUserNameFromId(GetUserId(), false), name->data);
	if (problem == BUCKET_KEYLESS)
		validation_error("S3SseAlgorithm KMS can only be specified for a bucket in a store, where there are keys: %s", name->data);
	return bucket;
}

/* What it calls only looks at a text, so that an error of it leaves nothing to be undone. */
static void
check_with(void (*check) (const Bucket *bucket, const char *text), const Bucket *bucket, const char *text,
		   const char *member, const char *prefix)
{
	MemoryContext caller = CurrentMemoryContext;

	PG_TRY();
	{
		check(bucket, text);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(caller);
		error = CopyErrorData();
		if (error->sqlerrcode != ERRCODE_INVALID_PARAMETER_VALUE)
			PG_RE_THROW();
		FlushErrorState();
		validation_error("Invalid %s: %s", member, prefix);
	}
	PG_END_TRY();
}

void
check_output_prefix(const Bucket *bucket, const char *member, const RequestString *prefix)
{
	check_transfer_text(member, prefix);
	if (prefix->data != NULL && prefix->length > 0)
		check_with(bucket_check_key, bucket, export_files_longest_key(prefix->data), member, prefix->data);
}

void
check_input_prefix(const Bucket *bucket, const char *member, const RequestString *prefix)
{
	check_transfer_text(member, prefix);
	if (prefix->data != NULL)
		check_with(bucket_check_prefix, bucket, prefix->data, member, prefix->data);
}

void
append_requested(StringInfo out, const char *name, const RequestString *value)
{
	if (value->data == NULL)
		return;
	append_member(out, name);
	json_append_string(out, value->data, value->length);
}

void
append_requested_json(StringInfo out, const char *name, json_object *json)
{
	if (json == NULL)
		return;
	append_member(out, name);
	appendStringInfoString(out, json_object_to_json_string_ext(json, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}

void
append_transfer_failure(StringInfo out, const Transfer *transfer, Oid source)
{
	if (transfer->failure_code == NULL || !may_see_error(transfer->role, transfer->relation, source))
		return;
	append_string_member(out, "FailureCode", transfer->failure_code);
	append_string_member(out, "FailureMessage", transfer->failure_message);
}
