/*
 * declaration.c - what an index's relation says of itself.
 *
 * The arguments of its trigger refuse_index_write() name the table, the index,
 * its kind and its projection.  They are the relation's own, so a dump of it has
 * them even where ddb.indexes is not in it, and nobody but its owner gives them:
 * so a record alone makes no relation the index of a table.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "commands/trigger.h"
#include "utils/builtins.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "index/index.h"
#include "table/relation.h"

/* The arguments; the names of attributes that INCLUDE projects follow. */
enum
{
	ARGUMENT_TABLE,
	ARGUMENT_INDEX,
	ARGUMENT_KIND,
	ARGUMENT_PROJECTION,
	ARGUMENT_NON_KEY
};

static const char *const kinds[] = {
	[INDEX_GLOBAL] = "GLOBAL",
	[INDEX_LOCAL] = "LOCAL",
	[INDEX_EXPIRY] = "EXPIRY"
};

static const char *const projections[] = {
	[PROJECTION_ALL] = "ALL",
	[PROJECTION_KEYS_ONLY] = "KEYS_ONLY",
	[PROJECTION_INCLUDE] = "INCLUDE"
};

static bool
position_of(const char *word, const char *const *words, int count, int *position)
{
	for (*position = 0; *position < count; (*position)++)
	{
		if (word != NULL && strcmp(word, words[*position]) == 0)
			return true;
	}
	return false;
}

bool
index_kind_of_word(const char *word, IndexKind *kind)
{
	int			position;

	if (!position_of(word, kinds, lengthof(kinds), &position))
		return false;
	*kind = position;
	return true;
}

bool
index_projection_of_word(const char *word, IndexProjection *projection)
{
	int			position;

	if (!position_of(word, projections, lengthof(projections), &position))
		return false;
	*projection = position;
	return true;
}

const char *
index_kind_word(IndexKind kind)
{
	return kinds[kind];
}

const char *
index_projection_word(IndexProjection projection)
{
	return projections[projection];
}

char *
index_declaration(const char *table, const IndexDefinition *index)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "%s, %s, '%s', '%s'", quote_literal_cstr(table),
					 quote_literal_cstr(index->name), kinds[index->kind],
					 projections[index->projection]);
	for (int i = 0; i < index->non_key_count; i++)
		appendStringInfo(&text, ", %s", quote_literal_cstr(index->non_key[i].name));
	return text.data;
}

/* ddb.refuse_index_write(), or InvalidOid. */
static Oid
refuse_index_write(void)
{
	return GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("refuse_index_write"),
						   PointerGetDatum(buildoidvector(NULL, 0)),
						   ObjectIdGetDatum(get_namespace_oid("ddb", true)));
}

static bool
read_arguments(const Trigger *trigger, char **table, IndexDefinition *index)
{
	if (trigger->tgnargs < ARGUMENT_NON_KEY ||
		!index_kind_of_word(trigger->tgargs[ARGUMENT_KIND], &index->kind) ||
		!index_projection_of_word(trigger->tgargs[ARGUMENT_PROJECTION], &index->projection))
		return false;
	*table = pstrdup(trigger->tgargs[ARGUMENT_TABLE]);
	index->name = pstrdup(trigger->tgargs[ARGUMENT_INDEX]);
	index->non_key_count = trigger->tgnargs - ARGUMENT_NON_KEY;
	index->non_key = palloc(sizeof(AttributeName) * Max(index->non_key_count, 1));
	for (int i = 0; i < index->non_key_count; i++)
	{
		index->non_key[i].name = pstrdup(trigger->tgargs[ARGUMENT_NON_KEY + i]);
		index->non_key[i].length = strlen(index->non_key[i].name);
	}
	return true;
}

bool
index_read_declaration(Relation relation, char **table, IndexDefinition *index)
{
	Oid			function = refuse_index_write();
	const TriggerDesc *triggers = relation->trigdesc;

	/* nothing here reads a catalog, so the relation's triggers stay where they are */
	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		if (triggers->triggers[i].tgfoid == function)
			return read_arguments(&triggers->triggers[i], table, index);
	}
	return false;
}

bool
index_is_declared(Relation relation, const char *table, const char *name)
{
	IndexDefinition declared = {0};
	char	   *declared_table;

	return table != NULL && relation_is_of_ddb(relation) &&
		index_read_declaration(relation, &declared_table, &declared) &&
		strcmp(declared_table, table) == 0 && strcmp(declared.name, name) == 0;
}
