/*
 * key_types.c - the SQL types of key attributes: ddb.string, ddb.number and
 * ddb.binary.
 *
 * Their bytes are the packed payloads of value.h.  Strings and binaries are
 * thus laid out as text and bytea are, but for U+0000, which a string may
 * hold.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "libpq/pqformat.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/syscache.h"
#include "utils/fmgrprotos.h"
#include "utils/uuid.h"

#include "error.h"
#include "value/hash.h"
#include "value/last_key.h"
#include "value/number.h"
#include "value/plain.h"

static Datum
payload_datum(const char *data, uint32 length)
{
	return PointerGetDatum(cstring_to_text_with_len(data, length));
}

/* ---- string: U+0000 is written \0, a backslash \\ ---- */

PG_FUNCTION_INFO_V1(string_in);

Datum
string_in(PG_FUNCTION_ARGS)
{
	const char *text = PG_GETARG_CSTRING(0);
	char	   *string = palloc(strlen(text) + 1);
	uint32		length = 0;

	for (const char *at = text; *at != '\0'; at++)
	{
		if (*at == '\\')
		{
			at++;
			if (*at != '0' && *at != '\\')
				ereport(ERROR,
						(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
						 errmsg("invalid input syntax for type %s: \"%s\"", "ddb.string", text),
						 errhint("A backslash is written \\\\, the character U+0000 \\0.")));
		}
		string[length++] = at > text && at[-1] == '\\' && *at == '0' ? '\0' : *at;
	}
	PG_RETURN_DATUM(payload_datum(string, length));
}

PG_FUNCTION_INFO_V1(string_out);

Datum
string_out(PG_FUNCTION_ARGS)
{
	struct varlena *stored = PG_GETARG_VARLENA_PP(0);
	const char *string = VARDATA_ANY(stored);
	uint32		length = VARSIZE_ANY_EXHDR(stored);
	char	   *text = palloc((Size) 2 * length + 1);
	char	   *to = text;

	for (uint32 i = 0; i < length; i++)
	{
		if (string[i] == '\0' || string[i] == '\\')
			*to++ = '\\';
		*to++ = string[i] == '\0' ? '0' : string[i];
	}
	*to = '\0';
	PG_RETURN_CSTRING(text);
}

/* ---- number ---- */

static Datum
number_from_text(const char *text)
{
	char		stored[NUMBER_MAX_LENGTH];
	uint32		length = number_parse(text, strlen(text), stored);

	return payload_datum(stored, length);
}

static void
print_argument(FunctionCallInfo fcinfo, char *text)
{
	struct varlena *stored = PG_GETARG_VARLENA_PP(0);

	number_print(VARDATA_ANY(stored), VARSIZE_ANY_EXHDR(stored), text);
}

PG_FUNCTION_INFO_V1(number_in);

Datum
number_in(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(number_from_text(PG_GETARG_CSTRING(0)));
}

PG_FUNCTION_INFO_V1(number_out);

Datum
number_out(PG_FUNCTION_ARGS)
{
	char		text[NUMBER_MAX_TEXT];

	print_argument(fcinfo, text);
	PG_RETURN_CSTRING(pstrdup(text));
}

PG_FUNCTION_INFO_V1(number_from_numeric);

Datum
number_from_numeric(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(number_from_text(DatumGetCString(DirectFunctionCall1(numeric_out,
																		 PG_GETARG_DATUM(0)))));
}

PG_FUNCTION_INFO_V1(number_from_int2);

Datum
number_from_int2(PG_FUNCTION_ARGS)
{
	char		text[32];

	pg_ltoa(PG_GETARG_INT16(0), text);
	PG_RETURN_DATUM(number_from_text(text));
}

PG_FUNCTION_INFO_V1(number_from_int4);

Datum
number_from_int4(PG_FUNCTION_ARGS)
{
	char		text[32];

	pg_ltoa(PG_GETARG_INT32(0), text);
	PG_RETURN_DATUM(number_from_text(text));
}

PG_FUNCTION_INFO_V1(number_from_int8);

Datum
number_from_int8(PG_FUNCTION_ARGS)
{
	char		text[32];

	pg_lltoa(PG_GETARG_INT64(0), text);
	PG_RETURN_DATUM(number_from_text(text));
}

