/*
 * tags.c - a table's tags, and what TagResource, UntagResource and
 * ListTagsOfResource do with a ResourceArn.
 *
 * The catalog keeps the tags as one JSON object, key -> value.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "arn.h"
#include "error.h"
#include "operation/tag/tags.h"
#include "value/json.h"

#define MAX_TAGS 50
#define MAX_KEY_LENGTH 128
#define MAX_VALUE_LENGTH 256
#define MAX_QUOTED_BYTES 4096

static void
append_tag(StringInfo out, const char *key, const char *value)
{
	if (out->data[out->len - 1] != '{')
		appendStringInfoChar(out, ',');
	json_append_string(out, key, strlen(key));
	appendStringInfoChar(out, ':');
	json_append_string(out, value, strlen(value));
}

/* ---- Checks ---- */

/* Whether it is made of at most so many characters of those that tags may have; Java counts in UTF-16. */
static bool
is_tag_text(const RequestString *text, int max_length)
{
	const unsigned char *data = (const unsigned char *) text->data;
	int			length = 0;

	for (uint32 i = 0; i < text->length; i += pg_utf_mblen(&data[i]))
	{
		pg_wchar	character = utf8_to_unicode(&data[i]);

		length += character > 0xFFFF ? 2 : 1;
		if (length > max_length || !is_tag_character(character))
			return false;
	}
	return true;
}

/* An error quotes so much of a text. */
static const char *
quoted(const RequestString *text)
{
	if (text->data == NULL)
		return "null";
	return pnstrdup(text->data, pg_mbcliplen(text->data, text->length, MAX_QUOTED_BYTES));
}

static void
check_key(const RequestString *key)
{
	if (key->data == NULL || key->length == 0 || !is_tag_text(key, MAX_KEY_LENGTH))
		validation_error("The Tag Key provided is invalid, Key: %s", quoted(key));
	if (pg_strncasecmp(key->data, "aws:", 4) == 0)
		validation_error("Tag Key cannot be prefixed with aws:, Key: %s", quoted(key));
}

static void
check_value(const RequestString *value)
{
	if (value->data == NULL || !is_tag_text(value, MAX_VALUE_LENGTH))
		validation_error("The Tag Value provided is invalid, Value: %s", quoted(value));
}

static void
check_count(int count)
{
	if (count > MAX_TAGS)
		validation_error("Number of Tags exceed the current limit for the provided ResourceArn");
}

/* Whether one of the first so many tags has the key. */
static bool
is_tag_key(const TagRequest *tags, int count, const char *key)
{
	for (int i = 0; i < count; i++)
	{
		if (strcmp(tags[i].key.data, key) == 0)
			return true;
	}
	return false;
}

/* As many as there can be are compared with each other. */
static void
check_added_tags(const RequestList *added)
{
	const TagRequest *members = added->members;

	for (int i = 0; i < added->count; i++)
	{
		check_key(&members[i].key);
		check_value(&members[i].value);
		if (i <= MAX_TAGS && is_tag_key(members, i, members[i].key.data))
			validation_error("Duplicate Tag Keys provided as input: Duplicate Tag Key found %s",
							 members[i].key.data);
	}
	check_count(added->count);
}

/* ---- Changes ---- */

char *
tags_with(const char *tags, const RequestList *added)
{
	const TagRequest *members = added->members;
	StringInfoData out;
	int			count = added->count;

	check_added_tags(added);
	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	{
		json_object_object_foreach(json_parse(tags, strlen(tags)), key, value)
		{
			if (is_tag_key(members, added->count, key))
				continue;
			append_tag(&out, key, json_object_get_string(value));
			count++;
		}
	}
	for (int i = 0; i < added->count; i++)
		append_tag(&out, members[i].key.data, members[i].value.data);
	appendStringInfoChar(&out, '}');
	check_count(count);
	return out.data;
}

char *
tags_without(const char *tags, const RequestList *keys)
{
	const RequestString *members = keys->members;
	StringInfoData out;

	for (int i = 0; i < keys->count; i++)
		check_key(&members[i]);
	check_count(keys->count);

	initStringInfo(&out);
	appendStringInfoChar(&out, '{');
	json_object_object_foreach(json_parse(tags, strlen(tags)), key, value)
	{
		bool		removed = false;

		for (int i = 0; i < keys->count && !removed; i++)
			removed = strcmp(members[i].data, key) == 0;
		if (!removed)
			append_tag(&out, key, json_object_get_string(value));
	}
	appendStringInfoChar(&out, '}');
	return out.data;
}

void
append_tags(StringInfo response, const char *tags)
{
	bool		first = true;

	appendStringInfoString(response, "{\"Tags\":[");
	json_object_object_foreach(json_parse(tags, strlen(tags)), key, value)
	{
		if (!first)
			appendStringInfoChar(response, ',');
		first = false;
		appendStringInfoString(response, "{\"Key\":");
		json_append_string(response, key, strlen(key));
		appendStringInfoString(response, ",\"Value\":");
		json_append_string(response, json_object_get_string(value), json_object_get_string_len(value));
		appendStringInfoChar(response, '}');
	}
	appendStringInfoString(response, "]}");
}

/* ---- ResourceArn ---- */

const char *
table_of_resource_arn(const RequestString *arn)
{
	return table_name_of_resource_arn(arn->data, arn->length);
}

void
check_resource_arn(const RequestString *arn)
{
	if (arn->data == NULL)
		validation_error("Invalid TableArn");
	table_of_resource_arn(arn);
}

TableRecord *
check_tagged_table(TableRecord *record, const RequestString *arn)
{
	if (record == NULL)
		ddb_error(RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found: ResourceArn: %s not found",
				  arn->data);
	return record;
}
