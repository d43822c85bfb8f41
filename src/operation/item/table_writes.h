/*
 * table_writes.h - what a request of many writes does in each of its tables:
 * opening it, and adding up what its response tells of the table.
 */
#ifndef DDB_TABLE_WRITES_H
#define DDB_TABLE_WRITES_H

#include "request/parameters.h"

/* What is written in one table; zeroed but for its name. */
typedef struct TableWrites
{
	const char *name;			/* as in the request */
	AclMode		privileges;		/* that the writes need */
	Table	   *table;
	const IndexSet *indexes;
	bool		tells_old;		/* the role may know of the items that were there */
	double		capacity;		/* in units, without those of the indexes */
	double	   *index_units;	/* of each index; NULL if nobody asks */
	Value	   *collections;	/* the partition keys written, each once in a row */
	int			collection_count;
} TableWrites;

/* What one write cost. */
typedef struct WriteCost
{
	uint32		whole_size;		/* of the larger one of the old and new item */
	uint32		size;			/* the same of what the role may know of */
	double	   *index_units;	/* of each index of its table; NULL if nobody asks */
} WriteCost;

/*
 * Opens the table, for at most so many writes.  count_units: whether to count
 * what they cost each index.
 */
extern void table_writes_open(TableWrites *writes, int count, bool count_units);

/* Room for the index units of one write, or NULL if nobody asks. */
extern double *table_writes_units(const TableWrites *writes);

/*
 * Notes what a write costs: from new_item NULL (deleted, or none) or old_item NULL to
 * what becomes of it.  Of an old item that the role may not know of, nothing.
 */
extern void write_cost_set(WriteCost *cost, const TableWrites *writes, const Value *old_item,
						   const Value *new_item);

/*
 * Adds up what a write cost, so many times what it costs alone, and notes its item
 * collection.
 */
extern void table_writes_add(TableWrites *writes, const WriteCost *cost, int times,
							 const Value *partition);

/* Appends the capacities of all tables, as a list. */
extern void append_write_capacities(StringInfo response, const RequestEnum *wanted, CapacityKind kind,
									const TableWrites *tables, int count);

/* Appends the member ItemCollectionMetrics: of the tables that have collections, unless there are none. */
extern void append_all_collections(StringInfo response, const RequestEnum *wanted,
								   const TableWrites *tables, int count);

/* Closes them; their locks stay to the transaction's end. */
extern void table_writes_release(TableWrites *tables, int count);

#endif							/* DDB_TABLE_WRITES_H */
