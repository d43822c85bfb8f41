/*
 * stream_view.c - the views of streams: dynamodb."Movies:stream".
 *
 * PostgreSQL knows no privilege for streams, so a table with one has a view, on
 * which SELECT is just that.  A colon is in no table's name.  The view belongs to
 * the table's owner, shows the newest stream's records, and goes with the table;
 * ddb.streams says which it is, so that nobody else's view of the name counts.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/tablecmds.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "change/stream.h"
#include "change/stream_view.h"
#include "owner_statement.h"
#include "script.h"
#include "table/relation.h"
#include "trigger_call.h"

static bool
is_view_of(Oid view, Oid owner)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(view));
	Form_pg_class form;
	bool		is;

	if (!HeapTupleIsValid(tuple))
		return false;
	form = (Form_pg_class) GETSTRUCT(tuple);
	is = form->relkind == RELKIND_VIEW && form->relowner == owner;
	ReleaseSysCache(tuple);
	return is;
}

/* ---- Making it ---- */

/*
 * Safe as the table's owner: the statement is ours, with the names of the table
 * and of the view in quotes, and the owner's own right to create in the schema
 * decides.
 */
static Oid
create_view(const TableRecord *table, const char *name, Oid namespace)
{
	const char *quoted = quote_qualified_identifier("dynamodb", name);

	owner_statement_run(table->relation,
						psprintf("CREATE VIEW %s AS SELECT sequence_number, event_name, keys, new_image,"
								 " old_image, created, expired, shard_id FROM ddb.stream_records(%s)",
								 quoted, quote_literal_cstr(table->name)),
						0, NULL, NULL, NULL);
	owner_statement_run(table->relation,
						psprintf("COMMENT ON VIEW %s IS 'changes of items; who may SELECT may read the table''s streams'",
								 quoted),
						0, NULL, NULL, NULL);
	CommandCounterIncrement();
	return get_relname_relid(name, namespace);
}

/* One that the owner has kept, or made, from an earlier stream has the name, and counts. */
Oid
stream_view_of_table(const TableRecord *table)
{
	Oid			namespace = get_namespace_oid("dynamodb", false);
	Oid			owner = relation_owner(table->relation);
	const StreamRecord *last = stream_latest(table);
	const char *wanted = psprintf("%s:stream", table->name);
	Oid			view;

	if (last != NULL && is_view_of(last->view, owner))
		return last->view;
	view = get_relname_relid(wanted, namespace);
	if (OidIsValid(view) && is_view_of(view, owner))
		return view;
	return create_view(table, relation_free_name(wanted, namespace), namespace);
}

/* ---- Following the table ---- */

/* OIDs that a statement has given; SPI must be connected. */
static List *
first_columns(void)
{
	List	   *list = NIL;

	for (uint64 i = 0; i < SPI_processed; i++)
	{
		bool		isnull;
		Datum		oid = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &isnull);

		if (!isnull)
			list = list_append_unique_oid(list, DatumGetObjectId(oid));
	}
	return list;
}

PG_FUNCTION_INFO_V1(ddb_drop_stream_views);

/*
 * Event trigger on drops: a dropped table's view goes with it, and its owner is noted.
 * What depends on the view goes where what depends on the table does.
 *
 * Safe as the extension's owner, who asks PostgreSQL for what it has just dropped, and
 * as the view's, for a drop runs nobody's code.
 */
Datum
ddb_drop_stream_views(PG_FUNCTION_ARGS)
{
	const EventTriggerData *trigger = event_trigger_data(fcinfo, "drop_stream_views");
	const char *behavior = trigger_drop_behavior(trigger) == DROP_CASCADE ? "CASCADE" : "RESTRICT";
	ListCell   *cell;

	if (script_is_running())
		PG_RETURN_NULL();
	SPI_connect();
	owner_statement_run(extension_relation("streams"),
						"UPDATE ddb.streams s SET owner = (SELECT c.relowner FROM pg_catalog.pg_class c WHERE c.oid = s.view)"
						" FROM pg_catalog.pg_event_trigger_dropped_objects() d"
						" WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass"
						" AND d.objsubid = 0 AND d.objid = s.relation RETURNING s.view",
						0, NULL, NULL, NULL);
	foreach(cell, first_columns())
	{
		Oid			view = lfirst_oid(cell);

		if (get_rel_relkind(view) == RELKIND_VIEW)
			owner_statement_run(view, psprintf("DROP VIEW %s %s", relation_quoted_name(view), behavior), 0, NULL, NULL, NULL);
	}
	SPI_finish();
	PG_RETURN_NULL();
}

/* Views that the command has parted from the owner of their table. */
static const char parted_views[] =
"SELECT s.view FROM pg_catalog.pg_event_trigger_ddl_commands() d, ddb.streams s,"
" pg_catalog.pg_class t, pg_catalog.pg_class v"
" WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid IN (s.relation, s.view)"
" AND t.oid = s.relation AND v.oid = s.view AND v.relkind = 'v' AND v.relowner <> t.relowner";

static Oid
table_of_view(Oid view)
{
	Oid			types[] = {OIDOID};
	Datum		values[] = {ObjectIdGetDatum(view)};

	/* safe as the extension's owner: it reads what that has written */
	owner_statement_run(extension_relation("streams"),
						"SELECT s.relation FROM ddb.streams s, pg_catalog.pg_class t WHERE s.view = $1 AND t.oid = s.relation",
						lengthof(types), types, values, NULL);
	return linitial_oid(first_columns());
}

PG_FUNCTION_INFO_V1(ddb_follow_stream_owner);

/*
 * Event trigger after ALTER TABLE and ALTER VIEW: a stream's view has the owner of
 * its table.  Safe without asking what the current role may: what is written in
 * ddb.streams is the extension's own, and who gets the view owns what it shows.
 */
Datum
ddb_follow_stream_owner(PG_FUNCTION_ARGS)
{
	ListCell   *cell;

	(void) event_trigger_data(fcinfo, "follow_stream_owner");
	if (script_is_running())
		PG_RETURN_NULL();
	SPI_connect();
	owner_statement_run(extension_relation("streams"), parted_views, 0, NULL, NULL, NULL);
	foreach(cell, first_columns())
	{
		Oid			view = lfirst_oid(cell);

		ATExecChangeOwner(view, relation_owner(table_of_view(view)), true, AccessExclusiveLock);
	}
	SPI_finish();
	PG_RETURN_NULL();
}
