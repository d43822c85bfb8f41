/*
 * job_role.c - whom a job is done for.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/rls.h"
#include "utils/syscache.h"

#include "job/job_role.h"

bool
role_is_there(Oid role)
{
	return SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(role));
}

/* Of a role that is gone, what PUBLIC may would be told. */
bool
role_may_read(Oid role, Oid relation)
{
	bool		is_missing = false;

	return role_is_there(role) &&
		pg_class_aclcheck_ext(relation, role, ACL_SELECT, &is_missing) == ACLCHECK_OK && !is_missing &&
		check_enable_rls(relation, role, true) != RLS_ENABLED;
}

void
job_check_may_read(const Job *job)
{
	if (!role_may_read(job->role, job->source))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the role that has asked for it may not read all of what it reads any more")));
}

bool
may_see_error(Oid role, Oid relation, Oid source)
{
	Oid			user = GetUserId();

	return is_member_of_role(user, role) ||
		(OidIsValid(source) && role_may_read(user, relation) && role_may_read(user, source));
}

PG_FUNCTION_INFO_V1(ddb_may_see_error);

Datum
ddb_may_see_error(PG_FUNCTION_ARGS)
{
	Oid			arguments[3];

	for (int i = 0; i < 3; i++)
		arguments[i] = PG_ARGISNULL(i) ? InvalidOid : PG_GETARG_OID(i);
	PG_RETURN_BOOL(may_see_error(arguments[0], arguments[1], arguments[2]));
}
