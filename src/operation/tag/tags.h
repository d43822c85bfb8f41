/*
 * tags.h - a table's tags, as CreateTable, TagResource, UntagResource and
 * ListTagsOfResource have them.
 */
#ifndef DDB_TAGS_H
#define DDB_TAGS_H

#include "request/shapes.h"
#include "table/catalog.h"

/*
 * The tags of a request as the JSON object that the catalog keeps: what there
 * was, with or without them.  Raise AWS's errors for tags and keys.
 */
extern char *tags_with(const char *tags, const RequestList *added);
extern char *tags_without(const char *tags, const RequestList *keys);
extern void append_tags(StringInfo response, const char *tags);

/* The name of the table of a ResourceArn; raises AWS's errors where it is none. */
extern const char *table_of_resource_arn(const RequestString *arn);

/* What AWS says of a ResourceArn before anything else. */
extern void check_resource_arn(const RequestString *arn);

/* The record itself; raises ResourceNotFoundException, naming the resource, where it is NULL. */
extern TableRecord *check_tagged_table(TableRecord *record, const RequestString *arn);

/* Whether AWS has the character (a code point) in tags: tag_characters.c */
extern bool is_tag_character(uint32 character);

#endif							/* DDB_TAGS_H */
