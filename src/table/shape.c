/*
 * shape.c - recognizing a DynamoDB table by its definition.
 *
 * Everything is read from the catalogs as it was given, and nothing of it is
 * simplified or evaluated: somebody else's functions may be in it.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_index.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "nodes/pg_list.h"
#include "nodes/primnodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "compat.h"
#include "table/relation.h"
#include "table/shape.h"

/* What takes a key attribute from an item, by the attribute's type. */
static const char *const key_functions[] =
{
	[VALUE_STRING] = "string_key",
	[VALUE_NUMBER] = "number_key",
	[VALUE_BINARY] = "binary_key"
};

bool
shape_is_function_of_ddb(Oid function, const char *name)
{
	char	   *function_name = get_func_name(function);

	return function_name != NULL && strcmp(function_name, name) == 0 &&
		get_func_namespace(function) == get_namespace_oid("ddb", true);
}

/* ---- The columns ---- */

/* A column that holds a key attribute. */
typedef struct KeyColumn
{
	KeyAttribute attribute;		/* column is 0 where it holds none */
	int16		item_column;	/* the attribute is this column's */
	int32		most;			/* bytes of a value */
} KeyColumn;

static bool
is_constant(Node *node, Oid type)
{
	return IsA(node, Const) && castNode(Const, node)->consttype == type &&
		!castNode(Const, node)->constisnull;
}

/*
 * The key attribute that a generated column's expression takes from the item:
 * ddb.string_key(item, 'name', 2048).
 */
static bool
read_key_column(TupleDesc descriptor, Node *expression, KeyColumn *column)
{
	FuncExpr   *call = (FuncExpr *) expression;
	KeyAttribute *attribute = &column->attribute;
	Var		   *item;

	if (!IsA(expression, FuncExpr) || list_length(call->args) != 3 ||
		!IsA(linitial(call->args), Var) || !is_constant(lsecond(call->args), TEXTOID) ||
		!is_constant(lthird(call->args), INT4OID))
		return false;

	item = linitial_node(Var, call->args);
	if (item->varattno <= 0 || !column_never_null_compat(descriptor, item->varattno))
		return false;

	for (ValueType type = VALUE_STRING; type <= VALUE_BINARY; type++)
	{
		if (shape_is_function_of_ddb(call->funcid, key_functions[type]))
		{
			attribute->type = type;
			attribute->name = TextDatumGetCString(lsecond_node(Const, call->args)->constvalue);
			attribute->name_length = strlen(attribute->name);
			column->item_column = item->varattno;
			column->most = DatumGetInt32(lthird_node(Const, call->args)->constvalue);
			return true;
		}
	}
	return false;
}

/* The key attributes among the relation's columns, indexed from 0; NULL where there are none. */
static KeyColumn *
read_key_columns(Relation relation)
{
	TupleDesc	descriptor = RelationGetDescr(relation);
	TupleConstr *constraints = descriptor->constr;
	KeyColumn  *columns = NULL;

	if (constraints == NULL || !constraints->has_generated_stored)
		return NULL;

	for (int i = 0; i < constraints->num_defval; i++)
	{
		AttrDefault *generated = &constraints->defval[i];
		int16		number = generated->adnum;
		KeyColumn	column = {0};

		if (TupleDescAttr(descriptor, number - 1)->attgenerated != ATTRIBUTE_GENERATED_STORED ||
			!column_never_null_compat(descriptor, number) ||
			!read_key_column(descriptor, stringToNode(generated->adbin), &column))
			continue;
		if (columns == NULL)
			columns = palloc0(sizeof(KeyColumn) * descriptor->natts);
		columns[number - 1] = column;
		columns[number - 1].attribute.column = number;
	}
	return columns;
}

/* ---- The primary index ---- */

/* A walk over an index's columns, and the key columns that they may name. */
typedef struct IndexColumns
{
	Form_pg_index form;
	List	   *expressions;
	ListCell   *expression;		/* the next one */
	const KeyColumn *key_columns;
	int			next;
} IndexColumns;

/* Takes a column that is ddb.hash() of key columns. */
static bool
take_hash(IndexColumns *columns, KeyAttribute *attributes, int *count)
{
	FuncExpr   *call;
	ListCell   *cell;

	if (columns->next >= columns->form->indnatts ||
		columns->form->indkey.values[columns->next] != 0 || columns->expression == NULL)
		return false;

	call = (FuncExpr *) lfirst(columns->expression);
	if (!IsA(call, FuncExpr) || !shape_is_function_of_ddb(call->funcid, "hash") ||
		list_length(call->args) > KEY_MAX_ATTRIBUTES)
		return false;
	*count = 0;
	foreach(cell, call->args)
	{
		Var		   *column = (Var *) lfirst(cell);

		if (!IsA(column, Var) || column->varattno <= 0 ||
			columns->key_columns[column->varattno - 1].attribute.column == 0)
			return false;
		attributes[(*count)++] = columns->key_columns[column->varattno - 1].attribute;
	}
	columns->next++;
	columns->expression = lnext(columns->expressions, columns->expression);
	return *count > 0;
}

