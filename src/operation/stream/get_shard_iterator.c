/*
 * get_shard_iterator.c - GetShardIterator.
 */
#include "postgres.h"

#include "error.h"
#include "operation/operation.h"
#include "operation/operations.h"
#include "operation/stream/streams.h"
#include "utils/timestamp.h"

typedef struct GetShardIteratorRequest
{
	RequestString stream_arn;
	RequestString shard_id;
	RequestEnum type;
	RequestString sequence_number;
	RequestTimestamp timestamp;
} GetShardIteratorRequest;

enum IteratorType
{
	TYPE_TRIM_HORIZON = 1,
	TYPE_LATEST,
	TYPE_AT_SEQUENCE_NUMBER,
	TYPE_AFTER_SEQUENCE_NUMBER,
	TYPE_AT_TIMESTAMP
};

static const Shape type_shape = {
	.kind = SHAPE_ENUM,
	.values = (const char *const[]) {"TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER",
	"AT_TIMESTAMP", NULL}
};
static const Shape sequence_number_shape = {.kind = SHAPE_STRING, AT_LEAST(21), AT_MOST(40)};

static const Member members[] = {
	REQUIRED(GetShardIteratorRequest, stream_arn, "StreamArn", &string_shape),
	REQUIRED(GetShardIteratorRequest, shard_id, "ShardId", &shard_id_shape),
	REQUIRED(GetShardIteratorRequest, type, "ShardIteratorType", &type_shape),
	OPTIONAL(GetShardIteratorRequest, sequence_number, "SequenceNumber", &sequence_number_shape),
	OPTIONAL(GetShardIteratorRequest, timestamp, "Timestamp", &timestamp_shape),
};

#define invalid_parameter(...) validation_error("One or more parameter values were invalid: " __VA_ARGS__)

static void
check_parameters(const GetShardIteratorRequest *request)
{
	bool		of_number = request->type.value == TYPE_AT_SEQUENCE_NUMBER ||
		request->type.value == TYPE_AFTER_SEQUENCE_NUMBER;

	if (of_number && request->sequence_number.data == NULL)
		invalid_parameter("SequenceNumber must be specified when ShardIteratorType is %s", request->type.text);
	if (request->type.value == TYPE_AT_TIMESTAMP && !request->timestamp.given)
		invalid_parameter("Timestamp must be specified when ShardIteratorType is %s", request->type.text);
}

static SequenceNumber
latest_position(const Shard *shard)
{
	return shard->open ? change_log_latest() : shard->end;
}

static SequenceNumber
numbered_position(const GetShardIteratorRequest *request, const Shard *shard)
{
	SequenceNumber position;

	if (request_string_has_end(&request->sequence_number) ||
		!sequence_number_read(request->sequence_number.data, &position) ||
		sequence_number_compare(position, shard->start) < 0 ||
		(!shard->open && sequence_number_compare(position, shard->end) > 0))
		invalid_parameter("SequenceNumber is not of shard %s", shard->id);
	if (sequence_number_compare(position, shard_trim_horizon(shard)) < 0)
		ddb_error(TRIMMED_DATA_ACCESS_EXCEPTION, "The data you are trying to access has been trimmed");
	return request->type.value == TYPE_AFTER_SEQUENCE_NUMBER ? sequence_behind(position) : position;
}

static ShardIterator
timed_iterator(const GetShardIteratorRequest *request, const Shard *shard)
{
	ShardIterator iterator = {{request->timestamp.value, 0}, false};

	if (request->timestamp.value > sequence_time(GetCurrentTimestamp()))
		invalid_parameter("Timestamp must not be in the future");
	if (sequence_number_compare(iterator.position, shard_trim_horizon(shard)) < 0)
		return (ShardIterator) {SEQUENCE_NUMBER_FIRST, true};
	return iterator;
}

static ShardIterator
make_iterator(const GetShardIteratorRequest *request, const Shard *shard)
{
	switch (request->type.value)
	{
		case TYPE_TRIM_HORIZON:
			return (ShardIterator) {SEQUENCE_NUMBER_FIRST, true};
		case TYPE_LATEST:
			return (ShardIterator) {latest_position(shard), true};
		case TYPE_AT_TIMESTAMP:
			return timed_iterator(request, shard);
		default:
			return (ShardIterator) {numbered_position(request, shard), false};
	}
}

static void
execute(const void *argument, StringInfo response)
{
	const GetShardIteratorRequest *request = argument;
	StreamRecord *stream;
	Shard	   *shard;
	ShardIterator iterator;

	check_parameters(request);
	stream = requested_stream(&request->stream_arn);
	stream_require_readable(stream);
	if (request->type.value == TYPE_LATEST && change_log_is_behind() && !wait_for_log() && operation_comes_back)
		return;
	shard = requested_shard(stream, request->shard_id.data);
	iterator = make_iterator(request, shard);
	iterator.position = sequence_number_later(iterator.position, shard->start);

	appendStringInfoString(response, "{\"ShardIterator\":");
	append_iterator(response, stream, shard->id, &iterator);
	appendStringInfoChar(response, '}');
}

const OperationDescription get_shard_iterator_operation = {
	.request = STRUCTURE_SHAPE(GetShardIteratorRequest, "GetShardIteratorInput", members),
	.execute = execute
};
