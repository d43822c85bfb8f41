/*
 * stream.h - the catalog of streams, the relation ddb.streams, and who may read
 * one.
 *
 * A stream is asked for by a row; the change log opens and closes it (log.h).
 * The right to read it is SELECT on a view, dynamodb."<table>:stream", that
 * belongs to the table's owner; whoever reads by another door is asked for the
 * same.
 */
#ifndef DDB_CHANGE_STREAM_H
#define DDB_CHANGE_STREAM_H

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"
#include "utils/acl.h"

#include "expression/expression.h"
#include "table/catalog.h"

typedef enum StreamStatus
{
	STREAM_ENABLING,
	STREAM_ENABLED,
	STREAM_DISABLING,
	STREAM_DISABLED
} StreamStatus;

typedef struct StreamRecord
{
	Oid			relation;		/* of its table, or what that was */
	char	   *label;
	char	   *table_name;
	char	   *view_type;
	StreamStatus status;
	KeySchema	schema;			/* of its table */
	TimestampTz created;
	Oid			view;			/* which the right to read it is on; InvalidOid: none */
	Oid			owner;			/* of its table, which has been dropped; InvalidOid: not known */
	List	   *readers;		/* OIDs of who had SELECT on that view, 0 for everybody, likewise */
} StreamRecord;

/* "ENABLING", ... */
extern const char *stream_status_name(StreamStatus status);

/* Whether it is on, or about to be. */
extern bool stream_is_on(const StreamRecord *stream);

/* The stream of that label; NULL where there is none.  Records are palloc'd. */
extern StreamRecord *stream_find(const char *table_name, const char *label);

/* The newest one of a table; NULL where it has none. */
extern StreamRecord *stream_latest(const TableRecord *table);

/*
 * At most limit records (StreamRecord *) of tables of that name (NULL: of any),
 * by name and label, behind the one of after_name and after_label (NULL: from
 * the first).
 */
extern List *stream_list(const char *table_name, const char *after_name, const char *after_label,
						 int limit);

/*
 * Asks for a new stream of a table that has none that is on, or for the end of
 * one.  The table must be locked to be updated, or be created by this
 * transaction.
 */
extern void stream_enable(const TableRecord *table, const char *view_type);
extern void stream_disable(const StreamRecord *stream);

/*
 * Notes who may read the streams of a table that is about to be dropped, for
 * they can still be read for a while.  Nobody but its owner, where it has
 * row-level security: which rows that hides is not known any more.
 */
extern void stream_keep_readers(const TableRecord *table);

/*
 * Raises AccessDeniedException unless the current role may read the stream: it
 * owns the table or has SELECT on the stream's view, and no row-level security
 * policy of the table applies to it.
 */
extern void stream_require_readable(const StreamRecord *stream);

/* The same of another role, which must be there. */
extern void stream_require_readable_by(const StreamRecord *stream, Oid role);

/* The moment that a new stream of the table of that name has: now, or later where one has that already. */
extern TimestampTz stream_next_moment(const char *table_name);

/* A key schema as the text that a record has of it, and back; raises data_corrupted. */
extern char *stream_schema_write(const KeySchema *schema);
extern void stream_schema_read(const char *text, KeySchema *schema);

/* The label of a stream that is asked for at that moment, palloc'd: 2026-11-26T13:45:00.123 */
extern char *stream_label(TimestampTz moment);

#endif							/* DDB_CHANGE_STREAM_H */
