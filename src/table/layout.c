/*
 * layout.c - reading a relation's layout off its definition.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/nbtree.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_index.h"
#include "catalog/pg_opclass.h"
#include "catalog/pg_trigger.h"
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

#include "owner_statement.h"
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

/* ---- The primary index ---- */

/* A walk over an index's columns, and the key columns that they may name. */
typedef struct IndexColumns
{
	Form_pg_index form;
	ListCell   *expression;		/* the next one */
	List	   *expressions;
	const KeyAttribute *key_columns;
	int			next;
} IndexColumns;

/* Takes a column that is ddb.hash() of key columns. */
static bool
take_hash(IndexColumns *columns, KeyAttribute *attributes, int *count)
{
	FuncExpr   *call;
	ListCell   *cell;

	if (columns->next >= columns->form->indnkeyatts ||
		columns->form->indkey.values[columns->next] != 0 || columns->expression == NULL)
		return false;

	call = (FuncExpr *) lfirst(columns->expression);
	if (!IsA(call, FuncExpr) || !is_function_of_ddb(call->funcid, "hash") ||
		list_length(call->args) > KEY_MAX_ATTRIBUTES)
		return false;
	*count = 0;
	foreach(cell, call->args)
	{
		Var		   *column = (Var *) lfirst(cell);

		if (!IsA(column, Var) || column->varattno <= 0 ||
			columns->key_columns[column->varattno - 1].column == 0)
			return false;
		attributes[(*count)++] = columns->key_columns[column->varattno - 1];
	}
	columns->next++;
	columns->expression = lnext(columns->expressions, columns->expression);
	return true;
}

/* Takes the key columns up to the next hash or the end. */
static bool
take_attributes(IndexColumns *columns, KeyAttribute *attributes, int *count, int most)
{
	for (*count = 0; columns->next < columns->form->indnkeyatts; columns->next++)
	{
		int16		column = columns->form->indkey.values[columns->next];

		if (column == 0)
			return true;
		if (*count == most || column < 0 || columns->key_columns[column - 1].column == 0)
			return false;
		attributes[(*count)++] = columns->key_columns[column - 1];
	}
	return true;
}

static bool
take_schema(IndexColumns *columns, KeySchema *schema)
{
	return take_hash(columns, schema->partition, &schema->partition_count) &&
		take_attributes(columns, schema->sort, &schema->sort_count, KEY_MAX_ATTRIBUTES);
}

/*
 * The expressions of an index as they were written; false where it has a
 * predicate.  RelationGetIndexExpressions() would fold what is constant in them:
 * that runs functions of the index's owner, as whoever looks at the relation.
 */
static bool
read_index_expressions(Oid index, List **expressions)
{
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	bool		no_predicate;
	bool		isnull;
	Datum		written;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for index %u", index);
	no_predicate = heap_attisnull(tuple, Anum_pg_index_indpred, NULL);
	written = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indexprs, &isnull);
	*expressions = no_predicate && !isnull ? (List *) stringToNode(TextDatumGetCString(written)) : NIL;
	ReleaseSysCache(tuple);
	return no_predicate;
}

/*
 * Whether the index is a primary one, on (ddb.hash(partition key), sort key)
 * or, of a secondary index's relation, on that and the same of its table; if
 * so, sets the schemas.
 */
static bool
read_primary_index(Oid index_oid, const KeyAttribute *key_columns, TableLayout *layout)
{
	Relation	index = index_open(index_oid, AccessShareLock);
	IndexColumns columns = {.form = index->rd_index,.key_columns = key_columns};
	KeySchema  *table = &layout->table_schema;
	bool		found = false;

	if (columns.form->indisunique && columns.form->indisvalid && columns.form->indisready &&
		read_index_expressions(index_oid, &columns.expressions))
	{
		columns.expression = list_head(columns.expressions);
		memset(table, 0, sizeof(*table));
		found = take_schema(&columns, &layout->schema);
		if (found && columns.next < columns.form->indnkeyatts)
			found = take_schema(&columns, table) && table->partition_count == 1 &&
				table->sort_count <= 1 && columns.next == columns.form->indnkeyatts;
	}
	index_close(index, AccessShareLock);
	return found;
}

/* ---- Triggers ---- */

static void
read_triggers(Relation relation, TableLayout *layout)
{
	TriggerDesc *triggers = relation->trigdesc;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		Trigger    *trigger = &triggers->triggers[i];

		if (!is_function_of_ddb(trigger->tgfoid, "maintain_indexes"))
			layout->other_triggers = true;
		else if (TRIGGER_FOR_ROW(trigger->tgtype))
			layout->index_trigger = trigger->tgenabled;
	}
}

/* ---- The cache ---- */

/* Copies a key attribute's name behind the layout, in the same allocation. */
static char *
place_name(KeyAttribute *attribute, char *place)
{
	memcpy(place, attribute->name, attribute->name_length + 1);
	attribute->name = place;
	return place + attribute->name_length + 1;
}

static char *
place_names(KeySchema *schema, char *place)
{
	for (int i = 0; i < schema->partition_count; i++)
		place = place_name(&schema->partition[i], place);
	for (int i = 0; i < schema->sort_count; i++)
		place = place_name(&schema->sort[i], place);
	return place;
}

static Size
size_of_names(const KeySchema *schema)
{
	Size		size = 0;

	for (int i = 0; i < key_schema_count(schema); i++)
		size += key_schema_attribute(schema, i)->name_length + 1;
	return size;
}

/* The layout in one allocation of the cache's context, as rd_amcache wants it. */
static TableLayout *
cache_layout(Relation relation, const TableLayout *layout)
{
	TableLayout *cached;

	cached = MemoryContextAlloc(CacheMemoryContext,
								sizeof(TableLayout) + size_of_names(&layout->schema) +
								size_of_names(&layout->table_schema));
	*cached = *layout;
	place_names(&cached->table_schema, place_names(&cached->schema, (char *) (cached + 1)));

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
			TableLayout found = layout;

			if (read_primary_index(lfirst_oid(cell), columns, &found))
			{
				layout = found;
				layout.primary_index = lfirst_oid(cell);
				break;
			}
		}
		read_triggers(relation, &layout);
	}

	cached = cache_layout(relation, &layout);
	MemoryContextSwitchTo(previous);
	MemoryContextDelete(scratch);
	return cached;
}

void
layout_copy_schema(KeySchema *to, const KeySchema *from)
{
	*to = *from;
	place_names(to, palloc(size_of_names(from)));
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
		Oid			type_oid = extension_type(key_types[type]);
		Oid			class_oid = GetDefaultOpClass(type_oid, BTREE_AM_OID);
		Oid			family = get_opclass_family(class_oid);

		*procedure = get_opcode(get_opfamily_member(family, type_oid, type_oid, strategy));
		if (!RegProcedureIsValid(*procedure))
			elog(ERROR, "type ddb.%s has no B-tree operator %d", key_types[type], strategy);
	}
	return *procedure;
}
