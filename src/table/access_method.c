/*
 * access_method.c - the table access method ddb.
 *
 * It is heap with four differences: a tuple that enters must be a good item
 * with agreeing keys, an item collection's tuples share pages (placement.c), a
 * deletion may carry an origin (origin.h), and index builds have a scan of their
 * own (index_build.c), because heap's refuses relations of other access methods.
 * All else, down to the WAL, is heap's: MVCC, crash recovery, VACUUM, TOAST,
 * standbys, logical decoding.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/tableam.h"
#include "catalog/pg_am.h"
#include "fmgr.h"
#include "replication/origin.h"
#include "utils/rel.h"

#include "compat.h"
#include "error.h"
#include "table/access_method.h"
#include "table/layout.h"
#include "table/origin.h"
#include "table/placement.h"
#include "value/value.h"

/*
 * A stored item of this many bytes can be beyond DynamoDB's limit: what
 * counts least in the stored form for its size is a number, at more than half.
 */
#define STORED_SIZE_TO_CHECK (ITEM_MAX_SIZE / 3)

/* ---- Rules ---- */

/* A row's values of a key schema, and the columns that they are in. */
typedef struct KeyValues
{
	int			count;
	struct varlena *values[4 * KEY_MAX_ATTRIBUTES];
} KeyValues;

static void __attribute__((noreturn))
refuse_null(Relation relation, int16 column)
{
	ereport(ERROR,
			(errcode(ERRCODE_NOT_NULL_VIOLATION),
			 errmsg("null value in column \"%s\" of relation \"%s\" violates not-null constraint",
					NameStr(TupleDescAttr(RelationGetDescr(relation), column - 1)->attname),
					RelationGetRelationName(relation)),
			 errtablecol(relation, column)));
}

static Datum
value_of_column(Relation relation, TupleTableSlot *slot, int16 column)
{
	bool		isnull;
	Datum		datum = slot_getattr(slot, column, &isnull);

	if (isnull)
		refuse_null(relation, column);
	return datum;
}

static void
add_values(Relation relation, TupleTableSlot *slot, const KeySchema *schema, KeyValues *keys)
{
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		Datum		datum = value_of_column(relation, slot, key_schema_attribute(schema, i)->column);

		keys->values[keys->count++] = PG_DETOAST_DATUM_PACKED(datum);
	}
}

/* The key column holds just the bytes of the item's attribute. */
static void
check_value(Relation relation, const KeyAttribute *key, const struct varlena *column,
			const Value *item)
{
	Value		attribute;

	if (value_map_find(item, key->name, key->name_length, &attribute) &&
		attribute.type == key->type &&
		attribute.length == VARSIZE_ANY_EXHDR(column) &&
		memcmp(attribute.data, VARDATA_ANY(column), attribute.length) == 0)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_CHECK_VIOLATION),
			 errmsg("column \"%s\" of relation \"%s\" does not agree with its item",
					NameStr(TupleDescAttr(RelationGetDescr(relation), key->column - 1)->attname),
					RelationGetRelationName(relation))));
}

static void
check_values(Relation relation, const KeySchema *schema, struct varlena **columns,
			 const Value *item)
{
	for (int i = 0; i < key_schema_count(schema); i++)
		check_value(relation, key_schema_attribute(schema, i), columns[i], item);
}

/*
 * Refuses what no DynamoDB table can hold, whoever writes it.
 *
 * Values may be out of line, and to fetch them can make the cached layout go
 * away.  So this is done with a copy of it, in which the names do not count.
 */
static void
check_row(Relation relation, TupleTableSlot *slot)
{
	const TableLayout *layout = layout_of_relation(relation);
	TableLayout copy;
	KeyValues	keys = {0};
	Value		item;

	if (!OidIsValid(layout->primary_index))
		return;

	copy = *layout;
	item = value_from_datum(value_of_column(relation, slot, copy.item_column));
	add_values(relation, slot, &copy.schema, &keys);
	add_values(relation, slot, &copy.table_schema, &keys);

	/* the lock on the relation keeps it as it is */
	layout = layout_of_relation(relation);
	Assert(key_schema_count(&layout->schema) + key_schema_count(&layout->table_schema) == keys.count);
	check_values(relation, &layout->schema, keys.values, &item);
	check_values(relation, &layout->table_schema, keys.values + key_schema_count(&layout->schema), &item);
	if (item.length > STORED_SIZE_TO_CHECK && item_size(&item) > ITEM_MAX_SIZE)
		validation_error("Item size has exceeded the maximum allowed size");
}

/* ---- Writing ---- */

void		(*table_written) (void) = NULL;
void		(*table_truncate_check) (Relation relation) = NULL;

static inline void
tell_written(Relation relation)
{
	if (relation->rd_rel->relreplident == REPLICA_IDENTITY_FULL && table_written != NULL)
		table_written();
}

static void
insert(Relation relation, TupleTableSlot *slot, CommandId command, int options,
	   BulkInsertState bulk, bool speculative, uint32 token)
{
	bool		should_free;
	HeapTuple	tuple;
	Placement	placement;

	check_row(relation, slot);
	tell_written(relation);

	tuple = ExecFetchSlotHeapTuple(slot, true, &should_free);
	slot->tts_tableOid = RelationGetRelid(relation);
	tuple->t_tableOid = slot->tts_tableOid;
	if (speculative)
	{
		HeapTupleHeaderSetSpeculativeToken(tuple->t_data, token);
		options |= HEAP_INSERT_SPECULATIVE;
	}

	/* a bulk insert's state has a target of its own, which would win */
	placement_choose(relation, slot, tuple->t_len, command, &placement);
	heap_insert(relation, tuple, command, options | placement.options,
				placement.steered ? NULL : bulk);
	ItemPointerCopy(&tuple->t_self, &slot->tts_tid);
	placement_done(relation, &placement, ItemPointerGetBlockNumber(&tuple->t_self));

	if (should_free)
		pfree(tuple);
}

