/*
 * item_file_csv.c - CSV as RFC 4180 has it: a record is a row, which goes on over
 * line breaks within quotes; a quote within quotes is doubled, and stands nowhere
 * else.
 */
#include "postgres.h"

#include "error.h"
#include "expression/expression.h"
#include "transfer/item_file_format.h"
#include "value/base64.h"
#include "value/number.h"

#define DEFAULT_DELIMITER ','
#define FIRST_FIELDS 32

typedef struct Column
{
	const char *name;
	uint32		name_length;
	ValueType	type;
} Column;

typedef struct Csv
{
	char		delimiter;
	List	   *key_attributes;
	Column	   *columns;		/* NULL: the header is still to come */
	int			count;
	MemoryContext context;
} Csv;

typedef struct Field
{
	const char *data;
	size_t		length;
} Field;

/* No item has more attributes. */
#define MAX_COLUMNS (ITEM_MAX_SIZE / 2)

typedef struct Row
{
	Field	   *fields;
	int			count;
	int			space;
	int			limit;			/* of fields that are kept; more are counted only */
	Field		surplus;
} Row;

/* ---- Rows ---- */

static Field *
add_field(Row *row)
{
	if (row->count >= row->limit)
	{
		row->count++;
		return &row->surplus;
	}
	if (row->count == row->space)
	{
		row->space = row->space == 0 ? FIRST_FIELDS : row->space * 2;
		row->fields = row->fields == NULL ? palloc(row->space * sizeof(Field)) :
			repalloc_huge(row->fields, row->space * sizeof(Field));
	}
	return &row->fields[row->count++];
}

/* The row cannot be read on from there, but what is behind its line can, unless that was the header. */
static void __attribute__((noreturn))
bad_row(const Csv *csv, Window *window, const char *at, const char *reason)
{
	const char *end = memchr(at, '\n', window->end - at);

	if (csv->columns == NULL)
		bad_record("The header cannot be read: %s", reason);
	if (end == NULL && !window->last)
		window_ran_out(window);
	window->behind = end != NULL ? end + 1 : window->end;
	bad_record("%s", reason);
}

/* Whether a line ends there, and how many bytes its end takes. */
static bool
line_ends(Window *window, const char *at, int *length)
{
	*length = 0;
	if (at == window->end)
	{
		if (!window->last)
			window_ran_out(window);
		return true;
	}
	if (*at == '\n')
	{
		*length = 1;
		return true;
	}
	if (*at != '\r')
		return false;
	if (at + 1 == window->end && !window->last)
		window_ran_out(window);
	*length = at + 1 == window->end ? 1 : 2;
	return at + 1 == window->end || at[1] == '\n';
}

/* The quote that ends a quoted field, and how many doubled ones stand before it. */
static const char *
closing_quote(Window *window, const char *at, size_t *doubled)
{
	*doubled = 0;
	for (;;)
	{
		at = memchr(at, '"', window->end - at);
		if (at == NULL)
			window_ran_out(window);
		if (at + 1 == window->end && !window->last)
			window_ran_out(window);
		if (at + 1 == window->end || at[1] != '"')
			return at;
		(*doubled)++;
		at += 2;
	}
}

/* Behind a quoted field, whose first quote is at `at`; its text is copied where quotes are doubled. */
static const char *
read_quoted(Window *window, const char *at, Field *field)
{
	const char *start = at + 1;
	size_t		doubled;
	const char *end = closing_quote(window, start, &doubled);
	char	   *copy;

	*field = (Field) {start, end - start - doubled};
	if (doubled == 0)
		return end + 1;
	copy = palloc(field->length);
	field->data = copy;
	for (; start < end; start++)
	{
		*copy++ = *start;
		start += *start == '"';
	}
	return end + 1;
}

static const char *
read_unquoted(const Csv *csv, Window *window, const char *at, Field *field)
{
	int			ending;

	field->data = at;
	while (at < window->end && *at != csv->delimiter && *at != '\n')
	{
		if (*at == '"')
			bad_row(csv, window, at, "A column that holds a quote is to stand in quotes, with the quote doubled");
		if (*at == '\r')
		{
			if (line_ends(window, at, &ending))
				break;
			/* most likely the end of a line, which would have this row and the next in one */
			bad_row(csv, window, at, "A carriage return that no line feed follows is to stand in quotes");
		}
		at++;
	}
	field->length = at - field->data;
	return at;
}

/* Reads a row, and sets where it ends. */
static Row
read_row(const Csv *csv, Window *window)
{
	Row			row = {.limit = csv->columns == NULL ? MAX_COLUMNS : csv->count};
	const char *at = window->at;

	for (;;)
	{
		Field	   *field = add_field(&row);
		int			ending;

		if (at < window->end && *at == '"')
			at = read_quoted(window, at, field);
		else
			at = read_unquoted(csv, window, at, field);
		if (line_ends(window, at, &ending))
		{
			window->behind = at + ending;
			return row;
		}
		if (*at != csv->delimiter)
			bad_row(csv, window, at, "Behind a quoted column stands something else than the delimiter");
		at++;
	}
}

/* ---- Columns ---- */

