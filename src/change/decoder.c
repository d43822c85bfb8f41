/*
 * decoder.c - the output plugin `ddb`: committed changes of items out of WAL.
 *
 * PostgreSQL calls it for each transaction that has committed, in commit order; a large
 * one comes from disk, where PostgreSQL has put it meanwhile, so that memory stays flat.
 * So there are no callbacks for transactions in progress, and a prepared transaction is told of when
 * it is committed.
 *
 * All that is read of a tuple is its item.  The old one is whole in WAL, since
 * REPLICA IDENTITY FULL has it flattened.  A new one that lies out of line either has
 * its parts in this transaction's WAL, where PostgreSQL has put it together,
 * or it is the old one unchanged.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_class.h"
#include "replication/logical.h"
#include "replication/origin.h"
#include "replication/output_plugin.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "change/consumer.h"
#include "change/decoder.h"
#include "table/access_method.h"
#include "table/layout.h"
#include "table/origin.h"

/* Changes without a line after which PostgreSQL may tell the consumer that all is well. */
#define PROGRESS_INTERVAL 100

const ChangeSink *change_sink = NULL;

typedef struct Decoder
{
	MemoryContext context;		/* of a change */
	Consumer   *consumer;		/* NULL: the log */
	int64		ordinal;		/* of the transaction's next record */
	bool		began;			/* a line of this transaction has been written */
	int			silent;			/* changes since the last line */
} Decoder;

extern PGDLLEXPORT void _PG_output_plugin_init(OutputPluginCallbacks *callbacks);

/* ---- Origins ---- */

/*
 * Whether a change is the expiry of an item.  The origin was there before whatever
 * carries it, so that the catalog of that moment has its name.
 */
static RepOriginId known_origin = InvalidRepOriginId;
static bool known_is_expiry = false;

static void
forget_origin(Datum argument, int cache_id, uint32 hash_value)
{
	known_origin = InvalidRepOriginId;
}

static bool
is_expiry(RepOriginId origin)
{
	static bool watched = false;
	char	   *name;

	if (origin == InvalidRepOriginId || origin == DoNotReplicateId)
		return false;
	if (!watched)
		CacheRegisterSyscacheCallback(REPLORIGIDENT, forget_origin, (Datum) 0);
	watched = true;
	if (known_origin != origin)
	{
		known_is_expiry = replorigin_by_oid(origin, true, &name) && strcmp(name, ORIGIN_EXPIRY_NAME) == 0;
		known_origin = origin;
	}
	return known_is_expiry;
}

static bool
filter_by_origin(LogicalDecodingContext *context, RepOriginId origin)
{
	/* rows that stand for absent items */
	return origin == DoNotReplicateId;
}

/* ---- Lines of a consumer ---- */

static void
write_transaction_line(LogicalDecodingContext *context, ReorderBufferTXN *txn, const char *what)
{
	OutputPluginPrepareWrite(context, true);
	consumer_append_transaction(context->out, what, txn, sequence_time(txn->xact_time.commit_time));
	OutputPluginWrite(context, true);
}

static void
before_line(LogicalDecodingContext *context, ReorderBufferTXN *txn)
{
	Decoder    *decoder = context->output_plugin_private;

	if (!decoder->began && consumer_wants_transactions(decoder->consumer))
		write_transaction_line(context, txn, "BEGIN");
	decoder->began = true;
	decoder->silent = 0;
}

/* While nothing is written for long, a consumer would take the connection for lost. */
static void
count_silent(LogicalDecodingContext *context)
{
	Decoder    *decoder = context->output_plugin_private;

	if (++decoder->silent % PROGRESS_INTERVAL == 0)
		OutputPluginUpdateProgress(context, false);
}

/*
 * The commit's position in WAL and the change's in the transaction: it rises,
 * and is the same whenever the change is decoded, for every consumer.
 */
static SequenceNumber
next_sequence(Decoder *decoder, const ReorderBufferTXN *txn)
{
	SequenceNumber sequence = {txn->final_lsn, decoder->ordinal++};

	return sequence;
}

