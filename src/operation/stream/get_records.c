/*
 * get_records.c - GetRecords.
 */
#include "postgres.h"

#include "error.h"
#include "operation/operations.h"
#include "operation/stream/streams.h"

#define MAX_RECORDS 1000
#define MAX_BYTES (1024 * 1024)

typedef struct GetRecordsRequest
{
	RequestString iterator;
	RequestInteger limit;
} GetRecordsRequest;

static const Shape iterator_shape = {.kind = SHAPE_STRING, AT_LEAST(1), AT_MOST(2048)};
static const Shape limit_shape = {.kind = SHAPE_INTEGER, AT_LEAST(1), AT_MOST(MAX_RECORDS)};

static const Member members[] = {
	REQUIRED(GetRecordsRequest, iterator, "ShardIterator", &iterator_shape),
	OPTIONAL(GetRecordsRequest, limit, "Limit", &limit_shape),
};

/* A page being read. */
typedef struct RecordPage
{
	const StreamRecord *stream;
	const Shard *shard;
	int			limit;
	ShardIterator next;			/* where the following one begins */
	int			count;			/* of its records */
	bool		drained;		/* there was no further record */
} RecordPage;

static ShardIterator
start_of(const ShardIterator *iterator, const Shard *shard)
{
	SequenceNumber horizon = shard_trim_horizon(shard);

	if (sequence_number_compare(iterator->position, horizon) >= 0)
		return *iterator;
	if (!iterator->floats)
		ddb_error(TRIMMED_DATA_ACCESS_EXCEPTION, "The data you are trying to access has been trimmed");
	return (ShardIterator) {horizon, true};
}

/* Appends a record unless the page has no room for it; there is always room for the first one. */
static bool
append_record(StringInfo response, const RecordPage *page, const ChangeRecord *record, int begin)
{
	int			end = response->len;

	if (end > begin)
		appendStringInfoChar(response, ',');
	change_record_append_json(response, record, page->stream->view_type, false, NULL);
	if (end == begin || response->len - begin <= MAX_BYTES)
		return true;
	response->len = end;
	response->data[end] = '\0';
	return false;
}

static void
append_records(StringInfo response, RecordPage *page)
{
	LogReader  *reader = log_read_begin(page->shard, &page->stream->schema, page->next.position, false);
	int			begin = response->len;
	ChangeRecord record;

	for (;; page->count++)
	{
		page->drained = !log_read_next(reader, &record);
		if (page->drained)
			break;
		if (page->count == page->limit || !append_record(response, page, &record, begin))
		{
			page->next = (ShardIterator) {record.sequence, false};
			break;
		}
		page->next = (ShardIterator) {sequence_behind(record.sequence), false};
	}
	log_read_end(reader);
}

/*
 * A shard that has been read before its records were had none behind them when
 * it was closed.  One that is open may get more, and a reader who has had all
 * misses none when the trim horizon passes by.
 */
static void
append_next(StringInfo response, const RecordPage *page)
{
	ShardIterator next = page->next;

	if (page->drained && !page->shard->open)
		return;
	next.floats = next.floats || page->drained;
	appendStringInfoString(response, ",\"NextShardIterator\":");
	append_iterator(response, page->stream, page->shard->id, &next);
}

/* Reads a page, and appends the response. */
static void
read_page(const ShardIterator *iterator, const char *shard_id, RecordPage *page, StringInfo response)
{
	page->shard = requested_shard(page->stream, shard_id);
	page->next = start_of(iterator, page->shard);
	page->count = 0;
	appendStringInfoString(response, "{\"Records\":[");
	append_records(response, page);
	appendStringInfoChar(response, ']');
	append_next(response, page);
	appendStringInfoChar(response, '}');
}

/* Nothing is there, but something may be on its way into the log. */
static bool
is_premature(const RecordPage *page)
{
	return page->count == 0 && page->shard->open && change_log_is_behind();
}

static void
execute(const void *argument, StringInfo response)
{
	const GetRecordsRequest *request = argument;
	RecordPage	page = {.limit = request->limit.given ? request->limit.value : MAX_RECORDS};
	int			begin = response->len;
	ShardIterator iterator;
	RequestString stream_arn;
	char	   *shard_id;

	read_iterator(&request->iterator, &iterator, &stream_arn, &shard_id);
	page.stream = requested_stream(&stream_arn);
	stream_require_readable(page.stream);
	read_page(&iterator, shard_id, &page, response);
	if (!is_premature(&page) || !wait_for_log())
		return;
	response->len = begin;
	response->data[begin] = '\0';
	read_page(&iterator, shard_id, &page, response);
}

const OperationDescription get_records_operation = {
	.request = STRUCTURE_SHAPE(GetRecordsRequest, "GetRecordsInput", members),
	.execute = execute
};
