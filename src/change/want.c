/*
 * want.c - what ddb.streams and ddb.continuous_backups ask of the change log.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "replication/message.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "change/decoder.h"
#include "change/log.h"
#include "change/shard.h"
#include "change/want.h"
#include "compat.h"
#include "owner_statement.h"
#include "script.h"
#include "table/access_method.h"
#include "table/layout.h"
#include "trigger_call.h"

/* ---- Statements ---- */

/* Statements of the extension's own, about catalogs of its own; returns how many rows they processed. */
static uint64
run(const char *statement, Oid relation, const char *label, Datum time)
{
	Oid			types[] = {OIDOID, TEXTOID, TIMESTAMPTZOID};
	Datum		values[] = {
		ObjectIdGetDatum(relation), label != NULL ? CStringGetTextDatum(label) : (Datum) 0, time
	};

	return owner_statement_run(extension_relation("streams"), statement, lengthof(types), types,
							   values, label != NULL ? NULL : " n ");
}

/* The same in a connection of its own, for the number alone. */
static uint64
run_alone(const char *statement, Oid relation, const char *label, Datum time)
{
	uint64		count;

	SPI_connect();
	count = run(statement, relation, label, time);
	SPI_finish();
	CommandCounterIncrement();
	return count;
}

List *
wants_pending(void)
{
	MemoryContext caller = CurrentMemoryContext;
	List	   *wants = NIL;

	SPI_connect();
	run("SELECT relation::pg_catalog.oid, label, status = 'ENABLING' FROM ddb.streams"
		" WHERE status IN ('ENABLING', 'DISABLING')"
		" UNION ALL SELECT relation::pg_catalog.oid, NULL, status = 'ENABLING' FROM ddb.continuous_backups"
		" WHERE status IN ('ENABLING', 'DISABLING')"
		/* what has lost its record is not wanted any more */
		" UNION SELECT s.relation, s.label, false FROM ddb.shards s WHERE s.ended_by IS NULL AND NOT EXISTS"
		" (SELECT FROM ddb.streams t WHERE t.relation = s.relation AND t.label = s.label)"
		" AND (s.label IS NOT NULL OR NOT EXISTS"
		" (SELECT FROM ddb.continuous_backups b WHERE b.relation = s.relation))", InvalidOid, NULL, 0);
	MemoryContextSwitchTo(caller);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		TupleDesc	descriptor = SPI_tuptable->tupdesc;
		Want	   *want = palloc(sizeof(Want));
		bool		isnull;

		want->relation = DatumGetObjectId(SPI_getbinval(row, descriptor, 1, &isnull));
		want->label = SPI_getvalue(row, descriptor, 2);
		want->begin = DatumGetBool(SPI_getbinval(row, descriptor, 3, &isnull));
		wants = lappend(wants, want);
	}
	SPI_finish();
	return wants;
}

bool
wants_any(void)
{
	return run_alone("SELECT FROM ddb.streams WHERE status <> 'DISABLED'"
					 " UNION ALL SELECT FROM ddb.continuous_backups"
					 " UNION ALL SELECT FROM ddb.shards WHERE ended_by IS NULL LIMIT 1",
					 InvalidOid, NULL, 0) > 0;
}

bool
want_equal(const Want *a, const Want *b)
{
	return a->relation == b->relation && a->begin == b->begin && (a->label == NULL) == (b->label == NULL) &&
		(a->label == NULL || strcmp(a->label, b->label) == 0);
}

/* ---- Announcing ---- */

static bool
is_there(Oid relation)
{
	return OidIsValid(relation) && SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation));
}

/* Whether all that is written to it has old images in WAL already. */
static bool
has_old_images(Oid relation)
{
	Relation	opened = try_table_open(relation, AccessShareLock);
	bool		full;

	/* it has just been dropped: nothing is written to it any more */
	if (opened == NULL)
		return true;
	full = opened->rd_rel->relreplident == REPLICA_IDENTITY_FULL;
	table_close(opened, AccessShareLock);
	return full;
}

/* Whether somebody still wants changes of the table once what is being ended has been. */
static bool
is_wanted(Oid relation)
{
	return run_alone("SELECT FROM ddb.streams WHERE relation = $1 AND status IN ('ENABLING', 'ENABLED')"
					 " UNION ALL SELECT FROM ddb.continuous_backups WHERE relation = $1"
					 " AND status IN ('ENABLING', 'ENABLED') LIMIT 1", relation, NULL, 0) > 0;
}

/*
 * Whether the relation is a table.  One that a dump is being restored into has no primary index until its items
 * are there, which are no changes; and a restore with several jobs truncates what it has created before it fills it.
 */
