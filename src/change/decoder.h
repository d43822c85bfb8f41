/*
 * decoder.h - committed changes out of WAL, by logical decoding.
 *
 * One decoder of changes: the output plugin `ddb`.  A consumer of logical
 * replication gets JSON lines from it; the change log's decoding process sets
 * change_sink and gets the changes themselves.
 *
 * What it tells of: relations USING ddb that are tables (not secondary indexes') and have
 * REPLICA IDENTITY FULL at that point of WAL, so that the old image is there.
 * Left out: rows that lock absent items (DoNotReplicateId), updates that change
 * nothing.  An update of the key is told as CHANGE_REMOVE and CHANGE_INSERT.
 * Callbacks run under a historic snapshot in a transaction that will be aborted:
 * they copy bytes and nothing else.
 */
#ifndef DDB_CHANGE_DECODER_H
#define DDB_CHANGE_DECODER_H

#include "access/xlogdefs.h"
#include "datatype/timestamp.h"

#include "change/record.h"

/* Prefix of the logical messages (transactional) that the log writes to itself. */
#define CHANGE_MESSAGE_PREFIX "ddb"

/* Longer than any of them; everybody may write messages with the prefix, of up to a gigabyte. */
#define CHANGE_MESSAGE_LENGTH_MAX 256

/* The decoding of a transaction, told to the log in commit order. */
typedef struct ChangeSink
{
	/* A transaction begins; its changes follow, then commit(). */
	void		(*begin) (TransactionId xid, XLogRecPtr commit_lsn, TimestampTz commit_time);

	/* Values are valid during the call.  record->sequence and record->keys are not set. */
	void		(*change) (Oid relation, const ChangeRecord *record);
	void		(*truncate) (Oid relation);

	/* A transactional message with CHANGE_MESSAGE_PREFIX, in its place among the changes. */
	void		(*message) (const char *data, Size length);

	/* end_lsn: behind the commit record; what a restart has to decode next. */
	void		(*commit) (TransactionId xid, XLogRecPtr end_lsn, TimestampTz commit_time);
} ChangeSink;

/* NULL: JSON lines for a consumer of logical replication. */
extern const ChangeSink *change_sink;

/* ---- REPLICA IDENTITY follows need ---- */

/*
 * Sets or takes back REPLICA IDENTITY FULL of a table's relation, as its owner; takes
 * AccessExclusiveLock, held to the transaction's end.  Does nothing where the relation
 * has been dropped by then.
 */
extern void change_require_old_images(Oid relation, bool required);

/* Whether a stream or point-in-time recovery of it is asked for, opening, open or closing. */
extern bool change_needs_old_images(Oid relation);

#endif							/* DDB_CHANGE_DECODER_H */
