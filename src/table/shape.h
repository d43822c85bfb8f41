/*
 * shape.h - recognizing a DynamoDB table by its definition; for this folder only.
 */
#ifndef DDB_SHAPE_H
#define DDB_SHAPE_H

#include "table/layout.h"

/*
 * Sets the schemas, the item column, the primary index and only_index of a
 * layout that is zero, if the relation has the shape of a table or of a
 * secondary index's relation.  What the schemas name is palloc'd.
 */
extern void shape_read(Relation relation, TableLayout *layout);

/* Whether the function is the extension's of that name. */
extern bool shape_is_function_of_ddb(Oid function, const char *name);

#endif							/* DDB_SHAPE_H */
