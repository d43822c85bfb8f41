/*
 * backup_catalog.c - the catalog ddb.backups.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

#include "job/backup.h"
#include "job/backup_catalog.h"
#include "job/backup_relation.h"
#include "job/filling.h"
#include "job/job_role.h"
#include "owner_statement.h"
#include "script.h"
#include "table/catalog_row.h"
#include "table/relation.h"

/* ddb.backups' columns, in order. */
enum
{
	BACKUPS_ID = 1,
	BACKUPS_RELATION,
	BACKUPS_NAME,
	BACKUPS_TYPE,
	BACKUPS_STATUS,
	BACKUPS_TABLE_NAME,
	BACKUPS_TABLE_ID,
	BACKUPS_TABLE_CREATED,
	BACKUPS_SETTINGS,
	BACKUPS_DEFINITION,
	BACKUPS_CREATED,
	BACKUPS_EXPIRES,
	BACKUPS_ITEMS,
	BACKUPS_BYTES
};

#define TYPE_USER "USER"
#define TYPE_SYSTEM "SYSTEM"
#define STATUS_CREATING "CREATING"
#define STATUS_AVAILABLE "AVAILABLE"

/* of the time in an identifier */
#define ID_DIGITS 14

/* When one that has expired is tried again: where somebody uses it, and where it could not be dropped. */
#define BUSY_MILLISECONDS 60000
#define IMPOSSIBLE_MILLISECONDS 3600000

/* ---- Reading ---- */

static BackupStatus
status_of(const Backup *backup, const char *word, Snapshot snapshot)
{
	if (strcmp(word, STATUS_AVAILABLE) == 0)
		return BACKUP_AVAILABLE;
	return job_has_failed(backup->relation, snapshot) ? BACKUP_FAILED : BACKUP_CREATING;
}

/* A dump may lack its relation: NULL. */
static void *
backup_of_tuple(HeapTuple tuple, TupleDesc descriptor, Snapshot snapshot)
{
	Backup	   *backup = palloc0(sizeof(Backup));
	bool		isnull;

	backup->id = catalog_text_column(tuple, descriptor, BACKUPS_ID);
	backup->relation = DatumGetObjectId(heap_getattr(tuple, BACKUPS_RELATION, descriptor, &isnull));
	backup->name = catalog_text_column(tuple, descriptor, BACKUPS_NAME);
	backup->system = strcmp(catalog_text_column(tuple, descriptor, BACKUPS_TYPE), TYPE_SYSTEM) == 0;
	backup->status = status_of(backup, catalog_text_column(tuple, descriptor, BACKUPS_STATUS), snapshot);
	backup->table_name = catalog_text_column(tuple, descriptor, BACKUPS_TABLE_NAME);
	backup->table_id = catalog_uuid_column(tuple, descriptor, BACKUPS_TABLE_ID);
	backup->table_created = catalog_number_column(tuple, descriptor, BACKUPS_TABLE_CREATED);
	backup->settings = catalog_text_column(tuple, descriptor, BACKUPS_SETTINGS);
	backup->definition = catalog_text_column(tuple, descriptor, BACKUPS_DEFINITION);
	backup->created = catalog_number_column(tuple, descriptor, BACKUPS_CREATED);
	backup->expires = catalog_number_column(tuple, descriptor, BACKUPS_EXPIRES);
	backup->items = catalog_number_column(tuple, descriptor, BACKUPS_ITEMS);
	backup->bytes = catalog_number_column(tuple, descriptor, BACKUPS_BYTES);
	return job_relation_is_there(backup->relation) ? backup : NULL;
}

List *
backup_records(const char *behind)
{
	return catalog_read("backups", behind != NULL ? CATALOG_BEHIND : CATALOG_ALL, behind, ForwardScanDirection, backup_of_tuple);
}

Backup *
backup_find(const char *table_name, const char *id)
{
	List	   *found = catalog_read("backups", CATALOG_EQUAL, id, ForwardScanDirection, backup_of_tuple);
	Backup	   *backup = found != NIL ? linitial(found) : NULL;

	return backup != NULL && strcmp(backup->table_name, table_name) == 0 ? backup : NULL;
}

/* ---- Writing ---- */

static uint64
run(const char *statement, int count, Oid *types, Datum *values, const char *nulls)
{
	return owner_statement_run(extension_relation("backups"), statement, count, types, values, nulls);
}

