/*
 * record.c - a change's sequence number, its packed form and its JSON.
 *
 * A record in a block is
 *
 *	head		a byte: the kind, and which of the parts below are there
 *	time		varint
 *	ordinal		varint
 *	keys		\
 *	old image	 } each a varint, its length, and the payload of a map (value.h)
 *	new image	/
 *
 * Images hold the key attributes, so keys stand only where no image does.  The
 * block's version says how all of this is laid out, and the payloads too.
 */
#include "postgres.h"

#include "datatype/timestamp.h"

#include "ddb.h"
#include "change/record.h"
#include "value/hash.h"
#include "value/json_out.h"
#include "value/node.h"

StaticAssertDecl(STORED_VALUE_VERSION == 1,
				 "another form of values makes another form of blocks");

/* ---- Sequence numbers ---- */

#define ORDINAL_DIGITS 12
#define ORDINAL_LIMIT INT64CONST(1000000000000)
#define TIME_LIMIT INT64CONST(10000000000000000)

/* Microseconds between 1970 and 2000, where PostgreSQL's times begin. */
#define EPOCH_DIFFERENCE ((POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY)

int64
sequence_time(TimestampTz time)
{
	return time + EPOCH_DIFFERENCE;
}

TimestampTz
time_of_sequence(int64 time)
{
	return time - EPOCH_DIFFERENCE;
}

int
sequence_number_compare(SequenceNumber a, SequenceNumber b)
{
	if (a.time != b.time)
		return a.time < b.time ? -1 : 1;
	return a.ordinal < b.ordinal ? -1 : a.ordinal > b.ordinal;
}

SequenceNumber
sequence_number_later(SequenceNumber a, SequenceNumber b)
{
	return sequence_number_compare(a, b) < 0 ? b : a;
}

void
sequence_number_write(SequenceNumber number, char *text)
{
	/* what is beyond all records is the last text */
	if (number.time >= TIME_LIMIT || number.ordinal >= ORDINAL_LIMIT)
	{
		number.time = Min(number.time, TIME_LIMIT - 1);
		number.ordinal = ORDINAL_LIMIT - 1;
	}
	snprintf(text, SEQUENCE_NUMBER_TEXT_LENGTH, "%016lld%012lld",
			 (long long) number.time, (long long) number.ordinal);
}

/* The number that so many digits stand for; false where there is anything else, or it is too large. */
static bool
read_digits(const char *text, size_t count, int64 *number)
{
	*number = 0;
	for (size_t i = 0; i < count; i++)
	{
		int			digit = text[i] - '0';

		if (digit < 0 || digit > 9 || *number > (PG_INT64_MAX - digit) / 10)
			return false;
		*number = *number * 10 + digit;
	}
	return true;
}

bool
sequence_number_read(const char *text, SequenceNumber *number)
{
	size_t		length = strlen(text);
	size_t		time_digits = length > ORDINAL_DIGITS ? length - ORDINAL_DIGITS : 0;

	return length > 0 && read_digits(text, time_digits, &number->time) &&
		read_digits(text + time_digits, length - time_digits, &number->ordinal);
}

/* ---- Keys ---- */

Value
change_keys_of_item(const KeySchema *schema, const Value *item)
{
	Node	   *keys = node_map();

	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);
		Value		value;

		if (!value_map_find(item, attribute->name, attribute->name_length, &value))
			ereport(ERROR,
					(errcode(ERRCODE_DATA_CORRUPTED),
					 errmsg("an item lacks its key attribute \"%s\"", attribute->name)));
		node_map_append(keys, attribute->name, attribute->name_length, node_from_value(&value));
	}
	return node_pack(keys);
}

/* ---- The packed form ---- */

#define HEAD_KIND 0x03
#define HEAD_BY_SERVICE 0x04
#define HEAD_KEYS 0x08
#define HEAD_OLD 0x10
#define HEAD_NEW 0x20
#define HEAD_ALL 0x3F

static void
append_varint(StringInfo block, uint64 number)
{
	while (number >= 0x80)
	{
		appendStringInfoCharMacro(block, (char) (number | 0x80));
		number >>= 7;
	}
	appendStringInfoCharMacro(block, (char) number);
}