static void
ddb_tuple_insert(Relation relation, TupleTableSlot *slot, CommandId command, int options,
				 BulkInsertState bulk)
{
	insert(relation, slot, command, options, bulk, false, 0);
}

static void
ddb_tuple_insert_speculative(Relation relation, TupleTableSlot *slot, CommandId command,
							 int options, BulkInsertState bulk, uint32 token)
{
	insert(relation, slot, command, options, bulk, true, token);
}

static void
ddb_multi_insert(Relation relation, TupleTableSlot **slots, int count, CommandId command,
				 int options, BulkInsertState bulk)
{
	const TableLayout *layout = layout_of_relation(relation);

	/* heap fills page by page, which suits a table without collections */
	if (!OidIsValid(layout->primary_index) || layout->schema.sort_count == 0)
	{
		for (int i = 0; i < count; i++)
			check_row(relation, slots[i]);
		tell_written(relation);
		heap_multi_insert(relation, slots, count, command, options, bulk);
		return;
	}

	for (int i = 0; i < count; i++)
		insert(relation, slots[i], command, options, bulk, false, 0);
}

static TM_Result
ddb_tuple_update(Relation relation, ItemPointer old_tid, TupleTableSlot *slot,
				 CommandId command, Snapshot snapshot, Snapshot crosscheck, bool wait,
				 TM_FailureData *failure, LockTupleMode *lock_mode,
				 UpdateIndexes *update_indexes)
{
	bool		should_free;
	HeapTuple	tuple;
	Placement	placement;
	TM_Result	result;

	check_row(relation, slot);
	tell_written(relation);

	tuple = ExecFetchSlotHeapTuple(slot, true, &should_free);
	placement_choose_for_update(relation, slot, tuple->t_len,
								ItemPointerGetBlockNumber(old_tid), &placement);
	result = GetHeapamTableAmRoutine()->tuple_update(relation, old_tid, slot, command,
													 snapshot, crosscheck, wait, failure,
													 lock_mode, update_indexes);
	placement_done(relation, &placement,
				   result == TM_Ok ? ItemPointerGetBlockNumber(&slot->tts_tid) : InvalidBlockNumber);

	if (should_free)
		pfree(tuple);
	return result;
}

/* The same as heap's, with the origin that the deletion is to carry. */
static TM_Result
ddb_tuple_delete(Relation relation, ItemPointer row, CommandId command, Snapshot snapshot,
				 Snapshot crosscheck, bool wait, TM_FailureData *failure, bool changing_partition)
{
	const TableAmRoutine *heap = GetHeapamTableAmRoutine();
	RepOriginId origin = origin_of_deletion(relation, row);
	RepOriginId before = replorigin_session_origin;
	TM_Result	result;

	tell_written(relation);
	if (origin == InvalidRepOriginId)
		return heap->tuple_delete(relation, row, command, snapshot, crosscheck, wait, failure,
								  changing_partition);
	PG_TRY();
	{
		replorigin_session_origin = origin;
		result = heap->tuple_delete(relation, row, command, snapshot, crosscheck, wait, failure,
									changing_partition);
	}
	PG_FINALLY();
	{
		replorigin_session_origin = before;
	}
	PG_END_TRY();
	return result;
}

/* A relation that exists already and gets a new, empty file is being truncated. */
static void
ddb_set_new_file(Relation relation, const RelationFile *file, char persistence,
				 TransactionId *freeze_xid, MultiXactId *min_multi)
{
	if (table_truncate_check != NULL)
		table_truncate_check(relation);
	set_new_file_compat(GetHeapamTableAmRoutine(), relation, file, persistence, freeze_xid,
						min_multi);
}

/* Long values of a table USING ddb are no items: they lie in a heap. */
static Oid
ddb_relation_toast_am(Relation relation)
{
	return HEAP_TABLE_AM_OID;
}

bool
relation_is_ours(Relation relation)
{
	return relation->rd_tableam != NULL && relation->rd_tableam->multi_insert == ddb_multi_insert;
}

/* ---- The handler ---- */

PG_FUNCTION_INFO_V1(ddb_table_handler);

/* CREATE ACCESS METHOD ddb TYPE TABLE HANDLER ddb.table_handler */
Datum
ddb_table_handler(PG_FUNCTION_ARGS)
{
	static TableAmRoutine routine;

	if (routine.type != T_TableAmRoutine)
	{
		routine = *GetHeapamTableAmRoutine();
		routine.tuple_insert = ddb_tuple_insert;
		routine.tuple_insert_speculative = ddb_tuple_insert_speculative;
		routine.multi_insert = ddb_multi_insert;
		routine.tuple_update = ddb_tuple_update;
		routine.tuple_delete = ddb_tuple_delete;
		set_new_file_routine_compat(routine) = ddb_set_new_file;
		routine.relation_toast_am = ddb_relation_toast_am;
		routine.index_build_range_scan = ddb_index_build_range_scan;
		routine.index_validate_scan = ddb_index_validate_scan;
	}
	PG_RETURN_POINTER(&routine);
}
