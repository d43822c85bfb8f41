/*
 * table.c - opening a DynamoDB table by name, with a cache of names.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "arn.h"
#include "compat.h"
#include "error.h"
#include "statistics/usage.h"
#include "table/catalog.h"
#include "table/layout.h"
#include "table/row_security.h"
#include "table/table.h"

/* ---- The cache: name -> relation ---- */

typedef struct CachedName
{
	char		name[TABLE_NAME_MAX + 1];	/* hash key */
	Oid			relation;
} CachedName;

static HTAB *cached_names = NULL;

/* A relation that is dropped or changed is looked up again. */
static void
forget_relation(Datum argument, Oid relation)
{
	HASH_SEQ_STATUS status;
	CachedName *entry;

	hash_seq_init(&status, cached_names);
	while ((entry = hash_seq_search(&status)) != NULL)
	{
		if (!OidIsValid(relation) || entry->relation == relation)
			hash_search(cached_names, entry->name, HASH_REMOVE, NULL);
	}
}

static void
create_cache(void)
{
	HASHCTL		control = {
		.keysize = TABLE_NAME_MAX + 1,
		.entrysize = sizeof(CachedName),
		.hcxt = CacheMemoryContext
	};

	cached_names = hash_create("ddb table names", 32, &control,
							   HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	CacheRegisterRelcacheCallback(forget_relation, (Datum) 0);
}

/* The relation of the table of that name, or InvalidOid. */
static Oid
find_relation(const char *name)
{
	CachedName *entry;
	TableRecord *record;

	if (strlen(name) > TABLE_NAME_MAX)
		return InvalidOid;
	if (cached_names == NULL)
		create_cache();

	entry = hash_search(cached_names, name, HASH_FIND, NULL);
	if (entry != NULL)
		return entry->relation;

	/* what is being created is not there yet, as AWS has it */
	record = catalog_read_table(name);
	if (record == NULL || record->creating)
		return InvalidOid;
	entry = hash_search(cached_names, name, HASH_ENTER, NULL);
	entry->relation = record->relation;
	return record->relation;
}

static void __attribute__((noreturn))
report_not_found(void)
{
	ddb_error(RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found");
}

/* ---- Opening ---- */

static void
check_privileges(Relation relation, const char *name, AclMode privileges)
{
	Oid			relid = RelationGetRelid(relation);

	/* all of them: pg_class_aclcheck() is content with any */
	if (pg_class_aclmask(relid, GetUserId(), privileges, ACLMASK_ALL) != privileges)
		ddb_error(ACCESS_DENIED_EXCEPTION,
				  "User: %s is not authorized to perform this operation on resource: %s",
				  GetUserNameFromId(GetUserId(), false), table_arn(name));
}

/* Whether a trigger of this tgenabled fires in this session. */
static bool
fires(char enabled)
{
	return enabled == TRIGGER_FIRES_ALWAYS ||
		enabled == (SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA ?
					TRIGGER_FIRES_ON_REPLICA : TRIGGER_FIRES_ON_ORIGIN);
}

/* The relation's layout as a description of its own. */
static Table *
describe(const char *name, Relation relation, bool of_index, LOCKMODE lock)
{
	const TableLayout *layout = layout_require(relation, of_index);
	Oid			index = layout->primary_index;
	Table	   *table = palloc0(sizeof(Table));

	table->name = pstrdup(name);
	table->relation = relation;
	table->item_column = layout->item_column;
	table->only_index = layout->only_index;
	table->other_triggers = layout->other_triggers;
	table->index_trigger = fires(layout->index_trigger);
	layout_copy_schema(&table->schema, &layout->schema);
	layout_copy_schema(&table->table_schema, &layout->table_schema);
	table->primary_index = index_open(index, lock);
	return table;
}

Table *
table_open_by_name(const char *name, AclMode privileges)
{
	LOCKMODE	lock = privileges == ACL_SELECT ? AccessShareLock : RowExclusiveLock;
	const char *table_name = table_name_of_arn(name);
	Oid			relid = find_relation(table_name);
	Relation	relation;
	Table	   *table;

	if (!OidIsValid(relid))
		report_not_found();

	relation = try_table_open(relid, lock);
	if (relation == NULL)
		report_not_found();
	check_privileges(relation, table_name, privileges);
	usage_table(relid, table_name);
	table = describe(table_name, relation, false, lock);
	table->security = row_security_begin(table, privileges);
	return table;
}

Table *
table_open_unguarded(const char *name, Oid relid, LOCKMODE lock)
{
	return describe(name, table_open(relid, lock), false, lock);
}

Table *
table_open_index(const Table *table, const char *name, Oid relid, LOCKMODE lock)
{
	Relation	relation = try_table_open(relid, lock);
	Table	   *index;

	/* DROP TABLE of an index's relation does not lock its table */
	if (relation == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("the relation of secondary index \"%s\" of table \"%s\" was dropped meanwhile",
						name, table->name)));
	index = describe(name, relation, true, lock);
	index->guarded = table->security != NULL ? table : NULL;
	return index;
}

void
table_require(const Table *table, AclMode privileges)
{
	check_privileges(table->relation, table->name, privileges);
}

bool
table_is_readable(const Table *table)
{
	return pg_class_aclcheck(RelationGetRelid(table->relation), GetUserId(), ACL_SELECT) == ACLCHECK_OK;
}

void
table_release(Table *table)
{
	row_security_end(table->security);
	if (table->read_slot != NULL)
		ExecDropSingleTupleTableSlot(table->read_slot);
	index_close(table->primary_index, NoLock);
	table_close(table->relation, NoLock);
}

void
catalog_key_schema(Oid relid, KeySchema *schema)
{
	Relation	relation = table_open(relid, AccessShareLock);

	layout_copy_schema(schema, &layout_require(relation, false)->schema);
	table_close(relation, NoLock);
}
