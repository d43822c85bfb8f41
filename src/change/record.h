/*
 * record.h - a change of an item, as the change log keeps it and streams tell it.
 *
 * Where it is documented: docs/streams.md.
 */
#ifndef DDB_CHANGE_RECORD_H
#define DDB_CHANGE_RECORD_H

#include "datatype/timestamp.h"
#include "lib/stringinfo.h"

#include "expression/expression.h"
#include "value/value.h"

/*
 * The place of a change among all of its database.  time is that of its commit,
 * made monotone (the running maximum), so that a moment is one cut through the
 * log; ordinal counts the changes of one time.  It is unique after a promotion
 * and a restore too, which an LSN is not.
 */
typedef struct SequenceNumber
{
	int64		time;			/* microseconds since 1970 */
	int64		ordinal;		/* from 0, below 10^12 */
} SequenceNumber;

#define SEQUENCE_NUMBER_FIRST ((SequenceNumber) {0, 0})
#define SEQUENCE_NUMBER_LAST ((SequenceNumber) {PG_INT64_MAX, PG_INT64_MAX})

/* 28 digits and the end: the time's 16, the ordinal's 12, so that texts compare as the numbers do. */
#define SEQUENCE_NUMBER_TEXT_LENGTH 29

/* A sequence number's time, and back. */
extern int64 sequence_time(TimestampTz time);
extern TimestampTz time_of_sequence(int64 time);

/* <0, 0 or >0 */
extern int	sequence_number_compare(SequenceNumber a, SequenceNumber b);

/* The later of two. */
extern SequenceNumber sequence_number_later(SequenceNumber a, SequenceNumber b);

/* The first number behind this one. */
static inline SequenceNumber
sequence_behind(SequenceNumber number)
{
	return (SequenceNumber) {number.time, number.ordinal + 1};
}

/* Writes the text, with its end. */
extern void sequence_number_write(SequenceNumber number, char *text);

/* Reads it, of any length; false where it is not made of digits or is too large. */
extern bool sequence_number_read(const char *text, SequenceNumber *number);

typedef enum ChangeKind
{
	CHANGE_INSERT,
	CHANGE_MODIFY,
	CHANGE_REMOVE
} ChangeKind;

/* "INSERT", ... */
extern const char *change_event_name(ChangeKind kind);

/* Which images something wants of a change; a bit each. */
#define IMAGE_OLD 1
#define IMAGE_NEW 2

/*
 * A change.  An image's data is NULL where there was no item, or where nobody
 * has asked for it; `keys`, a map of the key attributes, is there always.  What
 * it points at belongs to whoever has made it.
 */
typedef struct ChangeRecord
{
	SequenceNumber sequence;
	ChangeKind	kind;
	bool		by_service;		/* the expiry of an item */
	Value		keys;
	Value		old_item;
	Value		new_item;
} ChangeRecord;

/*
 * The packed form, in blocks of the log: appends the record to the block, whose
 * records come in the order of their sequence numbers.  `images` says which of its
 * images are kept.  The keys are kept apart only where no kept image has them, and are
 * taken from the item, whatever the record's `keys` are.
 */
extern void change_record_pack(StringInfo block, const ChangeRecord *record, const KeySchema *schema,
							   int images);

/*
 * Reads the record at *offset of a block and moves *offset behind it; false at
 * the end.  The values point into the block, but for keys that an image has,
 * which are built in the current memory context.  Raises data_corrupted.
 */
extern bool change_record_unpack(const char *block, uint32 length, uint32 *offset,
								 const KeySchema *schema, ChangeRecord *record);

/* A map of an item's key attributes, in the current memory context. */
extern Value change_keys_of_item(const KeySchema *schema, const Value *item);

/* AWS's StreamViewType values, and the images that each shows. */
extern int	stream_view_images(const char *view_type);
extern bool stream_view_type_is_known(const char *view_type);

/*
 * Appends the record as GetRecords gives it: eventID, eventName, eventVersion,
 * eventSource, awsRegion, dynamodb {ApproximateCreationDateTime, Keys, images by
 * view type, SequenceNumber, SizeBytes, StreamViewType}, userIdentity of an
 * expiry.  With lambda_names its members are spelt as Lambda's event has them
 * (userIdentity {type, principalId}, eventSourceARN), else as the Streams API
 * ({Type, PrincipalId}).  stream_arn is for lambda_names only, and may be NULL.
 */
extern void change_record_append_json(StringInfo out, const ChangeRecord *record,
									  const char *view_type, bool lambda_names, const char *stream_arn);

/*
 * The same members without the braces, for those who add some of their own, and
 * whose sequence numbers do not tell the time (in microseconds since 1970).
 */
extern void change_record_append_members(StringInfo out, const ChangeRecord *record, int64 created,
										 const char *view_type, bool lambda_names);

/* Likewise of a TRUNCATE, which DynamoDB does not have: eventName TRUNCATE, no keys, no images. */
extern void change_truncate_append_members(StringInfo out, SequenceNumber sequence, int64 created,
										   const char *view_type);

#endif							/* DDB_CHANGE_RECORD_H */
