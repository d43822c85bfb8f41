/*
 * array_conditions.c - so that WHERE year IN (2013, 2014) finds the primary
 * index, and an equality of each of several partition attributes too.
 *
 * The planner asks support functions about year = 2013 (planner.c), but not
 * about year = ANY (array), which IN is as well, and about one operator at a
 * time.  So when it takes up a relation of ours, conditions get their hashes:
 *
 *	year = ANY (years)	becomes	ddb.hash(year) = ANY (ddb.hashes(years)) AND year = ANY (years)
 *	a = 1 AND b = 2		becomes	ddb.hash(a, b) = ddb.hash(1, 2) AND a = 1 AND b = 2
 *
 * At that moment conditions are simplified and views are opened, and nothing is
 * decided by them yet.  What is added follows from what stands there, in the
 * same list and so behind the same security barriers, and calls nobody's
 * functions but ddb's: an array's expression is evaluated twice, so none that
 * is volatile or a correlated subquery.
 */
#include "postgres.h"

#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/plancat.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "table/access_method.h"
#include "table/layout.h"
#include "table/planner.h"

/* The partition key as conditions name it. */
typedef struct HashKey
{
	PlannerInfo *root;
	Index		relid;			/* the relation in the range table, or its parent there */
	Oid			hash_function;
	int			count;
	AttrNumber	column[KEY_MAX_ATTRIBUTES];
} HashKey;

/* column = other, or column = ANY (other) */
typedef struct Equality
{
	ListCell   *cell;			/* where it stands */
	Node	   *column;
	Node	   *other;			/* of the column's type, or an array of it */
	bool		is_array;
} Equality;

/* ---- Finding equalities ---- */

static bool
is_column(const HashKey *key, Node *expression, AttrNumber column)
{
	Var		   *var = (Var *) expression;

	return IsA(expression, Var) && var->varno == (int) key->relid && var->varattno == column &&
		var->varlevelsup == 0 && !is_marked(expression);
}

static bool
is_key_equality(Oid operator, Oid key_type)
{
	TypeCacheEntry *type = lookup_type_cache(key_type, TYPECACHE_BTREE_OPFAMILY);

	return get_op_opfamily_strategy(operator, type->btree_opf) == BTEqualStrategyNumber;
}

/* Fills an equality in, if the other side is one that an index can be asked for. */
static bool
take_equality(const HashKey *key, Oid operator, Node *column, Node *other, Equality *equality)
{
	Oid			type = exprType(column);

	if (!is_key_equality(operator, type) ||
		bms_is_member(key->relid, pull_varnos(key->root, other)) ||
		contain_volatile_functions(other) || contain_subplans(other))
		return false;
	equality->column = column;
	equality->other = as_key_type(other, equality->is_array ? get_array_type(type) : type);
	return equality->other != NULL;
}

static bool
read_scalar_equality(const HashKey *key, AttrNumber column, Node *condition,
					 Equality *equality)
{
	OpExpr	   *operation = (OpExpr *) condition;
	Node	   *left;
	Node	   *right;

	if (!IsA(condition, OpExpr) || list_length(operation->args) != 2)
		return false;
	left = linitial(operation->args);
	right = lsecond(operation->args);
	equality->is_array = false;
	if (is_column(key, left, column))
		return take_equality(key, operation->opno, left, right, equality);
	return is_column(key, right, column) &&
		take_equality(key, operation->opno, right, left, equality);
}

static bool
read_array_equality(const HashKey *key, AttrNumber column, Node *condition,
					Equality *equality)
{
	ScalarArrayOpExpr *operation = (ScalarArrayOpExpr *) condition;

	equality->is_array = true;
	return IsA(condition, ScalarArrayOpExpr) && operation->useOr &&
		is_column(key, linitial(operation->args), column) &&
		take_equality(key, operation->opno, linitial(operation->args), lsecond(operation->args),
					  equality);
}

/*
 * The column's equality among conditions that all hold; one with a single value
 * if there is any.
 */
