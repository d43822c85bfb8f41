/*
 * stream_trigger.c - the trigger of rows that come into ddb.streams.
 *
 * A row is an operation's, or comes from a dump.  The log of changes is not in the
 * dump, so there too a new stream begins.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "change/stream.h"
#include "trigger_call.h"

static bool
has_stream_that_is_on(const char *table_name, Oid relation)
{
	TableRecord table = {.name = unconstify(char *, table_name),.relation = relation};
	const StreamRecord *last = stream_latest(&table);

	return last != NULL && stream_is_on(last);
}

/* The row with what makes it a new stream. */
static HeapTuple
begin(const TriggerData *trigger, const char *table_name)
{
	TupleDesc	descriptor = RelationGetDescr(trigger->tg_relation);
	TimestampTz moment = stream_next_moment(table_name);
	static const char *const names[] = {"label", "status", "created", "ended", "owner", "readers"};
	int			numbers[lengthof(names)];
	Datum		values[lengthof(names)] = {
		CStringGetTextDatum(stream_label(moment)),
		CStringGetTextDatum(stream_status_name(STREAM_ENABLING)),
		TimestampTzGetDatum(moment)
	};
	bool		nulls[lengthof(names)] = {false, false, false, true, true, true};

	for (int i = 0; i < (int) lengthof(names); i++)
		numbers[i] = SPI_fnumber(descriptor, names[i]);
	return heap_modify_tuple_by_cols(trigger->tg_trigtuple, descriptor, lengthof(names), numbers, values, nulls);
}

PG_FUNCTION_INFO_V1(ddb_load_stream);

/* BEFORE INSERT FOR EACH ROW. */
Datum
ddb_load_stream(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = trigger_data(fcinfo, "load_stream");
	Oid			relation = trigger_oid_column(trigger, trigger->tg_trigtuple, "relation");
	char	   *table_name = trigger_text_column(trigger, trigger->tg_trigtuple, "table_name");

	if (table_name == NULL)
		PG_RETURN_POINTER(trigger->tg_trigtuple);
	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation)) || has_stream_that_is_on(table_name, relation))
	{
		ereport(WARNING,
				(errmsg("record of a stream of table \"%s\" is left out: the table's relation is missing, or has a stream already",
						table_name)));
		PG_RETURN_POINTER(NULL);
	}
	PG_RETURN_POINTER(begin(trigger, table_name));
}
