/*
 * tags.c - a table's tags, and the checks of ResourceArn that TagResource,
 * UntagResource and ListTagsOfResource share.
 *
 * The catalog keeps the tags as one JSON object, key -> value.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "arn.h"
#include "ddb.h"
#include "error.h"
#include "operation/tag/tags.h"
#include "value/json.h"

#define MAX_TAGS 50

static void
append_tag(StringInfo out, const char *key, const char *value)
{
	if (out->data[out->len - 1] != '{')
		appendStringInfoChar(out, ',');
	json_append_string(out, key, strlen(key));
	appendStringInfoChar(out, ':');
	json_append_string(out, value, strlen(value));
}

/* Whether one of the tags has the key. */
static bool
is_tag_key(const RequestList *tags, const char *key)
{
	const TagRequest *members = tags->members;

	for (int i = 0; i < tags->count; i++)
	{
		if (strcmp(members[i].key.data, key) == 0)
			return true;
	}
	return false;
}

/* What is kept as a name in JSON would end at U+0000. */
static void
check_tag_text(const RequestString *text)
{
	if (request_string_has_end(text))
		validation_error("One or more parameter values were invalid: Tag keys and values must not contain U+0000");
}

static void
check_added_tags(const RequestList *added)
{
	const TagRequest *members = added->members;

	for (int i = 0; i < added->count; i++)
	{
		RequestList before = {.count = i, .members = added->members};

		check_tag_text(&members[i].key);
		check_tag_text(&members[i].value);
		if (pg_strncasecmp(members[i].key.data, "aws:", 4) == 0)
			validation_error("One or more parameter values were invalid: Tag keys must not begin with aws:");
		if (is_tag_key(&before, members[i].key.data))
			validation_error("One or more parameter values were invalid: Duplicate tag key: %s",
							 members[i].key.data);
	}
}

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
			if (is_tag_key(added, key))
				continue;
			append_tag(&out, key, json_object_get_string(value));
			count++;
		}
	}
	for (int i = 0; i < added->count; i++)
		append_tag(&out, members[i].key.data, members[i].value.data);
	appendStringInfoChar(&out, '}');

	if (count > MAX_TAGS)
		ddb_error(LIMIT_EXCEEDED_EXCEPTION, "Subscriber limit exceeded: A resource can have at most %d tags",
				  MAX_TAGS);
	return out.data;
}

char *
tags_without(const char *tags, const RequestList *keys)
{
	const RequestString *members = keys->members;
	StringInfoData out;

	for (int i = 0; i < keys->count; i++)
		check_tag_text(&members[i]);
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

/* Whether it has an ARN's six parts, the last one with a slash in it. */
static bool
has_parts_of_arn(const char *text)
{
	for (int i = 0; i < 5; i++)
	{
		text = strchr(text, ':');
		if (text == NULL)
			return false;
		text++;
	}
	return strchr(text, '/') != NULL;
}

void
check_resource_arn(const RequestString *arn, const char *operation)
{
	if (arn->data == NULL)
		validation_error("Invalid TableArn");
	if (!has_parts_of_arn(arn->data))
		ddb_error(ACCESS_DENIED_EXCEPTION,
				  "User: arn:aws:iam::%s:user/%s is not authorized to perform: dynamodb:%s on resource: %s",
				  ddb_account_id, GetUserNameFromId(GetUserId(), false), operation,
				  arn->length > 0 ? arn->data : "*");
}

const char *
table_of_resource_arn(const RequestString *arn)
{
	char	   *prefix = table_arn("");
	const char *name = arn->data + strlen(prefix);
	size_t		name_length;

	if (strncmp(arn->data, prefix, strlen(prefix)) != 0 || request_string_has_end(arn))
		validation_error("Invalid TableArn: Invalid ResourceArn provided as input %s", arn->data);

	name_length = strlen(name);
	if (name_length < TABLE_NAME_MIN || name_length > TABLE_NAME_MAX)
		validation_error("Invalid TableArn: Invalid ResourceArn provided as input %s", arn->data);
	return name;
}
