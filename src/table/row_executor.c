/*
 * row_executor.c - writing rows with PostgreSQL's executor.
 */
#include "postgres.h"

#include "commands/trigger.h"
#include "executor/executor.h"
#include "executor/nodeModifyTable.h"
#include "nodes/makefuncs.h"
#include "parser/parse_relation.h"
#include "utils/rel.h"

#include "compat.h"
#include "table/row_executor.h"

struct RowExecutor
{
	EState	   *estate;
	ResultRelInfo *result;
	EPQState	epq;
	List	   *arbiters;		/* the primary index */
	List	   *recheck;		/* deferred constraints' indexes */
};

static bool
needs_executor(const Table *table)
{
	TupleConstr *constraints = RelationGetDescr(table->relation)->constr;

	return !table->only_index || table->relation->trigdesc != NULL ||
		(constraints != NULL && constraints->num_check > 0);
}

RowExecutor *
row_executor_begin(Table *table)
{
	RowExecutor *executor;

	if (!needs_executor(table))
		return NULL;

	executor = palloc0(sizeof(RowExecutor));
	executor->estate = CreateExecutorState();
	executor->estate->es_output_cid = GetCurrentCommandId(true);
	init_range_table_compat(executor->estate, table->relation);
	executor->result = makeNode(ResultRelInfo);
	InitResultRelInfo(executor->result, table->relation, 1, NULL, 0);
	ExecOpenIndices(executor->result, true);
	EvalPlanQualInit_compat(&executor->epq, executor->estate);
	executor->arbiters = list_make1_oid(RelationGetRelid(table->primary_index));
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

bool
row_executor_before_insert(RowExecutor *executor, TupleTableSlot *slot)
{
	ResultRelInfo *result = executor->result;

	if (result->ri_TrigDesc != NULL && result->ri_TrigDesc->trig_insert_before_row)
	{
		if (!ExecBRInsertTriggers(executor->estate, result, slot))
			return false;
		ExecComputeStoredGenerated(result, executor->estate, slot, CMD_INSERT);
	}
	ExecConstraints(result, slot, executor->estate);
	return true;
}

bool
row_executor_insert_index_entries(RowExecutor *executor, TupleTableSlot *slot)
{
	bool		conflict = false;

	executor->recheck = insert_index_tuples_compat(executor->result, slot, executor->estate,
												   &conflict, executor->arbiters);
	return !conflict;
}

void
row_executor_after_insert(RowExecutor *executor, TupleTableSlot *slot)
{
	ExecARInsertTriggers(executor->estate, executor->result, slot, executor->recheck, NULL);
}

void
row_executor_update(RowExecutor *executor, TupleTableSlot *old_slot, TupleTableSlot *new_slot)
{
	ExecSimpleRelationUpdate(executor->result, executor->estate, &executor->epq, old_slot,
							 new_slot);
}

void
row_executor_delete(RowExecutor *executor, TupleTableSlot *old_slot)
{
	ExecSimpleRelationDelete(executor->result, executor->estate, &executor->epq, old_slot);
}
