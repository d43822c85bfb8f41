/*
 * log.c - asking for the change log of a database, and how far it is.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_class.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "replication/slot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/pg_lsn.h"
#include "utils/varlena.h"

#include "change/log.h"
#include "change/position.h"
#include "change/slot.h"
#include "change/state.h"
#include "trigger_call.h"
#include "wal.h"

void		(*change_log_start_writer) (Oid database) = NULL;
bool		(*change_log_has_places) (void) = NULL;

/* ---- Whether there can be one ---- */

static void __attribute__((noreturn))
report_impossible(const char *what, const char *lacking, const char *hint)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("%s cannot be used on this server: %s", what, lacking),
			 errhint("%s", hint)));
}

/* Whether the server decodes by the plugin: minor releases differ in whether they ask. */
static bool
is_plugin_allowed(void)
{
	const char *setting = GetConfigOption("output_plugin_libraries", true, false);
	List	   *libraries;
	ListCell   *cell;

	if (setting == NULL)
		return true;
	if (!SplitGUCList(pstrdup(setting), ',', &libraries))
		return false;
	foreach(cell, libraries)
	{
		if (strcmp(lfirst(cell), CHANGE_PLUGIN) == 0)
			return true;
	}
	return false;
}

void
change_log_check(const char *what)
{
	if (!log_state_is_there())
		report_impossible(what, "ddb is not in shared_preload_libraries",
						  "Add ddb to shared_preload_libraries, and restart the server.");
	if (wal_level < WAL_LEVEL_LOGICAL)
		report_impossible(what, "wal_level is not logical",
						  "Set wal_level to logical, and restart the server.");
	if (!is_plugin_allowed())
		report_impossible(what, "output_plugin_libraries does not name ddb",
						  "Add ddb to output_plugin_libraries, and reload the server's configuration.");
	if (slot_name_is_taken())
		report_impossible(what, psprintf("replication slot \"%s\" is not the change log's", slot_name()),
						  "Drop it: the change log needs a slot of this name.");
	if (!slot_has_place())
		report_impossible(what, "all replication slots are in use",
						  "Raise max_replication_slots and restart the server, or drop a slot that nobody uses.");
	if (change_log_has_places == NULL || !change_log_has_places())
		report_impossible(what, "there are no places for its background workers",
						  "Raise max_worker_processes, and restart the server.");
}

void
change_log_check_table(const char *what, Oid relation)
{
	change_log_check(what);
	/* nothing of it is in WAL */
	if (get_rel_persistence(relation) != RELPERSISTENCE_PERMANENT)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("%s cannot be used on relation \"%s\": it is unlogged", what, get_rel_name(relation)),
				 errhint("ALTER TABLE ... SET LOGGED, with its secondary indexes in the same transaction.")));
}

/* ---- Asking ---- */

static bool requested = false;

static void
transaction_ends(XactEvent event, void *argument)
{
	if (!requested)
		return;
	switch (event)
	{
		case XACT_EVENT_COMMIT:
			requested = false;
			if (!log_state_request() && change_log_start_writer != NULL)
				change_log_start_writer(MyDatabaseId);
			break;
		case XACT_EVENT_ABORT:
			requested = false;
			break;
		case XACT_EVENT_PRE_PREPARE:
			/* whoever commits it would not know */
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("cannot PREPARE a transaction that has begun or ended a stream or point-in-time recovery")));
			break;
		default:
			break;
	}
}

void
change_log_request(void)
{
	static bool registered = false;

	if (!registered)
	{
		RegisterXactCallback(transaction_ends, NULL);
		registered = true;
	}
	requested = true;
}

PG_FUNCTION_INFO_V1(ddb_change_log_wanted);

/* AFTER any change of ddb.streams and ddb.continuous_backups, by an operation, or restored. */
Datum
ddb_change_log_wanted(PG_FUNCTION_ARGS)
{
	(void) trigger_data(fcinfo, "change_log_wanted");
	change_log_request();
	PG_RETURN_POINTER(NULL);
}

/* ---- How far it is ---- */

bool
change_log_position(LogPosition *log_position)
{
	StoredPosition position;
	XLogRecPtr	reached;
	TimestampTz time;

	/* what is told may be behind what is read, and not before it */
	if (!log_state_reached(&reached, &time))
		reached = InvalidXLogRecPtr;
	if (!position_read(&position))
		return false;
	log_position->lsn = position.lsn;
	log_position->last = position.last;
	log_position->time = position.reached;
	if (reached >= position.lsn)
	{
		log_position->lsn = reached;
		log_position->time = Max(time, position.reached);
	}
	return true;
}

