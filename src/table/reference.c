/*
 * reference.c - the type ddb.relation, by which the catalogs name relations.
 *
 * It is regclass with two differences.  It is printed with its schema whatever
 * the search path is, so a dump of it can be read anywhere; and a name of no
 * relation is read as 0, so that one record does not keep all the others of a
 * dump from being loaded.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "fmgr.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/regproc.h"

#include "compat.h"
#include "table/relation.h"

PG_FUNCTION_INFO_V1(ddb_relation_in);

Datum
ddb_relation_in(PG_FUNCTION_ARGS)
{
	char	   *text = PG_GETARG_CSTRING(0);

	if (strcmp(text, "-") == 0)
		PG_RETURN_OID(InvalidOid);
	if (text[0] != '\0' && strspn(text, "0123456789") == strlen(text))
		PG_RETURN_DATUM(DirectFunctionCall1(oidin, CStringGetDatum(text)));
	PG_RETURN_OID(RangeVarGetRelid(makeRangeVarFromNameList(qualified_name_list_compat(text)),
								   NoLock, true));
}

PG_FUNCTION_INFO_V1(ddb_relation_out);

Datum
ddb_relation_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(relation_text(PG_GETARG_OID(0)));
}