static bool
is_table(Relation relation)
{
	return OidIsValid(layout_of_relation(relation)->primary_index);
}

static bool
is_restored(Oid relation)
{
	Relation	opened = try_table_open(relation, AccessShareLock);
	bool		restored = opened == NULL || is_table(opened);

	if (opened != NULL)
		table_close(opened, AccessShareLock);
	return restored;
}

bool
want_announce(const Want *want, const char *nonce)
{
	char	   *message;

	if (want->begin && !is_restored(want->relation))
		return false;
	if (is_there(want->relation))
	{
		if (want->begin && !has_old_images(want->relation))
			change_require_old_images(want->relation, true);
		else if (!want->begin && !is_wanted(want->relation))
			change_require_old_images(want->relation, false);
	}
	else if (want->begin)
		return true;			/* its drop makes it DISABLING */
	message = psprintf("%s %s %u %s", nonce, want->begin ? "begin" : "end", want->relation,
					   want->label != NULL ? want->label : "");
	log_message_compat(CHANGE_MESSAGE_PREFIX, message, strlen(message));
	return true;
}

bool
want_read(const char *data, Size length, const char *nonce, Want *want)
{
	char	   *text = pnstrdup(data, length);
	char		said_nonce[64];
	char		what[8];
	int			behind = 0;

	if (sscanf(text, "%63s %7s %u %n", said_nonce, what, &want->relation, &behind) != 3 || behind == 0 ||
		strcmp(said_nonce, nonce) != 0)
		return false;
	want->begin = strcmp(what, "begin") == 0;
	want->label = text[behind] != '\0' ? text + behind : NULL;
	return true;
}

/* ---- Carrying out ---- */

/* Ends the table's shards that are open: with that label (NULL: those of none). */
static void
end_shards(Oid relation, const char *label, SequenceNumber at)
{
	ListCell   *cell;

	foreach(cell, shards_of(relation, NULL))
	{
		const Shard *shard = lfirst(cell);

		if (shard->open && (shard->label == NULL) == (label == NULL) &&
			(label == NULL || strcmp(shard->label, label) == 0))
			shard_end(shard, at, "closed");
	}
}

static bool
has_open_shards(Oid relation)
{
	ListCell   *cell;

	foreach(cell, shards_of(relation, NULL))
	{
		if (((Shard *) lfirst(cell))->open)
			return true;
	}
	return false;
}

bool
want_recovery(Oid relation)
{
	return run_alone("SELECT FROM ddb.continuous_backups WHERE relation = $1 AND status IN ('ENABLED', 'DISABLING')",
					 relation, NULL, 0) > 0;
}

/* A stream's shards carry recovery's changes as well: where it begins, recovery's own end. */
static bool
begin_stream(const Want *want, SequenceNumber at)
{
	if (run_alone("WITH ready AS (SELECT table_name, label FROM ddb.streams"
				  " WHERE relation = $1 AND label = $2 AND status = 'ENABLING' FOR UPDATE SKIP LOCKED)"
				  " UPDATE ddb.streams s SET status = 'ENABLED' FROM ready r"
				  " WHERE s.table_name = r.table_name AND s.label = r.label",
				  want->relation, want->label, 0) == 0)
		return false;
	end_shards(want->relation, NULL, at);
	shards_begin(want->relation, want->label, stream_shards, NULL, at);
	return true;
}

static bool
end_stream(const Want *want, SequenceNumber at)
{
	if (run_alone("WITH ready AS (SELECT table_name, label FROM ddb.streams"
				  " WHERE relation = $1 AND label = $2 AND status = 'DISABLING' FOR UPDATE SKIP LOCKED)"
				  " UPDATE ddb.streams s SET status = 'DISABLED', ended = $3 FROM ready r"
				  " WHERE s.table_name = r.table_name AND s.label = r.label",
				  want->relation, want->label, TimestampTzGetDatum(time_of_sequence(at.time))) == 0 &&
		run_alone("SELECT FROM ddb.streams WHERE relation = $1 AND label = $2 AND status <> 'DISABLED'",
				  want->relation, want->label, 0) > 0)
		return false;
	end_shards(want->relation, want->label, at);
	if (is_there(want->relation) && want_recovery(want->relation) && !has_open_shards(want->relation))
		shards_begin(want->relation, NULL, 1, NULL, at);
	return true;
}

static bool
begin_recovery(const Want *want, SequenceNumber at)
{
	if (run_alone("WITH ready AS (SELECT relation FROM ddb.continuous_backups"
				  " WHERE relation = $1 AND status = 'ENABLING' FOR UPDATE SKIP LOCKED)"
				  " UPDATE ddb.continuous_backups b SET status = 'ENABLED', enabled = $3 FROM ready r"
				  " WHERE b.relation = r.relation",
				  want->relation, NULL, TimestampTzGetDatum(time_of_sequence(at.time))) == 0)
		return false;
	if (!has_open_shards(want->relation))
		shards_begin(want->relation, NULL, 1, NULL, at);
	return true;
}

