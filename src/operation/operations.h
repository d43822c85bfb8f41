/*
 * operations.h - what each operation's file gives to the table in operation.c.
 */
#ifndef DDB_OPERATIONS_H
#define DDB_OPERATIONS_H

#include "error.h"
#include "request/request.h"

typedef struct OperationDescription
{
	/* The request: a structure shape. */
	Shape		request;

	/* In whose words AWS tells of the request's faults; LAYER_UNSAID: the older. */
	ValidationLayer layer;

	/*
	 * What AWS checks before the constraints of the request; NULL if nothing.
	 * The request is decoded already.
	 */
	void		(*check_first) (const void *request);

	/* It wants a lock of a table that others who use the table are in the way of. */
	bool		locks_table;

	/* It goes by settings that a session or a database may have (session_settings in operation.c). */
	bool		reads_settings;

	/*
	 * Reads the values and expressions of the request, and finds all that is
	 * wrong with it before a table is looked at, in the layer's words; NULL if
	 * there are none.
	 */
	void	   *(*prepare) (const void *request);

	/*
	 * Carries the operation out and appends the response's JSON.  It is given
	 * what prepare() made of the request, or without one the request.
	 */
	void		(*execute) (const void *request, StringInfo response);
} OperationDescription;

extern const OperationDescription batch_execute_statement_operation;
extern const OperationDescription batch_get_item_operation;
extern const OperationDescription batch_write_item_operation;
extern const OperationDescription cancel_bulk_operation_operation;
extern const OperationDescription create_backup_operation;
extern const OperationDescription create_table_operation;
extern const OperationDescription delete_backup_operation;
extern const OperationDescription delete_item_operation;
extern const OperationDescription delete_table_operation;
extern const OperationDescription describe_backup_operation;
extern const OperationDescription describe_bulk_operation_operation;
extern const OperationDescription describe_continuous_backups_operation;
extern const OperationDescription describe_endpoints_operation;
extern const OperationDescription describe_export_operation;
extern const OperationDescription describe_import_operation;
extern const OperationDescription describe_limits_operation;
extern const OperationDescription describe_stream_operation;
extern const OperationDescription describe_table_operation;
extern const OperationDescription describe_time_to_live_operation;
extern const OperationDescription execute_statement_operation;
extern const OperationDescription execute_transaction_operation;
extern const OperationDescription export_table_to_point_in_time_operation;
extern const OperationDescription get_item_operation;
extern const OperationDescription get_records_operation;
extern const OperationDescription get_shard_iterator_operation;
extern const OperationDescription import_table_operation;
extern const OperationDescription list_backups_operation;
extern const OperationDescription list_bulk_operations_operation;
extern const OperationDescription list_exports_operation;
extern const OperationDescription list_imports_operation;
extern const OperationDescription list_streams_operation;
extern const OperationDescription list_tables_operation;
extern const OperationDescription list_tags_of_resource_operation;
extern const OperationDescription put_item_operation;
extern const OperationDescription query_operation;
extern const OperationDescription restore_table_from_backup_operation;
extern const OperationDescription restore_table_to_point_in_time_operation;
extern const OperationDescription scan_operation;
extern const OperationDescription start_bulk_put_items_operation;
extern const OperationDescription tag_resource_operation;
extern const OperationDescription transact_get_items_operation;
extern const OperationDescription transact_write_items_operation;
extern const OperationDescription untag_resource_operation;
extern const OperationDescription update_continuous_backups_operation;
extern const OperationDescription update_item_operation;
extern const OperationDescription update_table_operation;
extern const OperationDescription update_time_to_live_operation;

#endif							/* DDB_OPERATIONS_H */
