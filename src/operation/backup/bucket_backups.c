/*
 * bucket_backups.c - the backups of ddb.backup_bucket.
 *
 * The bucket says what there is: who has made a backup, and on which server, does not matter.  The records of
 * ddb.bucket_backups add what is on its way there, and take away what is being deleted here.
 */
#include "postgres.h"

#include "common/hashfn.h"

#include "arn.h"
#include "error.h"
#include "operation/backup/bucket_backups.h"
#include "operation/backup/bucket_description.h"
#include "operation/operation.h"
#include "operation/transfer/transfers.h"
#include "table/catalog_row.h"
#include "transfer/bucket_backup.h"

bool
bucket_backups_wanted(void)
{
	return backup_bucket[0] != '\0';
}

/* Raises unless the current role may use it.  A process that others wait for does not wait for a store that is slow. */
static Bucket *
open_bucket(void)
{
	RequestString name = {backup_bucket, strlen(backup_bucket)};
	Bucket	   *bucket = requested_bucket(&name, &(BucketTerms) {0});

	if (operation_patience != OPERATION_MAY_WAIT)
		bucket_hurry(bucket);
	return bucket;
}

/* ---- Records ---- */

static bool
is_of(const BucketBackup *record, const char *table_name)
{
	return strcmp(record->bucket, backup_bucket) == 0 &&
		(table_name == NULL || strcmp(record->place.table_name, table_name) == 0);
}

/* NULL of one that is being deleted. */
static Backup *
backup_of_record(const BucketBackup *record)
{
	Backup	   *backup;

	if (record->status == BUCKET_BACKUP_DELETING)
		return NULL;
	backup = bucket_description_read(record->bucket, &record->place, record->description, false);
	backup->status = record->status == BUCKET_BACKUP_CREATING ? BACKUP_CREATING : BACKUP_FAILED;
	return backup;
}

Backup *
bucket_backups_create(const TableRecord *table, const char *name)
{
	(void) open_bucket();
	return backup_of_record(bucket_backup_start(table, backup_bucket, bucket_description_write(table, name)));
}

/* ---- Descriptions ---- */

typedef struct Reading
{
	Bucket	   *bucket;
	BackupPlace place;
	const char *text;
	Backup	   *backup;
} Reading;

static void
read_description(void *argument)
{
	Reading    *reading = argument;

	reading->backup = bucket_description_read(backup_bucket, &reading->place, reading->text, true);
}

/* What is in the bucket; NULL where there is nothing, or *fault is what is wrong with it. */
static Backup *
read_backup(Bucket *bucket, const BackupPlace *place, const char **fault)
{
	Reading		reading = {.bucket = bucket,.place = *place};
	char	   *message = NULL;

	reading.text = backup_files_read(bucket, place, fault);
	if (reading.text != NULL && error_caught(read_description, &reading, CurrentMemoryContext, &message))
		*fault = message;
	return *fault == NULL ? reading.backup : NULL;
}

Backup *
bucket_backups_find(const char *table_name, const char *id)
{
	BackupPlace place = {pstrdup(table_name), pstrdup(id)};
	const BucketBackup *record;
	const char *fault;
	TimestampTz time;
	Backup	   *backup;

	if (!backup_id_time(id, &time))
		return NULL;
	record = bucket_backup_of_id(id);
	if (record != NULL && !is_of(record, table_name))
		record = NULL;
	if (record != NULL && record->status == BUCKET_BACKUP_DELETING)
		return NULL;
	backup = read_backup(open_bucket(), &place, &fault);
	if (fault != NULL)
		validation_error("The description of the backup in the bucket %s is not valid: %s", backup_bucket, fault);
	return backup == NULL && record != NULL ? backup_of_record(record) : backup;
}

const Backup *
bucket_backups_read(const Backup *backup)
{
	BackupPlace place = {backup->table_name, backup->id};
	const char *fault;
	const Backup *read;

	if (backup->bucket == NULL || backup->definition != NULL)
		return backup;
	read = read_backup(open_bucket(), &place, &fault);
	if (fault != NULL)
		ereport(WARNING,
				(errmsg("the description of the backup %s of the table %s in the bucket \"%s\" is not valid: %s",
						place.id, place.table_name, backup_bucket, fault)));
	return read;
}

/* ---- All of them ---- */

static Backup *
backup_to_read(const BackupPlace *place)
{
	Backup	   *backup = palloc0(sizeof(Backup));

	backup->id = place->id;
	backup->table_name = place->table_name;
	backup->bucket = backup_bucket;
	(void) backup_id_time(place->id, &backup->created);
	return backup;
}

static Backup *
find_in(List *backups, const BackupPlace *place)
{
	ListCell   *cell;

	foreach(cell, backups)
	{
		Backup	   *backup = lfirst(cell);

		if (strcmp(backup->id, place->id) == 0 && strcmp(backup->table_name, place->table_name) == 0)
			return backup;
	}
	return NULL;
}

/* What the records say of what is in the bucket: there are few of them. */
static List *
with_records(List *backups, List *records, const char *table_name, const char *behind)
{
	ListCell   *cell;

	foreach(cell, records)
	{
		const BucketBackup *record = lfirst(cell);
		Backup	   *there;

		if (!is_of(record, table_name) || (behind != NULL && strcmp(record->place.id, behind) <= 0))
			continue;
		there = find_in(backups, &record->place);
		if (record->status == BUCKET_BACKUP_DELETING)
			backups = list_delete_ptr(backups, there);
		else if (there == NULL)
			backups = lappend(backups, backup_of_record(record));
	}
	return backups;
}

List *
bucket_backups_list(const char *table_name, const char *behind)
{
	Bucket	   *bucket = open_bucket();
	/* before the bucket is looked at: what is on its way there meanwhile is in one of the two */
	List	   *records = bucket_backup_records();
	List	   *backups = NIL;
	ListCell   *cell;

	foreach(cell, backup_files_list(bucket, table_name))
	{
		const BackupPlace *place = lfirst(cell);

		if (behind == NULL || strcmp(place->id, behind) > 0)
			backups = lappend(backups, backup_to_read(place));
	}
	return with_records(backups, records, table_name, behind);
}

/* ---- What is done with one ---- */

void
bucket_backups_lock(const RequestString *arn, LOCKMODE mode)
{
	char	   *table_name;
	char	   *id;

	if (!bucket_backups_wanted())
		return;
	backup_of_arn(arn->data, arn->length, &table_name, &id);
	catalog_lock("bucket_backups", hash_bytes((const unsigned char *) id, strlen(id)), mode);
}

void
bucket_backups_delete(const Backup *backup, const char *arn)
{
	BackupPlace place = {backup->table_name, backup->id};

	if (bucket_backup_is_being_restored(backup->id))
		ddb_error(BACKUP_IN_USE_EXCEPTION, "Backup is being used to restore a table: %s", arn);
	if (!bucket_backup_start_deletion(backup->bucket, &place))
		ddb_error(BACKUP_IN_USE_EXCEPTION, "Backup is in use: %s", arn);
}

void
bucket_backups_restore(Oid target, const Backup *backup)
{
	BackupPlace place = {backup->table_name, backup->id};

	bucket_backup_start_restore(target, backup->bucket, &place, backup->items, backup->manifest);
}
