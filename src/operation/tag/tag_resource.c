/*
 * tag_resource.c - TagResource, whose answer is empty.
 */
#include "postgres.h"

#include "error.h"
#include "operation/operations.h"
#include "operation/tag/tags.h"

typedef struct TagResourceRequest
{
	RequestString resource_arn;
	RequestList tags;
} TagResourceRequest;

static const Member members[] = {
	REQUIRED(TagResourceRequest, resource_arn, "ResourceArn", &string_shape),
	REQUIRED(TagResourceRequest, tags, "Tags", &tags_shape),
};

static void
check_first(const void *argument)
{
	const TagResourceRequest *request = argument;

	check_resource_arn(&request->resource_arn);
}

static void
execute(const void *argument, StringInfo response)
{
	const TagResourceRequest *request = argument;
	const char *name = table_of_resource_arn(&request->resource_arn);
	TableRecord *record;

	if (request->tags.count == 0)
		validation_error("Atleast one Tag needs to be provided as Input.");
	tags_with("{}", &request->tags);	/* what is wrong with them comes before the table */
	record = check_tagged_table(catalog_lock_table_to_update(name), &request->resource_arn);
	catalog_update_table(record, NULL, tags_with(record->tags, &request->tags));
}

const OperationDescription tag_resource_operation = {
	.request = STRUCTURE_SHAPE(TagResourceRequest, "TagResourceInput", members),
	.check_first = check_first,
	.locks_table = true,
	.execute = execute
};
