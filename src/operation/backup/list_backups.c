/*
 * list_backups.c - ListBackups.
 */
#include "postgres.h"

#include "arn.h"
#include "operation/backup/backup_description.h"
#include "operation/backup/bucket_backups.h"
#include "operation/operations.h"

#define LIMIT_DEFAULT 100

typedef struct ListBackupsRequest
{
	RequestString table_name;
	RequestInteger limit;
	RequestTimestamp from;
	RequestTimestamp to;
	RequestString start_arn;
	RequestEnum type;
} ListBackupsRequest;

enum BackupType
{
	TYPE_USER = 1,
	TYPE_SYSTEM,
	TYPE_AWS_BACKUP,
	TYPE_ALL
};

static const char *const types[] = {"USER", "SYSTEM", "AWS_BACKUP", "ALL", NULL};

static const Shape limit_shape = {.kind = SHAPE_INTEGER, AT_LEAST(1), AT_MOST(100)};
static const Shape type_shape = {.kind = SHAPE_ENUM, .values = types};

static const Member members[] = {
	OPTIONAL(ListBackupsRequest, table_name, "TableName", &described_table_name_shape),
	OPTIONAL(ListBackupsRequest, limit, "Limit", &limit_shape),
	OPTIONAL(ListBackupsRequest, from, "TimeRangeLowerBound", &timestamp_shape),
	OPTIONAL(ListBackupsRequest, to, "TimeRangeUpperBound", &timestamp_shape),
	OPTIONAL(ListBackupsRequest, start_arn, "ExclusiveStartBackupArn", &backup_arn_shape),
	OPTIONAL(ListBackupsRequest, type, "BackupType", &type_shape),
};

/* Without a type, those that were asked for once. */
static int
asked_type(const ListBackupsRequest *request)
{
	return request->type.text != NULL ? request->type.value : TYPE_USER;
}

/* Whether the backup is one of those that are asked for. */
static bool
is_asked_for(const ListBackupsRequest *request, const char *table_name, const Backup *backup)
{
	int64		created = settings_time(backup->created).value * 1000;
	int			type = asked_type(request);

	if (table_name != NULL && strcmp(backup->table_name, table_name) != 0)
		return false;
	if ((request->from.given && created < request->from.value) || (request->to.given && created >= request->to.value))
		return false;
	return type == TYPE_ALL || type == (backup->system ? TYPE_SYSTEM : TYPE_USER);
}

static char *
start_id(const ListBackupsRequest *request)
{
	char	   *table_name;
	char	   *id = NULL;

	if (request->start_arn.data != NULL)
		backup_of_arn(request->start_arn.data, request->start_arn.length, &table_name, &id);
	return id;
}

static int
compare_backups(const ListCell *a, const ListCell *b)
{
	const Backup *one = lfirst(a);
	const Backup *other = lfirst(b);
	int			order = strcmp(one->id, other->id);

	return order != 0 ? order : strcmp(one->table_name, other->table_name);
}

/* Those of this database and those of the bucket, the oldest first.  Backups of deleted tables are in no bucket. */
static List *
all_backups(const ListBackupsRequest *request, const char *table_name)
{
	const char *start = start_id(request);
	List	   *backups = backup_records(start);
	int			type = asked_type(request);

	if (bucket_backups_wanted() && (type == TYPE_USER || type == TYPE_ALL))
	{
		backups = list_concat(backups, bucket_backups_list(table_name, start));
		list_sort(backups, compare_backups);
	}
	return backups;
}

static void
execute(const void *argument, StringInfo response)
{
	const ListBackupsRequest *request = argument;
	const char *table_name = request->table_name.data != NULL ? requested_table(&request->table_name) : NULL;
	int			limit = request->limit.given ? (int) request->limit.value : LIMIT_DEFAULT;
	const Backup *last = NULL;
	bool		more = false;
	int			count = 0;
	ListCell   *cell;

	appendStringInfoString(response, "{\"BackupSummaries\":[");
	foreach(cell, all_backups(request, table_name))
	{
		const Backup *backup = lfirst(cell);

		if (!is_asked_for(request, table_name, backup))
			continue;
		if (count == limit)
		{
			more = true;
			break;
		}
		/* one by one, and not more of them than are shown: each costs a request to the bucket's store */
		backup = bucket_backups_read(backup);
		if (backup == NULL)
			continue;
		if (count++ > 0)
			appendStringInfoChar(response, ',');
		append_backup_summary(response, backup);
		last = backup;
	}
	appendStringInfoChar(response, ']');
	if (more)
		append_string_member(response, "LastEvaluatedBackupArn", backup_arn(last->table_name, last->id));
	appendStringInfoChar(response, '}');
}

const OperationDescription list_backups_operation = {
	.request = STRUCTURE_SHAPE(ListBackupsRequest, "ListBackupsInput", members),
	.reads_settings = true,
	.execute = execute
};
