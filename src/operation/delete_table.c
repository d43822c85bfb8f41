/*
 * delete_table.c - DeleteTable.
 */
#include "postgres.h"

#include "error.h"
#include "operation/operations.h"
#include "operation/table_description.h"

typedef struct DeleteTableRequest
{
	RequestString table_name;
} DeleteTableRequest;

static const Member members[] = {
	REQUIRED(DeleteTableRequest, table_name, "TableName", &table_name_shape),
};

static void
execute(const void *argument, StringInfo response)
{
	const DeleteTableRequest *request = argument;
	TableRecord *record = read_table_record(requested_table(&request->table_name));
	TableSettings settings;

	table_settings_read(record->settings, &settings);
	if (settings.deletion_protection == BOOLEAN_TRUE)
		validation_error("Resource cannot be deleted as it is currently protected against deletion. "
						 "Disable deletion protection first.");

	appendStringInfoString(response, "{\"TableDescription\":");
	append_table_description(response, record, &settings, "DELETING");
	appendStringInfoChar(response, '}');
	catalog_drop_table(record->name);
}

const OperationDescription delete_table_operation = {
	.request = STRUCTURE_SHAPE(DeleteTableRequest, "DeleteTableInput", members),
	.check_first = request_check_table_name,
	.execute = execute
};
