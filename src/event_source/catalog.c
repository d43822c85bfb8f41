/*
 * catalog.c - the relation ddb.event_sources: SQL functions that make, change and
 * delete event sources, and what their role must be allowed.
 *
 * A source is made for the current role, and runs as that role.  Whoever could become it
 * may change the source.  Roles and functions are kept by name, as a dump has them; so that
 * a function of that name by somebody else is not taken for it, its owner is kept too.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#include "change/stream.h"
#include "compat.h"
#include "event_source/event_source.h"
#include "event_source/url.h"
#include "job/job_role.h"
#include "owner_statement.h"
#include "script.h"
#include "table/catalog.h"
#include "trigger_call.h"

/* How long a new source waits for the log, so that it is not called with what was committed before. */
#define LOG_WAIT_MILLISECONDS 5000

int			event_source_workers = 0;
void		(*event_source_request) (void) = NULL;

void
event_source_define_settings(void)
{
	DefineCustomIntVariable("ddb.event_source_workers",
							"The number of processes that work on the event sources of a database.", NULL,
							&event_source_workers, 2, 1, EVENT_SOURCE_WORKERS_MAX, PGC_SIGHUP, 0, NULL, NULL, NULL);
	event_url_define_settings();
}

/* ---- What the role must be allowed ---- */

void
event_source_check_stream(const char *table, const char *label, Oid role)
{
	StreamRecord *stream = stream_find(table, label);

	if (stream == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("the stream of table \"%s\" is not there any more", table)));
	stream_require_readable_by(stream, role);
}

/* The same of the one that a new event source will read, which must be on. */
static void
check_new_stream(const TableRecord *table)
{
	StreamRecord *stream = stream_latest(table);

	if (stream == NULL || !stream_is_on(stream))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("table \"%s\" has no stream", table->name),
				 errhint("UpdateTable with a StreamSpecification gives it one.")));
	stream_require_readable(stream);
}

static void
bad_function(Oid function, const char *reason)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_FUNCTION_DEFINITION),
			 errmsg("function %s cannot be an event source's: %s", format_procedure(function), reason)));
}

static bool
is_json(Oid type)
{
	return type == JSONBOID || type == JSONOID;
}

/* Checks the function's form, and the current role's right to call it; returns its owner. */
static Oid
check_function(Oid function)
{
	HeapTuple	tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Form_pg_proc form;
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("function with OID %u does not exist", function)));
	form = (Form_pg_proc) GETSTRUCT(tuple);
	if (form->prokind != PROKIND_FUNCTION || form->proretset)
		bad_function(function, "it must be a function that returns one value");
	if (form->pronargs != 1 || !is_json(form->proargtypes.values[0]))
		bad_function(function, "it must have one argument, of type jsonb or json");
	if (!is_json(form->prorettype) && form->prorettype != VOIDOID)
		bad_function(function, "it must return jsonb, json or void");
	owner = form->proowner;
	ReleaseSysCache(tuple);
	if (!may_execute_compat(function, GetUserId()))
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_FUNCTION, get_func_name(function));
	return owner;
}

Oid
event_source_function(const char *text, Oid owner)
{
	/* the text is qualified, so that no search path leads astray */
	Datum		function = DirectFunctionCall1(regprocedurein, CStringGetDatum(text));
	Oid			owner_now = check_function(DatumGetObjectId(function));

	if (owner_now != owner)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("function %s belongs to role \"%s\" now, and belonged to another one", text, GetUserNameFromId(owner_now, false)),
				 errhint("ddb.update_event_source with this function accepts it.")));
	return DatumGetObjectId(function);
}

/* ---- The record ---- */

/*
 * Runs a statement on the catalogs of event sources as their owner.  Its text is
 * fixed and its values are bound; nobody but the owner has put code on these
 * relations.  Who calls has been asked for the right to act as the source's role.
 */
static uint64
run(const char *statement, int count, Oid *types, Datum *values, const char *nulls)
{
	return owner_statement_run(extension_relation("event_sources"), statement, count, types, values, nulls);
}

