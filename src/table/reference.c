/*
 * reference.c - the types ddb.relation and ddb.role, by which the catalogs name relations and roles.
 *
 * They are regclass and regrole with these differences.  A relation is printed with its schema whatever
 * the search path is, and a role as it is called, so a dump of them can be read anywhere.  A name that
 * leads nowhere is read as 0, so that one record does not keep all the others of a dump from being
 * loaded.  And so is a relation's number, which is what is printed where it is gone: in the database that a dump comes to,
 * that may be somebody else's relation.
 *
 * So a record is about the one role that it was about when it was written or loaded, whatever that is
 * called, and never about another one that is given its name later.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/regproc.h"

#include "compat.h"
#include "table/relation.h"

PG_FUNCTION_INFO_V1(ddb_relation_in);

Datum
ddb_relation_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);

	if (strcmp(text, "-") == 0 || (text[0] != '\0' && strspn(text, "0123456789") == strlen(text)))
		PG_RETURN_OID(InvalidOid);
	PG_RETURN_OID(RangeVarGetRelid(makeRangeVarFromNameList(qualified_name_list_compat(text)),
								   NoLock, true));
}

PG_FUNCTION_INFO_V1(ddb_relation_out);

Datum
ddb_relation_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(relation_text(PG_GETARG_OID(0)));
}

PG_FUNCTION_INFO_V1(ddb_role_in);

/* No role is called "", and one may be called "-" or "10". */
Datum
ddb_role_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_OID(get_role_oid(PG_GETARG_CSTRING(0), true));
}

PG_FUNCTION_INFO_V1(ddb_role_out);

Datum
ddb_role_out(PG_FUNCTION_ARGS)
{
	char	   *name = GetUserNameFromId(PG_GETARG_OID(0), true);

	PG_RETURN_CSTRING(name != NULL ? name : pstrdup(""));
}
