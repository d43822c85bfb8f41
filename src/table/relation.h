/*
 * relation.h - the statements that make the relations of tables and of
 * secondary indexes.
 */
#ifndef DDB_RELATION_H
#define DDB_RELATION_H

#include "utils/relcache.h"

#include "expression/expression.h"

/*
 * Creates a relation USING ddb in the schema dynamodb for items with this key,
 * as the current role, whose privileges decide; for a secondary index's,
 * table_schema is the key schema of its table, else NULL.  The relation has the
 * name unless that is too long or taken.  Column numbers in the schemas are
 * ignored.  SPI must be connected.
 */
extern Oid	relation_create(const char *name, const KeySchema *schema,
							const KeySchema *table_schema);

/*
 * A name for a new relation: the wished one, unless it is longer than
 * PostgreSQL's names or was taken by something else.  May be the text itself.
 */
extern const char *relation_free_name(const char *name, Oid schema);

/* Whether it is a table USING ddb: of no other relation may the layout be asked. */
extern bool relation_is_of_ddb(Relation relation);

/* Runs a statement as the current role; SPI must be connected. */
extern void relation_run(const char *format,...) pg_attribute_printf(1, 2);

/* The relation's qualified name as SQL has it, palloc'd. */
extern char *relation_quoted_name(Oid relation);

/* The same of one that may not be there (its OID) or be 0 ("-"), for an error's words. */
extern char *relation_text(Oid relation);

#endif							/* DDB_RELATION_H */
