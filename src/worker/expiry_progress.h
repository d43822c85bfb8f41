/*
 * expiry_progress.h - how many items are overdue, for who looks on.
 */
#ifndef DDB_EXPIRY_PROGRESS_H
#define DDB_EXPIRY_PROGRESS_H

#include "utils/timestamp.h"

typedef struct ExpiryOverdue
{
	int			tables;			/* whose items expire */
	int64		items;
	TimestampTz oldest;			/* since when the first of them is; 0: none is */
} ExpiryOverdue;

/*
 * Of all tables of the database, but no more than so many of them, and so many items of
 * each.  Reads their indexes for everybody; needs a transaction and its snapshot.
 */
extern void expiry_overdue_of_all(int most_tables, int64 most_items, ExpiryOverdue *sum);

#endif							/* DDB_EXPIRY_PROGRESS_H */
