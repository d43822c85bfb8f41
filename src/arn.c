/*
 * arn.c - Amazon Resource Names (ARNs) of tables and what belongs to them.
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "arn.h"
#include "ddb.h"
#include "error.h"

#define PARTITION "aws"
#define DEFAULT_KEY_ALIAS "alias/aws/dynamodb"

#define invalid_parameter(...) validation_error("One or more parameter values were invalid: " __VA_ARGS__)

typedef struct ArnPart
{
	const char *data;
	size_t		length;
} ArnPart;

enum
{
	ARN_PREFIX,					/* "arn" */
	ARN_PARTITION,
	ARN_SERVICE,
	ARN_REGION,
	ARN_ACCOUNT,
	ARN_RESOURCE,				/* all that is left, colons included */
	ARN_PARTS
};

/* What of DynamoDB's a resource is. */
typedef enum ResourceKind
{
	RESOURCE_TABLE,
	RESOURCE_INDEX,
	RESOURCE_STREAM,
	RESOURCE_BACKUP,
	RESOURCE_EXPORT,
	RESOURCE_IMPORT,
	RESOURCE_BULK_OPERATION,
	RESOURCE_OTHER
} ResourceKind;

/* ---- Making them ---- */

char *
table_arn(const char *name)
{
	return psprintf("arn:" PARTITION ":dynamodb:%s:%s:table/%s", ddb_region, ddb_account_id, name);
}

char *
index_arn(const char *table_name, const char *index_name)
{
	return psprintf("%s/index/%s", table_arn(table_name), index_name);
}

char *
stream_arn(const char *table_name, const char *label)
{
	return psprintf("%s/stream/%s", table_arn(table_name), label);
}

char *
backup_arn(const char *table_name, const char *id)
{
	return psprintf("%s/backup/%s", table_arn(table_name), id);
}

char *
export_arn(const char *table_name, const char *id)
{
	return psprintf("%s/export/%s", table_arn(table_name), id);
}

char *
import_arn(const char *table_name, const char *id)
{
	return psprintf("%s/import/%s", table_arn(table_name), id);
}

char *
bulk_operation_arn(const char *table_name, const char *id)
{
	return psprintf("%s/bulk-operation/%s", table_arn(table_name), id);
}

/* A UUID in form, as the identifiers of keys are. */
static char *
identifier_of_alias(const char *alias)
{
	char	   *name = psprintf("%s:%s:%s", ddb_region, ddb_account_id, alias);
	uint64		high = hash_bytes_extended((unsigned char *) name, strlen(name), 0);
	uint64		low = hash_bytes_extended((unsigned char *) name, strlen(name), 1);

	return psprintf("%08x-%04x-4%03x-%04x-%012llx", (uint32) (high >> 32),
					(uint32) (high >> 16) & 0xFFFF, (uint32) high & 0xFFF,
					((uint32) (low >> 48) & 0x3FFF) | 0x8000,
					(unsigned long long) (low & UINT64CONST(0xFFFFFFFFFFFF)));
}

char *
encryption_key_arn(const char *key)
{
	const char *name = key == NULL ? DEFAULT_KEY_ALIAS : key;
	const char *resource = strrchr(name, ':');

	resource = resource != NULL ? resource + 1 : name;
	if (strncmp(resource, "alias/", strlen("alias/")) == 0)
		name = identifier_of_alias(resource);
	else if (resource != name)
		return pstrdup(name);
	return psprintf("arn:" PARTITION ":kms:%s:%s:key/%s", ddb_region, ddb_account_id, name);
}

/* ---- Reading them ---- */

static bool
part_is(const ArnPart *part, const char *text)
{
	return part->length == strlen(text) && memcmp(part->data, text, part->length) == 0;
}