static ValueType
column_type(const Csv *csv, const char *name, size_t length)
{
	ListCell   *cell;

	foreach(cell, csv->key_attributes)
	{
		const KeyAttribute *attribute = lfirst(cell);

		if (attribute->name_length == length && memcmp(attribute->name, name, length) == 0)
			return attribute->type;
	}
	return VALUE_STRING;
}

static int
compare_columns(const void *a, const void *b)
{
	const Column *one = a;
	const Column *other = b;
	uint32		shared = Min(one->name_length, other->name_length);
	int			order = memcmp(one->name, other->name, shared);

	return order != 0 ? order : (int) one->name_length - (int) other->name_length;
}

/* A column of a name that another one has too, or NULL; raises where a name is too long for an attribute's. */
static const char *
column_twice(const Column *columns, int count)
{
	Column	   *sorted = palloc(count * sizeof(Column));

	memcpy(sorted, columns, count * sizeof(Column));
	qsort(sorted, count, sizeof(Column), compare_columns);
	for (int i = 0; i < count; i++)
	{
		attribute_name_check(sorted[i].name_length);
		if (i > 0 && compare_columns(&sorted[i - 1], &sorted[i]) == 0)
			return sorted[i].name;
	}
	return NULL;
}

const char *
item_file_header_twice(const List *header)
{
	Column	   *columns = palloc0(Max(list_length(header), 1) * sizeof(Column));
	int			count = 0;
	ListCell   *cell;

	foreach(cell, header)
	{
		columns[count].name = lfirst(cell);
		columns[count++].name_length = strlen(lfirst(cell));
	}
	return column_twice(columns, count);
}

static void
check_columns(const Column *columns, int count)
{
	const char *twice = column_twice(columns, count);

	if (twice != NULL)
		bad_record("The header has the column \"%s\" twice", twice);
}

static void
set_header(Csv *csv, const Row *row)
{
	MemoryContext caller;
	Column	   *columns;

	if (row->count > MAX_COLUMNS)
		bad_record("The header has %d columns, more than any item has attributes", row->count);
	caller = MemoryContextSwitchTo(csv->context);
	columns = palloc(row->count * sizeof(Column));
	for (int i = 0; i < row->count; i++)
	{
		const Field *field = &row->fields[i];

		columns[i] = (Column)
		{
			.name = pnstrdup(field->data, field->length),
			.name_length = field->length,
			.type = column_type(csv, field->data, field->length)
		};
	}
	MemoryContextSwitchTo(caller);
	check_columns(columns, row->count);
	csv->columns = columns;
	csv->count = row->count;
}

/* ---- Items ---- */

static Value
field_value(const Field *field, ValueType type)
{
	Value		value = {type, field->length, field->data};
	char	   *stored;

	if (type == VALUE_NUMBER)
	{
		stored = palloc(NUMBER_MAX_LENGTH);
		value.length = number_parse(field->data, field->length, stored);
		value.data = stored;
	}
	else if (type == VALUE_BINARY)
	{
		base64_check(field->data, field->length);
		value.length = base64_decoded_length(field->data, field->length);
		stored = palloc(value.length + 1);
		base64_decode(field->data, field->length, stored);
		value.data = stored;
	}
	return value;
}

/* An empty column is an attribute that the item does not have. */
static Node *
item_of_row(const Csv *csv, const Row *row)
{
	Node	   *item = node_map();

	if (row->count != csv->count)
		bad_record("A row has %d columns, and the header has %d", row->count, csv->count);
	for (int i = 0; i < row->count; i++)
	{
		const Column *column = &csv->columns[i];
		Value		value;

		if (row->fields[i].length == 0)
			continue;
		value = field_value(&row->fields[i], column->type);
		node_map_append(item, column->name, column->name_length, node_from_value(&value));
	}
	return item;
}

/* ---- Records ---- */

static void *
begin_csv(const ItemFileOptions *options)
{
	Csv		   *csv = palloc0(sizeof(Csv));
	Row			header = {.limit = MAX_COLUMNS};
	ListCell   *cell;

	csv->delimiter = options->delimiter != '\0' ? options->delimiter : DEFAULT_DELIMITER;
	csv->key_attributes = options->key_attributes;
	csv->context = CurrentMemoryContext;
	foreach(cell, options->header)
		*add_field(&header) = (Field) {lfirst(cell), strlen(lfirst(cell))};
	if (header.count > 0)
		set_header(csv, &header);
	return csv;
}

static Node *
read_csv(void *state, Window *window)
{
	Csv		   *csv = state;
	int			ending;
	Row			row;

	if (line_ends(window, window->at, &ending))
	{
		window->behind = window->at + ending;
		return NULL;
	}
	row = read_row(csv, window);
	if (csv->columns == NULL)
	{
		const char *behind = window->behind;

		window_check_encoding(window);
		/* without a header nothing of the file can be read */
		window->behind = NULL;
		set_header(csv, &row);
		window->behind = behind;
		return NULL;
	}
	/* unlike a name, a value may have U+0000 */
	if (!string_is_utf8(window->at, window->behind - window->at))
		bad_record("Invalid UTF-8");
	return item_of_row(csv, &row);
}

const RecordFormat csv_records = {.begin = begin_csv,.read = read_csv};
