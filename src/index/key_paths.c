/*
 * key_paths.c - expressions that look into a key attribute, which has nothing within.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "error.h"
#include "index/index.h"

/* AWS names a key attribute "Key", or "IndexKey" where it is an index's. */
static void
check_schema_paths(const KeySchema *schema, const char *term, const Condition *condition,
				   const Projection *projection)
{
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *key = key_schema_attribute(schema, i);

		if ((condition != NULL && condition_enters_attribute(condition, key->name, key->name_length)) ||
			(projection != NULL && projection_enters_attribute(projection, key->name, key->name_length)))
			validation_error("Key attributes must be scalars; list random access '[]' and map lookup '.' "
							 "are not allowed: %s: %s", term, key->name);
	}
}

void
check_key_paths(const Table *table, const Condition *condition, const Projection *projection)
{
	const IndexSet *set;

	if (condition == NULL && projection == NULL)
		return;
	check_schema_paths(&table->schema, "Key", condition, projection);
	set = index_set(RelationGetRelid(table->relation));
	for (int i = 0; i < set->count; i++)
		check_schema_paths(&set->indexes[i].schema, "IndexKey", condition, projection);
}
