/*
 * tags.h - a table's tags, and the checks of ResourceArn that TagResource,
 * UntagResource and ListTagsOfResource share.
 */
#ifndef DDB_TAGS_H
#define DDB_TAGS_H

#include "request/shapes.h"

/* The tags of a request as the JSON object that the catalog keeps. */
extern char *tags_with(const char *tags, const RequestList *added);
extern char *tags_without(const char *tags, const RequestList *keys);
extern void append_tags(StringInfo response, const char *tags);

/*
 * The checks of ResourceArn that AWS makes before any other; operation is its
 * name as IAM has it.
 */
extern void check_resource_arn(const RequestString *arn, const char *operation);

/* The name of the table of a ResourceArn. */
extern const char *table_of_resource_arn(const RequestString *arn);

#endif							/* DDB_TAGS_H */
