/*
 * index.h - secondary indexes.
 *
 * Each is a relation USING ddb of its own (layout.h), which holds what the
 * index projects of the items that have its key attributes, and a record in
 * ddb.indexes.  A row trigger of the table keeps all of them within the
 * transaction that changes an item; operations do its work without it.
 */
#ifndef DDB_INDEX_H
#define DDB_INDEX_H

#include "table/catalog.h"
#include "table/table.h"

typedef enum IndexKind
{
	INDEX_GLOBAL,
	INDEX_LOCAL,
	INDEX_EXPIRY				/* what expired items are found by (expiry.h): ordered by
								 * their time, and no index for requests */
} IndexKind;

/* The name of a table's only index of kind INDEX_EXPIRY, which no request can give an index. */
#define EXPIRY_INDEX_NAME "(expiry)"

typedef enum IndexProjection
{
	PROJECTION_ALL,
	PROJECTION_KEYS_ONLY,
	PROJECTION_INCLUDE
} IndexProjection;

typedef enum IndexStatus
{
	INDEX_CREATING,				/* not all items that are older than it are in it */
	INDEX_ACTIVE
} IndexStatus;

typedef struct AttributeName
{
	char	   *name;
	uint32		length;
} AttributeName;

typedef struct IndexDefinition
{
	char	   *name;
	IndexKind	kind;
	KeySchema	schema;			/* column numbers are those of its relation */
	KeySchema	table_schema;	/* likewise */
	IndexProjection projection;
	int			non_key_count;	/* of PROJECTION_INCLUDE */
	AttributeName *non_key;
	Oid			relation;
	IndexStatus status;
	char	   *settings;		/* JSON, as catalog.h's */
} IndexDefinition;

typedef struct IndexSet
{
	int			count;			/* those that requests know of, by name */
	int			all_count;		/* and behind them INDEX_EXPIRY, if there is one */
	IndexDefinition *indexes;
} IndexSet;

/* ---- What an index's relation says of itself: index/declaration.c ---- */

/* The arguments of its trigger refuse_index_write(), as SQL has them, palloc'd. */
extern char *index_declaration(const char *table, const IndexDefinition *index);

/*
 * Reads them: the name of its table and, of the definition, name, kind and
 * projection, palloc'd.  False where the relation has no such trigger.
 */
extern bool index_read_declaration(Relation relation, char **table, IndexDefinition *index);

/*
 * Whether the relation says that it is the index of that name of the table of that
 * name (NULL: of none).  What a record names is acted on only if so.
 */
extern bool index_is_declared(Relation relation, const char *table, const char *name);

/* The words for them in ddb.indexes; false where it is none of them (NULL included). */
extern const char *index_kind_word(IndexKind kind);
extern const char *index_projection_word(IndexProjection projection);
extern bool index_kind_of_word(const char *word, IndexKind *kind);
extern bool index_projection_of_word(const char *word, IndexProjection *projection);

/* ---- The catalog: index/catalog.c ---- */

/* ddb.indexes' columns, in order. */
enum
{
	INDEXES_TABLE_RELATION = 1,
	INDEXES_NAME,
	INDEXES_RELATION,
	INDEXES_KIND,
	INDEXES_PROJECTION,
	INDEXES_NON_KEY_ATTRIBUTES,
	INDEXES_STATUS,
	INDEXES_SETTINGS
};

/*
 * The indexes of a table's relation, from a cache; valid until the transaction's
 * end.  Raises ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE, naming the index, where
 * a record does not fit its relation.
 */
extern const IndexSet *index_set(Oid table);

/* A record of ddb.indexes. */
typedef struct IndexRecord
{
	Oid			table;
	IndexDefinition definition;
	const char *misfit;			/* why it does not fit, or NULL; then what it says is not all read */
	bool		missing;		/* namely because its relation is not there */
	bool		mendable;		/* namely because its relation lacks what can be created anew */
} IndexRecord;

/*
 * All records of ddb.indexes, each judged; what is read stays in
 * CurrentMemoryContext.
 */
extern List *index_records(void);

/* Whether a record names the relation as that of an index. */
extern bool index_is_recorded(Oid relation);

/* The index of that name that requests know of; NULL where there is none. */
extern const IndexDefinition *index_find(const IndexSet *set, const char *name);

/* The same, INDEX_EXPIRY included; and that one. */
extern const IndexDefinition *index_find_any(const IndexSet *set, const char *name);
extern const IndexDefinition *index_find_expiry(const IndexSet *set);

/*
 * Whether reads of the index find all that they should: it is ACTIVE, and was so
 * when the transaction's snapshot was taken, if there is one for all reads.
 */
extern bool index_is_complete(const Table *table, const IndexDefinition *index);

