/*
 * job_role.c - whom a job is done for.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/rls.h"

#include "job/job_role.h"
#include "owner_statement.h"
#include "value/json_out.h"

#define ROLE "Role"

char *
job_role_member(void)
{
	const char *name = GetUserNameFromId(GetUserId(), false);
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoString(&out, "\"" ROLE "\":");
	json_append_string(&out, name, strlen(name));
	return out.data;
}

bool
role_may_read(Oid role, Oid relation)
{
	return pg_class_aclcheck(relation, role, ACL_SELECT) == ACLCHECK_OK &&
		check_enable_rls(relation, role, true) != RLS_ENABLED;
}

static bool
job_may_read(const Job *job)
{
	const char *name = job_argument(job, ROLE);
	Oid			role = name != NULL ? get_role_oid(name, true) : relation_owner(job->relation);

	return OidIsValid(role) && role_may_read(role, job->source);
}

void
job_check_may_read(const Job *job)
{
	if (!job_may_read(job))
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("the role that has asked for it may not read all of what it reads any more")));
}
