/*
 * planner.c - so that WHERE year = 2013 finds the primary index.
 *
 * The index is on the partition key's hash, of which the planner knows nothing
 * when it meets an equality on the key.  The support function of the key
 * types' equality adds the hash to the condition:
 *
 *	year = 2013	becomes	ddb.hash(year) = '...' AND year = 2013
 *
 * That holds the same rows: the equality stays, and rechecks the value.  Where
 * both stand, the hash's selectivity (statistics of the index's expression) is
 * the condition's, so the equality itself is estimated to refuse nothing.
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_func.h"
#include "parser/parsetree.h"
#include "utils/fmgrprotos.h"
#include "utils/rel.h"

#include "table/layout.h"
#include "table/planner.h"

/*
 * The planner simplifies the parts of an AND again and again until none is an
 * AND, so an equality that has got its hash must be known.  Its key column's
 * place in the query text says so: any negative one means that there is none.
 */
#define LOCATION_OF_HASHED (-2)

/* Whether the expression is the partition key column of a table of ours. */
static bool
is_partition_key(PlannerInfo *root, Node *expression)
{
	Var		   *var = (Var *) expression;
	RangeTblEntry *entry;
	Relation	relation;
	const TableLayout *layout;
	bool		result;

	if (!IsA(expression, Var))
		return false;
	if (var->varlevelsup != 0 || var->varattno <= 0 || IS_SPECIAL_VARNO(var->varno) ||
		var->varno > list_length(root->parse->rtable))
		return false;
	entry = rt_fetch(var->varno, root->parse->rtable);
	if (entry->rtekind != RTE_RELATION || entry->relkind != RELKIND_RELATION)
		return false;

	relation = table_open(entry->relid, NoLock);
	layout = layout_of_relation(relation);
	result = OidIsValid(layout->primary_index) &&
		layout->schema.partition_count == 1 &&
		layout->schema.partition[0].column == var->varattno;
	table_close(relation, NoLock);
	return result;
}

Node *
as_key_type(Node *expression, Oid key_type)
{
	return coerce_to_target_type(NULL, expression, exprType(expression), key_type, -1,
								 COERCION_EXPLICIT, COERCE_EXPLICIT_CAST, -1);
}

Oid
planner_function(const char *name, Oid argument_type)
{
	return LookupFuncName(list_make2(makeString("ddb"), makeString(pstrdup(name))),
						  1, &argument_type, false);
}

/* The hash of an expression of a key type, computed now if it is constant. */
static Node *
hash_of(PlannerInfo *root, Node *expression)
{
	return eval_const_expressions(root,
								  (Node *) makeFuncExpr(planner_function("hash", exprType(expression)),
														UUIDOID,
														list_make1(copyObject(expression)),
														InvalidOid, InvalidOid,
														COERCE_EXPLICIT_CALL));
}

Expr *
planner_equality(Node *left, Node *right)
{
	Oid			operator = OpernameGetOprid(list_make2(makeString("pg_catalog"), makeString("=")),
											exprType(left), exprType(right));

	Expr	   *clause = make_opclause(operator, BOOLOID, false, (Expr *) left, (Expr *) right,
									   InvalidOid, exprCollation(right));

	set_opfuncid((OpExpr *) clause);
	return clause;
}

bool
is_marked(Node *expression)
{
	return IsA(expression, Var) && ((Var *) expression)->location == LOCATION_OF_HASHED;
}

Node *
mark_hashed(Node *column)
{
	Var		   *marked = copyObject((Var *) column);

	marked->location = LOCATION_OF_HASHED;
	return (Node *) marked;
}

static Node *
add_hash(PlannerInfo *root, FuncExpr *call)
{
	Node	   *left = linitial(call->args);
	Node	   *right = lsecond(call->args);
	Node	   *column;
	Node	   *other;
	Expr	   *hashes;
	Expr	   *values;

	if (root == NULL || contain_volatile_functions(left) || contain_volatile_functions(right))
		return NULL;

	if (is_marked(left) || is_marked(right))
		return NULL;
	if (is_partition_key(root, left))
	{
		column = left;
		other = right;
		left = mark_hashed(left);
	}
	else if (is_partition_key(root, right))
	{
		column = right;
		other = left;
		right = mark_hashed(right);
	}
	else
		return NULL;

	other = as_key_type(other, exprType(column));
	if (other == NULL)
		return NULL;

	hashes = planner_equality(hash_of(root, column), hash_of(root, other));
	values = planner_equality(left, right);
	return (Node *) makeBoolExpr(AND_EXPR, list_make2(hashes, values), -1);
}

PG_FUNCTION_INFO_V1(ddb_key_equality_support);

/* The support function of the key types' equality functions. */
Datum
ddb_key_equality_support(PG_FUNCTION_ARGS)
{
	Node	   *request = (Node *) PG_GETARG_POINTER(0);

	if (IsA(request, SupportRequestSimplify))
	{
		SupportRequestSimplify *simplify = (SupportRequestSimplify *) request;

		PG_RETURN_POINTER(add_hash(simplify->root, simplify->fcall));
	}
	PG_RETURN_POINTER(NULL);
}

/* An equality that a hash stands beside is estimated by that. */
static bool
has_hash(PlannerInfo *root, Node *expression)
{
	return is_marked(expression) || is_partition_key(root, expression);
}

static bool
any_has_hash(PlannerInfo *root, List *arguments)
{
	return root != NULL && list_length(arguments) == 2 &&
		(has_hash(root, linitial(arguments)) || has_hash(root, lsecond(arguments)));
}

PG_FUNCTION_INFO_V1(ddb_key_eqsel);

/* Restriction selectivity of equality; arguments as eqsel's. */
Datum
ddb_key_eqsel(PG_FUNCTION_ARGS)
{
	if (any_has_hash((PlannerInfo *) PG_GETARG_POINTER(0), (List *) PG_GETARG_POINTER(2)))
		PG_RETURN_FLOAT8(1.0);
	return eqsel(fcinfo);
}

PG_FUNCTION_INFO_V1(ddb_key_eqjoinsel);

/* Join selectivity of equality; arguments as eqjoinsel's. */
Datum
ddb_key_eqjoinsel(PG_FUNCTION_ARGS)
{
	if (any_has_hash((PlannerInfo *) PG_GETARG_POINTER(0), (List *) PG_GETARG_POINTER(2)))
		PG_RETURN_FLOAT8(1.0);
	return eqjoinsel(fcinfo);
}
