/*
 * response.c - what the answer to a batch says of its records.
 *
 * AWS counts a batch as failed whole where it does not understand the answer, an
 * identifier that is null, empty or unknown included.
 */
#include "postgres.h"

#include "event_source/response.h"
#include "value/json.h"

/* Where a sequence number stands among the records; -1 where it is none of theirs. */
static int
find_record(SequenceNumber sequence, const SequenceNumber *records, int count)
{
	int			low = 0;
	int			high = count;

	while (low < high)
	{
		int			middle = low + (high - low) / 2;
		int			comparison = sequence_number_compare(records[middle], sequence);

		if (comparison == 0)
			return middle;
		if (comparison < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

/* Which of the records an entry of batchItemFailures names; -1 where it is none. */
static int
failed_record(json_object *entry, const SequenceNumber *records, int count)
{
	json_object *identifier;
	SequenceNumber sequence;

	if (!json_object_is_type(entry, json_type_object) ||
		!json_object_object_get_ex(entry, "itemIdentifier", &identifier) ||
		!json_object_is_type(identifier, json_type_string) ||
		!sequence_number_read(json_object_get_string(identifier), &sequence))
		return -1;
	return find_record(sequence, records, count);
}

int
response_records_done(const char *response, size_t length, const SequenceNumber *records, int count)
{
	int			done = count;
	json_object *json;
	json_object *failures;

	if (response == NULL || length == 0)
		return count;
	json = json_parse(response, length);
	if (json == NULL)
		return count;
	if (!json_object_is_type(json, json_type_object))
		return 0;
	if (!json_object_object_get_ex(json, "batchItemFailures", &failures) || failures == NULL)
		return count;
	if (!json_object_is_type(failures, json_type_array))
		return 0;
	for (size_t i = 0; i < json_object_array_length(failures); i++)
		done = Min(done, Max(failed_record(json_object_array_get_idx(failures, i), records, count), 0));
	return done;
}
