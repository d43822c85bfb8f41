/*
 * item_type.c - the SQL types ddb.item and ddb.attribute_value: input, output
 * and comparison.
 *
 * Both are the stored form of value.h; an item is one of type M.  Its text
 * form is DynamoDB JSON, its binary form the stored bytes.
 */
#include "postgres.h"

#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/memutils.h"

#include "error.h"
#include "compat.h"
#include "value/json.h"
#include "value/layout.h"

/* ---- Text ---- */

/*
 * Runs in a context of its own, so that json-c's tree is freed at once and
 * not at the end of a COPY.
 */
static Datum
value_in(const char *text, bool is_item)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext working = AllocSetContextCreate(caller, "ddb value input",
												  ALLOCSET_DEFAULT_SIZES);
	Value		value;
	Datum		result;

	MemoryContextSwitchTo(working);
	if (is_item)
	{
		value = node_pack(node_map_from_text(text, strlen(text)));
		item_check_size(&value);
	}
	else
	{
		json_object *json = json_parse(text, strlen(text));

		json_check_attribute_value(json, JSON_MAP_VALUE);
		value = node_pack(node_from_json(json));
		value_check_size(&value);
	}
	MemoryContextSwitchTo(caller);
	result = value_to_datum(&value);
	MemoryContextDelete(working);
	return result;
}

PG_FUNCTION_INFO_V1(item_in);

Datum
item_in(PG_FUNCTION_ARGS)
{
	return value_in(PG_GETARG_CSTRING(0), true);
}

PG_FUNCTION_INFO_V1(attribute_value_in);

Datum
attribute_value_in(PG_FUNCTION_ARGS)
{
	return value_in(PG_GETARG_CSTRING(0), false);
}

PG_FUNCTION_INFO_V1(item_out);

Datum
item_out(PG_FUNCTION_ARGS)
{
	Value		value = value_from_datum(PG_GETARG_DATUM(0));
	StringInfoData out;

	initStringInfo(&out);
	item_to_json(&out, &value);
	PG_RETURN_CSTRING(out.data);
}

PG_FUNCTION_INFO_V1(attribute_value_out);

Datum
attribute_value_out(PG_FUNCTION_ARGS)
{
	Value		value = value_from_datum(PG_GETARG_DATUM(0));
	StringInfoData out;

	initStringInfo(&out);
	value_to_json(&out, &value);
	PG_RETURN_CSTRING(out.data);
}

/* ---- Binary ---- */

/* The rest of the message as a datum, of which nothing is known yet. */
static Datum
receive_bytes(StringInfo message)
{
	int			length = message->len - message->cursor;
	const char *bytes = pq_getmsgbytes(message, length);
	struct varlena *stored = palloc(VARHDRSZ + length);

	SET_VARSIZE(stored, VARHDRSZ + length);
	memcpy(VARDATA(stored), bytes, length);
	return PointerGetDatum(stored);
}

/* value_from_datum() for bytes that may be anything. */
static Value
received_value(Datum datum)
{
	struct varlena *stored = (struct varlena *) DatumGetPointer(datum);
	uint8		head = VARSIZE(stored) > VARHDRSZ ? *VARDATA(stored) : 0;

	if (head >> 4 != STORED_VALUE_VERSION || (head & 0x0F) >= ENTRY_TAGS)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("attribute value has an unknown stored form")));
	/* BOOL and NULL are their tags; other bytes would make a second spelling. */
	if (((head & 0x0F) == TAG_FALSE || (head & 0x0F) == TAG_TRUE) &&
		VARSIZE(stored) != VARHDRSZ + 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("attribute value is malformed: %s", "length of a boolean")));
	return value_from_datum(datum);
}

PG_FUNCTION_INFO_V1(item_recv);

Datum
item_recv(PG_FUNCTION_ARGS)
{
	Datum		datum = receive_bytes((StringInfo) PG_GETARG_POINTER(0));
	Value		value = received_value(datum);

	if (value.type != VALUE_MAP)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("attribute value of type %s is no item", value_type_name(value.type))));
	item_check(&value);
	item_check_size(&value);
	PG_RETURN_DATUM(datum);
}

PG_FUNCTION_INFO_V1(attribute_value_recv);

Datum
attribute_value_recv(PG_FUNCTION_ARGS)
{
	Datum		datum = receive_bytes((StringInfo) PG_GETARG_POINTER(0));
	Value		value = received_value(datum);

	value_check(&value);
	value_check_size(&value);
	PG_RETURN_DATUM(datum);
}

PG_FUNCTION_INFO_V1(attribute_value_send);

Datum
attribute_value_send(PG_FUNCTION_ARGS)
{
	struct varlena *stored = PG_GETARG_VARLENA_PP(0);
	StringInfoData out;

	pq_begintypsend(&out);
	pq_sendbytes(&out, VARDATA_ANY(stored), VARSIZE_ANY_EXHDR(stored));
	PG_RETURN_BYTEA_P(pq_endtypsend(&out));
}

/* ---- Comparison ---- */

/*
 * The bytes begin with the type, so that values are ordered by type first;
 * strings, numbers and binaries then follow DynamoDB's order, while that of
 * the others only serves ORDER BY, DISTINCT and the like.
 */
static int
compare_stored(FunctionCallInfo fcinfo)
{
	struct varlena *a = PG_GETARG_VARLENA_PP(0);
	struct varlena *b = PG_GETARG_VARLENA_PP(1);
	int			order = name_compare(VARDATA_ANY(a), VARSIZE_ANY_EXHDR(a),
									 VARDATA_ANY(b), VARSIZE_ANY_EXHDR(b));

	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);
	return order;
}

#define COMPARISON(name, test) \
	PG_FUNCTION_INFO_V1(name); \
	Datum \
	name(PG_FUNCTION_ARGS) \
	{ \
		PG_RETURN_BOOL(compare_stored(fcinfo) test 0); \
	}

COMPARISON(attribute_value_eq, ==)
COMPARISON(attribute_value_ne, !=)
COMPARISON(attribute_value_lt, <)
COMPARISON(attribute_value_le, <=)
COMPARISON(attribute_value_gt, >)
COMPARISON(attribute_value_ge, >=)

PG_FUNCTION_INFO_V1(attribute_value_cmp);

Datum
attribute_value_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_stored(fcinfo));
}

/* ---- What is in it ---- */

PG_FUNCTION_INFO_V1(ddb_item_size);

Datum
ddb_item_size(PG_FUNCTION_ARGS)
{
	Value		value = value_from_datum(PG_GETARG_DATUM(0));

	PG_RETURN_INT32((int32) item_size(&value));
}

PG_FUNCTION_INFO_V1(attribute_type);

Datum
attribute_type(PG_FUNCTION_ARGS)
{
	Value		value = value_from_datum(PG_GETARG_DATUM(0));
	const char *name = value_type_name(value.type);
	size_t		length = strlen(name);
	struct varlena *result = palloc(VARHDRSZ + length);

	SET_VARSIZE(result, VARHDRSZ + length);
	memcpy(VARDATA(result), name, length);
	PG_RETURN_TEXT_P((text *) result);
}