/*
 * Creates an index of a table: its relation, its record and the triggers that
 * keep it.  Of the definition, relation, status and column numbers are ignored.
 * Waits for all who are writing the table, so that once the transaction has
 * committed every write keeps the index; what was there before is the caller's
 * to put in, unless the table is empty (INDEX_ACTIVE).
 *
 * The table must be locked to be updated, or be created by this transaction.
 * (PostgreSQL has an index_create() and an index_drop() of its own, which would
 * be called instead.)
 */
extern void secondary_index_create(const TableRecord *table, const IndexDefinition *definition,
								   IndexStatus status);

/* Drops it with all that belongs to it; the table must be locked to be updated. */
extern void secondary_index_drop(const TableRecord *table, const IndexDefinition *index);

/* Change the record; whoever reads or writes the table hears of it. */
extern void index_set_settings(const TableRecord *table, const IndexDefinition *index,
							   const char *settings);
extern void index_set_status(Oid table, const IndexDefinition *index, IndexStatus status);

/* ---- Entries: index/entry.c ---- */

/* Whether the item is in the index: it has all of its key attributes, as they must be. */
extern bool index_has_item(const IndexDefinition *index, const Value *item);

/* What the index holds of the item; points into it, or is palloc'd. */
extern Value index_project(const IndexDefinition *index, const Value *item);

/* Whether the index holds the attribute of every item that is in it. */
extern bool index_projects(const IndexDefinition *index, const char *name, uint32 length);

/* What a change of an item does to its entry. */
typedef enum EntryChange
{
	ENTRY_UNTOUCHED,			/* neither its key nor its projection changes */
	ENTRY_INSERTED,
	ENTRY_DELETED,
	ENTRY_REPLACED,				/* its key stays */
	ENTRY_MOVED					/* its key changes: deleted and inserted */
} EntryChange;

/* Either item may be NULL. */
extern EntryChange index_entry_change(const IndexDefinition *index, const Value *old_item,
									  const Value *new_item);

/* Whether the two have the same primary key in their table. */
extern bool index_same_item(const IndexSet *set, const Value *a, const Value *b);

/* Who writes an item, for the words of an error. */
typedef enum IndexWriter
{
	WRITER_PUT,					/* or a statement in SQL */
	WRITER_UPDATE_VALUE,		/* an update, of which these values are known
								 * before it sees an item */
	WRITER_UPDATE_EXPRESSION	/* and what it comes to */
} IndexWriter;

/*
 * Raises ValidationException where an index key attribute of the item is of
 * another type than the index key, empty or too long.  An index that is not
 * ACTIVE yet refuses no item.
 */
extern void index_check_item(const IndexSet *set, const Value *item, IndexWriter writer);

/* ---- Expressions: index/key_paths.c ---- */

/*
 * Raises if the condition or the projection (either may be NULL) looks for
 * something inside a key attribute of the table or of one of its indexes, which
 * can only be a scalar.
 */
extern void check_key_paths(const Table *table, const Condition *condition,
							const Projection *projection);

/* ---- Keeping them: index/maintenance.c ---- */

/*
 * Makes table_write() keep the table's indexes without the executor and its
 * triggers; to be called for every table that is opened to be written.  Items
 * that are written must have passed index_check_item().
 */
extern void index_attach(Table *table);

/*
 * What the change costs the index in write units of 1 KB, as AWS counts them:
 * an entry written or deleted by its size, one that moves twice.  Either item
 * may be NULL.
 */
extern double index_write_units(const IndexDefinition *index, const Value *old_item,
								const Value *new_item);
extern double index_change_units(const IndexDefinition *index, EntryChange change,
								 const Value *old_item, const Value *new_item);

/* The same in bytes. */
extern uint64 index_change_bytes(const IndexDefinition *index, EntryChange change,
								 const Value *old_item, const Value *new_item);

/*
 * In a worker's statement, where ddb.indexes is i and ddb.tables t: whether the index
 * has its table's record, and the table and all of its indexes their primary index
 * and a trigger.  What lacks one is in the middle of a dump's restore.
 */
#define INDEX_IS_WHOLE \
	"t.relation IS NOT NULL AND" \
	" (SELECT pg_catalog.bool_and(EXISTS (SELECT FROM pg_catalog.pg_index x" \
	" WHERE x.indrelid = r.relation AND x.indisunique AND x.indisvalid)" \
	" AND EXISTS (SELECT FROM pg_catalog.pg_trigger g" \
	" JOIN pg_catalog.pg_proc p ON p.oid = g.tgfoid" \
	" WHERE g.tgrelid = r.relation AND p.pronamespace = 'ddb'::pg_catalog.regnamespace))" \
	" FROM (SELECT i.table_relation::pg_catalog.oid AS relation" \
	" UNION ALL SELECT s.relation::pg_catalog.oid FROM ddb.indexes s" \
	" WHERE s.table_relation = i.table_relation) r)"

#endif							/* DDB_INDEX_H */
