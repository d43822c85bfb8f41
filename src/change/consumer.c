/*
 * consumer.c - what a consumer of logical replication wants of the changes, may read of them, and gets.
 *
 * PostgreSQL lets a role with REPLICATION decode whatever is in WAL.  This plugin
 * asks for SELECT on each table, and has nothing for a role to whom row-level
 * security applies.  What counts are the privileges of now, when decoding
 * starts, for all that has been committed before; and for what is committed later, those
 * of that moment, so that REVOKE has its place among the changes.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "access/xlogrecovery.h"
#include "catalog/pg_class.h"
#include "commands/defrem.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rls.h"
#include "utils/syscache.h"
#include "utils/varlena.h"

#include "compat.h"
#include "change/consumer.h"
#include "table/catalog.h"
#include "value/json_out.h"

struct Consumer
{
	Oid			role;
	List	   *wanted;			/* names (char *); NIL: all tables */
	char	   *view_type;
	bool		transactions;
	XLogRecPtr	started;		/* up to here the privileges of the start count */
	HTAB	   *judged;			/* JudgedTable: the tables of the start */
	HTAB	   *tables;			/* ConsumedTable */
	MemoryContext tables_context;	/* of the hash table and the names in it */
	uint64		read_at;		/* count of invalidations when privileges were asked for last */
};

/* Whether a table could be read when decoding started. */
typedef struct JudgedTable
{
	Oid			relation;		/* key */
	bool		may_read;
} JudgedTable;

/* A record of ddb.tables at the decoder's place in WAL. */
typedef struct ConsumedTable
{
	Oid			relation;		/* key */
	char	   *name;
	bool		wanted;
	bool		asked;			/* may_read is set */
	bool		may_read;		/* at the decoder's place in WAL */
} ConsumedTable;

/* ---- Options ---- */

static void
read_option(Consumer *consumer, const DefElem *option)
{
	const char *text = option->arg != NULL ? strVal(option->arg) : "";

	if (strcmp(option->defname, "tables") == 0)
	{
		if (!SplitGUCList(pstrdup(text), ',', &consumer->wanted) || consumer->wanted == NIL)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"%s\" is no list of tables: \"%s\"", option->defname, text)));
	}
	else if (strcmp(option->defname, "view_type") == 0)
	{
		if (!stream_view_type_is_known(text))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"%s\" is no view type: \"%s\"", option->defname, text),
					 errhint("It is KEYS_ONLY, NEW_IMAGE, OLD_IMAGE or NEW_AND_OLD_IMAGES.")));
		consumer->view_type = pstrdup(text);
	}
	else if (strcmp(option->defname, "transactions") == 0)
	{
		if (option->arg != NULL && !parse_bool(text, &consumer->transactions))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"%s\" is neither on nor off: \"%s\"", option->defname, text)));
		if (option->arg == NULL)
			consumer->transactions = true;
	}
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the output plugin ddb has no option \"%s\"", option->defname),
				 errhint("Its options are tables, view_type and transactions.")));
}

static bool
is_wanted(const Consumer *consumer, const char *name)
{
	ListCell   *cell;

	foreach(cell, consumer->wanted)
	{
		if (strcmp(lfirst(cell), name) == 0)
			return true;
	}
	return consumer->wanted == NIL;
}

/* ---- Privileges ---- */

static bool
may_read(Oid relation, Oid role)
{
	return pg_class_aclcheck(relation, role, ACL_SELECT) == ACLCHECK_OK &&
		check_enable_rls(relation, role, true) != RLS_ENABLED;
}

static void __attribute__((noreturn))
refuse(const char *table)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("changes of table \"%s\" may not be read", table),
			 errdetail("They are for roles with SELECT on the table to whom no row-level security applies.")));
}

static bool
has_old_items(Oid relation)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	bool		result = HeapTupleIsValid(tuple) &&
		((Form_pg_class) GETSTRUCT(tuple))->relreplident == REPLICA_IDENTITY_FULL;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	return result;
}

static void
require_old_items(Oid relation, const char *table)
{
	char	   *name = get_rel_name(relation);

	if (has_old_items(relation))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("the old items of table \"%s\" are not written to WAL", table),
			 errhint("ALTER TABLE %s REPLICA IDENTITY FULL has them written.",
					 quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), name))));
}

/* ---- The start ---- */

