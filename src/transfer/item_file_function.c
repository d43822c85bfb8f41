/*
 * item_file_function.c - reading and writing item files in SQL.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "compat.h"
#include "error.h"
#include "expression/expression.h"
#include "transfer/item_file_format.h"

/* ---- Arguments ---- */

static char *
text_argument(FunctionCallInfo fcinfo, int position)
{
	return PG_ARGISNULL(position) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(position));
}

static void __attribute__((noreturn))
no_such_name(const char *what, const char *given, const char *names)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("\"%s\" is no %s of item files", given != NULL ? given : "NULL", what),
			 errhint("There are %s.", names)));
}

static ItemFileFormat
format_argument(const char *name)
{
	ItemFileFormat format;

	if (name == NULL || !item_file_format_from_name(name, &format))
		no_such_name("format", name, "DYNAMODB_JSON, ION and CSV");
	return format;
}

/* A format whose items can be written, and each read by itself. */
static ItemFileFormat
export_format_argument(const char *name)
{
	ItemFileFormat format;

	if (name == NULL || !item_file_format_from_name(name, &format) || format == ITEM_FILE_CSV)
		no_such_name("format", name, "DYNAMODB_JSON and ION");
	return format;
}

static ItemFileCompression
compression_argument(const char *name)
{
	ItemFileCompression compression;

	if (name == NULL || !item_file_compression_from_name(name, &compression))
		no_such_name("compression", name, "NONE, GZIP and ZSTD");
	return compression;
}

static char
delimiter_argument(const char *text)
{
	if (text == NULL || strlen(text) != 1 || strchr(",\t:;| ", text[0]) == NULL)
		no_such_name("delimiter", text, "the comma, the tabulator, the colon, the semicolon, the pipe and the space");
	return text[0];
}

static List *
header_argument(ArrayType *array)
{
	List	   *header = NIL;
	Datum	   *names;
	bool	   *nulls;
	int			count;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &names, &nulls, &count);
	for (int i = 0; i < count; i++)
	{
		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("a column's name must not be null")));
		header = lappend(header, text_to_cstring(DatumGetTextPP(names[i])));
	}
	return header;
}

/* Key attributes and their types, as {"year": "N"}. */
static List *
key_types_argument(Jsonb *jsonb)
{
	JsonbIterator *iterator = JsonbIteratorInit(&jsonb->root);
	JsonbIteratorToken token;
	JsonbValue	value;
	KeyAttribute *attribute = NULL;
	List	   *attributes = NIL;

	while ((token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token == WJB_KEY)
		{
			attribute = palloc0(sizeof(KeyAttribute));
			attribute->name = pnstrdup(value.val.string.val, value.val.string.len);
			attribute->name_length = value.val.string.len;
			attributes = lappend(attributes, attribute);
		}
		else if (token == WJB_VALUE || token == WJB_ELEM)
		{
			char	   *name = value.type != jbvString ? "" : pnstrdup(value.val.string.val, value.val.string.len);

			if (attribute == NULL || !value_type_from_name(name, &attribute->type) || attribute->type > VALUE_BINARY)
				no_such_name("type of a key", name, "S, N and B");
		}
	}
	return attributes;
}

static ItemFileOptions
reading_arguments(FunctionCallInfo fcinfo)
{
	ItemFileOptions options = {
		.format = format_argument(text_argument(fcinfo, 1)),
		.compression = compression_argument(text_argument(fcinfo, 2)),
		.delimiter = delimiter_argument(text_argument(fcinfo, 3))
	};

	if (!PG_ARGISNULL(4))
		options.header = header_argument(PG_GETARG_ARRAYTYPE_P(4));
	if (!PG_ARGISNULL(5))
		options.key_attributes = key_types_argument(PG_GETARG_JSONB_P(5));
	return options;
}

/* ---- Reading a file ---- */

typedef struct Bytes
{
	const char *at;
	const char *end;
} Bytes;

static size_t
read_bytes(void *argument, char *buffer, size_t size)
{
	Bytes	   *bytes = argument;
	size_t		length = Min(size, (size_t) (bytes->end - bytes->at));

	memcpy(buffer, bytes->at, length);
	bytes->at += length;
	return length;
}

