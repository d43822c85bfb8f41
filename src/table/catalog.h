/*
 * catalog.h - the catalog of tables, the relation ddb.tables: what DynamoDB
 * knows of a table besides its items.
 *
 * The key schema is not there: the relation's own generated columns and its
 * primary index say it (layout.h), so that the two cannot disagree.
 */
#ifndef DDB_CATALOG_H
#define DDB_CATALOG_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "nodes/pg_list.h"
#include "utils/timestamp.h"

#include "expression/expression.h"

typedef struct TableRecord
{
	char	   *name;
	Oid			relation;
	char	   *id;				/* UUID as text */
	TimestampTz created;
	char	   *settings;		/* JSON object, with the API's member names */
	char	   *tags;			/* JSON object: key -> value */
	bool		creating;		/* a job fills it; no operation on items sees it */
} TableRecord;

/*
 * Raises AccessDeniedException, naming the table, for a role that may not
 * CREATE in the schema dynamodb.
 */
extern void catalog_check_may_create(const char *name);

/*
 * Creates the relation and its record; column numbers in the schema are
 * ignored.  Raises ResourceInUseException ("Table already exists: <name>")
 * and AccessDeniedException (no CREATE on the schema dynamodb).
 */
extern void catalog_create_table(const char *name, const KeySchema *schema,
								 const char *settings, const char *tags);

/*
 * The table's record, palloc'd; NULL where there is no such table.  No
 * privilege is needed, as for all of PostgreSQL's catalogs.
 */
extern TableRecord *catalog_read_table(const char *name);

/* The name of the table with that relation, palloc'd; NULL where there is none. */
extern char *catalog_name_of_relation(Oid relation);

/*
 * The same as catalog_read_table(), with the relation locked until the transaction's end, so that
 * neither it nor what the record says goes away meanwhile.  A change of the
 * table asks for the lock that it needs first of all: the record says then
 * what it changes, and nothing has to be locked more strongly afterwards.
 */
extern TableRecord *catalog_lock_table_to_read(const char *name);

/*
 * All of them raise AccessDeniedException for a role that does not own the
 * relation, and those for changes, without a wait, ResourceInUseException for a
 * table that is being created.  While indexes come and go, nobody writes the table.
 */
extern TableRecord *catalog_lock_table_to_update(const char *name);
extern TableRecord *catalog_lock_table_to_index(const char *name);
extern TableRecord *catalog_lock_table_to_drop(const char *name);

/* Stores new settings and tags (NULL: as they were) of a table locked to be updated. */
extern void catalog_update_table(const TableRecord *record, const char *settings, const char *tags);

/*
 * Says of a table that this transaction has created or locked whether it is still
 * being created.
 */
extern void catalog_set_creating(TableRecord *record, bool creating);

/* Raises ResourceInUseException: a job is creating the table of that name. */
extern void catalog_report_creating(const char *name) __attribute__((noreturn));

/* Drops relation and record of a table locked to be dropped. */
extern void catalog_drop_table(const TableRecord *record);

/* The key schema of a table's relation. */
extern void catalog_key_schema(Oid relation, KeySchema *schema);

/*
 * At most limit names (char *) behind the given one (NULL: from the first),
 * ordered by their bytes.
 */
extern List *catalog_table_names(const char *after, int limit);

/*
 * Makes a relation of the current role's the table of that name.  A record of the
 * name whose relation is missing is taken over with its settings and tags.
 * Raises ResourceInUseException and AccessDeniedException as
 * catalog_create_table() does, and ERRCODE_DUPLICATE_OBJECT where the relation
 * is a table already.  The relation must be locked.
 */
extern void catalog_register_table(const char *name, Oid relation, const char *settings);

/* All records (TableRecord *), those without a relation too. */
extern List *catalog_table_records(void);

/*
 * Calls the function for each record that has a relation, which need not be there
 * any more.  The names are valid during the call.  Also under the historic snapshot of logical
 * decoding: it needs no index, whose file of then may be gone.
 */
extern void catalog_walk_names(void (*visit) (const char *name, Oid relation, void *argument),
							   void *argument);

/* Whether it is the relation ddb.tables. */
extern bool catalog_is_tables(Oid relation);

/* The relation's items and bytes, as the last VACUUM or ANALYZE counted them. */
extern void catalog_table_size(Oid relation, int64 *items, int64 *bytes);

#endif							/* DDB_CATALOG_H */
