/*
 * row_executor.c - writing rows with PostgreSQL's executor.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "access/xact.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/nodeModifyTable.h"
#include "nodes/makefuncs.h"
#include "parser/parse_relation.h"
#include "rewrite/rewriteHandler.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "compat.h"
#include "table/row_executor.h"
#include "table/row_security.h"

struct RowExecutor
{
	const Table *table;
	EState	   *estate;
	ResultRelInfo *result;
	EPQState	epq;
	List	   *arbiters;		/* the primary index, and its like */
	List	   *recheck;		/* deferred constraints' indexes */
};

/* Whether the column holds neither the item nor a key attribute. */
static bool
is_other_column(const Table *table, Form_pg_attribute column)
{
	const KeySchema *schema = &table->schema;

	return !column->attisdropped && column->attnum != table->item_column &&
		column->attnum != schema->partition[0].column &&
		(schema->sort_count == 0 || column->attnum != schema->sort[0].column);
}

static bool
has_other_columns(const Table *table)
{
	TupleDesc	descriptor = RelationGetDescr(table->relation);

	for (int i = 0; i < descriptor->natts; i++)
	{
		if (is_other_column(table, TupleDescAttr(descriptor, i)))
			return true;
	}
	return false;
}

bool
table_needs_executor(const Table *table)
{
	TupleConstr *constraints = RelationGetDescr(table->relation)->constr;

	return !table->only_index || table->other_triggers ||
		table->relation->rd_rel->relispartition ||
		(table->index_trigger && table->changed == NULL) ||
		(constraints != NULL && constraints->num_check > 0) || has_other_columns(table);
}

/* Whether the other is a unique index on the same: the primary one, as it is built anew. */
static bool
is_same_index(Relation primary, Relation other)
{
	Form_pg_index a = primary->rd_index;
	Form_pg_index b = other->rd_index;

	return b->indisunique && b->indimmediate && a->indnkeyatts == b->indnkeyatts &&
		memcmp(a->indkey.values, b->indkey.values, a->indnkeyatts * sizeof(int16)) == 0 &&
		equal(RelationGetIndexExpressions(primary), RelationGetIndexExpressions(other)) &&
		RelationGetIndexPredicate(other) == NIL;
}

/* The indexes in which another transaction's row of the same key is to be waited for. */
static List *
find_arbiters(const Table *table, const ResultRelInfo *result)
{
	List	   *arbiters = NIL;

	for (int i = 0; i < result->ri_NumIndices; i++)
	{
		Relation	index = result->ri_IndexRelationDescs[i];

		if (is_same_index(table->primary_index, index))
			arbiters = lappend_oid(arbiters, RelationGetRelid(index));
	}
	return arbiters;
}

RowExecutor *
row_executor_begin(Table *table)
{
	RowExecutor *executor;

	if (!table_needs_executor(table))
		return NULL;

	executor = palloc0(sizeof(RowExecutor));
	executor->table = table;
	executor->estate = CreateExecutorState();
	init_range_table_compat(executor->estate, table->relation);
	executor->result = makeNode(ResultRelInfo);
	InitResultRelInfo(executor->result, table->relation, 1, NULL, 0);
	ExecOpenIndices(executor->result, true);
	EvalPlanQualInit_compat(&executor->epq, executor->estate);
	executor->arbiters = find_arbiters(table, executor->result);
	AfterTriggerBeginQuery();
	return executor;
}

void
row_executor_end(RowExecutor *executor)
{
	if (executor == NULL)
		return;
	AfterTriggerEndQuery(executor->estate);
	EvalPlanQualEnd(&executor->epq);
	ExecCloseIndices(executor->result);
	ExecResetTupleTable(executor->estate->es_tupleTable, false);
	ExecCloseResultRelations(executor->estate);
	FreeExecutorState(executor->estate);
	pfree(executor);
}

/* The column's default for a new row. */
static Datum
column_default(RowExecutor *executor, int16 column, bool *isnull)
{
	EState	   *estate = executor->estate;
	Expr	   *expression = (Expr *) build_column_default(executor->table->relation, column);
	MemoryContext caller;
	Datum		result;

	*isnull = true;
	if (expression == NULL)
		return (Datum) 0;
	caller = MemoryContextSwitchTo(estate->es_query_cxt);
	result = ExecEvalExpr(ExecPrepareExpr(expression, estate), GetPerTupleExprContext(estate), isnull);
	MemoryContextSwitchTo(caller);
	return result;
}

void
row_executor_fill_columns(RowExecutor *executor, TupleTableSlot *old_slot, TupleTableSlot *new_slot)
{
	TupleDesc	descriptor = new_slot->tts_tupleDescriptor;

	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(descriptor, i);

		if (!is_other_column(executor->table, column) || column->attgenerated)
			continue;
		if (TTS_EMPTY(old_slot))
			new_slot->tts_values[i] = column_default(executor, column->attnum, &new_slot->tts_isnull[i]);
		else
			new_slot->tts_values[i] = slot_getattr(old_slot, column->attnum, &new_slot->tts_isnull[i]);
	}
}

/* What a trigger has written before is to be seen, so each row is a command's of its own. */
static void
begin_command(RowExecutor *executor)
{
	executor->estate->es_output_cid = GetCurrentCommandId(true);
}

bool
row_executor_before_insert(RowExecutor *executor, TupleTableSlot *slot)
{
	ResultRelInfo *result = executor->result;

	begin_command(executor);
	if (result->ri_TrigDesc != NULL && result->ri_TrigDesc->trig_insert_before_row &&
		!ExecBRInsertTriggers(executor->estate, result, slot))
		return false;
	ExecComputeStoredGenerated(result, executor->estate, slot, CMD_INSERT);
	row_require(executor->table, ROW_INSERT, slot, GetActiveSnapshot());
	ExecConstraints(result, slot, executor->estate);
	if (executor->table->relation->rd_rel->relispartition)
		ExecPartitionCheck(result, slot, executor->estate, true);
	return true;
}

bool
row_executor_insert_index_entries(RowExecutor *executor, TupleTableSlot *slot)
{
	bool		conflict = false;

	executor->recheck = insert_index_tuples_compat(executor->result, slot, executor->estate, true,
												   &conflict, executor->arbiters, false);
	return !conflict;
}

void
row_executor_insert(RowExecutor *executor, TupleTableSlot *slot)
{
	table_tuple_insert(executor->table->relation, slot, GetCurrentCommandId(true), 0, NULL);
	executor->recheck = insert_index_tuples_compat(executor->result, slot, executor->estate, false,
												   NULL, NIL, false);
}

void
row_executor_after_insert(RowExecutor *executor, TupleTableSlot *slot)
{
	ExecARInsertTriggers(executor->estate, executor->result, slot, executor->recheck, NULL);
}

void
row_executor_update(RowExecutor *executor, TupleTableSlot *old_slot, TupleTableSlot *new_slot)
{
	begin_command(executor);
	ExecSimpleRelationUpdate(executor->result, executor->estate, &executor->epq, old_slot,
							 new_slot);
	/* only now is known what triggers and generated columns have made of it */
	row_require(executor->table, ROW_UPDATE_NEW, new_slot, GetActiveSnapshot());
}

void
row_executor_delete(RowExecutor *executor, TupleTableSlot *old_slot)
{
	begin_command(executor);
	ExecSimpleRelationDelete(executor->result, executor->estate, &executor->epq, old_slot);
}
