/*
 * owner_statement.c - statements of the extension's own, run as its owner.
 *
 * What the extension keeps (tables, access keys) nobody but its owner writes.
 * Operators and functions are found by the search path, so the caller's would
 * lead to functions of the caller's, run as the owner.
 */
#include "postgres.h"

#include "access/table.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/rel.h"

#include "owner_statement.h"

static Oid
owner_of(Oid relation_oid)
{
	Relation	relation = table_open(relation_oid, AccessShareLock);
	Oid			owner = relation->rd_rel->relowner;

	table_close(relation, NoLock);
	return owner;
}

uint64
owner_statement_run(Oid relation, const char *statement, int count, Oid *types, Datum *values,
					const char *nulls)
{
	Oid			owner = owner_of(relation);
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
