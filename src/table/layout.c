/*
 * layout.c - reading a relation's layout off its definition.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/primnodes.h"
#include "nodes/pg_list.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "table/layout.h"
#include "value/value.h"

/* What takes a key attribute from an item, by the attribute's type. */
static const char *const key_functions[] =
{
	[VALUE_STRING] = "string_key",
	[VALUE_NUMBER] = "number_key",
	[VALUE_BINARY] = "binary_key"
};

static const char *const key_types[] =
{
	[VALUE_STRING] = "string",
	[VALUE_NUMBER] = "number",
	[VALUE_BINARY] = "binary"
};

static bool
is_function_of_ddb(Oid function, const char *name)
{
	char	   *function_name = get_func_name(function);

	return function_name != NULL && strcmp(function_name, name) == 0 &&
		get_func_namespace(function) == get_namespace_oid("ddb", true);
}

/*
 * The key attribute that a generated column's expression takes from the item:
 * ddb.string_key(item, 'name', 2048).
 */
static bool
read_key_column(Node *expression, KeyAttribute *attribute, int16 *item_column)
{
	FuncExpr   *call = (FuncExpr *) expression;
	Const	   *name;

	if (!IsA(expression, FuncExpr) || list_length(call->args) < 2 ||
		!IsA(linitial(call->args), Var) || !IsA(lsecond(call->args), Const))
		return false;

	name = lsecond_node(Const, call->args);
	if (name->constisnull || name->consttype != TEXTOID)
		return false;

	for (ValueType type = VALUE_STRING; type <= VALUE_BINARY; type++)
	{
		if (is_function_of_ddb(call->funcid, key_functions[type]))
		{
			attribute->type = type;
			attribute->name = TextDatumGetCString(name->constvalue);
			attribute->name_length = strlen(attribute->name);
			*item_column = linitial_node(Var, call->args)->varattno;
			return true;
		}
	}
	return false;
}

/* The key attributes among the relation's columns, indexed from 0. */
static KeyAttribute *
read_key_columns(Relation relation, int16 *item_column)
{
	TupleDesc	descriptor = RelationGetDescr(relation);
	TupleConstr *constraints = descriptor->constr;
	KeyAttribute *columns = palloc0(sizeof(KeyAttribute) * Max(descriptor->natts, 1));

	*item_column = 0;
	if (constraints == NULL || !constraints->has_generated_stored)
		return columns;

	for (int i = 0; i < constraints->num_defval; i++)
	{
		AttrDefault *generated = &constraints->defval[i];
		int16		column = generated->adnum;

		if (TupleDescAttr(descriptor, column - 1)->attgenerated &&
			read_key_column(stringToNode(generated->adbin), &columns[column - 1], item_column))
			columns[column - 1].column = column;
	}
	return columns;
}

/*
 * Whether the index is on (ddb.hash(partition key), sort key), and which
 * columns these are; *sort is 0 where there is no sort key.
 */
static bool
read_primary_index(Oid index_oid, int16 *partition, int16 *sort)
{
	Relation	index = index_open(index_oid, AccessShareLock);
	Form_pg_index form = index->rd_index;
	bool		found = false;

	*sort = 0;
	if (form->indisunique && form->indisvalid && form->indisready &&
		form->indnkeyatts <= 2 && form->indkey.values[0] == 0 &&
		RelationGetIndexPredicate(index) == NIL)
	{
		List	   *expressions = RelationGetIndexExpressions(index);
		FuncExpr   *call = (FuncExpr *) linitial(expressions);

		if (list_length(expressions) == 1 && IsA(call, FuncExpr) &&
			list_length(call->args) == 1 && IsA(linitial(call->args), Var) &&
			is_function_of_ddb(call->funcid, "hash"))
		{
			*partition = linitial_node(Var, call->args)->varattno;
			if (form->indnkeyatts == 2)
				*sort = form->indkey.values[1];
			found = true;
		}
	}
	index_close(index, AccessShareLock);
	return found;
}

