/*
 * item_file_ion_out.c - items as Ion text, as DynamoDB's exports have it:
 * $ion_1_0 {Item:{id:"1",tags:$dynamodb_SS::["a"]}}
 */
#include "postgres.h"

#include "common/base64.h"
#include "miscadmin.h"

#include "transfer/item_file_format.h"
#include "value/json_out.h"
#include "value/number.h"

#define VERSION_MARK "$ion_1_0 "

static void print_value(StringInfo out, const Value *value);

/* ---- Symbols ---- */

static bool
is_identifier(const char *name, uint32 length)
{
	static const char *const words[] = {"null", "true", "false", "nan"};
	bool		numbered = name[0] == '$' && length > 1;	/* $10 is a symbol's number */

	if (name[0] >= '0' && name[0] <= '9')
		return false;
	for (uint32 i = 0; i < length; i++)
	{
		bool		digit = name[i] >= '0' && name[i] <= '9';

		if (!digit && !(name[i] >= 'a' && name[i] <= 'z') && !(name[i] >= 'A' && name[i] <= 'Z') &&
			name[i] != '_' && name[i] != '$')
			return false;
		numbered &= digit || i == 0;
	}
	for (int i = 0; i < (int) lengthof(words); i++)
	{
		if (length == strlen(words[i]) && memcmp(name, words[i], length) == 0)
			return false;
	}
	return length > 0 && !numbered;
}

static void
print_symbol(StringInfo out, const char *name, uint32 length)
{
	if (is_identifier(name, length))
	{
		appendBinaryStringInfo(out, name, length);
		return;
	}
	appendStringInfoChar(out, '\'');
	for (uint32 i = 0; i < length; i++)
	{
		if (name[i] == '\'' || name[i] == '\\')
			appendStringInfoChar(out, '\\');
		if ((uint8) name[i] < 0x20)
			appendStringInfo(out, "\\x%02x", (uint8) name[i]);
		else
			appendStringInfoChar(out, name[i]);
	}
	appendStringInfoChar(out, '\'');
}

/* ---- Numbers ---- */

/* So many zeros behind the point are written before there is an exponent. */
#define MAX_FRACTION_ZEROS 5

/*
 * A decimal has the digits from the first to the last that is not 0, and else an
 * exponent: 103. and 6d2, 0.25 and 25d-9.
 */
static void
print_number(StringInfo out, const Value *number)
{
	char		text[NUMBER_MAX_TEXT];
	char		digits[NUMBER_MAX_TEXT];
	uint32		length = number_print(number->data, number->length, text);
	int			count = 0;
	int			exponent = 0;	/* of the last digit */
	bool		fraction = false;
	int			whole;

	for (uint32 i = 0; i < length; i++)
	{
		if (text[i] == '.')
			fraction = true;
		else if (text[i] != '-')
		{
			if (text[i] != '0' || count > 0)
				digits[count++] = text[i];
			exponent -= fraction;
		}
	}
	for (; count > 0 && digits[count - 1] == '0'; count--)
		exponent++;
	digits[count] = '\0';
	whole = count + exponent;

	if (text[0] == '-')
		appendStringInfoChar(out, '-');
	if (count == 0)
		appendStringInfoString(out, "0.");
	else if (exponent == 0)
		appendStringInfo(out, "%s.", digits);
	else if (exponent > 0 || whole < -MAX_FRACTION_ZEROS)
		appendStringInfo(out, "%sd%d", digits, exponent);
	else if (whole > 0)
		appendStringInfo(out, "%.*s.%s", whole, digits, digits + whole);
	else
		appendStringInfo(out, "0.%.*s%s", -whole, "00000", digits);
}

/* ---- Values ---- */

static void
print_binary(StringInfo out, const Value *binary)
{
	int			space = pg_b64_enc_len(binary->length);

	appendStringInfoString(out, "{{");
	enlargeStringInfo(out, space);
	out->len += pg_b64_encode((const void *) binary->data, binary->length, out->data + out->len, space);
	out->data[out->len] = '\0';
	appendStringInfoString(out, "}}");
}

static void
print_list(StringInfo out, const Value *container)
{
	ValueIterator iterator;
	Value		member;
	bool		first = true;

	if (value_type_is_set(container->type))
		appendStringInfo(out, "$dynamodb_%s::", value_type_name(container->type));
	appendStringInfoCharMacro(out, '[');
	value_iterator_start(&iterator, container);
	while (value_iterator_next(&iterator, NULL, NULL, &member))
	{
		if (!first)
			appendStringInfoCharMacro(out, ',');
		first = false;
		print_value(out, &member);
	}
	appendStringInfoCharMacro(out, ']');
}

static void
print_struct(StringInfo out, const Value *map)
{
	ValueIterator iterator;
	const char *name;
	uint32		name_length;
	Value		member;
	bool		first = true;

	appendStringInfoCharMacro(out, '{');
	value_iterator_start(&iterator, map);
	while (value_iterator_next(&iterator, &name, &name_length, &member))
	{
		if (!first)
			appendStringInfoCharMacro(out, ',');
		first = false;
		print_symbol(out, name, name_length);
		appendStringInfoCharMacro(out, ':');
		print_value(out, &member);
	}
	appendStringInfoCharMacro(out, '}');
}

static void
print_value(StringInfo out, const Value *value)
{
	check_stack_depth();
	switch (value->type)
	{
		case VALUE_STRING:
			/* Ion takes all of JSON's escapes */
			json_append_string(out, value->data, value->length);
			break;
		case VALUE_NUMBER:
			print_number(out, value);
			break;
		case VALUE_BINARY:
			print_binary(out, value);
			break;
		case VALUE_BOOLEAN:
			appendStringInfoString(out, value->data[0] ? "true" : "false");
			break;
		case VALUE_NULL:
			appendStringInfoString(out, "null");
			break;
		case VALUE_MAP:
			print_struct(out, value);
			break;
		case VALUE_LIST:
		case VALUE_STRING_SET:
		case VALUE_NUMBER_SET:
		case VALUE_BINARY_SET:
			print_list(out, value);
			break;
	}
}

/* ---- Records ---- */

static void
print_item(StringInfo out, const Value *item)
{
	appendStringInfoString(out, VERSION_MARK "{Item:");
	print_struct(out, item);
	appendStringInfoString(out, "}\n");
}

static void
print_image(StringInfo out, const char *name, const Value *image)
{
	if (image == NULL)
		return;
	appendStringInfo(out, ",%s:", name);
	print_struct(out, image);
}

static void
print_change(StringInfo out, int64 write_timestamp_microseconds,
			 const Value *keys, const Value *old_item, const Value *new_item)
{
	appendStringInfoString(out, VERSION_MARK "{Record:{Keys:");
	print_struct(out, keys);
	appendStringInfo(out, ",Metadata:{WriteTimestampMicros:" INT64_FORMAT ".}",
					 write_timestamp_microseconds);
	print_image(out, "OldImage", old_item);
	print_image(out, "NewImage", new_item);
	appendStringInfoString(out, "}}\n");
}

const RecordPrinter ion_printer = {print_item, print_change};