static Backup *
record(const char *id, Oid relation, const char *name, const char *type, const TableRecord *table,
	   const char *definition)
{
	bool		system = strcmp(type, TYPE_SYSTEM) == 0;
	Oid			types[] = {
		TEXTOID, OIDOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TEXTOID, TEXTOID, INT4OID
	};
	Datum		values[] = {
		CStringGetTextDatum(id), ObjectIdGetDatum(relation), CStringGetTextDatum(name), CStringGetTextDatum(type),
		CStringGetTextDatum(system ? STATUS_AVAILABLE : STATUS_CREATING),
		CStringGetTextDatum(table->name), CStringGetTextDatum(table->id), TimestampTzGetDatum(table->created),
		CStringGetTextDatum(table->settings), CStringGetTextDatum(definition), Int32GetDatum(SYSTEM_BACKUP_DAYS)
	};

	SPI_connect();
	run("INSERT INTO ddb.backups (backup, relation, name, type, status, table_name, table_id, table_created,"
		" settings, definition, created, expires)"
		" VALUES ($1, $2, $3, $4, $5, $6, $7::pg_catalog.uuid, $8, $9::pg_catalog.json, $10::pg_catalog.json,"
		" pg_catalog.clock_timestamp(), pg_catalog.clock_timestamp() + pg_catalog.make_interval(days => $11))",
		lengthof(types), types, values, system ? NULL : "          n");
	SPI_finish();
	CommandCounterIncrement();
	return backup_find(table->name, id);
}

Backup *
backup_start(const TableRecord *table, const char *name, const char *definition)
{
	char	   *id = catalog_new_id(ID_DIGITS);
	Oid			relation = backup_relation_create(id, table->relation, GetUserId());

	job_create(backup_job_kind.name, relation, table->relation, "{}");
	return record(id, relation, name, TYPE_USER, table, definition);
}

static void
set_size(const char *statement, Oid relation, int64 items, int64 bytes)
{
	Oid			types[] = {OIDOID, INT8OID, INT8OID};
	Datum		values[] = {ObjectIdGetDatum(relation), Int64GetDatum(items), Int64GetDatum(bytes)};

	SPI_connect();
	owner_statement_write(extension_relation("backups"), statement, lengthof(types), types, values, NULL);
	SPI_finish();
}

void
backup_set_available(Oid relation, int64 items, int64 bytes)
{
	set_size("UPDATE ddb.backups SET status = '" STATUS_AVAILABLE "', items = $2, bytes = $3 WHERE relation = $1",
			 relation, items, bytes);
}

void
backup_keep_table(const TableRecord *table, const char *name, const char *definition)
{
	char	   *id = catalog_new_id(ID_DIGITS);
	int64		items;
	int64		bytes;
	Oid			relation;

	catalog_table_size(table->relation, &items, &bytes);
	relation = backup_relation_keep(id, table->relation);
	(void) record(id, relation, name, TYPE_SYSTEM, table, definition);
	set_size("UPDATE ddb.backups SET items = $2, bytes = $3 WHERE relation = $1", relation, items, bytes);
}

void
backup_drop(const Backup *backup)
{
	/* the record goes with the relation, by the event trigger on drops */
	SPI_connect();
	relation_run("DROP TABLE %s", relation_quoted_name(backup->relation));
	SPI_finish();
}

/* ---- Expiry ---- */

/* False where it cannot be dropped: that is its owner's doing, and is told in the log. */
static bool
drop_within(const Backup *backup)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool dropped = true;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		backup_drop(backup);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		HOLD_INTERRUPTS();
		MemoryContextSwitchTo(caller);
		errcontext("deleting the expired backup \"%s\"", backup->id);
		EmitErrorReport();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		RESUME_INTERRUPTS();
		dropped = false;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
	return dropped;
}

/* For how many milliseconds it is to be left alone, where it cannot be dropped; 0: it is gone. */
static int
try_drop(const Backup *backup)
{
	if (!ConditionalLockRelationOid(backup->relation, AccessExclusiveLock))
		return BUSY_MILLISECONDS;
	/*
	 * Safe as the worker's role, a superuser: a drop runs nobody's code but event
	 * triggers, which are superusers'.  What others have built on the relation keeps it, and it alone.
	 */
	return !job_relation_is_there(backup->relation) || drop_within(backup) ? 0 : IMPOSSIBLE_MILLISECONDS;
}

TimestampTz
backup_drop_expired(void)
{
	TimestampTz now = GetCurrentTimestamp();
	TimestampTz next = DT_NOEND;
	bool		dropped = false;
	ListCell   *cell;

	if (!script_is_usable())
		return DT_NOEND;
	foreach(cell, backup_records(NULL))
	{
		const Backup *backup = lfirst(cell);
		int			pause = 0;

		if (backup->expires == 0)
			continue;
		if (backup->expires > now)
			next = Min(next, backup->expires);
		else if (dropped)
			next = Min(next, now);
		else if ((pause = try_drop(backup)) > 0)
			next = Min(next, TimestampTzPlusMilliseconds(now, pause));
		else
			dropped = true;
	}
	return next;
}