/* By the shortest decimal that stands for the float. */
PG_FUNCTION_INFO_V1(number_from_float8);

Datum
number_from_float8(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(number_from_text(DatumGetCString(DirectFunctionCall1(float8out,
																		 PG_GETARG_DATUM(0)))));
}

static Datum
numeric_argument(FunctionCallInfo fcinfo)
{
	char		text[NUMBER_MAX_TEXT];

	print_argument(fcinfo, text);
	return DirectFunctionCall3(numeric_in, CStringGetDatum(text),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}

#define NUMBER_CAST(name, result) \
	PG_FUNCTION_INFO_V1(name); \
	Datum \
	name(PG_FUNCTION_ARGS) \
	{ \
		return result; \
	}

NUMBER_CAST(number_to_numeric, numeric_argument(fcinfo))
NUMBER_CAST(number_to_int2, DirectFunctionCall1(numeric_int2, numeric_argument(fcinfo)))
NUMBER_CAST(number_to_int4, DirectFunctionCall1(numeric_int4, numeric_argument(fcinfo)))
NUMBER_CAST(number_to_int8, DirectFunctionCall1(numeric_int8, numeric_argument(fcinfo)))
NUMBER_CAST(number_to_float8, DirectFunctionCall1(numeric_float8, numeric_argument(fcinfo)))

/* ---- binary: bytea's hex form, whatever bytea_output says ---- */

PG_FUNCTION_INFO_V1(binary_in);

Datum
binary_in(PG_FUNCTION_ARGS)
{
	return DirectFunctionCall1(byteain, PG_GETARG_DATUM(0));
}

PG_FUNCTION_INFO_V1(binary_out);

Datum
binary_out(PG_FUNCTION_ARGS)
{
	struct varlena *stored = PG_GETARG_VARLENA_PP(0);
	uint32		length = VARSIZE_ANY_EXHDR(stored);
	char	   *text = palloc((Size) 2 * length + 3);

	strcpy(text, "\\x");
	text[2 + hex_encode(VARDATA_ANY(stored), length, text + 2)] = '\0';
	PG_RETURN_CSTRING(text);
}

/* ---- Binary forms are the payloads ---- */

static Datum
receive(FunctionCallInfo fcinfo, ValueType type)
{
	StringInfo	message = (StringInfo) PG_GETARG_POINTER(0);
	uint32		length = message->len - message->cursor;
	Value		value = {type, length, pq_getmsgbytes(message, length)};

	value_check(&value);
	return payload_datum(value.data, value.length);
}

PG_FUNCTION_INFO_V1(string_recv);

Datum
string_recv(PG_FUNCTION_ARGS)
{
	return receive(fcinfo, VALUE_STRING);
}

PG_FUNCTION_INFO_V1(number_recv);

Datum
number_recv(PG_FUNCTION_ARGS)
{
	return receive(fcinfo, VALUE_NUMBER);
}

PG_FUNCTION_INFO_V1(binary_recv);

Datum
binary_recv(PG_FUNCTION_ARGS)
{
	return receive(fcinfo, VALUE_BINARY);
}

PG_FUNCTION_INFO_V1(key_send);

Datum
key_send(PG_FUNCTION_ARGS)
{
	struct varlena *stored = PG_GETARG_VARLENA_PP(0);
	StringInfoData out;

	pq_begintypsend(&out);
	pq_sendbytes(&out, VARDATA_ANY(stored), VARSIZE_ANY_EXHDR(stored));
	PG_RETURN_BYTEA_P(pq_endtypsend(&out));
}

PG_FUNCTION_INFO_V1(key_string_to_text);

Datum
key_string_to_text(PG_FUNCTION_ARGS)
{
	struct varlena *stored = PG_GETARG_VARLENA_PP(0);

	PG_RETURN_TEXT_P(string_to_text(VARDATA_ANY(stored), VARSIZE_ANY_EXHDR(stored)));
}

/* ---- Keys of items ---- */

/* Raises where a string or binary may not be a key. */
static void
refuse_key(const Value *key, const char *name, int32 maximum)
{
	if (key->length == 0)
		validation_error("One or more parameter values are not valid. The AttributeValue for a key attribute "
						 "cannot contain an empty %s value. Key: %s",
						 key->type == VALUE_STRING ? "string" : "binary", name);
	/* AWS's words, the missing blank included. */
	if (maximum == PARTITION_KEY_MAX_SIZE)
		validation_error("One or more parameter values were invalid: "
						 "Size of hashkey has exceeded the maximum size limit of%d bytes", maximum);
	validation_error("One or more parameter values were invalid: "
					 "Aggregated size of all range keys has exceeded the size limit of %d bytes", maximum);
}

static Datum
item_key(FunctionCallInfo fcinfo, ValueType type)
{
	Value		item = value_from_datum(PG_GETARG_DATUM(0));
	text	   *name = PG_GETARG_TEXT_PP(1);
	int32		maximum = PG_GETARG_INT32(2);
	Value		key;

	if (!value_map_find(&item, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), &key))
		validation_error("One or more parameter values were invalid: Missing the key %s in the item",
						 text_to_cstring(name));
	if (key.type != type)
		validation_error("One or more parameter values were invalid: Type mismatch for key %s expected: %s actual: %s",
						 text_to_cstring(name), value_type_name(type), value_type_name(key.type));
	if (type != VALUE_NUMBER && (key.length == 0 || key.length > (uint32) maximum))
		refuse_key(&key, text_to_cstring(name), maximum);
	return payload_datum(key.data, key.length);
}

