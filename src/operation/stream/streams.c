/*
 * streams.c - the stream and the shard that a request names.
 */
#include "postgres.h"

#include "arn.h"
#include "error.h"
#include "operation/operation.h"
#include "operation/stream/streams.h"

/* How long an operation waits for the log. */
#define LOG_WAIT_MILLISECONDS 100

const Shape shard_id_shape = {.kind = SHAPE_STRING, AT_LEAST(28), AT_MOST(65)};

StreamRecord *
requested_stream(const RequestString *arn)
{
	StreamRecord *stream;
	char	   *table_name;
	char	   *label;

	stream_of_arn(arn->data, arn->length, &table_name, &label);
	stream = stream_find(table_name, label);
	if (stream == NULL)
		ddb_error(RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found: Stream: %s not found", arn->data);
	return stream;
}

Shard *
requested_shard(const StreamRecord *stream, const char *id)
{
	Shard	   *shard = shard_find(id);

	if (shard == NULL || shard->relation != stream->relation || shard->label == NULL ||
		strcmp(shard->label, stream->label) != 0)
		ddb_error(RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found: Shard does not exist");
	return shard;
}

bool
wait_for_log(void)
{
	if (operation_patience == OPERATION_ANSWERS_NOW)
		return false;
	operation_comes_back = operation_patience == OPERATION_MAY_COME_BACK;
	return !operation_comes_back && change_log_wait(LOG_WAIT_MILLISECONDS, NULL);
}