/* The function's text and its owner, as the record has them; 0 where there is none. */
static void
describe_function(Oid function, Datum *text, Datum *owner)
{
	*text = 0;
	*owner = 0;
	if (!OidIsValid(function))
		return;
	*owner = ObjectIdGetDatum(check_function(function));
	*text = CStringGetTextDatum(format_procedure_qualified(function));
}

/* Exactly one of function, address and channel; the address must be allowed. */
static void
check_target(bool has_function, const EventSourceOptions *options)
{
	if (has_function + (options->url != NULL) + (options->channel != NULL) != 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an event source has one target: a function, or the option \"Url\" or \"Channel\"")));
	if (options->url != NULL)
		(void) event_url_check(options->url);
}

static char *
options_text(Jsonb *options)
{
	return JsonbToCString(NULL, &options->root, VARSIZE(options));
}

static void
check_can_run(void)
{
	if (event_source_request == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("event sources need a background worker, and this server has none for them"),
				 errhint("Put ddb into shared_preload_libraries, and see that max_worker_processes has places left.")));
}

/* Behind what is committed, where the log gets there in time. */
static SequenceNumber
latest_start(void)
{
	if (change_log_is_behind())
		(void) change_log_wait(LOG_WAIT_MILLISECONDS, NULL);
	return change_log_latest();
}

PG_FUNCTION_INFO_V1(ddb_create_event_source);

/* create_event_source("table" text, function regproc, options jsonb) RETURNS uuid */
Datum
ddb_create_event_source(PG_FUNCTION_ARGS)
{
	Oid			function = PG_ARGISNULL(1) ? InvalidOid : PG_GETARG_OID(1);
	EventSourceOptions options;
	TableRecord *table;
	SequenceNumber start;
	Oid			types[] = {OIDOID, OIDOID, TEXTOID, OIDOID, JSONBOID, TEXTOID, BOOLOID, INT8OID, INT8OID};
	Datum		values[lengthof(types)];
	char		nulls[] = "         ";
	bool		isnull;
	Datum		id;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("an event source's table and options cannot be null")));
	check_can_run();
	event_source_options_read(options_text(PG_GETARG_JSONB_P(2)), &options);
	check_target(OidIsValid(function), &options);
	table = catalog_lock_table_to_read(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	if (table == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table \"%s\" does not exist", text_to_cstring(PG_GETARG_TEXT_PP(0)))));
	check_new_stream(table);
	start = options.latest ? latest_start() : SEQUENCE_NUMBER_FIRST;

	values[0] = ObjectIdGetDatum(table->relation);
	values[1] = ObjectIdGetDatum(GetUserId());
	describe_function(function, &values[2], &values[3]);
	values[4] = PG_GETARG_DATUM(2);
	values[5] = options.secret == NULL ? 0 : CStringGetTextDatum(options.secret);
	values[6] = BoolGetDatum(options.enabled);
	values[7] = Int64GetDatum(start.time);
	values[8] = Int64GetDatum(start.ordinal);
	nulls[2] = nulls[3] = OidIsValid(function) ? ' ' : 'n';
	nulls[5] = options.secret == NULL ? 'n' : ' ';
	SPI_connect();
	run("INSERT INTO ddb.event_sources (id, relation, role, function, function_owner, options, secret,"
		" enabled, start_time, start_ordinal, created)"
		" VALUES (gen_random_uuid(), $1::regclass, $2, $3, $4,"
		" $5 - '{Enabled,SigningSecret,StartingPosition}'::text[], $6, $7, $8, $9, now()) RETURNING id",
		lengthof(types), types, values, nulls);
	id = SPI_datumTransfer(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull),
						   false, UUID_LEN);
	SPI_finish();
	PG_RETURN_DATUM(id);
}

/* ---- Changing one ---- */

typedef struct OwnSource
{
	Oid			relation;
	bool		has_function;
	Datum		options;		/* jsonb, merged with the new ones */
} OwnSource;

/* "" where there is no such source, or no such role any more. */
static void
refuse_source(const pg_uuid_t *id)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("event source \"%s\" does not exist",
					DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(id))))));
}

/*
 * Locks the record and merges its options with others; a member that is null goes.
 * Raises where there is none, or the current role may not act as its role.  SPI must be
 * connected.
 */