/* Gives the parts that are there, and how many they are. */
static int
split_arn(const char *text, size_t length, ArnPart *parts)
{
	const char *end = text + length;

	for (int i = 0; i < ARN_RESOURCE; i++)
	{
		const char *colon = memchr(text, ':', end - text);

		if (colon == NULL)
			return i;
		parts[i] = (ArnPart) {text, colon - text};
		text = colon + 1;
	}
	parts[ARN_RESOURCE] = (ArnPart) {text, end - text};
	return ARN_PARTS;
}

bool
is_resource_name(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
	{
		char		c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			  c == '_' || c == '.' || c == '-'))
			return false;
	}
	return length > 0;
}

static bool
is_table_name(const ArnPart *name)
{
	return name->length >= TABLE_NAME_MIN && name->length <= TABLE_NAME_MAX &&
		is_resource_name(name->data, name->length);
}

/* Whether the text begins with the word and a slash; takes them away if so. */
static bool
skip_word(ArnPart *text, const char *word)
{
	size_t		length = strlen(word);

	if (text->length <= length || memcmp(text->data, word, length) != 0 || text->data[length] != '/')
		return false;
	text->data += length + 1;
	text->length -= length + 1;
	return true;
}

/* Reads "table/<name>" and the kind of what stands behind it, if anything, and that. */
static ResourceKind
read_resource_parts(const ArnPart *resource, ArnPart *name, ArnPart *behind)
{
	ArnPart		rest = *resource;
	const char *slash;
	ResourceKind kind;

	if (!skip_word(&rest, "table"))
		return RESOURCE_OTHER;
	slash = memchr(rest.data, '/', rest.length);
	name->data = rest.data;
	name->length = slash != NULL ? (size_t) (slash - rest.data) : rest.length;
	if (slash == NULL)
		return RESOURCE_TABLE;
	rest.length -= name->length + 1;
	rest.data = slash + 1;
	kind = skip_word(&rest, "index") ? RESOURCE_INDEX :
		skip_word(&rest, "stream") ? RESOURCE_STREAM :
		skip_word(&rest, "backup") ? RESOURCE_BACKUP :
		skip_word(&rest, "export") ? RESOURCE_EXPORT :
		skip_word(&rest, "import") ? RESOURCE_IMPORT :
		skip_word(&rest, "bulk-operation") ? RESOURCE_BULK_OPERATION : RESOURCE_OTHER;
	*behind = rest;
	return kind;
}

static ResourceKind
read_resource(const ArnPart *resource, ArnPart *name)
{
	ArnPart		behind;

	return read_resource_parts(resource, name, &behind);
}

static void
check_account(const ArnPart *parts)
{
	if (!part_is(&parts[ARN_ACCOUNT], ddb_account_id))
		ddb_error(ACCESS_DENIED_EXCEPTION, "Access is denied");
}

/* ---- As TableName ---- */

const char *
table_name_of_arn(const char *name_or_arn)
{
	ArnPart		parts[ARN_PARTS];
	ArnPart		name;
	ResourceKind kind;

	if (strncmp(name_or_arn, "arn:", 4) != 0)
		return name_or_arn;

	if (split_arn(name_or_arn, strlen(name_or_arn), parts) == ARN_PARTS)
	{
		if (!part_is(&parts[ARN_PARTITION], PARTITION))
			validation_error("1 validation error detected: Invalid AWS partition in '%s'", name_or_arn);
		if (!part_is(&parts[ARN_REGION], ddb_region))
			validation_error("1 validation error detected: Invalid AWS region in '%s'", name_or_arn);
		kind = read_resource(&parts[ARN_RESOURCE], &name);
		if (!part_is(&parts[ARN_SERVICE], "dynamodb") || kind >= RESOURCE_BACKUP)
			validation_error("1 validation error detected: Invalid resource type in '%s'", name_or_arn);
		check_account(parts);
		if (kind == RESOURCE_TABLE && is_table_name(&name))
			return name.data;
	}
	validation_error("1 validation error detected: Value '%s' at 'tableName' failed to satisfy constraint: "
					 "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+", name_or_arn);
}

/* ---- As ResourceArn ---- */

