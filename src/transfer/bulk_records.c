/*
 * bulk_records.c - the records of a bulk operation, read ahead by lots.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "transfer/bulk_records.h"

struct BulkRecords
{
	ImportFiles *files;
	MemoryContext context;		/* of the lot's records */
	ImportPlace start;			/* before the lot */
	int			count;
	BulkRecord	records[BULK_LOT_RECORDS];
};

BulkRecords *
bulk_records_begin(Bucket *bucket, const char *prefix, const ItemFileOptions *options, const ImportPlace *place)
{
	BulkRecords *records = palloc0(sizeof(BulkRecords));

	records->start = *place;
	if (place->key != NULL)
		records->start.key = pstrdup(place->key);
	records->files = import_files_begin(bucket, prefix, options, place);
	records->context = AllocSetContextCreate(CurrentMemoryContext, "ddb records of a bulk operation", ALLOCSET_DEFAULT_SIZES);
	return records;
}

int64
bulk_records_size(const BulkRecords *records)
{
	return import_files_size(records->files);
}

/* ---- A lot ---- */

/* The reader's values are the next record's soon. */
static void
keep_condition(BulkRecord *record, const ItemFileCondition *condition)
{
	const Value *const given[] = {condition->expression, condition->names, condition->values};
	const Value **const kept[] = {&record->condition.expression, &record->condition.names, &record->condition.values};

	for (int i = 0; i < (int) lengthof(given); i++)
	{
		*kept[i] = NULL;
		if (given[i] == NULL)
			continue;
		record->condition_values[i] = *given[i];
		*kept[i] = &record->condition_values[i];
	}
}

/* False where there is none any more. */
static bool
read_record(BulkRecords *records, BulkRecord *record)
{
	ItemFileCondition condition;
	ItemFileResult result = import_files_next(records->files, &record->item, &record->fault);

	if (result == ITEM_FILE_END)
		return false;
	if (result == ITEM_FILE_ITEM)
	{
		record->fault = NULL;
		condition = import_files_condition(records->files);
		keep_condition(record, &condition);
	}
	record->place = import_files_place(records->files);
	record->input_bytes = import_files_size_done(records->files);
	return true;
}

/* Behind the last one. */
static void
read_lot(BulkRecords *records)
{
	MemoryContext caller;
	size_t		bytes = 0;

	if (records->count > 0)
		records->start = records->records[records->count - 1].place;
	records->count = 0;
	MemoryContextReset(records->context);
	caller = MemoryContextSwitchTo(records->context);
	while (records->count < BULK_LOT_RECORDS && bytes < BULK_LOT_BYTES &&
		   read_record(records, &records->records[records->count]))
	{
		const BulkRecord *record = &records->records[records->count++];

		bytes += record->fault == NULL ? record->item.length : 0;
	}
	MemoryContextSwitchTo(caller);
}

/* How many of the lot lie before the place; -1 where it is none of theirs. */
static int
position_of(const BulkRecords *records, const ImportPlace *place)
{
	if (import_places_equal(records->start, *place))
		return 0;
	for (int i = 0; i < records->count; i++)
	{
		if (import_places_equal(records->records[i].place, *place))
			return i + 1;
	}
	return -1;
}

bool
bulk_records_behind(BulkRecords *records, const ImportPlace *place, BulkRecord **found, int *count)
{
	int			position = position_of(records, place);

	if (position < 0)
		return false;
	if (position == records->count)
	{
		read_lot(records);
		position = 0;
	}
	*found = &records->records[position];
	*count = records->count - position;
	return true;
}
