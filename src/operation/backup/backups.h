/*
 * backups.h - what the operations on backups share.
 */
#ifndef DDB_OPERATION_BACKUPS_H
#define DDB_OPERATION_BACKUPS_H

#include "lib/stringinfo.h"

#include "table/catalog.h"

/* The record of the table; raises TableNotFoundException, naming it, where there is none. */
extern TableRecord *backups_table(const char *name);

/*
 * Raises AccessDeniedException for a role that may not read all of the table: whoever copies
 * it reads all of its items, so no policies may apply.
 */
extern void backups_check_may_read(const char *name);

/*
 * The record of the table whose items a job is to read, locked; raises as the two above, and
 * PointInTimeRecoveryUnavailableException for one that is being created: as AWS has it, nothing of it can be had.
 */
extern TableRecord *backups_source(const char *name);

/*
 * Whether the table can be had as it was at the moment, microseconds since 1970, or at the latest one, which *moment
 * then is.  Raises PointInTimeRecoveryUnavailableException where recovery is not on.
 */
extern bool backups_find_moment(const TableRecord *record, bool latest, int64 *moment);

/* Appends a ContinuousBackupsDescription as the operations' whole response. */
extern void append_continuous_backups(StringInfo response, Oid relation);

#endif							/* DDB_OPERATION_BACKUPS_H */
