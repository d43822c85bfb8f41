/*
 * table.h - DynamoDB tables as relations: catalog, point reads and writes,
 * ordered reads.
 *
 * A table is a relation USING ddb in the schema dynamodb, with its key
 * attributes as generated columns and the item as the column "item".  Its
 * primary index is a unique B-tree on (hash of the partition key, sort key).
 *
 * Everything here raises ResourceNotFoundException for a table that is not
 * there and AccessDeniedException where GRANT or a row-level security policy
 * does not allow it.  Items that policies hide from the role are as if absent.
 * Locks on relations are PostgreSQL's and kept to the end of the transaction;
 * rows are locked only by being written, or by WRITE_LOCK.
 */
#ifndef DDB_TABLE_H
#define DDB_TABLE_H

#include "access/xlogdefs.h"
#include "nodes/parsenodes.h"
#include "storage/lockdefs.h"
#include "utils/relcache.h"
#include "utils/snapshot.h"

#include "expression/expression.h"

/* ---- Opening ---- */

typedef struct Table Table;
struct RowSecurity;

/*
 * Told of each change that table_write() has made; old_item is NULL where there
 * was none, new_item where there is none now.
 */
typedef void (*ItemChanged) (Table *table, const Value *old_item, const Value *new_item);

/*
 * What a backend knows of a table, or of a secondary index's relation, which
 * is read like one.  Valid until it is closed.
 */
struct Table
{
	char	   *name;			/* DynamoDB's name for it */
	Relation	relation;
	Relation	primary_index;
	KeySchema	schema;			/* a table's: partition_count 1, sort_count 0 or 1 */
	KeySchema	table_schema;	/* of an index's relation: its table's; else partition_count is 0 */
	int16		item_column;	/* from 1 */
	bool		only_index;		/* the relation has no index but the primary one */
	bool		other_triggers; /* it has triggers besides those that keep its indexes */
	bool		index_trigger;	/* it has the trigger that keeps them, to be fired in this session */
	ItemChanged changed;		/* does that trigger's work in its place, or NULL */
	void	   *follower;		/* what belongs to whom `changed` is */
	struct RowSecurity *security;	/* NULL: no policies apply to the role */
	struct TupleTableSlot *read_slot;	/* of the item that was read last by key, or NULL */
	const Table *guarded;		/* of an index's relation: its table, if policies apply there */
};

/*
 * Opens a table by name or ARN for reading (ACL_SELECT) or for writing (any of
 * ACL_INSERT, ACL_UPDATE, ACL_DELETE); checks that the current role has all
 * of these privileges on the relation.
 */
extern Table *table_open_by_name(const char *name, AclMode privileges);

/*
 * Opens a table's relation with the lock given, for what the current role does
 * not do for itself: no privileges are checked and no policies apply.
 */
extern Table *table_open_unguarded(const char *name, Oid relation, LOCKMODE lock);

/*
 * Opens the relation of a secondary index of the table, with the lock given;
 * no privileges are checked, since those on the table decide.  A scan of it
 * passes over what the table's policies hide, so the table stays open.  Raises
 * ERRCODE_T_R_SERIALIZATION_FAILURE where the relation has just been dropped.
 */
extern Table *table_open_index(const Table *table, const char *name, Oid relation, LOCKMODE lock);

/* Raises unless the current role has all of these privileges too. */
extern void table_require(const Table *table, AclMode privileges);

/*
 * Whether the current role may read it, if only what policies do not hide: who
 * may not is told nothing that depends on what is there.
 */
extern bool table_is_readable(const Table *table);

/* Closes it; its lock stays to the transaction's end. */
extern void table_release(Table *table);

/* ---- Keys ---- */

/* A primary key's values; sort.data is NULL where the table has no sort key. */
typedef struct PrimaryKey
{
	Value		partition;
	Value		sort;
} PrimaryKey;

/*
 * The key attributes of an item (PutItem's words for what is missing, of the
 * wrong type, empty or too long).
 */
extern PrimaryKey key_of_item(const KeySchema *schema, const Value *item);

/* The same for a Key parameter, which may hold nothing else. */
extern PrimaryKey key_of_map(const KeySchema *schema, const Value *map);

/* ---- Point reads and writes ---- */

/*
 * The item with that key, as the current snapshot sees it, valid until the next
 * item is read from that table; false where there is none.
 */
extern bool table_get(Table *table, const PrimaryKey *key, Value *item);

/*
 * A snapshot that sees all that a new SQL statement would; to be unregistered.
 * At READ COMMITTED each is another, so items that are to be of one moment are
 * read by one.
 */
extern Snapshot table_statement_snapshot(void);

/* table_get() as of that snapshot. */
extern bool table_get_at(Table *table, const PrimaryKey *key, Snapshot snapshot, Value *item);

