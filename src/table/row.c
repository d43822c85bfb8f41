/*
 * row.c - between an item and the row that holds it.
 */
#include "postgres.h"

#include "access/nbtree.h"
#include "access/xact.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "table/layout.h"
#include "table/row.h"
#include "value/hash.h"

Datum
row_key_datum(const Value *value)
{
	struct varlena *datum = palloc(VARHDRSZ + value->length);

	SET_VARSIZE(datum, VARHDRSZ + value->length);
	memcpy(VARDATA(datum), value->data, value->length);
	return PointerGetDatum(datum);
}

pg_uuid_t
row_key_hash(const Value *partition, int count)
{
	pg_uuid_t	hash;

	key_hash_of_values(partition, count, hash.data);
	return hash;
}

static Value
key_of(const Table *table, const KeyAttribute *attribute, const Value *item)
{
	Value		value;

	if (!value_map_find(item, attribute->name, attribute->name_length, &value) ||
		value.type != attribute->type)
		elog(ERROR, "item of relation \"%s\" lacks key attribute \"%s\"",
			 RelationGetRelationName(table->relation), attribute->name);
	return value;
}

/* Adds the columns of a key schema: the hash and the sort key's attributes. */
static void
add_schema(const Table *table, const KeySchema *schema, const Value *item, pg_uuid_t *hash,
		   PrimaryIndexEntry *entry)
{
	Value		partition[KEY_MAX_ATTRIBUTES];

	for (int i = 0; i < schema->partition_count; i++)
		partition[i] = key_of(table, &schema->partition[i], item);
	if (schema->partition_count > 0)
	{
		*hash = row_key_hash(partition, schema->partition_count);
		entry->values[entry->count++] = UUIDPGetDatum(hash);
	}
	for (int i = 0; i < schema->sort_count; i++)
	{
		Value		sort = key_of(table, &schema->sort[i], item);

		entry->values[entry->count++] = row_key_datum(&sort);
	}
}

void
row_key_entry(const Table *table, const PrimaryKey *key, PrimaryIndexEntry *entry)
{
	entry->count = 0;
	entry->hash = row_key_hash(&key->partition, 1);
	entry->values[entry->count++] = UUIDPGetDatum(&entry->hash);
	if (table->schema.sort_count > 0)
		entry->values[entry->count++] = row_key_datum(&key->sort);
}

void
row_index_entry(const Table *table, const Value *item, PrimaryIndexEntry *entry)
{
	entry->count = 0;
	add_schema(table, &table->schema, item, &entry->hash, entry);
	if (table->table_schema.partition_count > 0)
		add_schema(table, &table->table_schema, item, &entry->table_hash, entry);
}

/* The key attribute that is the index's column, or NULL where that is a hash. */
static const KeyAttribute *
attribute_of_column(const Table *table, int column)
{
	int			hashes = table->schema.partition_count > 0 ? 1 : 0;
	int			table_hash = hashes + table->schema.sort_count + 1;

	if (column <= hashes || column == table_hash)
		return NULL;
	return column < table_hash ? &table->schema.sort[column - hashes - 1] :
		&table->table_schema.sort[column - table_hash - 1];
}

static RegProcedure
hash_procedure(int strategy)
{
	static const RegProcedure procedures[] = {
		[BTLessStrategyNumber] = F_UUID_LT,
		[BTLessEqualStrategyNumber] = F_UUID_LE,
		[BTEqualStrategyNumber] = F_UUID_EQ,
		[BTGreaterEqualStrategyNumber] = F_UUID_GE,
		[BTGreaterStrategyNumber] = F_UUID_GT
	};

	return procedures[strategy];
}

RegProcedure
row_column_procedure(const Table *table, int column, int strategy)
{
	const KeyAttribute *attribute = attribute_of_column(table, column);

	return attribute == NULL ? hash_procedure(strategy) :
		layout_key_procedure(attribute->type, strategy);
}

Value
row_item(const Table *table, TupleTableSlot *slot)
{
	bool		isnull;
	Datum		datum = slot_getattr(slot, table->item_column, &isnull);

	if (isnull)
		elog(ERROR, "item of relation \"%s\" is null", RelationGetRelationName(table->relation));
	return value_from_datum(datum);
}

static bool
has_value(TupleTableSlot *slot, const KeyAttribute *attribute, const Value *value)
{
	bool		isnull;
	Datum		datum = slot_getattr(slot, attribute->column, &isnull);
	struct varlena *column;

	if (isnull)
		return false;
	column = PG_DETOAST_DATUM_PACKED(datum);
	return VARSIZE_ANY_EXHDR(column) == value->length &&
		memcmp(VARDATA_ANY(column), value->data, value->length) == 0;
}

bool
row_has_partition(const Table *table, TupleTableSlot *slot, const Value *partition)
{
	for (int i = 0; i < table->schema.partition_count; i++)
	{
		if (!has_value(slot, &table->schema.partition[i], &partition[i]))
			return false;
	}
	return true;
}

bool
row_has_key(const Table *table, TupleTableSlot *slot, const PrimaryKey *key)
{
	return row_has_partition(table, slot, &key->partition) &&
		(table->schema.sort_count == 0 || has_value(slot, &table->schema.sort[0], &key->sort));
}

static void
store_keys(const Table *table, const KeySchema *schema, const Value *item, TupleTableSlot *slot)
{
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);
		Value		value = key_of(table, attribute, item);

		slot->tts_values[attribute->column - 1] = row_key_datum(&value);
		slot->tts_isnull[attribute->column - 1] = false;
	}
}

void
row_store(const Table *table, const Value *item, TupleTableSlot *slot)
{
	ExecClearTuple(slot);
	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts * sizeof(bool));

	store_keys(table, &table->schema, item, slot);
	store_keys(table, &table->table_schema, item, slot);
	slot->tts_values[table->item_column - 1] = value_to_datum(item);
	slot->tts_isnull[table->item_column - 1] = false;
	ExecStoreVirtualTuple(slot);
}

Snapshot
table_statement_snapshot(void)
{
	/* what this transaction wrote before is to be seen, as by SQL's next statement */
	CommandCounterIncrement();
	return RegisterSnapshot(GetTransactionSnapshot());
}
