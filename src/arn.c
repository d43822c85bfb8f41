/*
 * arn.c - Amazon Resource Names (ARNs) of tables and what belongs to them.
 */
#include "postgres.h"

#include "arn.h"
#include "ddb.h"
#include "error.h"

char *
table_arn(const char *name)
{
	return psprintf("arn:aws:dynamodb:%s:%s:table/%s", ddb_region, ddb_account_id, name);
}

char *
index_arn(const char *table_name, const char *index_name)
{
	return psprintf("%s/index/%s", table_arn(table_name), index_name);
}

const char *
table_name_of_arn(const char *name_or_arn)
{
	char	   *prefix;

	if (strncmp(name_or_arn, "arn:", 4) != 0)
		return name_or_arn;

	prefix = table_arn("");
	if (strncmp(name_or_arn, prefix, strlen(prefix)) != 0 ||
		strchr(name_or_arn + strlen(prefix), '/') != NULL)
		ddb_error(RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found");
	return name_or_arn + strlen(prefix);
}
