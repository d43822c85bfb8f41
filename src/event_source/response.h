/*
 * response.h - what the answer to a batch says of its records.
 */
#ifndef DDB_EVENT_SOURCE_RESPONSE_H
#define DDB_EVENT_SOURCE_RESPONSE_H

#include "change/record.h"

/*
 * How many of a batch's records, in the order of their sequence numbers, are done
 * by an answer that may name failed ones: {"batchItemFailures": [{"itemIdentifier":
 * sequence number}]}.  All that stand before the first one of these; none where the
 * answer is no such object or names something else; all where it names none, or is
 * empty, or NULL.
 */
extern int	response_records_done(const char *response, size_t length,
								  const SequenceNumber *records, int count);

#endif							/* DDB_EVENT_SOURCE_RESPONSE_H */
