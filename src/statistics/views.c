/*
 * views.c - the functions behind the views ddb.operation_stats and ddb.table_stats.
 *
 * How often operations are called tells nothing of anybody, so everybody sees that.
 * What is done with a table is for those who may read all of it, or all statistics.
 */
#include "postgres.h"

#include "catalog/pg_authid.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rls.h"

#include "statistics/counters.h"
#include "statistics/outcome.h"

/* ---- Operations ---- */

enum
{
	OPERATION_SOURCE,
	OPERATION_NAME,
	OPERATION_CALLS,
	OPERATION_ERRORS,
	OPERATION_EXCEPTIONS,
	OPERATION_SECONDS,
	OPERATION_DURATIONS,
	OPERATION_REQUEST_BYTES,
	OPERATION_RESPONSE_BYTES,
	OPERATION_COLUMNS
};

/* How often each exception, or status where there is none, as a JSON object. */
static Datum
exceptions(const OperationSums *sums)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '{');
	for (int i = OUTCOME_SUCCESS + 1; i < outcome_count; i++)
	{
		if (sums->outcomes[i] == 0)
			continue;
		if (json.len > 1)
			appendStringInfoString(&json, ", ");
		if (outcome_exception(i)[0] != '\0')
			appendStringInfo(&json, "\"%s\": " UINT64_FORMAT, outcome_exception(i), sums->outcomes[i]);
		else
			appendStringInfo(&json, "\"%d\": " UINT64_FORMAT, outcome_status(i), sums->outcomes[i]);
	}
	appendStringInfoChar(&json, '}');
	return CStringGetTextDatum(json.data);
}

static Datum
durations(const OperationSums *sums)
{
	Datum		elements[DURATION_BUCKETS];

	for (int i = 0; i < DURATION_BUCKETS; i++)
		elements[i] = Int64GetDatum((int64) sums->durations[i]);
	return PointerGetDatum(construct_array(elements, DURATION_BUCKETS, INT8OID, sizeof(int64),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static void
put_operation(ReturnSetInfo *result, RequestSource source, int operation)
{
	Datum		values[OPERATION_COLUMNS];
	bool		nulls[OPERATION_COLUMNS] = {false};
	OperationSums sums;
	uint64		calls;

	counters_read_operation(source, operation, &sums);
	calls = counters_requests(&sums);
	if (calls == 0)
		return;
	values[OPERATION_SOURCE] = CStringGetTextDatum(source == SOURCE_HTTP ? "http" : "sql");
	values[OPERATION_NAME] = CStringGetTextDatum(counters_operation_name(operation));
	nulls[OPERATION_NAME] = operation < 0;
	values[OPERATION_CALLS] = Int64GetDatum((int64) calls);
	values[OPERATION_ERRORS] = Int64GetDatum((int64) (calls - sums.outcomes[OUTCOME_SUCCESS]));
	values[OPERATION_EXCEPTIONS] = exceptions(&sums);
	values[OPERATION_SECONDS] = Float8GetDatum(sums.microseconds / 1e6);
	values[OPERATION_DURATIONS] = durations(&sums);
	values[OPERATION_REQUEST_BYTES] = Int64GetDatum((int64) sums.request_bytes);
	values[OPERATION_RESPONSE_BYTES] = Int64GetDatum((int64) sums.response_bytes);
	for (int i = OPERATION_SECONDS; i < OPERATION_COLUMNS; i++)
		nulls[i] = source == SOURCE_SQL;
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(ddb_operation_counts);

/* ddb.operation_counts(): a row for each operation that has been called, by source. */
Datum
ddb_operation_counts(PG_FUNCTION_ARGS)
{
	counters_require();
	InitMaterializedSRF(fcinfo, 0);
	for (RequestSource source = 0; source < SOURCES; source++)
	{
		for (int operation = -1; operation < counters_operations(); operation++)
			put_operation((ReturnSetInfo *) fcinfo->resultinfo, source, operation);
	}
	return (Datum) 0;
}

/* ---- Tables ---- */

#define TABLE_COLUMNS (1 + TABLE_COUNTERS)

static bool
may_see(Oid relation, bool sees_all)
{
	bool		is_missing = false;

	if (sees_all)
		return true;
	/* a relation that is gone is nobody's; and who does not see all items is not to see what they cost */
	return OidIsValid(relation) &&
		pg_class_aclcheck_ext(relation, GetUserId(), ACL_SELECT, &is_missing) == ACLCHECK_OK && !is_missing &&
		check_enable_rls(relation, InvalidOid, true) != RLS_ENABLED;
}

static void
put_table(ReturnSetInfo *result, Oid relation, const uint64 *sums)
{
	Datum		values[TABLE_COLUMNS];
	bool		nulls[TABLE_COLUMNS] = {false};

	values[0] = ObjectIdGetDatum(relation);
	nulls[0] = !OidIsValid(relation);
	for (int i = 0; i < TABLE_COUNTERS; i++)
	{
		if (i == TABLE_READ_UNITS || i == TABLE_WRITE_UNITS)
			values[1 + i] = Float8GetDatum(sums[i] / 2.0);
		else
			values[1 + i] = Int64GetDatum((int64) sums[i]);
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(ddb_table_counts);

/*
 * ddb.table_counts(): a row for each table of this database that has been used, and one
 * without relation for all tables that had no place.
 */
Datum
ddb_table_counts(PG_FUNCTION_ARGS)
{
	bool		sees_all = has_privs_of_role(GetUserId(), ROLE_PG_READ_ALL_STATS);
	uint64		sums[TABLE_COUNTERS];
	Oid			relation;
	int			place = -1;

	counters_require();
	InitMaterializedSRF(fcinfo, 0);
	while ((place = counters_next_table(place, &relation, sums)) >= 0)
	{
		if (place == TABLE_PLACE_OTHER && sums[TABLE_REQUESTS] == 0)
			continue;
		if (may_see(relation, sees_all))
			put_table((ReturnSetInfo *) fcinfo->resultinfo, relation, sums);
	}
	return (Datum) 0;
}

PG_FUNCTION_INFO_V1(ddb_reset_stats);

/* ddb.reset_stats(): sets all of the server's to zero. */
Datum
ddb_reset_stats(PG_FUNCTION_ARGS)
{
	counters_require();
	counters_reset();
	PG_RETURN_VOID();
}