/* Takes the key columns up to the next hash or the end. */
static bool
take_attributes(IndexColumns *columns, KeyAttribute *attributes, int *count)
{
	for (*count = 0; columns->next < columns->form->indnatts; columns->next++)
	{
		int16		column = columns->form->indkey.values[columns->next];

		if (column == 0)
			return true;
		if (*count == KEY_MAX_ATTRIBUTES || column < 0 ||
			columns->key_columns[column - 1].attribute.column == 0)
			return false;
		attributes[(*count)++] = columns->key_columns[column - 1].attribute;
	}
	return true;
}

static bool
take_schema(IndexColumns *columns, KeySchema *schema)
{
	return take_hash(columns, schema->partition, &schema->partition_count) &&
		take_attributes(columns, schema->sort, &schema->sort_count);
}

/* Takes the one number that what expires is ordered by. */
static bool
take_order(IndexColumns *columns, KeySchema *schema)
{
	return take_attributes(columns, schema->sort, &schema->sort_count) &&
		schema->sort_count == 1 && schema->sort[0].type == VALUE_NUMBER;
}

/*
 * Sets the schemas of an index on (ddb.hash(partition key), sort key) or, of a
 * secondary index's relation, on that and the same of its table.  What expires is
 * found by a relation that has a number in the place of the former.
 */
static bool
take_schemas(IndexColumns *columns, TableLayout *layout)
{
	KeySchema  *schema = &layout->schema;
	KeySchema  *table = &layout->table_schema;

	if (columns->form->indkey.values[0] != 0 ? !take_order(columns, schema) : !take_schema(columns, schema))
		return false;
	if (columns->next == columns->form->indnatts)
		return schema->partition_count == 1 && schema->sort_count <= 1;
	return take_schema(columns, table) && columns->next == columns->form->indnatts &&
		table->partition_count == 1 && table->sort_count <= 1;
}

/* Whether the index orders its columns as it does when nothing else is said. */
static bool
has_default_order(HeapTuple index, const TupleDesc descriptor)
{
	Form_pg_index form = (Form_pg_index) GETSTRUCT(index);
	bool		isnull;
	oidvector  *classes = (oidvector *)
		DatumGetPointer(SysCacheGetAttr(INDEXRELID, index, Anum_pg_index_indclass, &isnull));
	oidvector  *collations = (oidvector *)
		DatumGetPointer(SysCacheGetAttr(INDEXRELID, index, Anum_pg_index_indcollation, &isnull));
	int2vector *options = (int2vector *)
		DatumGetPointer(SysCacheGetAttr(INDEXRELID, index, Anum_pg_index_indoption, &isnull));

	for (int i = 0; i < form->indnatts; i++)
	{
		int16		column = form->indkey.values[i];
		Oid			type = column > 0 ? TupleDescAttr(descriptor, column - 1)->atttypid : UUIDOID;

		if (options->values[i] != 0 || OidIsValid(collations->values[i]) ||
			classes->values[i] != GetDefaultOpClass(type, BTREE_AM_OID))
			return false;
	}
	return true;
}

static bool
is_btree(Oid index)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(index));
	bool		result = HeapTupleIsValid(tuple) &&
		((Form_pg_class) GETSTRUCT(tuple))->relam == BTREE_AM_OID;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return result;
}

/* A valid unique B-tree over all rows, with nothing but its key. */
static bool
can_be_primary(Oid index, HeapTuple tuple, TupleDesc descriptor)
{
	Form_pg_index form = (Form_pg_index) GETSTRUCT(tuple);

	return form->indisunique && form->indimmediate && form->indisvalid && form->indisready &&
		form->indislive && !form->indnullsnotdistinct && form->indnkeyatts == form->indnatts &&
		heap_attisnull(tuple, Anum_pg_index_indpred, NULL) && is_btree(index) &&
		has_default_order(tuple, descriptor);
}

/*
 * The index's expressions as they were given.  RelationGetIndexExpressions() would
 * simplify them, and so run functions that somebody calls immutable.
 */