static bool
find_equality(const HashKey *key, AttrNumber column, List *conditions, Equality *equality)
{
	ListCell   *cell;

	/* the support function has taken care of a single attribute's */
	if (key->count > 1)
	{
		foreach(cell, conditions)
		{
			equality->cell = cell;
			if (read_scalar_equality(key, column, lfirst(cell), equality))
				return true;
		}
	}
	foreach(cell, conditions)
	{
		equality->cell = cell;
		if (read_array_equality(key, column, lfirst(cell), equality))
			return true;
	}
	return false;
}

/* ---- Adding hashes ---- */

static Node *
call(const HashKey *key, Oid function, Oid result_type, List *arguments)
{
	return eval_const_expressions(key->root,
								  (Node *) makeFuncExpr(function, result_type, arguments,
														InvalidOid, InvalidOid,
														COERCE_EXPLICIT_CALL));
}

/* hash of the columns = ANY (hashes) */
static Node *
any_of(Node *hash, Node *hashes)
{
	OpExpr	   *equality = (OpExpr *) planner_equality(hash, hash);
	ScalarArrayOpExpr *any = makeNode(ScalarArrayOpExpr);

	any->opno = equality->opno;
	any->opfuncid = equality->opfuncid;
	any->useOr = true;
	any->args = list_make2(hash, hashes);
	any->location = -1;
	return (Node *) any;
}

static Node *
hash_condition(const HashKey *key, const Equality *equalities, bool any_array)
{
	List	   *columns = NIL;
	List	   *others = NIL;
	Node	   *hash;

	for (int i = 0; i < key->count; i++)
	{
		columns = lappend(columns, copyObject(equalities[i].column));
		others = lappend(others, copyObject(equalities[i].other));
	}
	hash = (Node *) makeFuncExpr(key->hash_function, UUIDOID, columns, InvalidOid, InvalidOid,
								 COERCE_EXPLICIT_CALL);
	if (any_array)
		return any_of(hash, call(key, planner_function("hashes", ANYOID), UUIDARRAYOID, others));
	return (Node *) planner_equality(hash, call(key, key->hash_function, UUIDOID, others));
}

static void
mark_equality(const Equality *equality)
{
	Node	   *condition = copyObject(lfirst(equality->cell));
	List	   *arguments = IsA(condition, OpExpr) ? ((OpExpr *) condition)->args :
		((ScalarArrayOpExpr *) condition)->args;
	ListCell   *cell;

	foreach(cell, arguments)
	{
		if (equal(lfirst(cell), equality->column))
			lfirst(cell) = mark_hashed(lfirst(cell));
	}
	lfirst(equality->cell) = condition;
}

static Node *with_hashes_below(const HashKey *key, Node *condition);

/* The conditions, all of which hold, and the hash that follows from them. */
static List *
with_hashes(const HashKey *key, List *conditions)
{
	Equality	equalities[KEY_MAX_ATTRIBUTES];
	List	   *result = NIL;
	int			found = 0;
	int			arrays = 0;
	ListCell   *cell;

	foreach(cell, conditions)
		result = list_concat(result, make_ands_implicit((Expr *) with_hashes_below(key, lfirst(cell))));

	while (found < key->count &&
		   find_equality(key, key->column[found], result, &equalities[found]))
		arrays += equalities[found++].is_array;
	/* an array for each of several attributes would stand for too many hashes */
	if (found < key->count || arrays > 1)
		return result;

	for (int i = 0; i < key->count; i++)
		mark_equality(&equalities[i]);
	return lcons(hash_condition(key, equalities, arrays > 0), result);
}

/* The same in what OR and AND connect. */
static Node *
with_hashes_below(const HashKey *key, Node *condition)
{
	List	   *arms = NIL;
	ListCell   *cell;

	check_stack_depth();
	if (is_andclause(condition))
		return (Node *) make_ands_explicit(with_hashes(key, ((BoolExpr *) condition)->args));
	if (!is_orclause(condition))
		return condition;
	foreach(cell, ((BoolExpr *) condition)->args)
	{
		List	   *arm = make_ands_implicit(lfirst(cell));

		arms = lappend(arms, make_ands_explicit(with_hashes(key, arm)));
	}
	return (Node *) make_orclause(arms);
}

/* ---- Where conditions are ---- */

