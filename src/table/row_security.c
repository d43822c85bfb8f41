/*
 * row_security.c - row-level security for rows that no statement reads or
 * writes.
 *
 * Which policies apply, and how they combine, is PostgreSQL's to say: it gives
 * the conditions that it would add to a statement.  For each use of a row they
 * are made one condition, the first time that somebody asks.
 *
 * A condition without subqueries is an expression on the row.  One with them
 * needs a plan.  There the row stands in a relation of its own, as the rows of
 * a trigger's transition tables do, and the plan is that of
 *
 *		SELECT condition FROM row
 *
 * which is run anew for each row.  In its target list subqueries remain
 * subqueries, so one that does not depend on the row is run once.  Rewriting
 * the query adds the policies of the tables in it and finds a policy that
 * leads back to itself; starting it checks the role's privileges on them.
 *
 * Nothing is kept beyond the operation, so a changed policy, role or setting
 * is seen by the next one.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "parser/parse_node.h"
#include "rewrite/rewriteHandler.h"
#include "rewrite/rewriteManip.h"
#include "rewrite/rowsecurity.h"
#include "tcop/dest.h"
#include "tcop/tcopprot.h"
#include "utils/memutils.h"
#include "utils/queryenvironment.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/tuplestore.h"

#include "arn.h"
#include "compat.h"
#include "error.h"
#include "table/row_security.h"

/* The relation's place in the range tables here. */
#define ROW_RELATION 1

/* The condition for one use, prepared. */
typedef struct RowCondition
{
	/* without subqueries */
	EState	   *estate;
	ExprState  *expression;

	/* with them */
	QueryDesc  *query;
	Tuplestorestate *row;
} RowCondition;

struct RowSecurity
{
	const Table *table;
	AclMode		privileges;
	MemoryContext context;
	RowCondition *conditions[ROW_DELETE + 1];	/* by RowUse; NULL: not asked for yet */
};

static void __attribute__((noreturn))
refuse(const Table *table, const char *reason)
{
	ddb_error(ACCESS_DENIED_EXCEPTION,
			  "User: %s is not authorized to perform this operation on resource: %s because %s",
			  GetUserNameFromId(GetUserId(), false), table_arn(table->name), reason);
}

void
row_security_refuse(const Table *table)
{
	refuse(table, "no row-level security policy allows it");
}

RowSecurity *
row_security_begin(const Table *table, AclMode privileges)
{
	Relation	relation = table->relation;
	RowSecurity *security;

	if (!relation->rd_rel->relrowsecurity ||
		check_enable_rls(RelationGetRelid(relation), InvalidOid, false) != RLS_ENABLED)
		return NULL;

	security = palloc0(sizeof(RowSecurity));
	security->table = table;
	security->privileges = privileges;
	security->context = AllocSetContextCreate(CurrentMemoryContext, "ddb row security",
											  ALLOCSET_DEFAULT_SIZES);
	return security;
}

static void
end_condition(RowCondition *condition)
{
	if (condition->estate != NULL)
		FreeExecutorState(condition->estate);
	if (condition->query != NULL)
	{
		ExecutorFinish(condition->query);
		ExecutorEnd(condition->query);
		FreeQueryDesc(condition->query);
		tuplestore_end(condition->row);
	}
}

void
row_security_end(RowSecurity *security)
{
	if (security == NULL)
		return;
	for (RowUse use = ROW_READ; use <= ROW_DELETE; use++)
	{
		if (security->conditions[use] != NULL)
			end_condition(security->conditions[use]);
	}
	MemoryContextDelete(security->context);
	pfree(security);
}

/* ---- What the policies say ---- */

/*
 * The command whose policies tell of a use, and the privileges that a
 * statement would need for it.  Whoever updates or deletes finds the row by
 * its key, and so reads it; an INSERT reads only what it returns.
 */
static CmdType
command_of_use(const RowSecurity *security, RowUse use, AclMode *privileges)
{
	switch (use)
	{
		case ROW_READ:
			*privileges = ACL_SELECT;
			return CMD_SELECT;
		case ROW_INSERT:
			*privileges = ACL_INSERT | (security->privileges & ACL_SELECT);
			return CMD_INSERT;
		case ROW_UPDATE_OLD:
		case ROW_UPDATE_NEW:
			*privileges = ACL_UPDATE | ACL_SELECT;
			return CMD_UPDATE;
		case ROW_DELETE:
			*privileges = ACL_DELETE | ACL_SELECT;
			return CMD_DELETE;
	}
	elog(ERROR, "unexpected use %d of a row", use);
}

/* What has to hold of a row, in terms of ROW_RELATION. */
static Node *
find_condition(const RowSecurity *security, RowUse use)
{
	Query	   *query = makeNode(Query);
	AclMode		privileges;
	RangeTblEntry *entry;
	List	   *conditions;
	List	   *checks;
	bool		has_row_security;
	bool		has_subqueries;
	ListCell   *cell;

	query->commandType = command_of_use(security, use, &privileges);
	entry = add_relation_compat(query, security->table->relation, privileges);
	if (query->commandType != CMD_SELECT)
		query->resultRelation = ROW_RELATION;
	get_row_security_policies(query, entry, ROW_RELATION, &conditions, &checks,
							  &has_row_security, &has_subqueries);

	if (use == ROW_INSERT || use == ROW_UPDATE_NEW)
	{
		conditions = NIL;
		foreach(cell, checks)
			conditions = lappend(conditions, lfirst_node(WithCheckOption, cell)->qual);
	}
	return expand_virtual_columns_compat((Node *) make_ands_explicit(conditions),
										 security->table->relation, ROW_RELATION);
}

