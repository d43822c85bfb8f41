/*
 * digest.c - by what two requests that say the same are known.
 */
#include "postgres.h"

#include "common/cryptohash.h"
#include "common/sha2.h"

#include "request/request.h"

static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static void append_canonical(StringInfo out, json_object *json);

/* The members of an object come sorted, for clients may send a map in any order. */
static void
append_canonical_object(StringInfo out, json_object *json)
{
	const char **names = palloc(sizeof(char *) * Max(json_object_object_length(json), 1));
	int			count = 0;

	{
		json_object_object_foreach(json, name, value)
		{
			(void) value;
			names[count++] = name;
		}
	}
	qsort(names, count, sizeof(char *), compare_names);
	appendStringInfo(out, "{%d:", count);
	for (int i = 0; i < count; i++)
	{
		appendStringInfo(out, "%zu:%s", strlen(names[i]), names[i]);
		append_canonical(out, json_object_object_get(json, names[i]));
	}
	pfree(names);
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
			appendStringInfo(out, "[%zu:", json_object_array_length(json));
			for (size_t i = 0; i < json_object_array_length(json); i++)
				append_canonical(out, json_object_array_get_idx(json, i));
			break;
		case json_type_string:
			appendStringInfo(out, "\"%d:", json_object_get_string_len(json));
			appendBinaryStringInfo(out, json_object_get_string(json), json_object_get_string_len(json));
			break;
		default:
			text = json_object_get_string(json);
			appendStringInfo(out, "%s;", text != NULL ? text : "null");
			break;
	}
}

void
request_digest(json_object *json, uint8 *digest)
{
	pg_cryptohash_ctx *context = pg_cryptohash_create(PG_SHA256);
	StringInfoData text;

	initStringInfo(&text);
	append_canonical(&text, json);
	if (pg_cryptohash_init(context) < 0 ||
		pg_cryptohash_update(context, (const uint8 *) text.data, text.len) < 0 ||
		pg_cryptohash_final(context, digest, PG_SHA256_DIGEST_LENGTH) < 0)
		elog(ERROR, "could not compute the digest of a request: %s", pg_cryptohash_error(context));
	pg_cryptohash_free(context);
	pfree(text.data);
}
