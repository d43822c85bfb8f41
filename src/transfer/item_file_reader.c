/*
 * item_file_reader.c - a file's records, one after the other.
 *
 * A window over the uncompressed file lies in a buffer that grows as long as a
 * record does not end within it, up to ITEM_FILE_MAX_RECORD.  A format reads
 * from the window; what it raises makes the record a bad one.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#include "error.h"
#include "transfer/item_file_format.h"

#define FIRST_BUFFER_SIZE (256 * 1024)

static const char byte_order_mark[] = "\xEF\xBB\xBF";
static const char gzip_mark[] = "\x1F\x8B";
static const char zstd_mark[] = "\x28\xB5\x2F\xFD";

static const RecordFormat *const formats[] = {
	[ITEM_FILE_DYNAMODB_JSON] = &json_records,
	[ITEM_FILE_ION] = &ion_records,
	[ITEM_FILE_CSV] = &csv_records,
};

/* The values of a condition: expression, names, values. */
#define CONDITION_MEMBERS 3

struct ItemFileReader
{
	const RecordFormat *format;
	void	   *state;			/* the format's */
	Unpacker   *unpacker;
	MemoryContext context;		/* its own */
	MemoryContext record_context;	/* what lasts as long as a record */
	char	   *buffer;
	size_t		size;
	size_t		start;			/* the window, in the buffer */
	size_t		end;
	bool		ended;			/* the buffer has all that is left */
	const char *unpacking_broken;	/* why it has not */
	const char *broken;			/* what was said of it */
	int64		bytes;
	bool		conditions;		/* records may have them */
	Value		condition_values[CONDITION_MEMBERS];
	ItemFileCondition condition;	/* of the last record; points to them */
};

/* ---- Names ---- */

bool
item_file_format_from_name(const char *name, ItemFileFormat *format)
{
	static const char *const names[] = {
		[ITEM_FILE_DYNAMODB_JSON] = "DYNAMODB_JSON",
		[ITEM_FILE_ION] = "ION",
		[ITEM_FILE_CSV] = "CSV",
	};

	for (int i = 0; i < (int) lengthof(names); i++)
	{
		if (strcmp(name, names[i]) == 0)
		{
			*format = (ItemFileFormat) i;
			return true;
		}
	}
	return false;
}

bool
item_file_compression_from_name(const char *name, ItemFileCompression *compression)
{
	static const char *const names[] = {
		[ITEM_FILE_PLAIN] = "NONE",
		[ITEM_FILE_GZIP] = "GZIP",
		[ITEM_FILE_ZSTD] = "ZSTD",
	};

	for (int i = 0; i < (int) lengthof(names); i++)
	{
		if (strcmp(name, names[i]) == 0)
		{
			*compression = (ItemFileCompression) i;
			return true;
		}
	}
	return false;
}

/* ---- The window ---- */

const char *
window_line(Window *window)
{
	const char *end = memchr(window->at, '\n', window->end - window->at);

	if (end == NULL && !window->last)
	{
		window->ran_out = true;
		return NULL;
	}
	window->behind = end != NULL ? end + 1 : window->end;
	return end != NULL ? end : window->end;
}

void
window_ran_out(Window *window)
{
	window->ran_out = true;
	bad_record("The file ends within a record");
}

void
window_check_encoding(const Window *window)
{
	if (!pg_verify_mbstr(PG_UTF8, window->at, window->behind - window->at, true))
		bad_record("Invalid UTF-8");
}

/* Fills the buffer behind the window, which is moved to its beginning. */
static void
fill(ItemFileReader *reader)
{
	size_t		room;
	size_t		length;
	const char *broken;

	memmove(reader->buffer, reader->buffer + reader->start, reader->end - reader->start);
	reader->end -= reader->start;
	reader->start = 0;
	room = reader->size - reader->end;
	length = unpacker_read(reader->unpacker, reader->buffer + reader->end, room, &broken);
	if (broken != NULL)
		reader->unpacking_broken = MemoryContextStrdup(reader->context, broken);
	reader->end += length;
	reader->ended = length < room;
}

/* Makes the window larger: false where that cannot be. */
static bool
extend(ItemFileReader *reader)
{
	if (reader->ended)
		return false;
	if (reader->end - reader->start == reader->size)
	{
		if (reader->size >= ITEM_FILE_MAX_RECORD)
			return false;
		reader->size *= 2;
		reader->buffer = repalloc(reader->buffer, reader->size);
	}
	fill(reader);
	return true;
}

static bool
begins_with(const ItemFileReader *reader, const char *bytes)
{
	return reader->end >= strlen(bytes) && memcmp(reader->buffer, bytes, strlen(bytes)) == 0;
}

