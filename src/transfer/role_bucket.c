/*
 * role_bucket.c - what a job may do for the role that has asked for it.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/lsyscache.h"

#include "job/job_role.h"
#include "transfer/role_bucket.h"
#include "value/json.h"

static void
check_problem(BucketProblem problem, const char *name)
{
	if (problem == BUCKET_MISSING)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("The specified bucket does not exist: %s", name)));
	if (problem == BUCKET_DENIED)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("Access is denied to the bucket: %s", name)));
	if (problem == BUCKET_KEYLESS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("There are no keys to encrypt by in the bucket: %s", name)));
}

/* One that is gone could still do what PUBLIC may. */
static void
check_is_there(Oid role)
{
	if (!role_is_there(role))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("Access is denied: the role that has asked for it is not there any more")));
}

/*
 * The worker is a superuser, and is the role for as long as the rights on the bucket are asked and its
 * credentials are looked up.  Safe: that reads catalogs and runs nobody's code, and an error's abort gives
 * the worker its identity back.
 */
Bucket *
role_open_bucket(Oid role, const char *name)
{
	BucketProblem problem;
	Bucket	   *bucket;
	Oid			user;
	int			context;

	check_is_there(role);
	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(role, context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
	bucket = bucket_open(name, &problem);
	SetUserIdAndSecContext(user, context);
	check_problem(problem, name);
	return bucket;
}

Bucket *
role_open_requested_bucket(Oid role, json_object *request)
{
	const char *name = json_text_member(request, "S3Bucket");
	BucketTerms terms = {
		.owner = json_text_member(request, "S3BucketOwner"),.encryption = json_text_member(request, "S3SseAlgorithm"),
		.encryption_key = json_text_member(request, "S3SseKmsKeyId")
	};
	Bucket	   *bucket = role_open_bucket(role, name);

	check_problem(bucket_demand(bucket, &terms), name);
	return bucket;
}

void
role_check_may_read(Oid role, Oid relation)
{
	check_is_there(role);
	if (!role_may_read(role, relation))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("Access is denied to the table's relation: %s", get_rel_name(relation))));
}

bool
bucket_error_is_final(int sqlstate)
{
	return sqlstate == ERRCODE_UNDEFINED_OBJECT || sqlstate == ERRCODE_INSUFFICIENT_PRIVILEGE ||
		sqlstate == ERRCODE_INVALID_PARAMETER_VALUE || sqlstate == ERRCODE_WRONG_OBJECT_TYPE ||
		sqlstate == ERRCODE_DATA_CORRUPTED || sqlstate == ERRCODE_EXTERNAL_ROUTINE_EXCEPTION;
}

const char *
bucket_error_code(int sqlstate)
{
	return sqlstate == ERRCODE_UNDEFINED_OBJECT ? "S3NoSuchBucket" :
		sqlstate == ERRCODE_INSUFFICIENT_PRIVILEGE ? "S3AccessDenied" : "UNKNOWN";
}
