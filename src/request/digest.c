/*
 * digest.c - by what two requests that say the same are known.
 */
#include "postgres.h"

#include "request/request.h"
#include "value/hash.h"

StaticAssertDecl(REQUEST_DIGEST_LENGTH == KEY_HASH_LENGTH, "a digest is a hash");

typedef struct NamedValue
{
	const char *name;
	json_object *value;
} NamedValue;

static int
compare_names(const void *a, const void *b)
{
	return strcmp(((const NamedValue *) a)->name, ((const NamedValue *) b)->name);
}

static void
append_text(StringInfo out, const char *data, uint32 length)
{
	appendBinaryStringInfo(out, (const char *) &length, sizeof(length));
	appendBinaryStringInfo(out, data, length);
}

static void
append_count(StringInfo out, char kind, uint32 count)
{
	appendStringInfoChar(out, kind);
	appendBinaryStringInfo(out, (const char *) &count, sizeof(count));
}

static void append_canonical(StringInfo out, json_object *json);

/* The members of an object come sorted, for clients may send a map in any order. */
static void
append_canonical_object(StringInfo out, json_object *json)
{
	int			count = json_object_object_length(json);
	NamedValue *members = palloc(sizeof(NamedValue) * Max(count, 1));
	int			at = 0;

	{
		json_object_object_foreach(json, name, value)
			members[at++] = (NamedValue) {name, value};
	}
	qsort(members, count, sizeof(NamedValue), compare_names);
	append_count(out, '{', count);
	for (int i = 0; i < count; i++)
	{
		append_text(out, members[i].name, strlen(members[i].name));
		append_canonical(out, members[i].value);
	}
	pfree(members);
}

/* Appends what two requests have in common if and only if they say the same; the parser has bounded the depth. */
static void
append_canonical(StringInfo out, json_object *json)
{
	const char *text;

	switch (json_object_get_type(json))
	{
		case json_type_object:
			append_canonical_object(out, json);
			break;
		case json_type_array:
			append_count(out, '[', json_object_array_length(json));
			for (size_t i = 0; i < json_object_array_length(json); i++)
				append_canonical(out, json_object_array_get_idx(json, i));
			break;
		case json_type_string:
			appendStringInfoChar(out, '"');
			append_text(out, json_object_get_string(json), json_object_get_string_len(json));
			break;
		case json_type_null:
			appendStringInfoChar(out, '0');
			break;
		default:
			text = json_object_get_string(json);
			appendStringInfoChar(out, '#');
			append_text(out, text, strlen(text));
			break;
	}
}

void
request_digest(json_object *json, uint8 *digest)
{
	StringInfoData text;

	initStringInfo(&text);
	append_canonical(&text, json);
	key_hash(text.data, text.len, digest);
	pfree(text.data);
}
