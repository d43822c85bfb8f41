/*
 * row_security.h - row-level security, which holds for operations as it does
 * for SQL statements; for this folder only.
 *
 * A read sees the rows that SELECT's policies show; all others are as if
 * absent.  A write finds its item by the key, as UPDATE and DELETE do with
 * WHERE, so it sees the same; what it then does to a row is asked of the
 * policies of INSERT, UPDATE or DELETE.
 */
#ifndef DDB_ROW_SECURITY_H
#define DDB_ROW_SECURITY_H

#include "executor/tuptable.h"
#include "utils/snapshot.h"

#include "table/table.h"

/* What is done with a row, and with which one if there is an old and a new. */
typedef enum RowUse
{
	ROW_READ,
	ROW_INSERT,					/* new */
	ROW_UPDATE_OLD,
	ROW_UPDATE_NEW,
	ROW_DELETE					/* old */
} RowUse;

typedef struct RowSecurity RowSecurity;

/*
 * The policies that apply to the current role, which uses the table with these
 * privileges; NULL where none does.  Raises PostgreSQL's error where
 * row_security is off.
 */
extern RowSecurity *row_security_begin(const Table *table, AclMode privileges);

/* security may be NULL. */
extern void row_security_end(RowSecurity *security);

/*
 * Whether the policies allow it; to be asked through row_allowed().
 * Subqueries of policies see the snapshot of the first question about this
 * use, as those of one statement would.  Raises whatever policies raise.
 */
extern bool row_security_allows(RowSecurity *security, RowUse use, TupleTableSlot *row,
								Snapshot snapshot);

/* Raises AccessDeniedException. */
extern void row_security_refuse(const Table *table) __attribute__((noreturn));

/*
 * Whether the row, one of the table's own relation, may be used so.  Nothing
 * where no policies apply.
 */
static inline bool
row_allowed(const Table *table, RowUse use, TupleTableSlot *row, Snapshot snapshot)
{
	return table->security == NULL ||
		row_security_allows(table->security, use, row, snapshot);
}

/* The same for what cannot be as if absent: raises AccessDeniedException. */
static inline void
row_require(const Table *table, RowUse use, TupleTableSlot *row, Snapshot snapshot)
{
	if (!row_allowed(table, use, row, snapshot))
		row_security_refuse(table);
}

#endif							/* DDB_ROW_SECURITY_H */