typedef enum WriteAction
{
	WRITE_NOTHING,
	WRITE_LOCK,					/* nothing, and nobody else is to change or create it
								 * before the transaction's end */
	WRITE_PUT,					/* insert, or replace by *new_item */
	WRITE_DELETE
} WriteAction;

/*
 * Decides what becomes of an item.  old_item is the newest version, the very
 * one that the write replaces, or NULL where the role sees none.  For
 * WRITE_PUT it sets *new_item to a packed map with the same key.  It is called
 * again when another transaction changed the item in between; it may raise an
 * error, which then leaves no trace.
 */
typedef WriteAction (*WriteDecision) (const Value *old_item, Value *new_item, void *argument);

/*
 * Whether writes of its items run PostgreSQL's executor: for triggers, constraints,
 * defaults or index expressions that its owner has added.  Ask after index_attach().
 */
extern bool table_needs_executor(const Table *table);

/* Writes one item: the only way in which operations change a table. */
extern void table_write(Table *table, const PrimaryKey *key,
						WriteDecision decide, void *argument);

/*
 * The same for a decision that is never but WRITE_DELETE or WRITE_NOTHING, of
 * somebody who has other rows locked: another transaction's lock on the item's row
 * is not waited for.  False where there is one; then nothing was done.  The
 * deletion carries the origin (origin.h) in WAL.
 */
extern bool table_delete_if_free(Table *table, const PrimaryKey *key, WriteDecision decide,
								 void *argument, RepOriginId origin);

/* ---- Entries of secondary indexes ---- */

/*
 * Writing an index's relation, which only the keeper of the index does, while
 * it has the row of the table's item locked: so nobody else writes the entry.
 * item is what the index holds of it, old_item any map of the key attributes;
 * the caller's next command sees the change.  What is inserted takes the place
 * of an entry with the same key.
 */
extern void table_insert_entry(Table *index, const Value *item);

/* The entry whose key is old_item's; false where there is none. */
extern bool table_replace_entry(Table *index, const Value *old_item, const Value *item);
extern bool table_delete_entry(Table *index, const Value *old_item);

/* Whether there is one. */
extern bool table_has_entry(Table *index, const Value *old_item);

/* How many of them the snapshot sees, and the first one, palloc'd. */
extern int	table_find_entries(Table *index, const Value *old_item, Snapshot snapshot,
							   Value *entry);

/* ---- Ordered reads ---- */

/*
 * Which items to read, and in which order: those of one item collection by
 * sort key (condition != NULL), or those of a segment by the hash of their
 * partition key and then by sort key.  Entries of an index that are equal in
 * its key come in the order of their table.
 *
 * exclusive_start is a map with the key attributes of the table, or of the
 * index and of its table, each of its type; it must lie within the range, as
 * table_range_contains() tells.
 */
typedef struct TableRange
{
	const KeyCondition *condition;
	bool		backward;
	const Value *exclusive_start;	/* or NULL: read behind this key */
	int			segment;		/* 0 .. total_segments - 1, without condition */
	int			total_segments; /* 1 for the whole table */
} TableRange;

typedef struct TableScan TableScan;

extern TableScan *table_scan_begin(Table *table, const TableRange *range);

/* The same with a snapshot of the caller's, which must outlive the scan. */
extern TableScan *table_scan_begin_at(Table *table, const TableRange *range, Snapshot snapshot);

/* The next item, valid until the next call; false at the end. */
extern bool table_scan_next(TableScan *scan, Value *item);

typedef enum ItemLock
{
	ITEM_LOCKED,
	ITEM_BUSY,					/* another transaction has it, and was not to be waited for */
	ITEM_GONE
} ItemLock;

/*
 * Locks the row of the item that the scan has given last against changes,
 * until the transaction's end; *item is then its newest version, which may
 * have another key, valid until the next call.  The table must be open for
 * writing, the isolation level READ COMMITTED.
 */
extern ItemLock table_scan_lock(TableScan *scan, bool wait, Value *item);
extern void table_scan_end(TableScan *scan);

/* table_get() as of the scan's snapshot: for an index's items in its table. */
extern bool table_scan_fetch(TableScan *scan, Table *table, const PrimaryKey *key, Value *item);

/*
 * Whether the key could be the last one of a read of this range, as an
 * ExclusiveStartKey must be (DynamoDB refuses one of another segment).
 */
extern bool table_range_contains(const Table *table, const TableRange *range,
								 const Value *start);

/* The two halves of it, for a range with a condition. */
extern bool table_range_has_partition(const Table *table, const TableRange *range,
									  const Value *start);
extern bool table_range_has_sort(const Table *table, const TableRange *range,
								 const Value *start);

/*
 * About how many items have the partition key, counted up to most: entries of
 * the primary index, those of items deleted of late included.
 */
extern uint64 table_count_entries(Table *table, const Value *partition, uint64 most);

#endif							/* DDB_TABLE_H */