static HTAB *
hash_of_relations(Size entry_size, MemoryContext context)
{
	HASHCTL		control = {.keysize = sizeof(Oid),.entrysize = entry_size,.hcxt = context};

	return hash_create("ddb consumed tables", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

/* Judges a table that there is now. */
static void
judge_table(const char *name, Oid relation, void *argument)
{
	Consumer   *consumer = argument;
	JudgedTable *judged;

	if (!SearchSysCacheExists1(RELOID, ObjectIdGetDatum(relation)))
		return;
	if (consumer->wanted != NIL && is_wanted(consumer, name))
	{
		if (!may_read(relation, consumer->role))
			refuse(name);
		require_old_items(relation, name);
	}
	judged = hash_search(consumer->judged, &relation, HASH_ENTER, NULL);
	judged->may_read = may_read(relation, consumer->role);
}

static void
warn_of_missing(const Consumer *consumer)
{
	ListCell   *cell;

	foreach(cell, consumer->wanted)
	{
		if (!OidIsValid(get_table_am_oid("ddb", true)) || catalog_read_table(lfirst(cell)) == NULL)
			ereport(WARNING,
					(errcode(ERRCODE_UNDEFINED_TABLE),
					 errmsg("there is no table \"%s\" now", (char *) lfirst(cell))));
	}
}

/* Asks for the privileges of now; a walsender has no transaction here. */
static void
judge_tables(Consumer *consumer)
{
	MemoryContext previous = CurrentMemoryContext;
	bool		outside = !IsTransactionState();

	if (outside)
		StartTransactionCommand();
	if (OidIsValid(get_table_am_oid("ddb", true)))
		catalog_walk_names(judge_table, consumer);
	warn_of_missing(consumer);
	if (outside)
		CommitTransactionCommand();
	MemoryContextSwitchTo(previous);
}

/* How often something has changed that the answers on tables depend on. */
static uint64 invalidations = 0;

static void
count_relation(Datum argument, Oid relation)
{
	invalidations++;
}

static void
count_row(Datum argument, int cache_id, uint32 hash_value)
{
	invalidations++;
}

static void
watch_caches(void)
{
	static bool watched = false;

	if (watched)
		return;
	CacheRegisterRelcacheCallback(count_relation, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHOID, count_row, (Datum) 0);
	CacheRegisterSyscacheCallback(AUTHMEMROLEMEM, count_row, (Datum) 0);
	watched = true;
}

Consumer *
consumer_start(List *options)
{
	Consumer   *consumer = palloc0(sizeof(Consumer));
	ListCell   *cell;

	consumer->role = GetUserId();
	consumer->view_type = "NEW_AND_OLD_IMAGES";
	foreach(cell, options)
		read_option(consumer, lfirst_node(DefElem, cell));
	consumer->tables_context = AllocSetContextCreate(CurrentMemoryContext, "ddb consumed tables",
													 ALLOCSET_SMALL_SIZES);
	consumer->judged = hash_of_relations(sizeof(JudgedTable), CurrentMemoryContext);
	watch_caches();

	/* before the privileges, so that a change of them that is not seen comes behind it */
	consumer->started = RecoveryInProgress() ? GetXLogReplayRecPtr(NULL) : GetXLogInsertRecPtr();
	judge_tables(consumer);
	return consumer;
}

/* ---- Tables ---- */

static void
add_table(const char *name, Oid relation, void *argument)
{
	Consumer   *consumer = argument;
	ConsumedTable *table = hash_search(consumer->tables, &relation, HASH_ENTER, NULL);

	table->name = MemoryContextStrdup(consumer->tables_context, name);
	table->wanted = is_wanted(consumer, name);
	table->asked = false;
}

/* The tables that there are at the decoder's place in WAL: ddb.tables is a catalog for decoding. */
static void
read_tables(Consumer *consumer)
{
	MemoryContextReset(consumer->tables_context);
	consumer->tables = hash_of_relations(sizeof(ConsumedTable), consumer->tables_context);
	catalog_walk_names(add_table, consumer);
}

void
consumer_note_change(Consumer *consumer, Oid relation)
{
	if (consumer->tables != NULL && catalog_is_tables(relation))
		consumer->tables = NULL;
}

/* Whether it might be read at the decoder's place in WAL. */
static bool
might_read(Consumer *consumer, ConsumedTable *table)
{
	if (consumer->read_at != invalidations)
	{
		HASH_SEQ_STATUS status;
		ConsumedTable *other;

		hash_seq_init(&status, consumer->tables);
		while ((other = hash_seq_search(&status)) != NULL)
			other->asked = false;
		consumer->read_at = invalidations;
	}
	if (!table->asked)
	{
		table->may_read = may_read(table->relation, consumer->role);
		table->asked = true;
	}
	return table->may_read;
}

/* In this transaction, which may have been committed before decoding started. */
static bool
may_be_told(Consumer *consumer, ConsumedTable *table, const ReorderBufferTXN *txn)
{
	JudgedTable *judged = NULL;

	/* a table that is gone has no other privileges than it had */
	if (txn->final_lsn <= consumer->started)
		judged = hash_search(consumer->judged, &table->relation, HASH_FIND, NULL);
	return judged != NULL ? judged->may_read : might_read(consumer, table);
}

const char *
consumer_table(Consumer *consumer, Oid relation, const ReorderBufferTXN *txn)
{
	ConsumedTable *table;

	if (consumer->tables == NULL)
		read_tables(consumer);
	table = hash_search(consumer->tables, &relation, HASH_FIND, NULL);
	if (table == NULL || !table->wanted)
		return NULL;
	if (may_be_told(consumer, table, txn))
		return table->name;
	if (consumer->wanted != NIL)
		refuse(table->name);
	return NULL;
}

/* ---- Lines ---- */

static void
append_table(StringInfo out, const char *table)
{
	appendStringInfoString(out, ",\"tableName\":");
	json_append_string(out, table, strlen(table));
	appendStringInfoCharMacro(out, '}');
}

void
consumer_append_change(Consumer *consumer, StringInfo out, const char *table,
					   const ChangeRecord *record, int64 created)
{
	appendStringInfoCharMacro(out, '{');
	change_record_append_members(out, record, created, consumer->view_type, true);
	append_table(out, table);
}

void
consumer_append_truncate(Consumer *consumer, StringInfo out, const char *table,
						 SequenceNumber sequence, int64 created)
{
	appendStringInfoCharMacro(out, '{');
	change_truncate_append_members(out, sequence, created, consumer->view_type);
	append_table(out, table);
}

bool
consumer_wants_transactions(const Consumer *consumer)
{
	return consumer->transactions;
}

void
consumer_append_transaction(StringInfo out, const char *what, const ReorderBufferTXN *txn, int64 created)
{
	appendStringInfo(out, "{\"transaction\":\"%s\",\"xid\":%u,\"lsn\":\"%X/%X\",\"time\":%lld}", what,
					 txn->xid, LSN_FORMAT_ARGS(txn->final_lsn), (long long) created);
}