static void
visit_join_tree(const HashKey *key, Node *node)
{
	ListCell   *cell;

	check_stack_depth();
	if (IsA(node, FromExpr))
	{
		FromExpr   *from = (FromExpr *) node;

		foreach(cell, from->fromlist)
			visit_join_tree(key, lfirst(cell));
		from->quals = (Node *) with_hashes(key, (List *) from->quals);
	}
	else if (IsA(node, JoinExpr))
	{
		JoinExpr   *join = (JoinExpr *) node;

		visit_join_tree(key, join->larg);
		visit_join_tree(key, join->rarg);
		join->quals = (Node *) with_hashes(key, (List *) join->quals);
	}
}

/* A relation that the query names: its conditions stand in the join tree. */
static void
visit_query(const HashKey *key)
{
	RangeTblEntry *entry = rt_fetch(key->relid, key->root->parse->rtable);
	ListCell   *cell;

	visit_join_tree(key, (Node *) key->root->parse->jointree);
	foreach(cell, entry->securityQuals)
		lfirst(cell) = with_hashes(key, (List *) lfirst(cell));
}

/*
 * A member of UNION ALL or of a partitioned table: the planner is about to give
 * it its parent's conditions, in its own columns.
 */
static void
visit_parent(HashKey *key, AppendRelInfo *member)
{
	ListCell   *cell;

	for (int i = 0; i < key->count; i++)
	{
		AttrNumber	parent_column = 0;

		foreach(cell, member->translated_vars)
		{
			if (lfirst(cell) != NULL && is_column(key, lfirst(cell), key->column[i]))
				parent_column = foreach_current_index(cell) + 1;
		}
		if (parent_column == 0)
			return;
		key->column[i] = parent_column;
	}
	key->relid = member->parent_relid;
	foreach(cell, key->root->simple_rel_array[key->relid]->baserestrictinfo)
	{
		RestrictInfo *restriction = lfirst_node(RestrictInfo, cell);

		restriction->clause =
			make_ands_explicit(with_hashes(key, make_ands_implicit(restriction->clause)));
	}
}

/* ---- The hook ---- */

static get_relation_info_hook_type previous_hook = NULL;

/* What hashes the partition key in the primary index, if the planner has that. */
static Oid
hash_function_of(RelOptInfo *rel, Oid primary_index)
{
	ListCell   *cell;

	foreach(cell, rel->indexlist)
	{
		IndexOptInfo *index = lfirst_node(IndexOptInfo, cell);

		if (index->indexoid == primary_index)
			return linitial_node(FuncExpr, index->indexprs)->funcid;
	}
	return InvalidOid;
}

static bool
read_partition_key(PlannerInfo *root, Oid relation_oid, RelOptInfo *rel, HashKey *key)
{
	Relation	relation = table_open(relation_oid, NoLock);
	const TableLayout *layout;

	memset(key, 0, sizeof(*key));
	if (relation_is_ours(relation))
	{
		layout = layout_of_relation(relation);
		key->root = root;
		key->relid = rel->relid;
		key->count = layout->schema.partition_count;
		for (int i = 0; i < key->count; i++)
			key->column[i] = layout->schema.partition[i].column;
		if (key->count > 0)
			key->hash_function = hash_function_of(rel, layout->primary_index);
	}
	table_close(relation, NoLock);
	return OidIsValid(key->hash_function);
}

static void
take_up_relation(PlannerInfo *root, Oid relation_oid, bool inherits, RelOptInfo *rel)
{
	HashKey key;

	if (previous_hook != NULL)
		previous_hook(root, relation_oid, inherits, rel);
	/* CLUSTER and CREATE INDEX plan without a query's conditions */
	if (root->parse->jointree == NULL || rel->indexlist == NIL ||
		!read_partition_key(root, relation_oid, rel, &key))
		return;
	if (rel->reloptkind == RELOPT_BASEREL)
		visit_query(&key);
	else if (rel->reloptkind == RELOPT_OTHER_MEMBER_REL)
		visit_parent(&key, root->append_rel_array[rel->relid]);
}

void
planner_install_hook(void)
{
	previous_hook = get_relation_info_hook;
	get_relation_info_hook = take_up_relation;
}
