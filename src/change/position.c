/*
 * position.c - the row of ddb.change_position: how far the change log is.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "utils/builtins.h"
#include "utils/pg_lsn.h"
#include "utils/rel.h"

#include "change/position.h"
#include "owner_statement.h"

/* ddb.change_position's columns, in order. */
enum
{
	POSITION_SLOT = 1,
	POSITION_LSN,
	POSITION_LAST_TIME,
	POSITION_LAST_ORDINAL,
	POSITION_REACHED,
	POSITION_COLUMNS = POSITION_REACHED
};

bool
position_read(StoredPosition *position)
{
	Relation	relation = table_open(extension_relation("change_position"), AccessShareLock);
	SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	tuple = systable_getnext(scan);
	bool		found = HeapTupleIsValid(tuple);

	if (found)
	{
		Datum		values[POSITION_COLUMNS];
		bool		nulls[POSITION_COLUMNS];

		heap_deform_tuple(tuple, RelationGetDescr(relation), values, nulls);
		position->slot = *DatumGetName(values[POSITION_SLOT - 1]);
		position->lsn = DatumGetLSN(values[POSITION_LSN - 1]);
		position->last.time = DatumGetInt64(values[POSITION_LAST_TIME - 1]);
		position->last.ordinal = DatumGetInt64(values[POSITION_LAST_ORDINAL - 1]);
		position->reached = DatumGetTimestampTz(values[POSITION_REACHED - 1]);
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return found;
}

void
position_write(const StoredPosition *position)
{
	Relation	relation = table_open(extension_relation("change_position"), RowExclusiveLock);
	SysScanDesc scan = systable_beginscan(relation, InvalidOid, false, NULL, 0, NULL);
	HeapTuple	old = systable_getnext(scan);
	HeapTuple	tuple;
	bool		nulls[POSITION_COLUMNS] = {false};
	Datum		values[POSITION_COLUMNS];

	values[POSITION_SLOT - 1] = NameGetDatum(&position->slot);
	values[POSITION_LSN - 1] = LSNGetDatum(position->lsn);
	values[POSITION_LAST_TIME - 1] = Int64GetDatum(position->last.time);
	values[POSITION_LAST_ORDINAL - 1] = Int64GetDatum(position->last.ordinal);
	values[POSITION_REACHED - 1] = TimestampTzGetDatum(position->reached);
	tuple = heap_form_tuple(RelationGetDescr(relation), values, nulls);
	if (HeapTupleIsValid(old))
		CatalogTupleUpdate(relation, &old->t_self, tuple);
	else
		CatalogTupleInsert(relation, tuple);
	systable_endscan(scan);
	heap_freetuple(tuple);
	table_close(relation, RowExclusiveLock);
}
