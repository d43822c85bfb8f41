/*
 * owner_statement.c - the extension's own relations and types, and statements of
 * its own, run as their owner.
 *
 * What the extension keeps (tables, access keys) nobody but its owner writes.
 * Operators and functions are found by the search path, so the caller's would
 * lead to functions of the caller's, run as the owner.
 *
 * These relations are catalogs: relations come and go with their records, and
 * are there for a transaction whose snapshot is older.  By that snapshot a drop
 * would leave the record, and a key that is disabled would stay active.  So each
 * statement has a snapshot of its own, taken when it begins.
 *
 * At SERIALIZABLE these reads take predicate locks like others, of which more
 * transactions may fail, and none fewer.  What such a transaction reads here may
 * be newer than its snapshot, so it is no part of what its isolation promises;
 * nor is that PostgreSQL's catalogs.  It is right all the same, since a record is
 * read and written under the lock on its relation, held to the end.
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
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "owner_statement.h"
#include "script.h"

Oid
extension_relation(const char *name)
{
	Oid			relation;

	script_check();
	relation = get_relname_relid(name, get_namespace_oid("ddb", false));
	if (!OidIsValid(relation))
		elog(ERROR, "relation ddb.%s does not exist", name);
	return relation;
}

Oid
extension_type(const char *name)
{
	Oid			type;

	script_check();
	type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name),
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

/* Runs it in the snapshot, or one of its own where that is InvalidSnapshot; SPI_processed and SPI_tuptable tell of it. */
static void
run_in_snapshot(Snapshot snapshot, const char *statement, int count, Oid *types, Datum *values,
				const char *nulls)
{
	SPIPlanPtr	plan = SPI_prepare(statement, count, types);
	int			result;

	if (plan == NULL)
		elog(ERROR, "statement could not be prepared: %s: %s", SPI_result_code_string(SPI_result),
			 statement);
	result = SPI_execute_snapshot(plan, values, nulls, snapshot != InvalidSnapshot ? snapshot : GetLatestSnapshot(),
								  InvalidSnapshot, false, true, 0);
	if (result < 0)
		elog(ERROR, "statement failed: %s: %s", SPI_result_code_string(result), statement);
	SPI_freeplan(plan);
}

uint64
owner_statement_run_at(Snapshot snapshot, Oid relation, const char *statement, int count, Oid *types, Datum *values,
					   const char *nulls)
{
	Oid			owner = relation_owner(relation);
	Oid			user;
	int			context;
	int			settings;

	GetUserIdAndSecContext(&user, &context);
	SetUserIdAndSecContext(owner, context | SECURITY_LOCAL_USERID_CHANGE);
	settings = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	run_in_snapshot(snapshot, statement, count, types, values, nulls);
	AtEOXact_GUC(false, settings);
	SetUserIdAndSecContext(user, context);
	return SPI_processed;
}

uint64
owner_statement_run(Oid relation, const char *statement, int count, Oid *types, Datum *values,
					const char *nulls)
{
	return owner_statement_run_at(InvalidSnapshot, relation, statement, count, types, values, nulls);
}

void
owner_statement_write(Oid relation, const char *statement, int count, Oid *types, Datum *values,
					  const char *nulls)
{
	if (owner_statement_run(relation, statement, count, types, values, nulls) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("a record of relation \"%s\" is not there any more", get_rel_name(relation)),
				 errdetail("Another transaction has removed it.")));
}
