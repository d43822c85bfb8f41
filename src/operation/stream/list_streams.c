/*
 * list_streams.c - ListStreams.
 */
#include "postgres.h"

#include "arn.h"
#include "operation/operations.h"
#include "operation/stream/streams.h"
#include "request/parameters.h"
#include "value/json.h"

#define MAX_STREAMS 100

typedef struct ListStreamsRequest
{
	RequestString table_name;
	RequestInteger limit;
	RequestString exclusive_start;
} ListStreamsRequest;

static const Shape limit_shape = {.kind = SHAPE_INTEGER, AT_LEAST(1), AT_MOST(MAX_STREAMS)};

static const Member members[] = {
	OPTIONAL(ListStreamsRequest, table_name, "TableName", &table_name_shape),
	OPTIONAL(ListStreamsRequest, limit, "Limit", &limit_shape),
	OPTIONAL(ListStreamsRequest, exclusive_start, "ExclusiveStartStreamArn", &string_shape),
};

static void
append_arn(StringInfo response, const char *member, const StreamRecord *stream)
{
	append_member(response, member);
	appendStringInfo(response, "\"%s\"", stream_arn(stream->table_name, stream->label));
}

static void
append_stream(StringInfo response, const StreamRecord *stream)
{
	appendStringInfoString(response, response->data[response->len - 1] == '[' ? "{" : ",{");
	append_arn(response, "StreamArn", stream);
	appendStringInfo(response, ",\"TableName\":\"%s\",\"StreamLabel\":\"%s\"}", stream->table_name, stream->label);
}

/* One stream more than asked for tells whether there is a next page. */
static void
execute(const void *argument, StringInfo response)
{
	const ListStreamsRequest *request = argument;
	int			limit = request->limit.given ? request->limit.value : MAX_STREAMS;
	const char *table_name = request->table_name.data != NULL ? table_name_of_arn(request->table_name.data) : NULL;
	char	   *after_name = NULL;
	char	   *after_label = NULL;
	List	   *streams;

	if (request->exclusive_start.data != NULL)
		stream_of_arn(request->exclusive_start.data, request->exclusive_start.length, &after_name, &after_label);
	streams = stream_list(table_name, after_name, after_label, limit + 1);

	appendStringInfoString(response, "{\"Streams\":[");
	for (int i = 0; i < Min(list_length(streams), limit); i++)
		append_stream(response, list_nth(streams, i));
	appendStringInfoChar(response, ']');
	if (list_length(streams) > limit)
		append_arn(response, "LastEvaluatedStreamArn", list_nth(streams, limit - 1));
	appendStringInfoChar(response, '}');
}

const OperationDescription list_streams_operation = {
	.request = STRUCTURE_SHAPE(ListStreamsRequest, "ListStreamsInput", members),
	.execute = execute
};