/* Copies a key attribute's name behind the layout, in the same allocation. */
static char *
place_name(KeyAttribute *attribute, char *place)
{
	memcpy(place, attribute->name, attribute->name_length + 1);
	attribute->name = place;
	return place + attribute->name_length + 1;
}

/* The layout in one allocation of the cache's context, as rd_amcache wants it. */
static TableLayout *
cache_layout(Relation relation, const TableLayout *layout)
{
	KeySchema  *schema;
	TableLayout *cached;
	char	   *place;
	Size		size = sizeof(TableLayout);

	if (layout->schema.partition_count > 0)
		size += layout->schema.partition[0].name_length + 1;
	if (layout->schema.sort_count > 0)
		size += layout->schema.sort[0].name_length + 1;

	cached = MemoryContextAlloc(CacheMemoryContext, size);
	*cached = *layout;
	schema = &cached->schema;
	place = (char *) (cached + 1);
	if (schema->partition_count > 0)
		place = place_name(&schema->partition[0], place);
	if (schema->sort_count > 0)
		place_name(&schema->sort[0], place);

	/* reading the definition may have processed an invalidation, or recursed */
	if (relation->rd_amcache != NULL)
		pfree(relation->rd_amcache);
	relation->rd_amcache = cached;
	return cached;
}

static const TableLayout *
read_layout(Relation relation)
{
	TableLayout layout = {0};
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "ddb table layout",
												  ALLOCSET_SMALL_SIZES);
	MemoryContext previous = MemoryContextSwitchTo(scratch);
	KeyAttribute *columns = read_key_columns(relation, &layout.item_column);
	const TableLayout *cached;

	if (layout.item_column > 0)
	{
		List	   *indexes = RelationGetIndexList(relation);
		ListCell   *cell;

		layout.only_index = list_length(indexes) == 1;
		foreach(cell, indexes)
		{
			int16		partition;
			int16		sort;

			if (!read_primary_index(lfirst_oid(cell), &partition, &sort) ||
				partition <= 0 || columns[partition - 1].column == 0 ||
				(sort > 0 && columns[sort - 1].column == 0))
				continue;

			layout.primary_index = lfirst_oid(cell);
			layout.schema.partition_count = 1;
			layout.schema.partition[0] = columns[partition - 1];
			if (sort > 0)
			{
				layout.schema.sort_count = 1;
				layout.schema.sort[0] = columns[sort - 1];
			}
			break;
		}
	}

	cached = cache_layout(relation, &layout);
	MemoryContextSwitchTo(previous);
	MemoryContextDelete(scratch);
	return cached;
}

const TableLayout *
layout_of_relation(Relation relation)
{
	if (relation->rd_amcache != NULL)
		return (const TableLayout *) relation->rd_amcache;
	return read_layout(relation);
}

/* ---- Operators of the key types ---- */

static RegProcedure key_procedures[VALUE_BINARY + 1][BTMaxStrategyNumber + 1];
static bool key_procedures_watched = false;

/* DROP EXTENSION and CREATE EXTENSION give the types and functions new OIDs. */
static void
forget_key_procedures(Datum argument, int cache_id, uint32 hash_value)
{
	memset(key_procedures, 0, sizeof(key_procedures));
}

RegProcedure
layout_key_procedure(ValueType type, int strategy)
{
	RegProcedure *procedure = &key_procedures[type][strategy];

	if (!key_procedures_watched)
	{
		CacheRegisterSyscacheCallback(TYPEOID, forget_key_procedures, (Datum) 0);
		key_procedures_watched = true;
	}
	if (!RegProcedureIsValid(*procedure))
	{
		Oid			type_oid = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
											   CStringGetDatum(key_types[type]),
											   ObjectIdGetDatum(get_namespace_oid("ddb", false)));
		Oid			class_oid = GetDefaultOpClass(type_oid, BTREE_AM_OID);
		Oid			family = get_opclass_family(class_oid);

		*procedure = get_opcode(get_opfamily_member(family, type_oid, type_oid, strategy));
		if (!RegProcedureIsValid(*procedure))
			elog(ERROR, "type ddb.%s has no B-tree operator %d", key_types[type], strategy);
	}
	return *procedure;
}
