/*
 * plain_json.c - attribute values as text, jsonb and other types of SQL.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "error.h"
#include "value/json_out.h"
#include "value/number.h"
#include "value/plain.h"

/* ---- To text ---- */

text *
string_to_text(const char *string, uint32 length)
{
	if (memchr(string, '\0', length) != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
				 errmsg("string with U+0000 cannot be converted to text")));
	return cstring_to_text_with_len(string, length);
}

text *
value_to_plain_text(const Value *value)
{
	StringInfoData out;

	if (value->type == VALUE_STRING)
		return string_to_text(value->data, value->length);
	initStringInfo(&out);
	value_to_plain_json(&out, value);
	if (value->type == VALUE_BINARY)
		return cstring_to_text_with_len(out.data + 1, out.len - 2);
	return cstring_to_text_with_len(out.data, out.len);
}

/* ---- To json, to and from jsonb ---- */

PG_FUNCTION_INFO_V1(value_to_jsonb);

Datum
value_to_jsonb(PG_FUNCTION_ARGS)
{
	Value		value = value_from_datum(PG_GETARG_DATUM(0));
	StringInfoData out;

	initStringInfo(&out);
	value_to_plain_json(&out, &value);
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(out.data));
}

PG_FUNCTION_INFO_V1(value_to_json_type);

Datum
value_to_json_type(PG_FUNCTION_ARGS)
{
	Value		value = value_from_datum(PG_GETARG_DATUM(0));
	StringInfoData out;

	initStringInfo(&out);
	value_to_plain_json(&out, &value);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

static Node *
number_node(Numeric numeric)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(numeric)));
	char	   *stored = palloc(NUMBER_MAX_LENGTH);
	Value		value = {VALUE_NUMBER, 0, stored};

	value.length = number_parse(text, strlen(text), stored);
	pfree(text);
	return node_from_value(&value);
}

static Node *
scalar_node(const JsonbValue *scalar)
{
	Value		value = {VALUE_NULL, 0, ""};

	switch (scalar->type)
	{
		case jbvNull:
			break;
		case jbvBool:
			value = (Value) {VALUE_BOOLEAN, 1, scalar->val.boolean ? "\1" : "\0"};
			break;
		case jbvNumeric:
			return number_node(scalar->val.numeric);
		case jbvString:
			value = (Value) {VALUE_STRING, scalar->val.string.len, scalar->val.string.val};
			break;
		default:
			elog(ERROR, "unexpected type of a jsonb scalar: %d", (int) scalar->type);
	}
	return node_from_value(&value);
}

/*
 * The container whose beginning the iterator has just given, and whose members
 * are at the given depth.
 */
static Node *
container_node(JsonbIterator **iterator, bool is_object, int depth)
{
	Node	   *container = is_object ? node_map() : node_list();
	JsonbValue	name = {0};
	JsonbValue	value;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(iterator, &value, false)) != WJB_END_OBJECT &&
		   token != WJB_END_ARRAY)
	{
		Node	   *member;

		if (token == WJB_KEY)
		{
			name = value;
			attribute_name_check(name.val.string.len);
			continue;
		}
		if (depth > VALUE_MAX_DEPTH)
			validation_error("Nesting Levels have exceeded supported limits: "
							 "Attributes in the item have nested levels beyond supported limit");
		if (token == WJB_BEGIN_OBJECT || token == WJB_BEGIN_ARRAY)
			member = container_node(iterator, token == WJB_BEGIN_OBJECT, depth + 1);
		else
			member = scalar_node(&value);
		if (is_object)
			node_map_append(container, name.val.string.val, name.val.string.len, member);
		else
			node_list_append(container, member);
	}
	return container;
}

Node *
node_from_jsonb(Jsonb *jsonb, bool is_item)
{
	JsonbIterator *iterator = JsonbIteratorInit(&jsonb->root);
	JsonbValue	value;
	JsonbIteratorToken token = JsonbIteratorNext(&iterator, &value, false);

	if (is_item && token != WJB_BEGIN_OBJECT)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("only a JSON object can be cast to type %s", "ddb.item")));
	if (token == WJB_BEGIN_ARRAY && value.val.array.rawScalar)
	{
		(void) JsonbIteratorNext(&iterator, &value, false);
		return scalar_node(&value);
	}
	/* An item's map is no level of its own. */
	return container_node(&iterator, token == WJB_BEGIN_OBJECT, is_item ? 1 : 2);
}

PG_FUNCTION_INFO_V1(item_from_jsonb);

Datum
item_from_jsonb(PG_FUNCTION_ARGS)
{
	Value		value = node_pack(node_from_jsonb(PG_GETARG_JSONB_P(0), true));

	item_check_size(&value);
	PG_RETURN_DATUM(value_to_datum(&value));
}

PG_FUNCTION_INFO_V1(attribute_value_from_jsonb);

Datum
attribute_value_from_jsonb(PG_FUNCTION_ARGS)
{
	Value		value = node_pack(node_from_jsonb(PG_GETARG_JSONB_P(0), false));

	value_check_size(&value);
	PG_RETURN_DATUM(value_to_datum(&value));
}

/* By way of jsonb, which reads numbers exactly and keeps the last of two members. */
static Jsonb *
json_argument(FunctionCallInfo fcinfo)
{
	char	   *json = TextDatumGetCString(PG_GETARG_DATUM(0));

	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(json)));
}

PG_FUNCTION_INFO_V1(item_from_json);

Datum
item_from_json(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(item_from_jsonb, JsonbPGetDatum(json_argument(fcinfo)));
}

PG_FUNCTION_INFO_V1(attribute_value_from_json);

