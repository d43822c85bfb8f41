/*
 * change_sort.h - changes out of the log, sorted by key.
 *
 * Memory stays flat: what is too much for it goes to temporary files.
 */
#ifndef DDB_JOB_CHANGE_SORT_H
#define DDB_JOB_CHANGE_SORT_H

#include "change/record.h"
#include "table/table.h"

typedef struct ChangeSort ChangeSort;

/* A row of it: data is NULL of what it was not given. */
typedef struct SortedChange
{
	const bytea *key;
	SequenceNumber sequence;
	Value		item;
	Value		keys;
} SortedChange;

/* Lives in the current memory context. */
extern ChangeSort *change_sort_begin(void);

/*
 * What the primary index has of an item's key, or of a map of the key attributes, as bytes that compare as it does;
 * palloc'd.
 */
extern bytea *change_sort_key(const Table *table, const Value *item);

/* As the sort compares keys. */
extern int	change_sort_compare(const bytea *a, const bytea *b);

/* Raises data_corrupted where the change lacks the old item that it had. */
extern void change_check_old_item(const Table *table, const ChangeRecord *record);

/* Takes a copy; item and keys may be NULL.  The current memory context is to be reset now and then. */
extern void change_sort_put(ChangeSort *sort, const bytea *key, SequenceNumber sequence,
							const Value *item, const Value *keys);

/* All has been put. */
extern void change_sort_perform(ChangeSort *sort);

/*
 * The next row, by key and sequence number, valid until the next call; false at the end.
 */
extern bool change_sort_next(ChangeSort *sort, SortedChange *change);

extern void change_sort_end(ChangeSort *sort);

/* ---- Keys that are known by heart ---- */

/* A key in so few bytes that it can be the key of a hash table (HASH_BLOBS). */
#define KNOWN_KEY_LENGTH 60

typedef struct KnownKey
{
	uint32		length;
	char		bytes[KNOWN_KEY_LENGTH];
} KnownKey;

/* False where it is longer. */
extern bool known_key_of(const bytea *key, KnownKey *known);

/* Keys that have been changed often are known by heart: so many at most. */
#define KNOWN_KEYS 50000

#endif							/* DDB_JOB_CHANGE_SORT_H */