static OwnSource
lock_own_source(const pg_uuid_t *id, Datum options)
{
	Oid			types[] = {UUIDOID, JSONBOID};
	Datum		values[] = {UUIDPGetDatum(id), options};
	HeapTuple	row;
	TupleDesc	descriptor;
	OwnSource	source;
	bool		isnull;
	Oid			role;

	if (run("SELECT s.role::oid, s.relation::oid, s.function IS NOT NULL,"
			" jsonb_strip_nulls(s.options || $2) FROM ddb.event_sources AS s WHERE s.id = $1 FOR NO KEY UPDATE",
			lengthof(types), types, values, NULL) == 0)
		refuse_source(id);
	row = SPI_tuptable->vals[0];
	descriptor = SPI_tuptable->tupdesc;
	role = DatumGetObjectId(SPI_getbinval(row, descriptor, 1, &isnull));

	/* the source of a role that is gone is left to superusers */
	if (!superuser())
	{
		if (!role_is_there(role))
			refuse_source(id);
		check_may_become_role_compat(GetUserId(), role);
	}
	source.relation = DatumGetObjectId(SPI_getbinval(row, descriptor, 2, &isnull));
	source.has_function = DatumGetBool(SPI_getbinval(row, descriptor, 3, &isnull));
	source.options = SPI_getbinval(row, descriptor, 4, &isnull);
	return source;
}

static void
refuse_start(const EventSourceOptions *options)
{
	if (options->has_start)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an event source's StartingPosition cannot be changed")));
}

/* Whether the options name a member, null or not. */
static bool
has_member(Jsonb *options, const char *name)
{
	JsonbValue	key = {.type = jbvString,.val.string = {strlen(name), unconstify(char *, name)}};

	return findJsonbValueFromContainer(&options->root, JB_FOBJECT, &key) != NULL;
}

PG_FUNCTION_INFO_V1(ddb_update_event_source);

/*
 * update_event_source(id uuid, options jsonb, function regproc) RETURNS void
 *
 * The functions's owner is asked for the rights that the caller has, who becomes none by it:
 * the source stays its role's, and that role is asked again at each call.
 */
Datum
ddb_update_event_source(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *id;
	Jsonb	   *changes;
	Oid			function = PG_ARGISNULL(2) ? InvalidOid : PG_GETARG_OID(2);
	EventSourceOptions options;
	OwnSource	source;
	Oid			types[] = {UUIDOID, JSONBOID, TEXTOID, OIDOID, BOOLOID, BOOLOID, TEXTOID, BOOLOID};
	Datum		values[lengthof(types)];
	char		nulls[] = "        ";

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("an event source's identifier and options cannot be null")));
	id = PG_GETARG_UUID_P(0);
	changes = PG_GETARG_JSONB_P(1);
	SPI_connect();
	source = lock_own_source(id, JsonbPGetDatum(changes));
	event_source_options_read(options_text(DatumGetJsonbP(source.options)), &options);
	refuse_start(&options);

	/* a new target takes the place of the old one */
	if (options.url != NULL || options.channel != NULL)
		source.has_function = false;
	check_target(source.has_function || OidIsValid(function), &options);

	values[0] = UUIDPGetDatum(id);
	values[1] = source.options;
	describe_function(function, &values[2], &values[3]);
	values[4] = BoolGetDatum(source.has_function && !OidIsValid(function));
	values[5] = options.has_enabled ? BoolGetDatum(options.enabled) : 0;
	values[6] = options.secret == NULL ? 0 : CStringGetTextDatum(options.secret);
	values[7] = BoolGetDatum(has_member(changes, "SigningSecret"));
	nulls[2] = nulls[3] = OidIsValid(function) ? ' ' : 'n';
	nulls[5] = options.has_enabled ? ' ' : 'n';
	nulls[6] = options.secret == NULL ? 'n' : ' ';
	run("UPDATE ddb.event_sources SET options = $2 - '{Enabled,SigningSecret}'::text[],"
		" function = CASE WHEN $5 THEN function ELSE $3 END,"
		" function_owner = CASE WHEN $5 THEN function_owner::oid ELSE $4 END,"
		" enabled = coalesce($6, enabled), secret = CASE WHEN $8 THEN $7 ELSE secret END"
		" WHERE id = $1", lengthof(types), types, values, nulls);

	/* what has waited for another try is tried at once */
	run("UPDATE ddb.event_source_positions SET due = NULL WHERE (source, shard_id, lane) IN"
		" (SELECT p.source, p.shard_id, p.lane FROM ddb.event_source_positions AS p"
		" WHERE p.source = $1 AND p.due IS NOT NULL FOR NO KEY UPDATE SKIP LOCKED)", 1, types, values, NULL);
	SPI_finish();
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(ddb_delete_event_source);

