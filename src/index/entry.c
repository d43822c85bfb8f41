/*
 * entry.c - what an index holds of an item.
 */
#include "postgres.h"

#include "error.h"
#include "index/index.h"
#include "value/node.h"

#define WRITE_UNIT_BYTES 1024

/* ---- Whether it holds the item ---- */

typedef enum KeyFault
{
	KEY_GOOD,
	KEY_ABSENT,
	KEY_OF_OTHER_TYPE,
	KEY_EMPTY,
	KEY_TOO_LONG
} KeyFault;

/* Judges one key attribute, and adds its length to that of the others of its key. */
static KeyFault
judge_attribute(const KeyAttribute *attribute, const Value *item, uint32 most, uint32 *length,
				Value *value)
{
	if (!value_map_find(item, attribute->name, attribute->name_length, value))
		return KEY_ABSENT;
	if (value->type != attribute->type)
		return KEY_OF_OTHER_TYPE;
	if (value->length == 0 && value->type != VALUE_NUMBER)
		return KEY_EMPTY;
	*length += value->length;
	return *length > most ? KEY_TOO_LONG : KEY_GOOD;
}

static bool
has_attributes(const KeyAttribute *attributes, int count, const Value *item, uint32 most)
{
	uint32		length = 0;
	Value		value;

	for (int i = 0; i < count; i++)
	{
		if (judge_attribute(&attributes[i], item, most, &length, &value) != KEY_GOOD)
			return false;
	}
	return true;
}

bool
index_has_item(const IndexDefinition *index, const Value *item)
{
	const KeySchema *schema = &index->schema;

	return has_attributes(schema->partition, schema->partition_count, item,
						  PARTITION_KEY_MAX_SIZE) &&
		has_attributes(schema->sort, schema->sort_count, item, SORT_KEY_MAX_SIZE);
}

static void
report_fault(const IndexDefinition *index, const KeyAttribute *attribute, KeyFault fault,
			 const Value *value, bool partition, IndexWriter writer)
{
	if (fault == KEY_OF_OTHER_TYPE && writer == WRITER_UPDATE_EXPRESSION)
		validation_error("The update expression attempted to update the secondary index key to "
						 "unsupported type");
	if (fault == KEY_OF_OTHER_TYPE)
		validation_error("One or more parameter values were invalid: Type mismatch for Index Key %s "
						 "Expected: %s Actual: %s IndexName: %s", attribute->name,
						 value_type_name(attribute->type), value_type_name(value->type), index->name);
	if (fault == KEY_EMPTY && writer != WRITER_PUT)
		validation_error("One or more parameter values are not valid. The update expression attempted to "
						 "update a secondary index key to a value that is not supported. The AttributeValue "
						 "for a key attribute cannot contain an empty %s value.",
						 attribute->type == VALUE_STRING ? "string" : "binary");
	if (fault == KEY_EMPTY)
		validation_error("One or more parameter values are not valid. A value specified for a secondary "
						 "index key is not supported. The AttributeValue for a key attribute cannot "
						 "contain an empty %s value. IndexName: %s, IndexKey: %s",
						 attribute->type == VALUE_STRING ? "string" : "binary", index->name,
						 attribute->name);
	if (fault == KEY_TOO_LONG && partition)
		validation_error("One or more parameter values were invalid: "
						 "Size of hashkey has exceeded the maximum size limit of2048 bytes");
	if (fault == KEY_TOO_LONG)
		validation_error("One or more parameter values were invalid: "
						 "Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
}

static void
check_attributes(const IndexDefinition *index, bool partition, const Value *item,
				 IndexWriter writer)
{
	const KeySchema *schema = &index->schema;
	const KeyAttribute *attributes = partition ? schema->partition : schema->sort;
	int			count = partition ? schema->partition_count : schema->sort_count;
	uint32		most = partition ? PARTITION_KEY_MAX_SIZE : SORT_KEY_MAX_SIZE;
	uint32		length = 0;
	Value		value;

	for (int i = 0; i < count; i++)
	{
		KeyFault	fault = judge_attribute(&attributes[i], item, most, &length, &value);

		report_fault(index, &attributes[i], fault, &value, partition, writer);
	}
}

void
index_check_item(const IndexSet *set, const Value *item, IndexWriter writer)
{
	for (int i = 0; i < set->count; i++)
	{
		const IndexDefinition *index = &set->indexes[i];

		if (index->status != INDEX_ACTIVE)
			continue;
		check_attributes(index, true, item, writer);
		check_attributes(index, false, item, writer);
	}
}

/* ---- Projection ---- */

static bool
is_key_of(const KeySchema *schema, const char *name, uint32 length)
{
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);

		if (attribute->name_length == length && memcmp(attribute->name, name, length) == 0)
			return true;
	}
	return false;
}