static void
append_map(StringInfo block, const Value *map)
{
	Assert(map->type == VALUE_MAP);
	append_varint(block, map->length);
	appendBinaryStringInfo(block, map->data, map->length);
}

void
change_record_pack(StringInfo block, const ChangeRecord *record, const KeySchema *schema, int images)
{
	uint8		head = record->kind;

	if (record->by_service)
		head |= HEAD_BY_SERVICE;
	if ((images & IMAGE_OLD) != 0 && record->old_item.data != NULL)
		head |= HEAD_OLD;
	if ((images & IMAGE_NEW) != 0 && record->new_item.data != NULL)
		head |= HEAD_NEW;
	if ((head & (HEAD_OLD | HEAD_NEW)) == 0)
		head |= HEAD_KEYS;

	appendStringInfoCharMacro(block, (char) head);
	append_varint(block, record->sequence.time);
	append_varint(block, record->sequence.ordinal);
	if ((head & HEAD_KEYS) != 0)
	{
		Value		keys = change_keys_of_item(schema, record->new_item.data != NULL ? &record->new_item :
											   &record->old_item);

		append_map(block, &keys);
	}
	if ((head & HEAD_OLD) != 0)
		append_map(block, &record->old_item);
	if ((head & HEAD_NEW) != 0)
		append_map(block, &record->new_item);
}

/* What is left of a block. */
typedef struct BlockReader
{
	const char *position;
	const char *end;
} BlockReader;

static void __attribute__((noreturn))
report_corruption(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_DATA_CORRUPTED),
			 errmsg("a block of the change log is damaged")));
}

static uint64
read_varint(BlockReader *reader, uint64 most)
{
	uint64		number = 0;

	for (int shift = 0; shift < 64 && reader->position < reader->end; shift += 7)
	{
		uint8		byte = (uint8) *reader->position++;

		number |= (uint64) (byte & 0x7F) << shift;
		if (byte < 0x80)
		{
			if (number > most)
				break;
			return number;
		}
	}
	report_corruption();
}

static Value
read_map(BlockReader *reader)
{
	uint32		length = read_varint(reader, PG_UINT32_MAX);
	Value		map = {VALUE_MAP, length, reader->position};

	/* even an empty map has its count */
	if (length == 0 || length > reader->end - reader->position)
		report_corruption();
	reader->position += length;
	return map;
}

bool
change_record_unpack(const char *block, uint32 length, uint32 *offset,
					 const KeySchema *schema, ChangeRecord *record)
{
	BlockReader reader = {block + *offset, block + length};
	uint8		head;

	if (*offset >= length)
		return false;
	head = (uint8) *reader.position++;
	if ((head & ~HEAD_ALL) != 0 || (head & HEAD_KIND) > CHANGE_REMOVE ||
		(head & (HEAD_KEYS | HEAD_OLD | HEAD_NEW)) == 0)
		report_corruption();

	memset(record, 0, sizeof(*record));
	record->kind = (ChangeKind) (head & HEAD_KIND);
	record->by_service = (head & HEAD_BY_SERVICE) != 0;
	record->sequence.time = read_varint(&reader, PG_INT64_MAX);
	record->sequence.ordinal = read_varint(&reader, PG_INT64_MAX);
	if ((head & HEAD_KEYS) != 0)
		record->keys = read_map(&reader);
	if ((head & HEAD_OLD) != 0)
		record->old_item = read_map(&reader);
	if ((head & HEAD_NEW) != 0)
		record->new_item = read_map(&reader);
	if ((head & HEAD_KEYS) == 0)
		record->keys = change_keys_of_item(schema, (head & HEAD_NEW) != 0 ? &record->new_item :
										   &record->old_item);
	*offset = reader.position - block;
	return true;
}

/* ---- JSON ---- */

static const struct
{
	const char *name;
	int			images;
}			view_types[] =
{
	{"KEYS_ONLY", 0},
	{"NEW_IMAGE", IMAGE_NEW},
	{"OLD_IMAGE", IMAGE_OLD},
	{"NEW_AND_OLD_IMAGES", IMAGE_NEW | IMAGE_OLD}
};

const char *
change_event_name(ChangeKind kind)
{
	static const char *const names[] = {
		[CHANGE_INSERT] = "INSERT",
		[CHANGE_MODIFY] = "MODIFY",
		[CHANGE_REMOVE] = "REMOVE"
	};

	return names[kind];
}

