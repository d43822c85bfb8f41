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

/* The expression as the key's type; NULL where there is no cast. */
static Node *
as_key_type(Node *expression, Oid key_type)
{
	Oid			function;

	if (exprType(expression) == key_type)
		return expression;
	switch (find_coercion_pathway(key_type, exprType(expression), COERCION_EXPLICIT, &function))
	{
		case COERCION_PATH_FUNC:
			return (Node *) makeFuncExpr(function, key_type, list_make1(expression), InvalidOid,
										 InvalidOid, COERCE_EXPLICIT_CAST);
		case COERCION_PATH_RELABELTYPE:
			return (Node *) makeRelabelType((Expr *) expression, key_type, -1, InvalidOid,
											COERCE_EXPLICIT_CAST);
		default:
			return NULL;
	}
}

/* The hash of an expression of a key type, computed now if it is constant. */
static Node *
hash_of(PlannerInfo *root, Node *expression)
{
	Oid			type = exprType(expression);
	Oid			function = LookupFuncName(list_make2(makeString("ddb"), makeString("hash")),
										  1, &type, false);

	return eval_const_expressions(root,
								  (Node *) makeFuncExpr(function, UUIDOID,
														list_make1(copyObject(expression)),
														InvalidOid, InvalidOid,
														COERCE_EXPLICIT_CALL));
}

static Expr *
equality(Node *left, Node *right)
{
	Oid			operator = OpernameGetOprid(list_make2(makeString("pg_catalog"), makeString("=")),
											exprType(left), exprType(right));

	Expr	   *clause = make_opclause(operator, BOOLOID, false, (Expr *) left, (Expr *) right,
									   InvalidOid, exprCollation(right));

	set_opfuncid((OpExpr *) clause);
	return clause;
}

static bool
is_marked(Node *expression)
{
	return IsA(expression, Var) && ((Var *) expression)->location == LOCATION_OF_HASHED;
}

static Node *
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

	hashes = equality(hash_of(root, column), hash_of(root, other));
	values = equality(left, right);
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

static bool
any_partition_key(PlannerInfo *root, List *arguments)
{
	return root != NULL && list_length(arguments) == 2 &&
		(is_partition_key(root, linitial(arguments)) ||
		 is_partition_key(root, lsecond(arguments)));
}

PG_FUNCTION_INFO_V1(ddb_key_eqsel);

/* Restriction selectivity of equality; arguments as eqsel's. */
Datum
ddb_key_eqsel(PG_FUNCTION_ARGS)
{
	if (any_partition_key((PlannerInfo *) PG_GETARG_POINTER(0), (List *) PG_GETARG_POINTER(2)))
		PG_RETURN_FLOAT8(1.0);
	return eqsel(fcinfo);
}

PG_FUNCTION_INFO_V1(ddb_key_eqjoinsel);

/* Join selectivity of equality; arguments as eqjoinsel's. */
Datum
ddb_key_eqjoinsel(PG_FUNCTION_ARGS)
{
	if (any_partition_key((PlannerInfo *) PG_GETARG_POINTER(0), (List *) PG_GETARG_POINTER(2)))
		PG_RETURN_FLOAT8(1.0);
	return eqjoinsel(fcinfo);
}