/* A record's row: its number, and the item or what is wrong with it. */
static void
put_row(ReturnSetInfo *result, int64 record, ItemFileResult kind, const Value *item, const char *message)
{
	bool		is_item = kind == ITEM_FILE_ITEM;
	Datum		values[] = {Int64GetDatum(record), 0, 0};
	bool		nulls[] = {false, !is_item, is_item};

	if (is_item)
		values[1] = value_to_datum(item);
	else
		values[2] = PointerGetDatum(cstring_to_text(message));
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

static void
put_rows(ReturnSetInfo *result, const ItemFileOptions *options, Bytes *bytes)
{
	ItemFileReader *reader = item_file_read_begin(options, read_bytes, bytes);
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext working = AllocSetContextCreate(caller, "ddb item of a file", ALLOCSET_DEFAULT_SIZES);

	MemoryContextSwitchTo(working);
	for (int64 record = 1;; record++)
	{
		Value		item;
		const char *message;
		ItemFileResult kind = item_file_read_next(reader, &item, &message);

		if (kind == ITEM_FILE_END)
			break;
		if (kind == ITEM_FILE_BROKEN)
			ereport(ERROR,
					(errcode(ERRCODE_BAD_COPY_FILE_FORMAT),
					 errmsg("the file cannot be read from record " INT64_FORMAT " on: %s", record, message)));
		put_row(result, record, kind, &item, message);
		MemoryContextReset(working);
	}
	MemoryContextSwitchTo(caller);
	MemoryContextDelete(working);
	item_file_read_end(reader);
}

PG_FUNCTION_INFO_V1(read_items);

Datum
read_items(PG_FUNCTION_ARGS)
{
	ItemFileOptions options = reading_arguments(fcinfo);

	InitMaterializedSRF(fcinfo, 0);
	if (!PG_ARGISNULL(0))
	{
		bytea	   *data = PG_GETARG_BYTEA_PP(0);
		Bytes		bytes = {VARDATA_ANY(data), VARDATA_ANY(data) + VARSIZE_ANY_EXHDR(data)};

		put_rows((ReturnSetInfo *) fcinfo->resultinfo, &options, &bytes);
	}
	return (Datum) 0;
}

/* ---- Writing a file ---- */

typedef struct WritingState
{
	StringInfoData file;		/* begins with the room of a varlena's head */
	ItemFileWriter *writer;
} WritingState;

static void
write_bytes(void *argument, const char *data, size_t length)
{
	appendBinaryStringInfo(argument, data, (int) length);
}

static WritingState *
begin_writing(FunctionCallInfo fcinfo)
{
	WritingState *state = palloc(sizeof(WritingState));
	ItemFileOptions options = {
		.format = PG_NARGS() > 2 ? export_format_argument(text_argument(fcinfo, 2)) : ITEM_FILE_DYNAMODB_JSON,
		.compression = PG_NARGS() > 3 ? compression_argument(text_argument(fcinfo, 3)) : ITEM_FILE_PLAIN
	};

	initStringInfo(&state->file);
	appendStringInfoSpaces(&state->file, VARHDRSZ);
	state->writer = item_file_write_begin(&options, write_bytes, &state->file);
	return state;
}

/* The step of the aggregate; the format and the compression are those of the first row. */
PG_FUNCTION_INFO_V1(write_items_step);

Datum
write_items_step(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	MemoryContext caller;
	WritingState *state;

	if (AggCheckCallContext(fcinfo, &context) == 0)
		elog(ERROR, "write_items_step was called outside of an aggregate");
	caller = MemoryContextSwitchTo(context);
	state = PG_ARGISNULL(0) ? begin_writing(fcinfo) : (WritingState *) PG_GETARG_POINTER(0);
	if (!PG_ARGISNULL(1))
	{
		Value		item;

		MemoryContextSwitchTo(caller);
		item = value_from_datum(PG_GETARG_DATUM(1));
		MemoryContextSwitchTo(context);
		item_file_write_item(state->writer, &item);
	}
	MemoryContextSwitchTo(caller);
	PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(write_items_end);

Datum
write_items_end(PG_FUNCTION_ARGS)
{
	WritingState *state;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	state = (WritingState *) PG_GETARG_POINTER(0);
	item_file_write_end(state->writer);
	SET_VARSIZE(state->file.data, state->file.len);
	PG_RETURN_BYTEA_P((bytea *) state->file.data);
}

/* ---- Lines ---- */

PG_FUNCTION_INFO_V1(item_from_line);

Datum
item_from_line(PG_FUNCTION_ARGS)
{
	text	   *line = PG_GETARG_TEXT_PP(0);
	Value		item = record_item(export_format_argument(text_argument(fcinfo, 1)),
								   VARDATA_ANY(line), VARSIZE_ANY_EXHDR(line));

	PG_RETURN_DATUM(value_to_datum(&item));
}

PG_FUNCTION_INFO_V1(item_to_line);

Datum
item_to_line(PG_FUNCTION_ARGS)
{
	Value		item = value_from_datum(PG_GETARG_DATUM(0));
	const RecordPrinter *printer = record_printer(export_format_argument(text_argument(fcinfo, 1)));
	StringInfoData line;

	initStringInfo(&line);
	appendStringInfoSpaces(&line, VARHDRSZ);
	printer->item(&line, &item);
	/* without the line break */
	SET_VARSIZE(line.data, line.len - 1);
	PG_RETURN_TEXT_P((text *) line.data);
}