/* The first bytes: a mark is none of the records', and none of a compressed file is one. */
static void
begin_window(ItemFileReader *reader)
{
	fill(reader);
	if (begins_with(reader, byte_order_mark))
		reader->start = strlen(byte_order_mark);
	reader->bytes = reader->start;
	if (begins_with(reader, gzip_mark))
		reader->broken = "The file is compressed, by gzip";
	else if (begins_with(reader, zstd_mark))
		reader->broken = "The file is compressed, by zstd";
}

/* ---- Conditions ---- */

Node **
record_condition_member(RecordCondition *condition, const char *name, size_t length)
{
	static const struct
	{
		const char *name;
		size_t		offset;
	}			members[] = {
		{"ConditionExpression", offsetof(RecordCondition, expression)},
		{"ExpressionAttributeNames", offsetof(RecordCondition, names)},
		{"ExpressionAttributeValues", offsetof(RecordCondition, values)},
	};

	for (int i = 0; i < (int) lengthof(members); i++)
	{
		if (strlen(members[i].name) == length && memcmp(members[i].name, name, length) == 0)
			return (Node **) ((char *) condition + members[i].offset);
	}
	bad_record("A record is to have Item and its condition only, and has %s", pnstrdup(name, length));
}

/* The node outside of the window, or NULL where there is none. */
static const Value *
pack_outside(const Node *node, Value *value)
{
	if (node == NULL)
		return NULL;
	*value = node_pack(node);
	value->data = memcpy(palloc(value->length + 1), value->data, value->length);
	return value;
}

static void
check_names(const Value *names)
{
	ValueIterator iterator;
	const char *name;
	uint32		name_length;
	Value		member;

	if (names == NULL)
		return;
	value_iterator_start(&iterator, names);
	while (value_iterator_next(&iterator, &name, &name_length, &member))
	{
		if (member.type != VALUE_STRING)
			bad_record("ExpressionAttributeNames is to have strings");
	}
}

static void
keep_condition(ItemFileReader *reader, const RecordCondition *condition)
{
	ItemFileCondition *kept = &reader->condition;

	kept->expression = pack_outside(condition->expression, &reader->condition_values[0]);
	kept->names = pack_outside(condition->names, &reader->condition_values[1]);
	kept->values = pack_outside(condition->values, &reader->condition_values[2]);
	check_names(kept->names);
}

/* ---- Records ---- */

typedef struct RecordReading
{
	ItemFileReader *reader;
	Window		window;
	RecordCondition condition;
	MemoryContext caller;		/* where the item goes */
	bool		found;			/* there was an item */
	Value		item;
} RecordReading;

static void
read_record(void *argument)
{
	RecordReading *reading = argument;
	Node	   *node = reading->reader->format->read(reading->reader->state, &reading->window);

	if (node == NULL)
		return;
	MemoryContextSwitchTo(reading->caller);
	reading->item = node_pack(node);
	item_check_size(&reading->item);
	keep_condition(reading->reader, &reading->condition);
	reading->found = true;
}

static void
recover(void *argument)
{
	RecordReading *reading = argument;

	reading->reader->format->recover(reading->reader->state, &reading->window);
}

static void
finish(void *argument)
{
	RecordReading *reading = argument;

	if (reading->reader->format->finish != NULL)
		reading->reader->format->finish(reading->reader->state);
}

/* Runs one of the above; NULL, or what was raised, in the caller's memory. */
static char *
run(RecordReading *reading, void (*step) (void *argument))
{
	ItemFileReader *reader = reading->reader;
	char	   *message = NULL;

	MemoryContextReset(reader->record_context);
	MemoryContextSwitchTo(reader->record_context);
	memset(&reading->condition, 0, sizeof(RecordCondition));
	reading->window = (Window)
	{
		.condition = reader->conditions ? &reading->condition : NULL,
		.at = reader->buffer + reader->start,
		.end = reader->buffer + reader->end,
		.last = reader->ended && reader->unpacking_broken == NULL
	};
	error_caught(step, reading, reading->caller, &message);
	MemoryContextSwitchTo(reading->caller);
	return message;
}

/* The same with a window as large as it needs; *broken where there is none. */
static char *
run_to_end(RecordReading *reading, void (*step) (void *argument), const char **broken)
{
	ItemFileReader *reader = reading->reader;

	for (;;)
	{
		char	   *message = run(reading, step);

		if (!reading->window.ran_out || reading->window.last)
			return message;
		if (extend(reader))
			continue;
		if (reader->unpacking_broken != NULL)
			*broken = reader->unpacking_broken;
		else
			*broken = psprintf("A record is longer than %d MB", ITEM_FILE_MAX_RECORD / 1024 / 1024);
		return NULL;
	}
}

