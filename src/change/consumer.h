/*
 * consumer.h - what a consumer of logical replication wants of the changes, may read of them, and gets.
 *
 * Options, as START_REPLICATION and pg_logical_slot_get_changes() have them:
 * docs/operating.md lists them.
 */
#ifndef DDB_CONSUMER_H
#define DDB_CONSUMER_H

#include "lib/stringinfo.h"
#include "nodes/pg_list.h"
#include "replication/reorderbuffer.h"

#include "change/record.h"

typedef struct Consumer Consumer;

/*
 * Reads the options (DefElem *), and what the current role may read now; in
 * CurrentMemoryContext, for as long as decoding goes on.  Raises an error for options that are
 * none, for a table that is asked for by name but may not be read, and for one whose
 * old items are not in WAL.  Must not be called under a historic snapshot.
 */
extern Consumer *consumer_start(List *options);

/* To be told of each change of a relation that may be ddb.tables. */
extern void consumer_note_change(Consumer *consumer, Oid relation);

/*
 * The table's name, if the consumer wants its changes and may read them in this
 * transaction; else NULL.  Raises an error where it has asked for the table by
 * name and may not.
 */
extern const char *consumer_table(Consumer *consumer, Oid relation, const ReorderBufferTXN *txn);

/* Appends a line, without its end; created is in microseconds since 1970. */
extern void consumer_append_change(Consumer *consumer, StringInfo out, const char *table,
								   const ChangeRecord *record, int64 created);
extern void consumer_append_truncate(Consumer *consumer, StringInfo out, const char *table,
									 SequenceNumber sequence, int64 created);

/* Whether lines for begin and commit are wanted, and such a line. */
extern bool consumer_wants_transactions(const Consumer *consumer);
extern void consumer_append_transaction(StringInfo out, const char *what, const ReorderBufferTXN *txn,
										int64 created);

#endif							/* DDB_CONSUMER_H */