/* -1: there is no such view type */
static int
find_view_images(const char *view_type)
{
	for (int i = 0; i < (int) lengthof(view_types); i++)
	{
		if (strcmp(view_type, view_types[i].name) == 0)
			return view_types[i].images;
	}
	return -1;
}

bool
stream_view_type_is_known(const char *view_type)
{
	return find_view_images(view_type) >= 0;
}

int
stream_view_images(const char *view_type)
{
	int			images = find_view_images(view_type);

	if (images < 0)
		elog(ERROR, "unknown view type of a stream: %s", view_type);
	return images;
}

/* 32 hexadecimal digits, the same whenever the change is read. */
static void
append_event_id(StringInfo out, const char *sequence)
{
	unsigned char hash[KEY_HASH_LENGTH];

	key_hash(sequence, strlen(sequence), hash);
	for (int i = 0; i < KEY_HASH_LENGTH; i++)
		appendStringInfo(out, "%02x", hash[i]);
}

/* Appends a map as a member where it is there; returns its size as AWS counts it. */
static uint32
append_map_member(StringInfo out, const char *name, const Value *map)
{
	if (map->data == NULL)
		return 0;
	appendStringInfo(out, ",\"%s\":", name);
	item_to_json(out, map);
	return item_size(map);
}

static void
append_user_identity(StringInfo out, bool lambda_names)
{
	appendStringInfo(out, ",\"userIdentity\":{\"%s\":\"Service\",\"%s\":\"dynamodb.amazonaws.com\"}",
					 lambda_names ? "type" : "Type", lambda_names ? "principalId" : "PrincipalId");
}

/* What all changes have, up to where "dynamodb" goes on. */
static void
append_head(StringInfo out, const char *event_name, const char *sequence, int64 created)
{
	appendStringInfoString(out, "\"eventID\":\"");
	append_event_id(out, sequence);
	appendStringInfo(out, "\",\"eventName\":\"%s\",\"eventVersion\":\"1.1\",\"eventSource\":\"aws:dynamodb\","
					 "\"awsRegion\":\"%s\",\"dynamodb\":{\"ApproximateCreationDateTime\":%lld",
					 event_name, ddb_region, (long long) (created / USECS_PER_SEC));
}

static void
append_tail(StringInfo out, const char *sequence, uint32 size, const char *view_type)
{
	appendStringInfo(out, ",\"SequenceNumber\":\"%s\",\"SizeBytes\":%u,\"StreamViewType\":\"%s\"}",
					 sequence, size, view_type);
}

void
change_record_append_members(StringInfo out, const ChangeRecord *record, int64 created,
							 const char *view_type, bool lambda_names)
{
	int			images = stream_view_images(view_type);
	char		sequence[SEQUENCE_NUMBER_TEXT_LENGTH];
	uint32		size;

	sequence_number_write(record->sequence, sequence);
	append_head(out, change_event_name(record->kind), sequence, created);
	size = append_map_member(out, "Keys", &record->keys);
	if ((images & IMAGE_NEW) != 0)
		size += append_map_member(out, "NewImage", &record->new_item);
	if ((images & IMAGE_OLD) != 0)
		size += append_map_member(out, "OldImage", &record->old_item);
	append_tail(out, sequence, size, view_type);
	if (record->by_service)
		append_user_identity(out, lambda_names);
}

void
change_truncate_append_members(StringInfo out, SequenceNumber number, int64 created,
							   const char *view_type)
{
	char		sequence[SEQUENCE_NUMBER_TEXT_LENGTH];

	sequence_number_write(number, sequence);
	append_head(out, "TRUNCATE", sequence, created);
	append_tail(out, sequence, 0, view_type);
}

void
change_record_append_json(StringInfo out, const ChangeRecord *record,
						  const char *view_type, bool lambda_names, const char *stream_arn)
{
	appendStringInfoCharMacro(out, '{');
	change_record_append_members(out, record, record->sequence.time, view_type, lambda_names);
	if (lambda_names && stream_arn != NULL)
	{
		appendStringInfoString(out, ",\"eventSourceARN\":");
		json_append_string(out, stream_arn, strlen(stream_arn));
	}
	appendStringInfoCharMacro(out, '}');
}
