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

/* Of most requests; a longer one makes it grow. */
#define USUAL_SIZE 4096

/* Bits and pieces, of which there are many. */
static inline void
append_bytes(StringInfo out, const void *data, uint32 length)
{
	if (unlikely(out->len + (size_t) length >= (size_t) out->maxlen))
		enlargeStringInfo(out, length);
	memcpy(out->data + out->len, data, length);
	out->len += length;
}

static inline void
append_kind(StringInfo out, char kind)
{
	append_bytes(out, &kind, 1);
}

static inline void
append_text(StringInfo out, const char *data, uint32 length)
{
	append_bytes(out, &length, sizeof(length));
	append_bytes(out, data, length);
}

static inline void
append_count(StringInfo out, char kind, uint32 count)
{
	append_kind(out, kind);
	append_bytes(out, &count, sizeof(count));
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
	if (count > 1)
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
			append_kind(out, '"');
			append_text(out, json_object_get_string(json), json_object_get_string_len(json));
			break;
		case json_type_null:
			append_kind(out, '0');
			break;
		default:
			text = json_object_get_string(json);
			append_kind(out, '#');
			append_text(out, text, strlen(text));
			break;
	}
}

void
request_digest(json_object *json, uint8 *digest)
{
	StringInfoData text;

	initStringInfo(&text);
	enlargeStringInfo(&text, USUAL_SIZE);
	append_canonical(&text, json);
	key_hash(text.data, text.len, digest);
	pfree(text.data);
}