Datum
attribute_value_from_json(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(attribute_value_from_jsonb, JsonbPGetDatum(json_argument(fcinfo)));
}

PG_FUNCTION_INFO_V1(request_from_jsonb);

/* The jsonb's text, which is that of a request as well. */
Datum
request_from_jsonb(PG_FUNCTION_ARGS)
{
	Jsonb	   *jsonb = PG_GETARG_JSONB_P(0);
	StringInfoData out;

	initStringInfo(&out);
	JsonbToCString(&out, &jsonb->root, VARSIZE(jsonb));
	PG_RETURN_TEXT_P(cstring_to_text_with_len(out.data, out.len));
}

/* ---- Casts of attribute values ---- */

/* Reads the argument; false where it is of type NULL, which is SQL's NULL. */
static bool
cast_argument(FunctionCallInfo fcinfo, ValueType type, const char *target, Value *value)
{
	*value = value_from_datum(PG_GETARG_DATUM(0));
	if (value->type == VALUE_NULL)
		return false;
	if (value->type != type)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("cannot cast attribute value of type %s to type %s",
						value_type_name(value->type), target)));
	return true;
}

PG_FUNCTION_INFO_V1(attribute_value_to_text);

Datum
attribute_value_to_text(PG_FUNCTION_ARGS)
{
	Value		value = value_from_datum(PG_GETARG_DATUM(0));

	if (value.type == VALUE_NULL)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(value_to_plain_text(&value));
}

static Datum
numeric_of(const Value *value)
{
	char		text[NUMBER_MAX_TEXT];

	number_print(value->data, value->length, text);
	return DirectFunctionCall3(numeric_in, CStringGetDatum(text),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

#define NUMBER_CAST(name, target, convert) \
	PG_FUNCTION_INFO_V1(name); \
	Datum \
	name(PG_FUNCTION_ARGS) \
	{ \
		Value		value; \
		\
		if (!cast_argument(fcinfo, VALUE_NUMBER, target, &value)) \
			PG_RETURN_NULL(); \
		return convert; \
	}

NUMBER_CAST(attribute_value_to_numeric, "numeric", numeric_of(&value))
NUMBER_CAST(attribute_value_to_int4, "integer",
			DirectFunctionCall1(numeric_int4, numeric_of(&value)))
NUMBER_CAST(attribute_value_to_int8, "bigint",
			DirectFunctionCall1(numeric_int8, numeric_of(&value)))
NUMBER_CAST(attribute_value_to_float8, "double precision",
			DirectFunctionCall1(numeric_float8, numeric_of(&value)))

PG_FUNCTION_INFO_V1(attribute_value_to_boolean);

Datum
attribute_value_to_boolean(PG_FUNCTION_ARGS)
{
	Value		value;

	if (!cast_argument(fcinfo, VALUE_BOOLEAN, "boolean", &value))
		PG_RETURN_NULL();
	PG_RETURN_BOOL(value.data[0] != 0);
}

PG_FUNCTION_INFO_V1(attribute_value_to_bytea);

Datum
attribute_value_to_bytea(PG_FUNCTION_ARGS)
{
	Value		value;

	if (!cast_argument(fcinfo, VALUE_BINARY, "bytea", &value))
		PG_RETURN_NULL();
	PG_RETURN_BYTEA_P((bytea *) cstring_to_text_with_len(value.data, value.length));
}

PG_FUNCTION_INFO_V1(attribute_value_to_item);

Datum
attribute_value_to_item(PG_FUNCTION_ARGS)
{
	Value		value;

	if (!cast_argument(fcinfo, VALUE_MAP, "ddb.item", &value))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

static Datum
varlena_to_value(FunctionCallInfo fcinfo, ValueType type)
{
	struct varlena *bytes = PG_GETARG_VARLENA_PP(0);
	Value		value = {type, VARSIZE_ANY_EXHDR(bytes), VARDATA_ANY(bytes)};

	value_check_size(&value);
	PG_RETURN_DATUM(value_to_datum(&value));
}

PG_FUNCTION_INFO_V1(attribute_value_from_text);

Datum
attribute_value_from_text(PG_FUNCTION_ARGS)
{
	return varlena_to_value(fcinfo, VALUE_STRING);
}

PG_FUNCTION_INFO_V1(attribute_value_from_bytea);

Datum
attribute_value_from_bytea(PG_FUNCTION_ARGS)
{
	return varlena_to_value(fcinfo, VALUE_BINARY);
}

PG_FUNCTION_INFO_V1(attribute_value_from_numeric);

Datum
attribute_value_from_numeric(PG_FUNCTION_ARGS)
{
	Value		value = node_pack(number_node(PG_GETARG_NUMERIC(0)));

	PG_RETURN_DATUM(value_to_datum(&value));
}

PG_FUNCTION_INFO_V1(attribute_value_from_int4);

Datum
attribute_value_from_int4(PG_FUNCTION_ARGS)
{
	Value		value = node_pack(number_node(int64_to_numeric(PG_GETARG_INT32(0))));

	PG_RETURN_DATUM(value_to_datum(&value));
}

PG_FUNCTION_INFO_V1(attribute_value_from_int8);

Datum
attribute_value_from_int8(PG_FUNCTION_ARGS)
{
	Value		value = node_pack(number_node(int64_to_numeric(PG_GETARG_INT64(0))));

	PG_RETURN_DATUM(value_to_datum(&value));
}

PG_FUNCTION_INFO_V1(attribute_value_from_boolean);

Datum
attribute_value_from_boolean(PG_FUNCTION_ARGS)
{
	Value		value = {VALUE_BOOLEAN, 1, PG_GETARG_BOOL(0) ? "\1" : "\0"};

	PG_RETURN_DATUM(value_to_datum(&value));
}
