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

/* So many are sorted without more memory. */
#define FEW_MEMBERS 8

/* Of most requests; a longer one makes it grow. */
#define USUAL_SIZE 4096

/* Appends a kind and a number, and then so many bytes of data: bits and pieces, of which there are many. */
static inline void
append_piece(StringInfo out, char kind, uint32 number, const char *data, uint32 length)
{
	const uint32 head = 1 + sizeof(number);
	char	   *at;

	if (unlikely(out->len + head + (size_t) length >= (size_t) out->maxlen))
		enlargeStringInfo(out, head + length);
	at = out->data + out->len;
	at[0] = kind;
	memcpy(at + 1, &number, sizeof(number));
	memcpy(at + head, data, length);
	out->len += head + length;
}

static inline void
append_text(StringInfo out, char kind, const char *data, uint32 length)
{
	append_piece(out, kind, length, data, length);
}

static inline void
append_count(StringInfo out, char kind, uint32 count)
{
	append_piece(out, kind, count, "", 0);
}

static void append_canonical(StringInfo out, json_object *json);

/* Few are sorted as they come in. */
static void
insert_members(json_object *json, NamedValue *members)
{
	int			count = 0;

	json_object_object_foreach(json, name, value)
	{
		int			at = count++;

		for (; at > 0 && strcmp(members[at - 1].name, name) > 0; at--)
			members[at] = members[at - 1];
		members[at] = (NamedValue) {name, value};
	}
}

static void
sort_members(json_object *json, NamedValue *members)
{
	int			count = 0;

	json_object_object_foreach(json, name, value)
		members[count++] = (NamedValue) {name, value};
	qsort(members, count, sizeof(NamedValue), compare_names);
}

/* The members of an object come sorted, for clients may send a map in any order. */
static void
append_canonical_object(StringInfo out, json_object *json)
{
	int			count = json_object_object_length(json);
	NamedValue	few[FEW_MEMBERS];
	NamedValue *members = few;

	if (count <= FEW_MEMBERS)
		insert_members(json, members);
	else
	{
		members = palloc(sizeof(NamedValue) * count);
		sort_members(json, members);
	}
	append_count(out, '{', count);
	for (int i = 0; i < count; i++)
	{
		append_text(out, ':', members[i].name, strlen(members[i].name));
		append_canonical(out, members[i].value);
	}
	if (members != few)
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
			append_text(out, '"', json_object_get_string(json), json_object_get_string_len(json));
			break;
		case json_type_null:
			append_count(out, '0', 0);
			break;
		default:
			text = json_object_get_string(json);
			append_text(out, '#', text, strlen(text));
			break;
	}
}

void
request_digest(json_object *json, uint8 *digest)
{
	StringInfoData text;

	text = (StringInfoData) {.data = palloc(USUAL_SIZE), .maxlen = USUAL_SIZE};
	append_canonical(&text, json);
	key_hash(text.data, text.len, digest);
	pfree(text.data);
}
