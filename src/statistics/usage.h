/*
 * usage.h - what one request uses of tables: noted while it is carried out, and
 * counted once it is known how it ended.
 *
 * Whoever carries out an operation begins a usage and ends it.  Operations that
 * triggers call have usages of their own.  Where nothing is counted, nothing is noted.
 */
#ifndef DDB_USAGE_H
#define DDB_USAGE_H

#include "statistics/counters.h"

/* A request names no more tables. */
#define USAGE_TABLES 100

typedef struct TableUsage
{
	Oid			relation;
	int			place;
	int			conditional_failures;
	int			conflicts;
	int64		items_read;
	int64		items_written;
	double		read_units;
	double		write_units;
} TableUsage;

typedef struct Usage Usage;

struct Usage
{
	Usage	   *outer;			/* of the operation that has called this one, or NULL */
	void		(*opened) (const char *table);	/* told when the first table is there; or NULL */
	int			table_count;
	double		failed_units;	/* what a condition that did not hold has cost */
	TableUsage	tables[USAGE_TABLES];
};

/* The struct is the caller's, and need not be initialized. */
extern void usage_begin(Usage *usage, void (*opened) (const char *table));

/* Ends it, and those that errors have left open within it; what was noted stays in the struct. */
extern void usage_end(Usage *usage);

/* Forgets all usages; for who has caught an error. */
extern void usage_forget(void);

/* Adds what was noted to what is counted. */
extern void usage_count(const Usage *usage, int outcome);

extern int64 usage_items(const Usage *usage);

/* ---- For operations; without a usage they do nothing ---- */

/* The request uses the table with that relation, which it may.  Needs a transaction. */
extern void usage_table(Oid relation, const char *name);

/* Items were read or written, for so many units of capacity. */
extern void usage_read(Oid relation, int64 items, double units);
extern void usage_written(Oid relation, int64 items, double units);

/* A write of an index of the table with that relation. */
extern void usage_index_written(Oid relation, double units);

/* Whether somebody notes what is used, for what is not to be found out in vain. */
extern bool usage_is_noted(void);

/* A condition did not hold, on an item that it takes so many units to write. */
extern void usage_condition_failed(double units);

/* An action of a transaction on that table failed by its condition, or by a conflict. */
extern void usage_action_failed(Oid relation, bool by_conflict);

#endif							/* DDB_USAGE_H */
