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
row_key_hash(const Value *partition)
{
	pg_uuid_t	hash;

	key_hash(partition->data, partition->length, hash.data);
	return hash;
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

bool
row_has_partition(const Table *table, TupleTableSlot *slot, const Value *partition)
{
	bool		isnull;
	Datum		datum = slot_getattr(slot, table->schema.partition[0].column, &isnull);
	struct varlena *column;

	if (isnull)
		return false;
	column = PG_DETOAST_DATUM_PACKED(datum);
	return VARSIZE_ANY_EXHDR(column) == partition->length &&
		memcmp(VARDATA_ANY(column), partition->data, partition->length) == 0;
}

void
row_store(const Table *table, const PrimaryKey *key, const Value *item, TupleTableSlot *slot)
{
	const KeySchema *schema = &table->schema;

	ExecClearTuple(slot);
	memset(slot->tts_isnull, true, slot->tts_tupleDescriptor->natts * sizeof(bool));

	slot->tts_values[schema->partition[0].column - 1] = row_key_datum(&key->partition);
	slot->tts_isnull[schema->partition[0].column - 1] = false;
	if (schema->sort_count > 0)
	{
		slot->tts_values[schema->sort[0].column - 1] = row_key_datum(&key->sort);
		slot->tts_isnull[schema->sort[0].column - 1] = false;
	}
	slot->tts_values[table->item_column - 1] = value_to_datum(item);
	slot->tts_isnull[table->item_column - 1] = false;
	ExecStoreVirtualTuple(slot);
}

int
row_scan_keys(const Table *table, const PrimaryKey *key, pg_uuid_t *hash, ScanKey keys)
{
	*hash = row_key_hash(&key->partition);
	ScanKeyInit(&keys[0], 1, BTEqualStrategyNumber, F_UUID_EQ, UUIDPGetDatum(hash));
	if (table->schema.sort_count == 0)
		return 1;
	ScanKeyInit(&keys[1], 2, BTEqualStrategyNumber,
				layout_key_procedure(table->schema.sort[0].type, BTEqualStrategyNumber),
				row_key_datum(&key->sort));
	return 2;
}

Snapshot
row_statement_snapshot(void)
{
	/* what this transaction wrote before is to be seen, as by SQL's next statement */
	CommandCounterIncrement();
	return RegisterSnapshot(GetTransactionSnapshot());
}
