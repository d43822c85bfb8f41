/*
 * list_tags_of_resource.c - ListTagsOfResource.
 *
 * All tags fit into one response, so there never is a NextToken.
 */
#include "postgres.h"

#include "operation/operations.h"
#include "operation/tag/tags.h"

typedef struct ListTagsRequest
{
	RequestString resource_arn;
	RequestString next_token;
} ListTagsRequest;

static const Member members[] = {
	REQUIRED(ListTagsRequest, resource_arn, "ResourceArn", &string_shape),
	OPTIONAL(ListTagsRequest, next_token, "NextToken", &string_shape),
};

static void
check_first(const void *argument)
{
	const ListTagsRequest *request = argument;

	check_resource_arn(&request->resource_arn);
}

static void
execute(const void *argument, StringInfo response)
{
	const ListTagsRequest *request = argument;
	TableRecord *record = catalog_read_table(table_of_resource_arn(&request->resource_arn));

	append_tags(response, check_tagged_table(record, &request->resource_arn)->tags);
}

const OperationDescription list_tags_of_resource_operation = {
	.request = STRUCTURE_SHAPE(ListTagsRequest, "ListTagsOfResourceInput", members),
	.check_first = check_first,
	.execute = execute
};