static bool
end_recovery(const Want *want, SequenceNumber at)
{
	if (run_alone("WITH ready AS (SELECT relation FROM ddb.continuous_backups"
				  " WHERE relation = $1 AND status = 'DISABLING' FOR UPDATE SKIP LOCKED)"
				  " DELETE FROM ddb.continuous_backups b USING ready r WHERE b.relation = r.relation",
				  want->relation, NULL, 0) == 0 &&
		run_alone("SELECT FROM ddb.continuous_backups WHERE relation = $1", want->relation, NULL, 0) > 0)
		return false;
	end_shards(want->relation, NULL, at);
	return true;
}

bool
want_carry_out(const Want *want, SequenceNumber at)
{
	/* one that has been dropped since is ended by the next message */
	if (want->begin && !is_there(want->relation))
		return false;
	if (want->label != NULL)
		return want->begin ? begin_stream(want, at) : end_stream(want, at);
	return want->begin ? begin_recovery(want, at) : end_recovery(want, at);
}

/* ---- Asking ---- */

int
want_images(Oid relation, const char *label)
{
	int			images = 0;

	if (label != NULL)
	{
		char	   *view_type = NULL;

		SPI_connect();
		if (run("SELECT view_type FROM ddb.streams WHERE relation = $1 AND label = $2",
				relation, label, 0) > 0)
			view_type = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);
		images = view_type != NULL ? stream_view_images(view_type) : IMAGE_OLD | IMAGE_NEW;
		SPI_finish();
	}
	return want_recovery(relation) ? images | IMAGE_OLD : images;
}

int
want_recovery_days(List **relations)
{
	MemoryContext caller = CurrentMemoryContext;
	int			days = 0;

	*relations = NIL;
	SPI_connect();
	run("SELECT relation::pg_catalog.oid, recovery_period_days FROM ddb.continuous_backups", InvalidOid, NULL, 0);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		TupleDesc	descriptor = SPI_tuptable->tupdesc;
		MemoryContext spi = MemoryContextSwitchTo(caller);
		bool		isnull;

		*relations = lappend_oid(*relations, DatumGetObjectId(SPI_getbinval(row, descriptor, 1, &isnull)));
		days = Max(days, DatumGetInt32(SPI_getbinval(row, descriptor, 2, &isnull)));
		MemoryContextSwitchTo(spi);
	}
	SPI_finish();
	return days;
}

void
wants_trim(TimestampTz horizon)
{
	run_alone("DELETE FROM ddb.streams WHERE status = 'DISABLED' AND ended < $3",
			  InvalidOid, NULL, TimestampTzGetDatum(horizon));
}

/* ---- Tables that go, and tables that are emptied ---- */

PG_FUNCTION_INFO_V1(ddb_end_dropped_logs);

/* Event trigger on drops: nobody writes a table any more that is not there. */
Datum
ddb_end_dropped_logs(PG_FUNCTION_ARGS)
{
	uint64		ended;

	(void) event_trigger_data(fcinfo, "end_dropped_logs");
	if (script_is_running())
		PG_RETURN_NULL();
	ended = run_alone("UPDATE ddb.streams s SET status = 'DISABLING'"
					  " FROM pg_catalog.pg_event_trigger_dropped_objects() d"
					  " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0"
					  " AND d.objid = s.relation AND s.status IN ('ENABLING', 'ENABLED')", InvalidOid, NULL, 0);
	ended += run_alone("UPDATE ddb.continuous_backups b SET status = 'DISABLING'"
					   " FROM pg_catalog.pg_event_trigger_dropped_objects() d"
					   " WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objsubid = 0"
					   " AND d.objid = b.relation AND b.status IN ('ENABLING', 'ENABLED')", InvalidOid, NULL, 0);
	if (ended > 0)
		change_log_request();
	PG_RETURN_NULL();
}

/* The log tells of items, and TRUNCATE of none. */
static void
check_truncate(Relation relation)
{
	if (relation->rd_rel->relreplident != REPLICA_IDENTITY_FULL || !is_table(relation) ||
		!is_wanted(RelationGetRelid(relation)))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("cannot truncate relation \"%s\", whose table has a stream or point-in-time recovery",
					RelationGetRelationName(relation)),
			 errhint("Delete its items, or switch these off before.")));
}

void
want_install(void)
{
	table_truncate_check = check_truncate;
}