static void
write_change_line(LogicalDecodingContext *context, ReorderBufferTXN *txn, Relation relation,
				  ChangeRecord *record)
{
	Decoder    *decoder = context->output_plugin_private;
	const char *table;

	record->sequence = next_sequence(decoder, txn);
	table = consumer_table(decoder->consumer, RelationGetRelid(relation), txn);
	if (table == NULL)
		return;
	/* looking for the table may have moved the layout */
	record->keys = change_keys_of_item(&layout_of_relation(relation)->schema,
									   record->kind == CHANGE_REMOVE ? &record->old_item : &record->new_item);
	before_line(context, txn);
	OutputPluginPrepareWrite(context, true);
	consumer_append_change(decoder->consumer, context->out, table, record,
						   sequence_time(txn->xact_time.commit_time));
	OutputPluginWrite(context, true);
}

static void
write_truncate_line(LogicalDecodingContext *context, ReorderBufferTXN *txn, Relation relation)
{
	Decoder    *decoder = context->output_plugin_private;
	SequenceNumber sequence = next_sequence(decoder, txn);
	const char *table = consumer_table(decoder->consumer, RelationGetRelid(relation), txn);

	if (table == NULL)
		return;
	before_line(context, txn);
	OutputPluginPrepareWrite(context, true);
	consumer_append_truncate(decoder->consumer, context->out, table, sequence,
							 sequence_time(txn->xact_time.commit_time));
	OutputPluginWrite(context, true);
}

/* ---- Changes ---- */

/* The layout of a relation that is told of; NULL: it is not. */
static const TableLayout *
told_layout(Relation relation)
{
	const TableLayout *layout;

	if (!relation_is_ours(relation) || relation->rd_rel->relkind != RELKIND_RELATION ||
		relation->rd_rel->relreplident != REPLICA_IDENTITY_FULL)
		return NULL;
	layout = layout_of_relation(relation);
	return OidIsValid(layout->primary_index) && layout->table_schema.partition_count == 0 ? layout : NULL;
}

static Datum
item_datum(Relation relation, const TableLayout *layout, HeapTuple tuple)
{
	bool		isnull;
	Datum		datum;

	if (tuple == NULL)
		elog(ERROR, "a change of relation \"%s\" lacks a row", RelationGetRelationName(relation));
	datum = heap_getattr(tuple, layout->item_column, RelationGetDescr(relation), &isnull);
	if (isnull)
		elog(ERROR, "a row of relation \"%s\" has no item", RelationGetRelationName(relation));
	return datum;
}

static bool
is_elsewhere(Datum datum)
{
	return VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(datum));
}

static Value
item_of_datum(Relation relation, Datum datum)
{
	if (is_elsewhere(datum))
		elog(ERROR, "an item of relation \"%s\" is not in the transaction's WAL",
			 RelationGetRelationName(relation));
	return value_from_datum(datum);
}

static bool
have_same_keys(const KeySchema *schema, const Value *one, const Value *other)
{
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);
		Value		a;
		Value		b;

		if (!value_map_find(one, attribute->name, attribute->name_length, &a) ||
			!value_map_find(other, attribute->name, attribute->name_length, &b) || !value_equal(&a, &b))
			return false;
	}
	return true;
}

static void
tell(LogicalDecodingContext *context, ReorderBufferTXN *txn, Relation relation, ChangeRecord *record)
{
	if (change_sink != NULL)
		change_sink->change(RelationGetRelid(relation), record);
	else
		write_change_line(context, txn, relation, record);
}

static void
tell_update(LogicalDecodingContext *context, ReorderBufferTXN *txn, Relation relation,
			const TableLayout *layout, ReorderBufferChange *change, ChangeRecord *record)
{
	Datum		old_datum = item_datum(relation, layout, change_tuple_compat(change->data.tp.oldtuple));
	Datum		new_datum = item_datum(relation, layout, change_tuple_compat(change->data.tp.newtuple));
	Value		none = {0};

	/* what is left where it was has not changed */
	if (is_elsewhere(new_datum))
		return;
	record->old_item = item_of_datum(relation, old_datum);
	record->new_item = item_of_datum(relation, new_datum);
	if (value_equal(&record->old_item, &record->new_item))
		return;
	if (have_same_keys(&layout->schema, &record->old_item, &record->new_item))
	{
		record->kind = CHANGE_MODIFY;
		tell(context, txn, relation, record);
	}
	else
	{
		ChangeRecord removal = *record;
		ChangeRecord insertion = *record;

		removal.kind = CHANGE_REMOVE;
		removal.new_item = none;
		tell(context, txn, relation, &removal);
		insertion.kind = CHANGE_INSERT;
		insertion.old_item = none;
		tell(context, txn, relation, &insertion);
	}
}