/* delete_event_source(id uuid) RETURNS void */
Datum
ddb_delete_event_source(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *id = PG_GETARG_UUID_P(0);
	Oid			types[] = {UUIDOID};
	Datum		values[] = {UUIDPGetDatum(id)};

	SPI_connect();
	(void) lock_own_source(id, DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")));
	run("DELETE FROM ddb.event_sources WHERE id = $1", 1, types, values, NULL);
	/* waits for a call that is going on */
	run("DELETE FROM ddb.event_source_positions WHERE source = $1", 1, types, values, NULL);
	SPI_finish();
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(ddb_delete_event_source_failures);

/* delete_event_source_failures(source uuid, until timestamptz) RETURNS bigint */
Datum
ddb_delete_event_source_failures(PG_FUNCTION_ARGS)
{
	Oid			types[] = {UUIDOID, TIMESTAMPTZOID, OIDOID};
	Datum		values[] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1), ObjectIdGetDatum(GetUserId())};
	uint64		count;

	/* safe as the owner: what the caller may not see, it does not delete */
	SPI_connect();
	count = run("DELETE FROM ddb.event_source_failed AS f WHERE f.source = $1 AND f.failed <= $2"
				" AND pg_has_role($3, f.role::oid, 'MEMBER')",
				lengthof(types), types, values, NULL);
	SPI_finish();
	PG_RETURN_INT64(count);
}

/* ---- Triggers ---- */

PG_FUNCTION_INFO_V1(ddb_event_sources_changed);

/*
 * AFTER INSERT OR UPDATE OR DELETE of ddb.event_sources, also by a dump: has workers come
 * where there are none, and those that are there look again, once it has committed.
 */
Datum
ddb_event_sources_changed(PG_FUNCTION_ARGS)
{
	CacheInvalidateRelcache(trigger_data(fcinfo, "event_sources_changed")->tg_relation);
	if (event_source_request != NULL)
		event_source_request();
	PG_RETURN_POINTER(NULL);
}

PG_FUNCTION_INFO_V1(ddb_load_event_source);

/* BEFORE INSERT of ddb.event_sources: one whose table a dump has left out is left out too. */
Datum
ddb_load_event_source(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo, "load_event_source");
	Oid			relation = trigger_oid_column(trigger, trigger->tg_trigtuple, "relation");

	if (OidIsValid(relation) && SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation)))
		PG_RETURN_POINTER(trigger->tg_trigtuple);
	ereport(WARNING,
			(errmsg("an event source is left out: its table's relation is missing")));
	PG_RETURN_POINTER(NULL);
}

PG_FUNCTION_INFO_V1(ddb_forget_dropped_event_sources);

/* Event trigger on drops: a table's event sources go with it. */
Datum
ddb_forget_dropped_event_sources(PG_FUNCTION_ARGS)
{
	(void) event_trigger_data(fcinfo, "forget_dropped_event_sources");
	if (script_is_running())
		PG_RETURN_NULL();
	SPI_connect();
	run("WITH gone AS (DELETE FROM ddb.event_sources AS s USING pg_event_trigger_dropped_objects() AS d"
		" WHERE d.classid = 'pg_class'::regclass AND d.objsubid = 0 AND d.objid = s.relation::oid RETURNING s.id)"
		" DELETE FROM ddb.event_source_positions AS p USING gone WHERE p.source = gone.id",
		0, NULL, NULL, NULL);
	SPI_finish();
	PG_RETURN_NULL();
}
