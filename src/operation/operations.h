/*
 * operations.h - what each operation's file gives to the table in operation.c.
 */
#ifndef DDB_OPERATIONS_H
#define DDB_OPERATIONS_H

#include "operation/request.h"

typedef struct OperationDescription
{
	/* The request: a structure shape. */
	Shape		request;

	/*
	 * What AWS checks before the constraints of the request; NULL if nothing.
	 * The request is decoded already.
	 */
	void		(*check_first) (const void *request);

	/* Carries the operation out and appends the response's JSON. */
	void		(*execute) (const void *request, StringInfo response);
} OperationDescription;

extern const OperationDescription batch_get_item;
extern const OperationDescription batch_write_item;
extern const OperationDescription create_table;
extern const OperationDescription delete_item;
extern const OperationDescription delete_table;
extern const OperationDescription describe_endpoints;
extern const OperationDescription describe_limits;
extern const OperationDescription describe_table;
extern const OperationDescription get_item;
extern const OperationDescription list_tables;
extern const OperationDescription list_tags_of_resource;
extern const OperationDescription put_item;
extern const OperationDescription query;
extern const OperationDescription scan;
extern const OperationDescription tag_resource;
extern const OperationDescription untag_resource;
extern const OperationDescription update_item;
extern const OperationDescription update_table;

#endif							/* DDB_OPERATIONS_H */