/* ---- Conditions without subqueries ---- */

static void
prepare_expression(RowCondition *condition, Node *node)
{
	condition->estate = CreateExecutorState();
	condition->expression = ExecPrepareExpr((Expr *) node, condition->estate);
}

static Datum
evaluate_expression(const RowCondition *condition, TupleTableSlot *row, bool *isnull)
{
	ExprContext *context = GetPerTupleExprContext(condition->estate);

	ResetExprContext(context);
	context->ecxt_scantuple = row;
	return ExecEvalExprSwitchContext(condition->expression, context, isnull);
}

/* ---- Conditions with subqueries ---- */

/* A row on its own has no system columns, but of which table it is one is known. */
static Node *
replace_system_column(Var *variable, replace_rte_variables_context *context)
{
	const Table *table = context->callback_arg;

	if (variable->varattno >= 0)
		return (Node *) copyObject(variable);
	if (variable->varattno != TableOidAttributeNumber)
		refuse(table, "its row-level security policies have subqueries and use system columns");
	return (Node *) makeConst(OIDOID, -1, InvalidOid, sizeof(Oid),
							  ObjectIdGetDatum(RelationGetRelid(table->relation)), false, true);
}

/* An empty relation like the table's, for one row. */
static QueryEnvironment *
create_row_relation(RowCondition *condition, Relation relation)
{
	QueryEnvironment *environment = create_queryEnv();
	EphemeralNamedRelation row = palloc0(sizeof(EphemeralNamedRelationData));

	/* no limit on memory, as one row is never worth a file */
	condition->row = tuplestore_begin_heap(false, false, MaxAllocSize / 1024);
	row->md.name = RelationGetRelationName(relation);
	row->md.reliddesc = RelationGetRelid(relation);
	row->md.enrtype = ENR_NAMED_TUPLESTORE;
	row->md.enrtuples = 1;
	row->reldata = condition->row;
	register_ENR(environment, row);
	return environment;
}

/* SELECT condition FROM row */
static Query *
build_query(Node *condition, const char *row_name, QueryEnvironment *environment)
{
	ParseState *state = make_parsestate(NULL);
	Query	   *query = makeNode(Query);
	RangeTblRef *from = makeNode(RangeTblRef);

	state->p_queryEnv = environment;
	addRangeTableEntryForENR(state, makeRangeVar(NULL, pstrdup(row_name), -1), true);
	from->rtindex = ROW_RELATION;

	query->commandType = CMD_SELECT;
	query->querySource = QSRC_ORIGINAL;
	query->canSetTag = true;
	query->hasSubLinks = true;
	query->rtable = state->p_rtable;
	query->jointree = makeFromExpr(list_make1(from), NULL);
	query->targetList = list_make1(makeTargetEntry((Expr *) condition, 1, "allowed", false));
	return query;
}

static void
prepare_query(RowCondition *condition, const RowSecurity *security, Node *node,
			  Snapshot snapshot)
{
	const char *row_name = RelationGetRelationName(security->table->relation);
	QueryEnvironment *environment = create_row_relation(condition, security->table->relation);
	Query	   *query;
	PlannedStmt *plan;

	node = replace_rte_variables(node, ROW_RELATION, 0, replace_system_column,
								 unconstify(Table *, security->table), NULL);
	query = build_query(node, row_name, environment);
	AcquireRewriteLocks(query, true, false);
	plan = pg_plan_query(linitial_node(Query, QueryRewrite(query)), "", 0, NULL);
	condition->query = CreateQueryDesc(plan, "", snapshot, InvalidSnapshot, None_Receiver,
									   NULL, environment, 0);
	ExecutorStart(condition->query, EXEC_FLAG_REWIND);
}

static Datum
run_query(const RowCondition *condition, TupleTableSlot *row, bool *isnull)
{
	EState	   *estate = condition->query->estate;
	MemoryContext caller = MemoryContextSwitchTo(estate->es_query_cxt);
	TupleTableSlot *result;
	Datum		allowed;

	tuplestore_clear(condition->row);
	tuplestore_puttupleslot(condition->row, row);
	ResetPerTupleExprContext(estate);
	ExecReScan(condition->query->planstate);
	result = ExecProcNode(condition->query->planstate);
	Assert(!TupIsNull(result));
	allowed = slot_getattr(result, 1, isnull);
	MemoryContextSwitchTo(caller);
	return allowed;
}

/* ---- The question ---- */

static RowCondition *
prepare_condition(const RowSecurity *security, RowUse use, Snapshot snapshot)
{
	MemoryContext caller = MemoryContextSwitchTo(security->context);
	RowCondition *condition = palloc0(sizeof(RowCondition));
	Node	   *node = find_condition(security, use);

	if (checkExprHasSubLink(node))
		prepare_query(condition, security, node, snapshot);
	else
		prepare_expression(condition, node);
	MemoryContextSwitchTo(caller);
	return condition;
}

bool
row_security_allows(RowSecurity *security, RowUse use, TupleTableSlot *row, Snapshot snapshot)
{
	RowCondition *condition;
	Datum		allowed;
	bool		isnull;

	/* functions in policies ask for it */
	PushActiveSnapshot(snapshot);
	if (security->conditions[use] == NULL)
		security->conditions[use] = prepare_condition(security, use, snapshot);
	condition = security->conditions[use];
	if (condition->query != NULL)
		allowed = run_query(condition, row, &isnull);
	else
		allowed = evaluate_expression(condition, row, &isnull);
	PopActiveSnapshot();
	return !isnull && DatumGetBool(allowed);
}