PG_FUNCTION_INFO_V1(string_key);

Datum
string_key(PG_FUNCTION_ARGS)
{
	return item_key(fcinfo, VALUE_STRING);
}

PG_FUNCTION_INFO_V1(number_key);

Datum
number_key(PG_FUNCTION_ARGS)
{
	return item_key(fcinfo, VALUE_NUMBER);
}

PG_FUNCTION_INFO_V1(binary_key);

Datum
binary_key(PG_FUNCTION_ARGS)
{
	return item_key(fcinfo, VALUE_BINARY);
}

/* Whether it is one of the three types above. */
static bool
is_key_type(Oid type)
{
	static const char *const names[] = {"string", "number", "binary"};
	HeapTuple	tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	bool		result = false;

	if (!HeapTupleIsValid(tuple))
		return false;
	for (int i = 0; i < (int) lengthof(names); i++)
		result |= strcmp(NameStr(((Form_pg_type) GETSTRUCT(tuple))->typname), names[i]) == 0;
	result &= ((Form_pg_type) GETSTRUCT(tuple))->typnamespace == get_namespace_oid("ddb", true);
	ReleaseSysCache(tuple);
	return result;
}

/* ---- hash(): of a partition key, which is remembered ---- */

static struct
{
	bool		known;
	ValueType	type;
	uint32		length;
	char		data[PARTITION_KEY_MAX_SIZE];
	pg_uuid_t	hash;
}			last_key;

static void
remember_key(ValueType type, const struct varlena *key, const pg_uuid_t *hash)
{
	last_key.length = VARSIZE_ANY_EXHDR(key);
	last_key.known = last_key.length <= PARTITION_KEY_MAX_SIZE;
	if (!last_key.known)
		return;
	last_key.type = type;
	last_key.hash = *hash;
	memcpy(last_key.data, VARDATA_ANY(key), last_key.length);
}

bool
last_key_print(char **hash, char **key)
{
	static const PGFunction print[] =
	{
		[VALUE_STRING] = string_out,
		[VALUE_NUMBER] = number_out,
		[VALUE_BINARY] = binary_out
	};

	if (!last_key.known)
		return false;
	*hash = DatumGetCString(DirectFunctionCall1(uuid_out, UUIDPGetDatum(&last_key.hash)));
	*key = DatumGetCString(DirectFunctionCall1(print[last_key.type],
											   payload_datum(last_key.data, last_key.length)));
	return true;
}

static Datum
hash_of_key(FunctionCallInfo fcinfo, ValueType type)
{
	struct varlena *key = PG_GETARG_VARLENA_PP(0);
	pg_uuid_t  *hash = palloc(sizeof(pg_uuid_t));

	StaticAssertStmt(UUID_LEN == KEY_HASH_LENGTH, "a key's hash is a uuid");
	key_hash(VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key), hash->data);
	remember_key(type, key, hash);
	PG_RETURN_UUID_P(hash);
}

PG_FUNCTION_INFO_V1(ddb_hash_string);

