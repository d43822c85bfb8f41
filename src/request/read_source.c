/*
 * read_source.c - what Query and Scan read: a table or one of its secondary
 * indexes, and whether what is asked for is there.
 */
#include "postgres.h"

#include "storage/lmgr.h"
#include "utils/rel.h"

#include "error.h"
#include "request/read_page.h"

/* The index that the request names; raises AWS's refusals. */
static const IndexDefinition *
find_index(const ReadParameters *parameters, const Table *table)
{
	const char *name = parameters->index_name.data;
	const IndexDefinition *index = index_find(index_set(RelationGetRelid(table->relation)), name);

	if (index == NULL)
		validation_error("The table does not have the specified index: %s", name);
	if (index->kind == INDEX_GLOBAL && parameters->consistent_read == BOOLEAN_TRUE)
		validation_error("Consistent reads are not supported on global secondary indexes");
	if (!index_is_complete(table, index))
		validation_error("Cannot read from backfilling global secondary index: %s", name);
	return index;
}

/*
 * The same with its relation locked, so that it stays.  Who has waited for the
 * lock may have waited for its drop, of which the lookup then knows.
 */
static const IndexDefinition *
find_and_lock_index(const ReadParameters *parameters, const Table *table)
{
	const IndexDefinition *index = find_index(parameters, table);
	Oid			locked;

	do
	{
		locked = index->relation;
		LockRelationOid(locked, AccessShareLock);
		index = find_index(parameters, table);
	} while (index->relation != locked);
	return index;
}

void
read_source_open(const ReadParameters *parameters, ReadSource *source)
{
	memset(source, 0, sizeof(ReadSource));
	source->table = table_open_by_name(parameters->table_name.data, ACL_SELECT);
	source->relation = source->table;
	if (parameters->index_name.data == NULL)
		return;
	source->index = find_and_lock_index(parameters, source->table);
	source->relation = table_open_index(source->table, source->index->name,
										source->index->relation, AccessShareLock);
}

void
read_source_close(ReadSource *source)
{
	if (source->relation != source->table)
		table_release(source->relation);
	table_release(source->table);
}

/* The attributes of the projection that the index does not hold: "[a, b]", or NULL. */
static char *
missing_attributes(const IndexDefinition *index, const Projection *projection)
{
	StringInfoData names;
	const char *name;
	uint32		length;

	if (projection == NULL)
		return NULL;

	initStringInfo(&names);
	for (int i = 0; (name = projection_attribute(projection, i, &length)) != NULL; i++)
	{
		if (index_projects(index, name, length))
			continue;
		appendStringInfoString(&names, names.len > 0 ? ", " : "[");
		appendBinaryStringInfo(&names, name, length);
	}
	if (names.len == 0)
		return NULL;
	appendStringInfoChar(&names, ']');
	return names.data;
}

/*
 * A global index gives what it holds; what a local one lacks is fetched from
 * the table.
 */
void
read_source_check_select(ReadSource *source, const ReadParameters *parameters,
						 const Projection *projection)
{
	const IndexDefinition *index = source->index;
	bool		all;
	const char *missing;

	if (index == NULL)
		return;

	all = parameters->select.value == SELECT_ALL_ATTRIBUTES && index->projection != PROJECTION_ALL;
	missing = missing_attributes(index, projection);
	if (index->kind == INDEX_LOCAL)
	{
		source->fetches = all || missing != NULL;
		return;
	}
	if (all)
		validation_error("One or more parameter values were invalid: "
						 "Select type ALL_ATTRIBUTES is not supported for global secondary index %s "
						 "because its projection type is not ALL", index->name);
	if (missing != NULL)
		validation_error("One or more parameter values were invalid: "
						 "Global secondary index %s does not project %s", index->name, missing);
}
