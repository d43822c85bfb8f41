/*
 * describe_stream.c - DescribeStream.
 */
#include "postgres.h"

#include "arn.h"
#include "error.h"
#include "operation/operations.h"
#include "operation/stream/streams.h"
#include "operation/table/table_description.h"
#include "request/parameters.h"
#include "value/json.h"

#define MAX_SHARDS 100

typedef struct ShardFilterRequest
{
	RequestEnum type;
	RequestString shard_id;
} ShardFilterRequest;

typedef struct DescribeStreamRequest
{
	RequestString stream_arn;
	RequestInteger limit;
	RequestString exclusive_start;
	ShardFilterRequest *filter;
} DescribeStreamRequest;

static const Shape limit_shape = {.kind = SHAPE_INTEGER, AT_LEAST(1), AT_MOST(MAX_SHARDS)};
static const Shape filter_type_shape = {
	.kind = SHAPE_ENUM, .values = (const char *const[]) {"CHILD_SHARDS", NULL}
};

static const Member filter_members[] = {
	OPTIONAL(ShardFilterRequest, type, "Type", &filter_type_shape),
	OPTIONAL(ShardFilterRequest, shard_id, "ShardId", &shard_id_shape),
};
static const Shape filter_shape = STRUCTURE_SHAPE(ShardFilterRequest, "ShardFilter", filter_members);

static const Member members[] = {
	REQUIRED(DescribeStreamRequest, stream_arn, "StreamArn", &string_shape),
	OPTIONAL(DescribeStreamRequest, limit, "Limit", &limit_shape),
	OPTIONAL(DescribeStreamRequest, exclusive_start, "ExclusiveStartShardId", &shard_id_shape),
	OPTIONAL(DescribeStreamRequest, filter, "ShardFilter", &filter_shape),
};

/* ---- Which shards ---- */

/* Identifiers begin with the moment of the shard's making, so that a page goes on behind one that has gone. */
static bool
is_wanted(const DescribeStreamRequest *request, const Shard *shard)
{
	const ShardFilterRequest *filter = request->filter;

	if (request->exclusive_start.data != NULL && strcmp(shard->id, request->exclusive_start.data) <= 0)
		return false;
	return filter == NULL ||
		(shard->parent != NULL && strcmp(shard->parent, filter->shard_id.data) == 0);
}

static void
check_filter(const ShardFilterRequest *filter)
{
	if (filter != NULL && (filter->type.text == NULL || filter->shard_id.data == NULL))
		validation_error("One or more parameter values were invalid: ShardFilter needs both Type and ShardId");
}

static int
compare_ids(const ListCell *a, const ListCell *b)
{
	return strcmp(((const Shard *) lfirst(a))->id, ((const Shard *) lfirst(b))->id);
}

static List *
wanted_shards(const DescribeStreamRequest *request, const StreamRecord *stream)
{
	List	   *all = shards_of(stream->relation, stream->label);
	List	   *wanted = NIL;
	ListCell   *cell;

	list_sort(all, compare_ids);
	foreach(cell, all)
	{
		if (is_wanted(request, lfirst(cell)))
			wanted = lappend(wanted, lfirst(cell));
	}
	return wanted;
}

/* ---- The response ---- */

static void
append_sequence(StringInfo response, const char *member, SequenceNumber number)
{
	char		text[SEQUENCE_NUMBER_TEXT_LENGTH];

	sequence_number_write(number, text);
	append_member(response, member);
	appendStringInfo(response, "\"%s\"", text);
}

/* The range's end is in it, where the shard's is behind it. */
static SequenceNumber
last_of(const Shard *shard)
{
	SequenceNumber last = shard->end;

	if (sequence_number_compare(shard->start, shard->end) >= 0)
		return shard->start;
	if (last.ordinal > 0)
		last.ordinal--;
	else
		last = (SequenceNumber) {last.time - 1, PG_INT64_MAX};
	return last;
}

static void
append_shard(StringInfo response, const Shard *shard)
{
	appendStringInfoString(response, response->data[response->len - 1] == '[' ? "{" : ",{");
	appendStringInfo(response, "\"ShardId\":\"%s\",\"SequenceNumberRange\":{", shard->id);
	append_sequence(response, "StartingSequenceNumber", shard->start);
	if (!shard->open)
		append_sequence(response, "EndingSequenceNumber", last_of(shard));
	appendStringInfoChar(response, '}');
	if (shard->parent != NULL)
		appendStringInfo(response, ",\"ParentShardId\":\"%s\"", shard->parent);
	appendStringInfoChar(response, '}');
}

static void
append_shards(StringInfo response, const List *shards, int limit)
{
	append_member(response, "Shards");
	appendStringInfoChar(response, '[');
	for (int i = 0; i < Min(list_length(shards), limit); i++)
		append_shard(response, list_nth(shards, i));
	appendStringInfoChar(response, ']');
	if (list_length(shards) > limit)
		appendStringInfo(response, ",\"LastEvaluatedShardId\":\"%s\"", ((Shard *) list_nth(shards, limit - 1))->id);
}

static void
execute(const void *argument, StringInfo response)
{
	const DescribeStreamRequest *request = argument;
	StreamRecord *stream;
	RequestInteger created;

	check_filter(request->filter);
	stream = requested_stream(&request->stream_arn);
	created = settings_time(stream->created);
	appendStringInfo(response, "{\"StreamDescription\":{\"StreamArn\":\"%s\",\"StreamLabel\":\"%s\",\"StreamStatus\":\"%s\","
					 "\"StreamViewType\":\"%s\",\"TableName\":\"%s\"",
					 stream_arn(stream->table_name, stream->label), stream->label, stream_status_name(stream->status),
					 stream->view_type, stream->table_name);
	append_date_member(response, "CreationRequestDateTime", &created);
	append_key_schema(response, &stream->schema);
	append_shards(response, wanted_shards(request, stream),
				  request->limit.given ? request->limit.value : MAX_SHARDS);
	appendStringInfoString(response, "}}");
}

const OperationDescription describe_stream_operation = {
	.request = STRUCTURE_SHAPE(DescribeStreamRequest, "DescribeStreamInput", members),
	.execute = execute
};