Datum
ddb_hash_string(PG_FUNCTION_ARGS)
{
	return hash_of_key(fcinfo, VALUE_STRING);
}

PG_FUNCTION_INFO_V1(ddb_hash_number);

Datum
ddb_hash_number(PG_FUNCTION_ARGS)
{
	return hash_of_key(fcinfo, VALUE_NUMBER);
}

PG_FUNCTION_INFO_V1(ddb_hash_binary);

Datum
ddb_hash_binary(PG_FUNCTION_ARGS)
{
	return hash_of_key(fcinfo, VALUE_BINARY);
}

PG_FUNCTION_INFO_V1(ddb_hash_of_several);

/* hash(VARIADIC "any"): of keys of several attributes, each of a key type. */
Datum
ddb_hash_of_several(PG_FUNCTION_ARGS)
{
	pg_uuid_t  *hash = palloc(sizeof(pg_uuid_t));
	Value		values[FUNC_MAX_ARGS];

	for (int i = 0; i < PG_NARGS(); i++)
	{
		struct varlena *key;

		if (!is_key_type(get_fn_expr_argtype(fcinfo->flinfo, i)))
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("a key attribute is of type ddb.string, ddb.number or ddb.binary")));
		if (PG_ARGISNULL(i))
			PG_RETURN_NULL();
		key = PG_GETARG_VARLENA_PP(i);
		values[i].data = VARDATA_ANY(key);
		values[i].length = VARSIZE_ANY_EXHDR(key);
	}
	key_hash_of_values(values, PG_NARGS(), hash->data);
	PG_RETURN_UUID_P(hash);
}

/* ---- hashes(VARIADIC "any"): for each element of the one array among keys ---- */

/* Which argument is an array; raises where not each is a key, and one an array of keys. */
static int
find_array(FunctionCallInfo fcinfo)
{
	int			array = -1;

	for (int i = 0; i < PG_NARGS(); i++)
	{
		Oid			type = get_fn_expr_argtype(fcinfo->flinfo, i);
		Oid			element = get_element_type(type);

		if (OidIsValid(element) && array < 0)
			array = i;
		else
			element = type;
		if (!is_key_type(element))
			array = PG_NARGS();
	}
	if (array < 0 || array >= PG_NARGS())
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("of the arguments one is an array of ddb.string, ddb.number or ddb.binary, and the others are of these types")));
	return array;
}

static void
read_key(Datum datum, Value *value)
{
	struct varlena *key = PG_DETOAST_DATUM_PACKED(datum);

	value->data = VARDATA_ANY(key);
	value->length = VARSIZE_ANY_EXHDR(key);
}

PG_FUNCTION_INFO_V1(ddb_hashes);

Datum
ddb_hashes(PG_FUNCTION_ARGS)
{
	int		   *array = fcinfo->flinfo->fn_extra;
	Value		values[FUNC_MAX_ARGS];
	ArrayType  *keys;
	Datum	   *elements;
	bool	   *nulls;
	int			count;
	int			lower_bound = 1;

	if (array == NULL)
	{
		array = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(int));
		*array = find_array(fcinfo);
		fcinfo->flinfo->fn_extra = array;
	}
	for (int i = 0; i < PG_NARGS(); i++)
	{
		if (PG_ARGISNULL(i))
			PG_RETURN_NULL();
		if (i != *array)
			read_key(PG_GETARG_DATUM(i), &values[i]);
	}

	keys = PG_GETARG_ARRAYTYPE_P(*array);
	deconstruct_array(keys, ARR_ELEMTYPE(keys), -1, false, TYPALIGN_INT, &elements, &nulls, &count);
	if (count == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(UUIDOID));
	for (int i = 0; i < count; i++)
	{
		pg_uuid_t  *hash;

		if (nulls[i])
			continue;
		hash = palloc(sizeof(pg_uuid_t));
		read_key(elements[i], &values[*array]);
		key_hash_of_values(values, PG_NARGS(), hash->data);
		elements[i] = UUIDPGetDatum(hash);
	}
	PG_RETURN_ARRAYTYPE_P(construct_md_array(elements, nulls, 1, &count, &lower_bound, UUIDOID,
											 UUID_LEN, false, TYPALIGN_CHAR));
}