bool
index_projects(const IndexDefinition *index, const char *name, uint32 length)
{
	if (index->projection == PROJECTION_ALL || is_key_of(&index->schema, name, length) ||
		is_key_of(&index->table_schema, name, length))
		return true;
	for (int i = 0; i < index->non_key_count; i++)
	{
		if (index->non_key[i].length == length &&
			memcmp(index->non_key[i].name, name, length) == 0)
			return true;
	}
	return false;
}

static void
project_attribute(Node *entry, const char *name, uint32 length, const Value *item)
{
	Value		value;

	if (value_map_find(item, name, length, &value))
		node_map_set(entry, name, length, node_from_value(&value));
}

static void
project_schema(Node *entry, const KeySchema *schema, const Value *item)
{
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);

		project_attribute(entry, attribute->name, attribute->name_length, item);
	}
}

Value
index_project(const IndexDefinition *index, const Value *item)
{
	Node	   *entry;

	if (index->projection == PROJECTION_ALL)
		return *item;

	entry = node_map();
	project_schema(entry, &index->schema, item);
	project_schema(entry, &index->table_schema, item);
	for (int i = 0; i < index->non_key_count; i++)
		project_attribute(entry, index->non_key[i].name, index->non_key[i].length, item);
	return node_pack(entry);
}

/* ---- What a change means ---- */

static bool
same_attribute(const char *name, uint32 length, const Value *a, const Value *b)
{
	Value		in_a;
	Value		in_b;
	bool		a_has = value_map_find(a, name, length, &in_a);

	if (a_has != value_map_find(b, name, length, &in_b))
		return false;
	return !a_has || value_equal(&in_a, &in_b);
}

static bool
same_key(const KeySchema *schema, const Value *a, const Value *b)
{
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);

		if (!same_attribute(attribute->name, attribute->name_length, a, b))
			return false;
	}
	return true;
}

bool
index_same_item(const IndexSet *set, const Value *a, const Value *b)
{
	return set->all_count == 0 || same_key(&set->indexes[0].table_schema, a, b);
}

static bool
same_projection(const IndexDefinition *index, const Value *a, const Value *b)
{
	if (index->projection == PROJECTION_ALL)
		return value_equal(a, b);
	for (int i = 0; i < index->non_key_count; i++)
	{
		if (!same_attribute(index->non_key[i].name, index->non_key[i].length, a, b))
			return false;
	}
	return true;
}

EntryChange
index_entry_change(const IndexDefinition *index, const Value *old_item, const Value *new_item)
{
	bool		was;
	bool		is;

	/* most often nothing changes that the index knows of, so this is asked first */
	if (old_item != NULL && new_item != NULL &&
		same_key(&index->schema, old_item, new_item) &&
		same_key(&index->table_schema, old_item, new_item))
		return same_projection(index, old_item, new_item) || !index_has_item(index, new_item) ?
			ENTRY_UNTOUCHED : ENTRY_REPLACED;

	was = old_item != NULL && index_has_item(index, old_item);
	is = new_item != NULL && index_has_item(index, new_item);
	if (!was)
		return is ? ENTRY_INSERTED : ENTRY_UNTOUCHED;
	return is ? ENTRY_MOVED : ENTRY_DELETED;
}

static double
entry_units(const IndexDefinition *index, const Value *item)
{
	Value		entry = index_project(index, item);

	return Max((item_size(&entry) + WRITE_UNIT_BYTES - 1) / WRITE_UNIT_BYTES, 1);
}

double
index_change_units(const IndexDefinition *index, EntryChange change,
				   const Value *old_item, const Value *new_item)
{
	switch (change)
	{
		case ENTRY_UNTOUCHED:
			break;
		case ENTRY_INSERTED:
			return entry_units(index, new_item);
		case ENTRY_DELETED:
			return entry_units(index, old_item);
		case ENTRY_REPLACED:
			return Max(entry_units(index, old_item), entry_units(index, new_item));
		case ENTRY_MOVED:
			return entry_units(index, old_item) + entry_units(index, new_item);
	}
	return 0;
}

static uint64
entry_bytes(const IndexDefinition *index, const Value *item)
{
	Value		entry = index_project(index, item);

	return item_size(&entry);
}

uint64
index_change_bytes(const IndexDefinition *index, EntryChange change,
				   const Value *old_item, const Value *new_item)
{
	switch (change)
	{
		case ENTRY_UNTOUCHED:
			break;
		case ENTRY_INSERTED:
			return entry_bytes(index, new_item);
		case ENTRY_DELETED:
			return entry_bytes(index, old_item);
		case ENTRY_REPLACED:
			return Max(entry_bytes(index, old_item), entry_bytes(index, new_item));
		case ENTRY_MOVED:
			return entry_bytes(index, old_item) + entry_bytes(index, new_item);
	}
	return 0;
}

double
index_write_units(const IndexDefinition *index, const Value *old_item, const Value *new_item)
{
	return index_change_units(index, index_entry_change(index, old_item, new_item), old_item, new_item);
}
