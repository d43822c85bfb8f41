/*
 * untag_resource.c - UntagResource, whose answer is empty.
 */
#include "postgres.h"

#include "error.h"
#include "operation/operations.h"
#include "operation/tag/tags.h"

typedef struct UntagResourceRequest
{
	RequestString resource_arn;
	RequestList tag_keys;
} UntagResourceRequest;

static const Member members[] = {
	REQUIRED(UntagResourceRequest, resource_arn, "ResourceArn", &string_shape),
	REQUIRED(UntagResourceRequest, tag_keys, "TagKeys", &tag_keys_shape),
};

static void
check_first(const void *argument)
{
	const UntagResourceRequest *request = argument;

	check_resource_arn(&request->resource_arn);
}

static void
execute(const void *argument, StringInfo response)
{
	const UntagResourceRequest *request = argument;
	const char *name = table_of_resource_arn(&request->resource_arn);
	TableRecord *record;

	if (request->tag_keys.count == 0)
		validation_error("Atleast one Tag Key needs to be provided as Input.");
	tags_without("{}", &request->tag_keys);	/* what is wrong with them comes before the table */
	record = check_tagged_table(catalog_lock_table_to_update(name), &request->resource_arn);
	catalog_update_table(record, NULL, tags_without(record->tags, &request->tag_keys));
}

const OperationDescription untag_resource_operation = {
	.request = STRUCTURE_SHAPE(UntagResourceRequest, "UntagResourceInput", members),
	.check_first = check_first,
	.locks_table = true,
	.execute = execute
};
