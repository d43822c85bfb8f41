/*
 * create_table.h - tables that an operation other than CreateTable makes, and what describes one.
 */
#ifndef DDB_OPERATION_CREATE_TABLE_H
#define DDB_OPERATION_CREATE_TABLE_H

#include <json-c/json.h>

#include "index/index.h"
#include "operation/table/settings.h"
#include "table/catalog.h"

/* What CreateTable's parameters ask for. */
typedef struct NewTable
{
	const char *name;			/* as they have it, which may be an ARN */
	KeySchema	schema;
	int			index_count;
	IndexDefinition *indexes;	/* global ones first */
	TableSettings settings;
	const char *stream_view_type;	/* or NULL: without a stream */
} NewTable;

/*
 * Checks CreateTable's parameters as CreateTable does, and reads them: for parameters that come from elsewhere than
 * a request.  Raises its exceptions; only allocates memory.  What it gives points into the tree.
 */
extern void create_table_read(json_object *parameters, NewTable *table);

/* Creates the table that CreateTable's parameters describe, CREATING, for a job to fill. */
extern TableRecord *create_table_to_fill(json_object *parameters);

#endif							/* DDB_OPERATION_CREATE_TABLE_H */
