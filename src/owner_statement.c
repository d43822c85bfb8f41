/*
 * owner_statement.c - the extension's own relations and types, and statements of
 * its own, run as their owner.
 *
 * What the extension keeps (tables, access keys) nobody but its owner writes.
 * Operators and functions are found by the search path, so the caller's would
 * lead to functions of the caller's, run as the owner.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "owner_statement.h"

Oid
extension_relation(const char *name)
{
	Oid			relation = get_relname_relid(name, get_namespace_oid("ddb", false));

	if (!OidIsValid(relation))
		elog(ERROR, "relation ddb.%s does not exist", name);
	return relation;
}

Oid
extension_type(const char *name)
{
	Oid			type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name),
									   ObjectIdGetDatum(get_namespace_oid("ddb", false)));

	if (!OidIsValid(type))
		elog(ERROR, "type ddb.%s does not exist", name);
	return type;
}

Oid
relation_owner(Oid relation)
{
	Relation	opened = table_open(relation, AccessShareLock);
	Oid			owner = opened->rd_rel->relowner;

	table_close(opened, NoLock);
	return owner;
}

uint64
owner_statement_run(Oid relation, const char *statement, int count, Oid *types, Datum *values,
					const char *nulls)
{
	Oid			owner = relation_owner(relation);
	Oid			user;
	int			context;
	int			settings;
	int			result;

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(owner, context | SECURITY_LOCAL_USERID_CHANGE);
	settings = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	result = SPI_execute_with_args(statement, count, types, values, nulls, false, 0);
	if (result < 0)
		elog(ERROR, "statement failed: %s: %s", SPI_result_code_string(result), statement);
	AtEOXact_GUC(false, settings);
	SetUserIdAndSecContext(user, context);
	return SPI_processed;
}
