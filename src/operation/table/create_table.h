/*
 * create_table.h - tables that an operation other than CreateTable makes.
 */
#ifndef DDB_OPERATION_CREATE_TABLE_H
#define DDB_OPERATION_CREATE_TABLE_H

#include <json-c/json.h>

#include "table/catalog.h"

/* Creates the table that CreateTable's parameters describe, CREATING, for a job to fill. */
extern TableRecord *create_table_to_fill(json_object *parameters);

#endif							/* DDB_OPERATION_CREATE_TABLE_H */