static List *
index_expressions(HeapTuple tuple)
{
	bool		isnull;
	Datum		expressions = SysCacheGetAttr(INDEXRELID, tuple, Anum_pg_index_indexprs, &isnull);

	return isnull ? NIL : castNode(List, stringToNode(TextDatumGetCString(expressions)));
}

/* ---- The shape as a whole ---- */

/* An attribute in the index, and in which key and place. */
typedef struct Place
{
	const KeyAttribute *attribute;
	const KeySchema *schema;
	bool		sort;
} Place;

static int
add_places(const KeySchema *schema, Place *places, int count)
{
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		places[count].attribute = key_schema_attribute(schema, i);
		places[count].schema = schema;
		places[count++].sort = i >= schema->partition_count;
	}
	return count;
}

/* Each attribute has one column, and is once in each key at most. */
static bool
agree(const Place *a, const Place *b)
{
	bool		same_column = a->attribute->column == b->attribute->column;

	if (same_column && a->schema == b->schema)
		return false;
	return same_column == (strcmp(a->attribute->name, b->attribute->name) == 0);
}

/* Whether the column is of that item, and as long as create_table would have it. */
static bool
fits(const KeyColumn *column, int16 item_column, const Place *places, int count)
{
	bool		sort = false;

	for (int i = 0; i < count; i++)
		sort |= places[i].sort && places[i].attribute->column == column->attribute.column;
	return column->item_column == item_column &&
		column->most == (sort ? SORT_KEY_MAX_SIZE : PARTITION_KEY_MAX_SIZE);
}

static bool
is_consistent(TableLayout *layout, const KeyColumn *columns)
{
	Place		places[2 * 2 * KEY_MAX_ATTRIBUTES];
	int			count = add_places(&layout->schema, places, 0);

	count = add_places(&layout->table_schema, places, count);
	layout->item_column = columns[key_schema_attribute(&layout->schema, 0)->column - 1].item_column;
	for (int i = 0; i < count; i++)
	{
		for (int j = 0; j < i; j++)
		{
			if (!agree(&places[i], &places[j]))
				return false;
		}
		if (!fits(&columns[places[i].attribute->column - 1], layout->item_column, places, count))
			return false;
	}
	return true;
}

/*
 * A secondary index's relation is written without the executor, so it has
 * nothing that would need it.  Nor has it a parent: what is written through that
 * fires no trigger that would refuse it.
 */
static bool
is_bare(Relation relation, const TableLayout *layout)
{
	TupleDesc	descriptor = RelationGetDescr(relation);

	for (int i = 0; i < descriptor->natts; i++)
	{
		int16		number = i + 1;
		bool		known = TupleDescAttr(descriptor, i)->attisdropped || number == layout->item_column;

		for (int j = 0; j < key_schema_count(&layout->schema) && !known; j++)
			known = key_schema_attribute(&layout->schema, j)->column == number;
		for (int j = 0; j < key_schema_count(&layout->table_schema) && !known; j++)
			known = key_schema_attribute(&layout->table_schema, j)->column == number;
		if (!known)
			return false;
	}
	return descriptor->constr->num_check == 0 && !has_superclass(RelationGetRelid(relation));
}

/* Whether the index is a primary one; if so, sets the schemas. */
static bool
read_primary_index(Relation relation, Oid index, const KeyColumn *key_columns, TableLayout *layout)
{
	TupleDesc	descriptor = RelationGetDescr(relation);
	HeapTuple	tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index));
	IndexColumns columns = {.key_columns = key_columns};
	bool		found = false;

	if (!HeapTupleIsValid(tuple))
		return false;
	if (can_be_primary(index, tuple, descriptor))
	{
		columns.form = (Form_pg_index) GETSTRUCT(tuple);
		columns.expressions = index_expressions(tuple);
		columns.expression = list_head(columns.expressions);
		found = take_schemas(&columns, layout) && is_consistent(layout, key_columns) &&
			(layout->table_schema.partition_count == 0 || is_bare(relation, layout));
	}
	ReleaseSysCache(tuple);
	return found;
}

void
shape_read(Relation relation, TableLayout *layout)
{
	KeyColumn  *columns = relation_is_of_ddb(relation) ? read_key_columns(relation) : NULL;
	List	   *indexes;
	ListCell   *cell;

	if (columns == NULL)
		return;
	indexes = RelationGetIndexList(relation);
	foreach(cell, indexes)
	{
		TableLayout found = {0};

		if (read_primary_index(relation, lfirst_oid(cell), columns, &found))
		{
			*layout = found;
			layout->primary_index = lfirst_oid(cell);
			layout->only_index = list_length(indexes) == 1;
			return;
		}
	}
}