/* Whether there is anything left in the file, but for empty lines, of which there may be very many. */
static bool
at_end(ItemFileReader *reader)
{
	for (;;)
	{
		for (; reader->start < reader->end && reader->buffer[reader->start] == '\n'; reader->start++)
			reader->bytes++;
		if (reader->start < reader->end || reader->ended)
			return reader->start == reader->end;
		CHECK_FOR_INTERRUPTS();
		fill(reader);
	}
}

static ItemFileResult
end_of_file(RecordReading *reading, const char **message)
{
	ItemFileReader *reader = reading->reader;

	*message = reader->unpacking_broken;
	if (*message == NULL)
		*message = run(reading, finish);
	return *message == NULL ? ITEM_FILE_END : ITEM_FILE_BROKEN;
}

/* Passes by what was read; false where there was an item, or something wrong. */
static bool
go_on(RecordReading *reading)
{
	ItemFileReader *reader = reading->reader;
	size_t		behind = reading->window.behind - reader->buffer;

	Assert(behind > reader->start && behind <= reader->end);
	reader->bytes += behind - reader->start;
	reader->start = behind;
	return !reading->found;
}

static ItemFileResult
next_record(ItemFileReader *reader, Value *item, const char **message)
{
	RecordReading reading = {.reader = reader,.caller = CurrentMemoryContext};
	const char *broken = NULL;
	const char *bad;

	do
	{
		CHECK_FOR_INTERRUPTS();
		if (at_end(reader))
			return end_of_file(&reading, message);
		bad = run_to_end(&reading, read_record, &broken);
		if (bad != NULL && reading.window.behind == NULL && reader->format->recover != NULL)
			broken = run_to_end(&reading, recover, &broken);
		*message = broken != NULL ? broken : bad;
		if (broken != NULL || (bad != NULL && reading.window.behind == NULL))
			return ITEM_FILE_BROKEN;
	} while (go_on(&reading) && bad == NULL);
	*item = reading.item;
	return bad != NULL ? ITEM_FILE_BAD_ITEM : ITEM_FILE_ITEM;
}

/* ---- Reading ---- */

ItemFileReader *
item_file_read_begin(const ItemFileOptions *options, ItemFileRead read, void *argument)
{
	ItemFileReader *reader = palloc0(sizeof(ItemFileReader));

	reader->format = formats[options->format];
	if (reader->format->begin != NULL)
		reader->state = reader->format->begin(options);
	reader->unpacker = unpacker_begin(options->compression, read, argument);
	reader->conditions = options->conditions;
	reader->size = FIRST_BUFFER_SIZE;
	reader->buffer = palloc(reader->size);
	reader->context = CurrentMemoryContext;
	reader->record_context = AllocSetContextCreate(CurrentMemoryContext, "ddb record of a file",
												   ALLOCSET_DEFAULT_SIZES);
	return reader;
}

ItemFileResult
item_file_read_next(ItemFileReader *reader, Value *item, const char **message)
{
	ItemFileResult result = ITEM_FILE_BROKEN;

	if (reader->bytes == 0 && reader->end == 0 && !reader->ended)
		begin_window(reader);
	*message = reader->broken;
	if (reader->broken == NULL)
		result = next_record(reader, item, message);
	if (result == ITEM_FILE_BROKEN && reader->broken == NULL)
		reader->broken = MemoryContextStrdup(reader->context, *message);
	return result;
}

ItemFileCondition
item_file_read_condition(const ItemFileReader *reader)
{
	return reader->condition;
}

int64
item_file_read_bytes(const ItemFileReader *reader)
{
	return reader->bytes;
}

void
item_file_read_end(ItemFileReader *reader)
{
	unpacker_end(reader->unpacker);
	MemoryContextDelete(reader->record_context);
	pfree(reader->buffer);
	pfree(reader);
}

/* ---- A record by itself ---- */

Value
record_item(ItemFileFormat format, const char *text, size_t length)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext working = AllocSetContextCreate(caller, "ddb record", ALLOCSET_DEFAULT_SIZES);
	const RecordFormat *records = formats[format];
	Window		window = {.at = text,.end = text + length,.last = true};
	void	   *state;
	Node	   *item = NULL;
	Value		value;

	MemoryContextSwitchTo(working);
	state = records->begin != NULL ? records->begin(NULL) : NULL;
	for (; window.at < window.end; window.at = window.behind)
	{
		Node	   *record = records->read(state, &window);

		if (record != NULL && item != NULL)
			bad_record("There is more than one record");
		if (record != NULL)
			item = record;
	}
	if (records->finish != NULL)
		records->finish(state);
	if (item == NULL)
		bad_record("There is no record");
	MemoryContextSwitchTo(caller);
	value = node_pack(item);
	item_check_size(&value);
	MemoryContextDelete(working);
	return value;
}
