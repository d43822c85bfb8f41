/*
 * layout.c - a relation's layout, kept with its relcache entry.
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "access/stratnum.h"
#include "catalog/pg_am.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/defrem.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "owner_statement.h"
#include "table/layout.h"
#include "table/shape.h"
#include "value/value.h"

static const char *const key_types[] =
{
	[VALUE_STRING] = "string",
	[VALUE_NUMBER] = "number",
	[VALUE_BINARY] = "binary"
};

/* ---- Triggers ---- */

#define ROW_EVENTS (TRIGGER_TYPE_INSERT | TRIGGER_TYPE_UPDATE | TRIGGER_TYPE_DELETE)

/*
 * The events at which the trigger does its work whatever is changed: of rows
 * after they are, and after TRUNCATE, where it keeps indexes; where it refuses
 * what is written, before statements.
 */
static int16
events_of_trigger(const Trigger *trigger, bool refuses)
{
	int16		type = trigger->tgtype;

	if (trigger->tgqual != NULL || trigger->tgnattr > 0 || TRIGGER_FOR_INSTEAD(type) ||
		(refuses ? !TRIGGER_FOR_BEFORE(type) : !TRIGGER_FOR_AFTER(type)))
		return 0;
	if (refuses)
		return TRIGGER_FOR_ROW(type) ? 0 : type & (ROW_EVENTS | TRIGGER_TYPE_TRUNCATE);
	return type & (TRIGGER_FOR_ROW(type) ? ROW_EVENTS : TRIGGER_TYPE_TRUNCATE);
}

static void
read_triggers(Relation relation, TableLayout *layout)
{
	TriggerDesc *triggers = relation->trigdesc;
	bool		of_index = layout->table_schema.partition_count > 0;

	for (int i = 0; triggers != NULL && i < triggers->numtriggers; i++)
	{
		Trigger    *trigger = &triggers->triggers[i];

		bool		keeps = shape_is_function_of_ddb(trigger->tgfoid, "maintain_indexes");

		if (!keeps)
			layout->other_triggers = true;
		else if (TRIGGER_FOR_ROW(trigger->tgtype))
			layout->index_trigger = trigger->tgenabled;
		if (of_index ? shape_is_function_of_ddb(trigger->tgfoid, "refuse_index_write") : keeps)
			layout->index_events |= events_of_trigger(trigger, of_index);
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
	const TableLayout *cached;

	shape_read(relation, &layout);
	read_triggers(relation, &layout);
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

const char *
layout_hint(bool of_index)
{
	return of_index ?
		"It needs the access method ddb, the key attributes of the index and of its table as columns generated from the item, "
		"all NOT NULL, no other columns, constraints or parents, and a valid unique index on (ddb.hash(partition key), sort key, "
		"ddb.hash(partition key of the table), sort key of the table), with nothing else in it. "
		"What expires has its time instead of the first two." :
		"It needs the access method ddb, the item, its key attributes as columns generated from it, all NOT NULL, "
		"and a valid unique index on (ddb.hash(partition key), sort key), with nothing else in it.";
}

const TableLayout *
layout_require(Relation relation, bool of_index)
{
	const TableLayout *layout = layout_of_relation(relation);

	if (!OidIsValid(layout->primary_index) ||
		(layout->table_schema.partition_count > 0) != of_index)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg(of_index ? "relation \"%s\" does not have the shape of a secondary index" :
						"relation \"%s\" does not have the shape of a DynamoDB table",
						RelationGetRelationName(relation)),
				 errhint("%s", layout_hint(of_index))));
	return layout;
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