SequenceNumber
change_log_latest(void)
{
	LogPosition position;

	if (!change_log_position(&position))
		return (SequenceNumber) {sequence_time(GetCurrentTimestamp()), 0};
	return sequence_number_later((SequenceNumber) {sequence_time(position.time) + 1, 0}, sequence_behind(position.last));
}

bool
change_log_wait(long milliseconds, void (*waiting) (void))
{
	XLogRecPtr	end;

	if (RecoveryInProgress())
		return false;
	end = wal_end();
	XLogFlush(end);
	return log_state_wait(end, milliseconds, waiting);
}

bool
change_log_is_behind(void)
{
	return !RecoveryInProgress() && log_state_is_behind();
}

PG_FUNCTION_INFO_V1(ddb_change_log_wait);

/* ddb.change_log_wait(timeout interval) */
Datum
ddb_change_log_wait(PG_FUNCTION_ARGS)
{
	Interval   *timeout = PG_GETARG_INTERVAL_P(0);
	int64		milliseconds = timeout->time / 1000 + timeout->day * INT64CONST(86400000);

	PG_RETURN_BOOL(change_log_wait((long) Max(milliseconds, 0), NULL));
}

PG_FUNCTION_INFO_V1(ddb_change_log_state);

/* ddb.change_log_state(): what the view ddb.change_lag shows of the current database. */
Datum
ddb_change_log_state(PG_FUNCTION_ARGS)
{
	static const char *const states[] = {
		[SLOT_MISSING] = "missing",[SLOT_USABLE] = "usable",[SLOT_LOST] = "lost"
	};
	Datum		values[7];
	bool		nulls[7] = {false};
	TupleDesc	descriptor;
	NameData	name;
	LogPosition position;
	uint64		kept;
	SlotState	slot;

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	slot = slot_state(&kept);
	nulls[3] = nulls[4] = !change_log_position(&position);
	(void) namestrcpy(&name, slot_name());
	values[0] = NameGetDatum(&name);
	values[1] = CStringGetTextDatum(states[slot]);
	values[2] = Int64GetDatum((int64) kept);
	values[3] = nulls[3] ? (Datum) 0 : LSNGetDatum(position.lsn);
	values[4] = nulls[4] ? (Datum) 0 : TimestampTzGetDatum(position.time);
	values[5] = Int64GetDatum((int64) change_lag_limit * 1024);
	values[6] = Int64GetDatum(log_state_holes());
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}

/* ---- Looking into it ---- */

/* The names of the key's attributes; nothing here asks for their types. */
static void
schema_of_shard(const Shard *shard, KeySchema *schema)
{
	memset(schema, 0, sizeof(*schema));
	schema->partition_count = 1;
	schema->partition[0].name = shard->partition_key;
	schema->partition[0].name_length = strlen(shard->partition_key);
	if (shard->sort_key == NULL)
		return;
	schema->sort_count = 1;
	schema->sort[0].name = shard->sort_key;
	schema->sort[0].name_length = strlen(shard->sort_key);
}

PG_FUNCTION_INFO_V1(ddb_change_records);

/* ddb.change_records(shard_id, backward): the records of a shard as JSON, for the administrator. */
Datum
ddb_change_records(PG_FUNCTION_ARGS)
{
	const Shard *shard = shard_find(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	bool		backward = PG_GETARG_BOOL(1);
	KeySchema	schema;
	LogReader  *reader;
	ChangeRecord record;

	InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
	if (shard == NULL)
		return (Datum) 0;
	schema_of_shard(shard, &schema);
	reader = log_read_begin(shard, &schema, backward ? SEQUENCE_NUMBER_LAST : SEQUENCE_NUMBER_FIRST, backward);
	while (log_read_next(reader, &record))
	{
		ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
		StringInfoData json;
		Datum		value;
		bool		isnull = false;

		initStringInfo(&json);
		change_record_append_json(&json, &record, "NEW_AND_OLD_IMAGES", false, NULL);
		value = CStringGetTextDatum(json.data);
		tuplestore_putvalues(result->setResult, result->setDesc, &value, &isnull);
		pfree(json.data);
		pfree(DatumGetPointer(value));
	}
	log_read_end(reader);
	return (Datum) 0;
}
