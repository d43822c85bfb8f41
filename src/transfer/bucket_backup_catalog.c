/*
 * bucket_backup_catalog.c - the catalog ddb.bucket_backups.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"

#include "owner_statement.h"
#include "table/catalog_row.h"
#include "transfer/bucket_backup.h"

/* ddb.bucket_backups' columns, in order. */
enum
{
	BACKUPS_ID = 1,
	BACKUPS_BUCKET,
	BACKUPS_TABLE_NAME,
	BACKUPS_ROLE,
	BACKUPS_STATUS,
	BACKUPS_DESCRIPTION
};

#define STATUS_CREATING "CREATING"
#define STATUS_FAILED "FAILED"
#define STATUS_DELETING "DELETING"

/* As in backup_catalog.c: identifiers of both kinds are alike. */
#define ID_DIGITS 14

/* ---- Reading ---- */

/* A job goes with its table. */
static BucketBackupStatus
status_of(const char *id, const char *word, Snapshot snapshot)
{
	if (strcmp(word, STATUS_DELETING) == 0)
		return BUCKET_BACKUP_DELETING;
	return strcmp(word, STATUS_CREATING) == 0 && job_is_there(BUCKET_BACKUP_JOB, "Backup", id, snapshot) ?
		BUCKET_BACKUP_CREATING : BUCKET_BACKUP_FAILED;
}

static void *
record_of_tuple(HeapTuple tuple, TupleDesc descriptor, Snapshot snapshot)
{
	BucketBackup *record = palloc0(sizeof(BucketBackup));
	bool		isnull;

	record->place.id = catalog_text_column(tuple, descriptor, BACKUPS_ID);
	record->place.table_name = catalog_text_column(tuple, descriptor, BACKUPS_TABLE_NAME);
	record->bucket = catalog_text_column(tuple, descriptor, BACKUPS_BUCKET);
	record->role = DatumGetObjectId(heap_getattr(tuple, BACKUPS_ROLE, descriptor, &isnull));
	record->status = status_of(record->place.id, catalog_text_column(tuple, descriptor, BACKUPS_STATUS), snapshot);
	record->description = catalog_text_column(tuple, descriptor, BACKUPS_DESCRIPTION);
	return record;
}

BucketBackup *
bucket_backup_of_id(const char *id)
{
	List	   *found = catalog_read("bucket_backups", CATALOG_EQUAL, id, ForwardScanDirection, record_of_tuple);

	return found != NIL ? linitial(found) : NULL;
}

List *
bucket_backup_records(void)
{
	return catalog_read("bucket_backups", CATALOG_ALL, NULL, ForwardScanDirection, record_of_tuple);
}

bool
bucket_backup_is_being_restored(const char *id)
{
	return job_is_there(BUCKET_BACKUP_RESTORE_JOB, "Backup", id, InvalidSnapshot);
}

bool
bucket_backup_is_being_made(Oid table)
{
	/* a store that is away for a while is no reason to lose it */
	return job_reads(table, BUCKET_BACKUP_JOB, true);
}

/* ---- Writing ---- */

static uint64
run(const char *statement, int count, Oid *types, Datum *values, const char *nulls)
{
	return owner_statement_run(extension_relation("bucket_backups"), statement, count, types, values, nulls);
}

/* A record of the current role's; false where there is one of that identifier. */
static bool
insert(const char *bucket, const BackupPlace *place, const char *status, const char *description)
{
	Oid			types[] = {TEXTOID, TEXTOID, TEXTOID, OIDOID, TEXTOID, TEXTOID};
	Datum		values[] = {
		CStringGetTextDatum(place->id), CStringGetTextDatum(bucket), CStringGetTextDatum(place->table_name),
		ObjectIdGetDatum(GetUserId()), CStringGetTextDatum(status),
		description != NULL ? CStringGetTextDatum(description) : (Datum) 0
	};
	bool		inserted;

	SPI_connect();
	inserted = run("INSERT INTO ddb.bucket_backups (backup, bucket, table_name, role, status, description)"
				   " VALUES ($1, $2, $3, $4, $5, $6::pg_catalog.json) ON CONFLICT DO NOTHING",
				   lengthof(types), types, values, description != NULL ? NULL : "     n") > 0;
	SPI_finish();
	CommandCounterIncrement();
	return inserted;
}

BucketBackup *
bucket_backup_start(const TableRecord *table, const char *bucket, const char *description)
{
	BackupPlace place = {table->name, catalog_new_id(ID_DIGITS)};

	if (!insert(bucket, &place, STATUS_CREATING, description))
		elog(ERROR, "there is a backup %s already", place.id);
	job_create(BUCKET_BACKUP_JOB, table->relation, table->relation, psprintf("{\"Backup\":\"%s\"}", place.id));
	return bucket_backup_of_id(place.id);
}

/* One that could not be made becomes one that is deleted. */
static bool
give_to_deletion(const BackupPlace *place)
{
	Oid			types[] = {TEXTOID, OIDOID};
	Datum		values[] = {CStringGetTextDatum(place->id), ObjectIdGetDatum(GetUserId())};
	const BucketBackup *record = bucket_backup_of_id(place->id);
	bool		given;

	if (record == NULL || record->status != BUCKET_BACKUP_FAILED || strcmp(record->place.table_name, place->table_name) != 0)
		return false;
	SPI_connect();
	given = run("UPDATE ddb.bucket_backups SET status = '" STATUS_DELETING "', role = $2"
				" WHERE backup = $1 AND status <> '" STATUS_DELETING "'", lengthof(types), types, values, NULL) > 0;
	SPI_finish();
	return given;
}

bool
bucket_backup_start_deletion(const char *bucket, const BackupPlace *place)
{
	if (!give_to_deletion(place) && !insert(bucket, place, STATUS_DELETING, NULL))
		return false;
	/* the catalog itself is the one relation that such a job has to do with: the table may be gone, or was never here */
	job_create(BUCKET_BACKUP_DELETION_JOB, extension_relation("bucket_backups"), InvalidOid,
			   psprintf("{\"Backup\":\"%s\"}", place->id));
	return true;
}

void
bucket_backup_failed(const char *id, const char *error)
{
	Oid			types[] = {TEXTOID, TEXTOID};
	Datum		values[] = {CStringGetTextDatum(id), CStringGetTextDatum(error)};

	SPI_connect();
	(void) run("UPDATE ddb.bucket_backups SET status = '" STATUS_FAILED "', error = $2 WHERE backup = $1",
			   lengthof(types), types, values, NULL);
	SPI_finish();
}

void
bucket_backup_forget(const char *id)
{
	Oid			types[] = {TEXTOID};
	Datum		values[] = {CStringGetTextDatum(id)};

	SPI_connect();
	(void) run("DELETE FROM ddb.bucket_backups WHERE backup = $1", lengthof(types), types, values, NULL);
	SPI_finish();
}
