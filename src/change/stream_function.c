/*
 * stream_function.c - ddb.stream_records(): a stream's records as rows.
 */
#include "postgres.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "change/log.h"
#include "change/stream.h"
#include "error.h"

enum
{
	RECORD_SEQUENCE_NUMBER,
	RECORD_EVENT_NAME,
	RECORD_KEYS,
	RECORD_NEW_IMAGE,
	RECORD_OLD_IMAGE,
	RECORD_CREATED,
	RECORD_EXPIRED,
	RECORD_SHARD_ID,
	RECORD_COLUMNS
};

/* An image that is there and that the stream shows. */
static void
put_image(const Value *image, bool shown, int column, Datum *values, bool *nulls)
{
	nulls[column] = !shown || image->data == NULL;
	if (!nulls[column])
		values[column] = value_to_datum(image);
}

static void
put_record(ReturnSetInfo *result, const ChangeRecord *record, int images, const Shard *shard)
{
	Datum		values[RECORD_COLUMNS];
	bool		nulls[RECORD_COLUMNS] = {0};
	char		sequence[SEQUENCE_NUMBER_TEXT_LENGTH];

	sequence_number_write(record->sequence, sequence);
	values[RECORD_SEQUENCE_NUMBER] = CStringGetTextDatum(sequence);
	values[RECORD_EVENT_NAME] = CStringGetTextDatum(change_event_name(record->kind));
	values[RECORD_KEYS] = value_to_datum(&record->keys);
	put_image(&record->new_item, (images & IMAGE_NEW) != 0, RECORD_NEW_IMAGE, values, nulls);
	put_image(&record->old_item, (images & IMAGE_OLD) != 0, RECORD_OLD_IMAGE, values, nulls);
	values[RECORD_CREATED] = TimestampTzGetDatum(time_of_sequence(record->sequence.time));
	values[RECORD_EXPIRED] = BoolGetDatum(record->by_service);
	values[RECORD_SHARD_ID] = CStringGetTextDatum(shard->id);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static void
put_shard(ReturnSetInfo *result, const StreamRecord *stream, const Shard *shard)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "ddb stream record", ALLOCSET_DEFAULT_SIZES);
	LogReader  *reader = log_read_begin(shard, &stream->schema, shard_trim_horizon(shard), false);
	int			images = stream_view_images(stream->view_type);
	ChangeRecord record;

	while (log_read_next(reader, &record))
	{
		MemoryContext caller = MemoryContextSwitchTo(context);

		CHECK_FOR_INTERRUPTS();
		put_record(result, &record, images, shard);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(context);
	}
	log_read_end(reader);
	MemoryContextDelete(context);
}

static StreamRecord *
find_stream(const char *table_name, const char *label)
{
	const TableRecord *table = catalog_read_table(table_name);
	StreamRecord *stream = label != NULL ? stream_find(table_name, label) : table != NULL ? stream_latest(table) : NULL;

	if (stream == NULL)
		ddb_error(RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found: Table: %s has no stream%s%s", table_name,
				  label != NULL ? " " : "", label != NULL ? label : "");
	return stream;
}

PG_FUNCTION_INFO_V1(ddb_stream_records);

/* ddb.stream_records(table_name, label) */
Datum
ddb_stream_records(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	StreamRecord *stream;
	List	   *shards;
	ListCell   *cell;

	InitMaterializedSRF(fcinfo, 0);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	stream = find_stream(text_to_cstring(PG_GETARG_TEXT_PP(0)),
						 PG_ARGISNULL(1) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(1)));
	stream_require_readable(stream);
	shards = shards_of(stream->relation, stream->label);
	foreach(cell, shards)
		put_shard(result, stream, lfirst(cell));
	PG_RETURN_NULL();
}
