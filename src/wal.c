/*
 * wal.c - positions in WAL.
 */
#include "postgres.h"

#include "access/xlog.h"
#include "access/xlog_internal.h"

#include "wal.h"

XLogRecPtr
wal_end(void)
{
	XLogRecPtr	end = GetXLogInsertRecPtr();

	/* where the next record begins a page, its header is not written yet; it is longer on a segment's first page */
	if (end % XLOG_BLCKSZ == SizeOfXLogShortPHD ||
		XLogSegmentOffset(end, wal_segment_size) == SizeOfXLogLongPHD)
		end -= end % XLOG_BLCKSZ;
	return end;
}
