/*
 * time_to_live.h - what UpdateTimeToLive and DescribeTimeToLive share.
 */
#ifndef DDB_TIME_TO_LIVE_H
#define DDB_TIME_TO_LIVE_H

#include "operation/table/settings.h"
#include "table/catalog.h"

typedef struct TimeToLive
{
	const char *status;			/* "DISABLED", "ENABLING" or "ENABLED" */
	const char *attribute;		/* NULL where it is DISABLED */
} TimeToLive;

/*
 * How items of the table expire.  Its index tells, which stays when a table has
 * lost its record; only where no item can ever expire the settings do, for then
 * there is no index.
 */
extern TimeToLive table_time_to_live(const TableRecord *record, const TableSettings *settings);

#endif							/* DDB_TIME_TO_LIVE_H */
