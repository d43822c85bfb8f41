/*
 * relation.c - the statements that make the relations of tables and of
 * secondary indexes.
 *
 * These come and go seldom, so this speaks SQL to the server.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "table/relation.h"

/* The columns of a relation's key attributes. */
typedef struct KeyColumns
{
	int			count;
	const KeyAttribute *attributes[2 * KEY_MAX_ATTRIBUTES + 2];
	char	   *names[2 * KEY_MAX_ATTRIBUTES + 2];
	int			most[2 * KEY_MAX_ATTRIBUTES + 2];	/* bytes of a value */
} KeyColumns;

void
relation_run(const char *format,...)
{
	StringInfoData statement;
	int			result;

	initStringInfo(&statement);
	for (;;)
	{
		va_list		arguments;
		int			needed;

		va_start(arguments, format);
		needed = appendStringInfoVA(&statement, format, arguments);
		va_end(arguments);
		if (needed == 0)
			break;
		enlargeStringInfo(&statement, needed);
	}
	result = SPI_execute(statement.data, false, 0);
	if (result < 0)
		elog(ERROR, "statement failed: %s: %s", SPI_result_code_string(result), statement.data);
}

char *
relation_quoted_name(Oid relation)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)),
									  get_rel_name(relation));
}

char *
relation_text(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	Form_pg_class form;
	char	   *text;

	if (!HeapTupleIsValid(tuple))
		return OidIsValid(relation) ? psprintf("%u", relation) : pstrdup("-");

	/* its schema may be dropped while it is looked up */
	form = (Form_pg_class) GETSTRUCT(tuple);
	text = quote_qualified_identifier(get_namespace_name(form->relnamespace), NameStr(form->relname));
	ReleaseSysCache(tuple);
	return text;
}

bool
relation_is_of_ddb(Relation relation)
{
	return relation->rd_rel->relkind == RELKIND_RELATION &&
		relation->rd_rel->relam == get_table_am_oid("ddb", true);
}

/* ---- Names ---- */

/* Whether a column can have an attribute's name. */
static bool
can_be_column(const KeyAttribute *attribute)
{
	static const char *const taken[] = {
		"item", "tableoid", "ctid", "xmin", "xmax", "cmin", "cmax"
	};

	if (attribute->name_length >= NAMEDATALEN)
		return false;
	for (int i = 0; i < (int) lengthof(taken); i++)
	{
		if (strcmp(attribute->name, taken[i]) == 0)
			return false;
	}
	return true;
}

static bool
has_column(const KeyColumns *columns, const char *name)
{
	for (int i = 0; i < columns->count; i++)
	{
		if (columns->names[i] != NULL && strcmp(columns->names[i], name) == 0)
			return true;
	}
	return false;
}

/* Names the columns that could not be called as their attributes are. */
static void
name_other_columns(KeyColumns *columns)
{
	for (int i = 0; i < columns->count; i++)
	{
		for (int number = 1; columns->names[i] == NULL; number++)
		{
			char	   *name = psprintf("key_%d", number);

			if (!has_column(columns, name))
				columns->names[i] = name;
		}
	}
}

const char *
relation_free_name(const char *name, Oid schema)
{
	if (strlen(name) < NAMEDATALEN && !OidIsValid(get_relname_relid(name, schema)))
		return name;
	return psprintf("%.40s_" UINT64_FORMAT, name,
					DatumGetUInt64(hash_any_extended((const unsigned char *) name, strlen(name), 0)) / 10);
}

/* ---- Columns ---- */

static int
find_column(const KeyColumns *columns, const KeyAttribute *attribute)
{
	for (int i = 0; i < columns->count; i++)
	{
		if (strcmp(columns->attributes[i]->name, attribute->name) == 0)
			return i;
	}
	return -1;
}

/* An attribute that is in several keys has one column. */
static void
add_attributes(KeyColumns *columns, const KeyAttribute *attributes, int count, int most)
{
	for (int i = 0; i < count; i++)
	{
		int			position = find_column(columns, &attributes[i]);

		if (position >= 0)
		{
			columns->most[position] = Min(columns->most[position], most);
			continue;
		}
		columns->attributes[columns->count] = &attributes[i];
		columns->most[columns->count] = most;
		columns->names[columns->count] = can_be_column(&attributes[i]) ? attributes[i].name : NULL;
		columns->count++;
	}
}

static void
add_schema(KeyColumns *columns, const KeySchema *schema)
{
	add_attributes(columns, schema->partition, schema->partition_count, PARTITION_KEY_MAX_SIZE);
	add_attributes(columns, schema->sort, schema->sort_count, SORT_KEY_MAX_SIZE);
}

static const char *
type_name(ValueType type)
{
	switch (type)
	{
		case VALUE_STRING:
			return "string";
		case VALUE_NUMBER:
			return "number";
		case VALUE_BINARY:
			return "binary";
		default:
			elog(ERROR, "a key attribute cannot be of type %s", value_type_name(type));
	}
}

static char *
column_definitions(const KeyColumns *columns)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < columns->count; i++)
	{
		const char *type = type_name(columns->attributes[i]->type);

		appendStringInfo(&text,
						 "%s ddb.%s GENERATED ALWAYS AS (ddb.%s_key(item, %s, %d)) STORED NOT NULL, ",
						 quote_identifier(columns->names[i]), type, type,
						 quote_literal_cstr(columns->attributes[i]->name), columns->most[i]);
	}
	return text.data;
}

static void
append_columns(StringInfo text, const KeyColumns *columns, const KeyAttribute *attributes, int count)
{
	for (int i = 0; i < count; i++)
		appendStringInfo(text, "%s%s", i > 0 ? ", " : "",
						 quote_identifier(columns->names[find_column(columns, &attributes[i])]));
}

/* The primary index's columns of a key schema: ddb.hash(partition key), sort key */
static void
append_index_columns(StringInfo text, const KeyColumns *columns, const KeySchema *schema)
{
	if (schema->partition_count > 0)
	{
		appendStringInfoString(text, "ddb.hash(");
		append_columns(text, columns, schema->partition, schema->partition_count);
		appendStringInfoString(text, schema->sort_count > 0 ? "), " : ")");
	}
	append_columns(text, columns, schema->sort, schema->sort_count);
}

Oid
relation_create(const char *name, const KeySchema *schema, const KeySchema *table_schema)
{
	Oid			namespace = get_namespace_oid("dynamodb", false);
	const char *relation = relation_free_name(name, namespace);
	const char *quoted = quote_qualified_identifier("dynamodb", relation);
	KeyColumns	columns = {0};
	StringInfoData index;

	add_schema(&columns, schema);
	if (table_schema != NULL)
		add_schema(&columns, table_schema);
	name_other_columns(&columns);
	relation_run("CREATE TABLE %s (%sitem ddb.item NOT NULL) USING ddb", quoted,
				 column_definitions(&columns));

	initStringInfo(&index);
	append_index_columns(&index, &columns, schema);
	if (table_schema != NULL)
	{
		appendStringInfoString(&index, ", ");
		append_index_columns(&index, &columns, table_schema);
	}
	relation_run("CREATE UNIQUE INDEX ON %s (%s)", quoted, index.data);
	return get_relname_relid(relation, namespace);
}
