/*
 * continuous_backups.h - tables with point-in-time recovery, and the moments to
 * which they can be restored.
 *
 * Moments are microseconds since 1970, as a sequence number's time: the state at
 * a moment has all transactions whose sequence numbers have that time or an
 * earlier one, and no others.
 */
#ifndef DDB_CHANGE_CONTINUOUS_BACKUPS_H
#define DDB_CHANGE_CONTINUOUS_BACKUPS_H

#define RECOVERY_PERIOD_DEFAULT 35
#define RECOVERY_PERIOD_MAX 35

typedef enum RecoveryStatus
{
	RECOVERY_DISABLED,
	RECOVERY_ENABLING,			/* asked for; the log has not begun yet */
	RECOVERY_ENABLED,
	RECOVERY_DISABLING			/* not wanted any more; the log has not ended yet */
} RecoveryStatus;

/* What ddb.continuous_backups has of a table. */
typedef struct ContinuousBackups
{
	RecoveryStatus status;
	int			period;			/* days */
	int64		enabled;		/* since when the log has all changes; of RECOVERY_ENABLED */
} ContinuousBackups;

/* Without a record it is RECOVERY_DISABLED.  No privileges are asked. */
extern ContinuousBackups continuous_backups_read(Oid relation);

/*
 * Writes the record of a table that is locked to be updated, as the extension's
 * owner, and has the log's processes look at it: recovery begins or has another
 * period, or is given up.
 */
extern void continuous_backups_enable(Oid relation, int period);
extern void continuous_backups_disable(Oid relation);

/* The moments to which a table can be restored now; false where there are none (yet). */
typedef struct RecoveryWindow
{
	int64		earliest;
	int64		latest;
} RecoveryWindow;

extern bool recovery_window(Oid relation, RecoveryWindow *window);

#endif							/* DDB_CHANGE_CONTINUOUS_BACKUPS_H */
