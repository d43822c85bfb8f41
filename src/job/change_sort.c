/*
 * change_sort.c - changes out of the log, sorted by key, in the order of the primary index.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/tuplesort.h"
#include "utils/typcache.h"

#include "compat.h"
#include "job/change_sort.h"
#include "table/lock_order.h"

/* A row of the sort. */
enum
{
	CHANGE_KEY = 1,
	CHANGE_TIME,
	CHANGE_ORDINAL,
	CHANGE_ITEM,
	CHANGE_KEYS,
	CHANGE_COLUMNS = CHANGE_KEYS
};

struct ChangeSort
{
	Tuplesortstate *state;
	TupleTableSlot *put;		/* a row that goes in */
	TupleTableSlot *got;		/* the one that has come out last */
};

/* ---- Keys ---- */

bytea *
change_sort_key(const Table *table, const Value *item)
{
	PrimaryKey	key = key_of_item(&table->schema, item);
	LockPlace	place = lock_place(table, &key);
	Size		size = VARHDRSZ + sizeof(place.hash) + (place.sort.data != NULL ? place.sort.length : 0);
	bytea	   *bytes = palloc(size);

	SET_VARSIZE(bytes, size);
	memcpy(VARDATA(bytes), &place.hash, sizeof(place.hash));
	if (place.sort.data != NULL)
		memcpy(VARDATA(bytes) + sizeof(place.hash), place.sort.data, place.sort.length);
	return bytes;
}

int
change_sort_compare(const bytea *a, const bytea *b)
{
	Size		a_length = VARSIZE_ANY_EXHDR(a);
	Size		b_length = VARSIZE_ANY_EXHDR(b);
	int			order = memcmp(VARDATA_ANY(a), VARDATA_ANY(b), Min(a_length, b_length));

	return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

bool
known_key_of(const bytea *key, KnownKey *known)
{
	memset(known, 0, sizeof(*known));
	known->length = VARSIZE_ANY_EXHDR(key);
	if (known->length > KNOWN_KEY_LENGTH)
		return false;
	memcpy(known->bytes, VARDATA_ANY(key), known->length);
	return true;
}

void
change_check_old_item(const Table *table, const ChangeRecord *record)
{
	if (record->kind != CHANGE_INSERT && record->old_item.data == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("a change in the log of table \"%s\" lacks the old item", table->name)));
}

/* ---- The sort ---- */

ChangeSort *
change_sort_begin(void)
{
	ChangeSort *sort = palloc0(sizeof(ChangeSort));
	TupleDesc	descriptor = CreateTemplateTupleDesc(CHANGE_COLUMNS);
	Oid			bytea_less = lookup_type_cache(BYTEAOID, TYPECACHE_LT_OPR)->lt_opr;
	Oid			number_less = lookup_type_cache(INT8OID, TYPECACHE_LT_OPR)->lt_opr;
	AttrNumber	columns[] = {CHANGE_KEY, CHANGE_TIME, CHANGE_ORDINAL};
	Oid			operators[] = {bytea_less, number_less, number_less};
	Oid			collations[lengthof(columns)] = {InvalidOid};
	bool		nulls_first[lengthof(columns)] = {false};

	TupleDescInitEntry(descriptor, CHANGE_KEY, "key", BYTEAOID, -1, 0);
	TupleDescInitEntry(descriptor, CHANGE_TIME, "time", INT8OID, -1, 0);
	TupleDescInitEntry(descriptor, CHANGE_ORDINAL, "ordinal", INT8OID, -1, 0);
	TupleDescInitEntry(descriptor, CHANGE_ITEM, "item", BYTEAOID, -1, 0);
	TupleDescInitEntry(descriptor, CHANGE_KEYS, "keys", BYTEAOID, -1, 0);
	sort->state = tuplesort_begin_heap(descriptor, lengthof(columns), columns, operators, collations,
									   nulls_first, maintenance_work_mem, NULL, TUPLESORT_NONE);
	sort->put = MakeSingleTupleTableSlot(descriptor, &TTSOpsVirtual);
	sort->got = MakeSingleTupleTableSlot(descriptor, &TTSOpsMinimalTuple);
	return sort;
}

static void
set_bytes(TupleTableSlot *slot, int column, const Value *value)
{
	bytea	   *bytes;

	slot->tts_isnull[column - 1] = value == NULL;
	if (value == NULL)
		return;
	bytes = palloc(VARHDRSZ + value->length);
	SET_VARSIZE(bytes, VARHDRSZ + value->length);
	memcpy(VARDATA(bytes), value->data, value->length);
	slot->tts_values[column - 1] = PointerGetDatum(bytes);
}

void
change_sort_put(ChangeSort *sort, const bytea *key, SequenceNumber sequence, const Value *item, const Value *keys)
{
	TupleTableSlot *slot = sort->put;

	ExecClearTuple(slot);
	memset(slot->tts_isnull, false, sizeof(bool) * CHANGE_COLUMNS);
	slot->tts_values[CHANGE_KEY - 1] = PointerGetDatum(key);
	slot->tts_values[CHANGE_TIME - 1] = Int64GetDatum(sequence.time);
	slot->tts_values[CHANGE_ORDINAL - 1] = Int64GetDatum(sequence.ordinal);
	set_bytes(slot, CHANGE_ITEM, item);
	set_bytes(slot, CHANGE_KEYS, keys);
	ExecStoreVirtualTuple(slot);
	tuplesort_puttupleslot(sort->state, slot);
}

void
change_sort_perform(ChangeSort *sort)
{
	tuplesort_performsort(sort->state);
}

static Value
map_of_column(TupleTableSlot *slot, int column)
{
	Value		value = {.type = VALUE_MAP};
	bool		isnull;
	const bytea *bytes = (const bytea *) DatumGetPointer(slot_getattr(slot, column, &isnull));

	if (!isnull)
	{
		value.data = VARDATA_ANY(bytes);
		value.length = VARSIZE_ANY_EXHDR(bytes);
	}
	return value;
}

bool
change_sort_next(ChangeSort *sort, SortedChange *change)
{
	TupleTableSlot *slot = sort->got;
	bool		isnull;

	if (!tuplesort_gettupleslot(sort->state, true, false, slot, NULL))
		return false;
	change->key = (const bytea *) DatumGetPointer(slot_getattr(slot, CHANGE_KEY, &isnull));
	change->sequence.time = DatumGetInt64(slot_getattr(slot, CHANGE_TIME, &isnull));
	change->sequence.ordinal = DatumGetInt64(slot_getattr(slot, CHANGE_ORDINAL, &isnull));
	change->item = map_of_column(slot, CHANGE_ITEM);
	change->keys = map_of_column(slot, CHANGE_KEYS);
	return true;
}

void
change_sort_end(ChangeSort *sort)
{
	ExecDropSingleTupleTableSlot(sort->put);
	ExecDropSingleTupleTableSlot(sort->got);
	tuplesort_end(sort->state);
}