static void
tell_change(LogicalDecodingContext *context, ReorderBufferTXN *txn, Relation relation,
			const TableLayout *layout, ReorderBufferChange *change)
{
	ChangeRecord record = {.by_service = is_expiry(change->origin_id)};

	switch (change->action)
	{
		case REORDER_BUFFER_CHANGE_INSERT:
			record.kind = CHANGE_INSERT;
			record.new_item = item_of_datum(relation, item_datum(relation, layout,
																 change_tuple_compat(change->data.tp.newtuple)));
			tell(context, txn, relation, &record);
			break;
		case REORDER_BUFFER_CHANGE_UPDATE:
			tell_update(context, txn, relation, layout, change, &record);
			break;
		case REORDER_BUFFER_CHANGE_DELETE:
			record.kind = CHANGE_REMOVE;
			record.old_item = item_of_datum(relation, item_datum(relation, layout,
																 change_tuple_compat(change->data.tp.oldtuple)));
			tell(context, txn, relation, &record);
			break;
		default:
			elog(ERROR, "unknown kind of a change: %d", (int) change->action);
	}
}

/* ---- The callbacks ---- */

static void
start_up(LogicalDecodingContext *context, OutputPluginOptions *options, bool is_init)
{
	Decoder    *decoder = palloc0(sizeof(Decoder));

	options->output_type = OUTPUT_PLUGIN_TEXTUAL_OUTPUT;
	decoder->context = AllocSetContextCreate(context->context, "ddb change", ALLOCSET_DEFAULT_SIZES);
	/* a slot in the making gets no changes */
	if (change_sink == NULL && !is_init)
		decoder->consumer = consumer_start(context->output_plugin_options);
	context->output_plugin_private = decoder;
}

static void
begin(LogicalDecodingContext *context, ReorderBufferTXN *txn)
{
	Decoder    *decoder = context->output_plugin_private;

	decoder->ordinal = 0;
	decoder->began = false;
	decoder->silent = 0;
	if (change_sink != NULL)
		change_sink->begin(txn->xid, txn->final_lsn, txn->xact_time.commit_time);
}

static void
change(LogicalDecodingContext *context, ReorderBufferTXN *txn, Relation relation,
	   ReorderBufferChange *reorder_change)
{
	Decoder    *decoder = context->output_plugin_private;
	MemoryContext previous = MemoryContextSwitchTo(decoder->context);
	const TableLayout *layout = told_layout(relation);

	if (change_sink == NULL)
	{
		count_silent(context);
		consumer_note_change(decoder->consumer, RelationGetRelid(relation));
	}
	if (layout != NULL)
		tell_change(context, txn, relation, layout, reorder_change);
	MemoryContextSwitchTo(previous);
	MemoryContextReset(decoder->context);
}

static void
truncate_relations(LogicalDecodingContext *context, ReorderBufferTXN *txn, int count,
				   Relation relations[], ReorderBufferChange *reorder_change)
{
	for (int i = 0; i < count; i++)
	{
		if (told_layout(relations[i]) == NULL)
			continue;
		if (change_sink != NULL)
			change_sink->truncate(RelationGetRelid(relations[i]));
		else
			write_truncate_line(context, txn, relations[i]);
	}
}

static void
message(LogicalDecodingContext *context, ReorderBufferTXN *txn, XLogRecPtr lsn, bool transactional,
		const char *prefix, Size length, const char *data)
{
	if (change_sink != NULL && transactional && length <= CHANGE_MESSAGE_LENGTH_MAX &&
		strcmp(prefix, CHANGE_MESSAGE_PREFIX) == 0)
		change_sink->message(data, length);
}

static void
commit(LogicalDecodingContext *context, ReorderBufferTXN *txn, XLogRecPtr commit_lsn)
{
	Decoder    *decoder = context->output_plugin_private;

	if (change_sink != NULL)
	{
		change_sink->commit(txn->xid, txn->end_lsn, txn->xact_time.commit_time);
		return;
	}
	if (decoder->began && consumer_wants_transactions(decoder->consumer))
		write_transaction_line(context, txn, "COMMIT");
	OutputPluginUpdateProgress(context, !decoder->began);
}

void
_PG_output_plugin_init(OutputPluginCallbacks *callbacks)
{
	callbacks->startup_cb = start_up;
	callbacks->begin_cb = begin;
	callbacks->change_cb = change;
	callbacks->truncate_cb = truncate_relations;
	callbacks->commit_cb = commit;
	callbacks->message_cb = message;
	callbacks->filter_by_origin_cb = filter_by_origin;
}