/* AWS says which colon it has looked for in vain. */
static void
split_resource_arn(const char *arn, size_t length, ArnPart *parts)
{
	static const char *const missing[ARN_RESOURCE] = {
		[ARN_PARTITION] = "Second colon partition",
		[ARN_SERVICE] = "Third colon vendor",
		[ARN_REGION] = "Fourth colon (region/namespace delimiter)",
		[ARN_ACCOUNT] = "Fifth colon (namespace/relative-id delimiter)"
	};
	int			count = split_arn(arn, length, parts);

	if (count == ARN_PREFIX || !part_is(&parts[ARN_PREFIX], "arn"))
		invalid_parameter("ARNs must start with 'arn:': %s", arn);
	if (count < ARN_PARTS)
		invalid_parameter("%s not found: %s", missing[count], arn);
}

const char *
table_name_of_resource_arn(const char *arn, size_t length)
{
	ArnPart		parts[ARN_PARTS];
	ArnPart		name = {NULL, 0};
	ResourceKind kind;

	split_resource_arn(arn, length, parts);
	kind = part_is(&parts[ARN_SERVICE], "dynamodb") ?
		read_resource(&parts[ARN_RESOURCE], &name) : RESOURCE_OTHER;
	if (kind >= RESOURCE_BACKUP)
		invalid_parameter("Provided Arn is not a DynamoDB resource arn: %s", arn);
	if (kind == RESOURCE_INDEX)
		invalid_parameter("Invalid resource arn provided, only table or stream is accepted. "
						  "Provided resource arn: %s", arn);
	check_account(parts);
	if (!part_is(&parts[ARN_PARTITION], PARTITION) || !part_is(&parts[ARN_REGION], ddb_region) ||
		!is_table_name(&name))
		validation_error("Invalid TableArn: Invalid ResourceArn provided as input %s", arn);
	if (kind == RESOURCE_STREAM)
		ddb_error(RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found: ResourceArn: %s not found", arn);
	return name.data;
}

/* ---- As the ARN of what a table has ---- */

/* The name of the table, and what stands behind the kind; what is the request's name for it. */
static void
parts_of_arn(const char *arn, size_t length, ResourceKind kind, const char *what, char **table_name, char **rest)
{
	ArnPart		parts[ARN_PARTS];
	ArnPart		name;
	ArnPart		behind;

	if (split_arn(arn, length, parts) != ARN_PARTS || !part_is(&parts[ARN_PREFIX], "arn") ||
		!part_is(&parts[ARN_PARTITION], PARTITION) || !part_is(&parts[ARN_SERVICE], "dynamodb") ||
		!part_is(&parts[ARN_REGION], ddb_region) ||
		read_resource_parts(&parts[ARN_RESOURCE], &name, &behind) != kind || !is_table_name(&name) ||
		memchr(behind.data, '\0', behind.length) != NULL)
		validation_error("Invalid %s", what);
	check_account(parts);
	*table_name = pnstrdup(name.data, name.length);
	*rest = pnstrdup(behind.data, behind.length);
}

void
stream_of_arn(const char *arn, size_t length, char **table_name, char **label)
{
	parts_of_arn(arn, length, RESOURCE_STREAM, "StreamArn", table_name, label);
}

void
backup_of_arn(const char *arn, size_t length, char **table_name, char **id)
{
	parts_of_arn(arn, length, RESOURCE_BACKUP, "BackupArn", table_name, id);
}

void
export_of_arn(const char *arn, size_t length, char **table_name, char **id)
{
	parts_of_arn(arn, length, RESOURCE_EXPORT, "ExportArn", table_name, id);
}

void
import_of_arn(const char *arn, size_t length, char **table_name, char **id)
{
	parts_of_arn(arn, length, RESOURCE_IMPORT, "ImportArn", table_name, id);
}

void
bulk_operation_of_arn(const char *arn, size_t length, char **table_name, char **id)
{
	parts_of_arn(arn, length, RESOURCE_BULK_OPERATION, "BulkOperationArn", table_name, id);
}
