/*
 * read_page.h - what Query and Scan have in common: a page of items.
 */
#ifndef DDB_READ_PAGE_H
#define DDB_READ_PAGE_H

#include "index/index.h"
#include "request/parameters.h"

/* The parameters that both have; stands first in their requests. */
typedef struct ReadParameters
{
	RequestString table_name;
	RequestString index_name;
	RequestEnum select;
	RequestList attributes_to_get;
	RequestInteger limit;
	RequestBoolean consistent_read;
	RequestMap	filter;			/* QueryFilter or ScanFilter */
	RequestEnum conditional_operator;
	json_object *exclusive_start_key;
	RequestEnum return_consumed_capacity;
	RequestString projection_expression;
	RequestString filter_expression;
	RequestMap	names;
	json_object *values;
} ReadParameters;

/* The members, in parts, because each operation has its own order of violations. */
#define READ_MEMBERS_FIRST(structure) \
	OPTIONAL(structure, read.select, "Select", &select_shape), \
	OPTIONAL(structure, read.index_name, "IndexName", &index_name_shape)

#define READ_MEMBER_CAPACITY(structure) \
	OPTIONAL(structure, read.return_consumed_capacity, "ReturnConsumedCapacity", \
			 &return_consumed_capacity_shape)

#define READ_MEMBER_FILTER(structure, name) \
	OPTIONAL(structure, read.filter, name, &condition_map_shape)

#define READ_MEMBERS_TABLE(structure) \
	REQUIRED(structure, read.table_name, "TableName", &item_table_name_shape), \
	MEMBER(structure, read.conditional_operator, "ConditionalOperator", &conditional_operator_shape, \
		   false, REPORTED_ALONE)

#define READ_MEMBER_LIMIT(structure) \
	OPTIONAL(structure, read.limit, "Limit", &item_limit_shape)

#define READ_MEMBERS_LAST(structure) \
	OPTIONAL(structure, read.consistent_read, "ConsistentRead", &boolean_shape), \
	OPTIONAL(structure, read.exclusive_start_key, "ExclusiveStartKey", &attributes_shape), \
	OPTIONAL(structure, read.projection_expression, "ProjectionExpression", &string_shape), \
	OPTIONAL(structure, read.filter_expression, "FilterExpression", &string_shape), \
	OPTIONAL(structure, read.names, "ExpressionAttributeNames", &expression_names_shape), \
	OPTIONAL(structure, read.values, "ExpressionAttributeValues", &attributes_shape)

typedef struct ReadPage
{
	const ReadParameters *parameters;
	Condition  *filter;			/* or NULL */
	Projection *projection;		/* or NULL: whole items */
	bool		at_most_one;	/* a whole key is asked for: nothing can follow */

	/* What is shown of an item, in the projection's place; or NULL. */
	Value		(*show) (const void *argument, const Value *item);
	const void *show_argument;
} ReadPage;

/* The rules of Select, AttributesToGet and ProjectionExpression. */
extern void check_select(const ReadParameters *parameters);

/* ---- read_source.c: what is read ---- */

typedef struct ReadSource
{
	Table	   *table;
	const IndexDefinition *index;	/* or NULL: the table itself is read */
	Table	   *relation;		/* the index's, or the table */
	bool		fetches;		/* items are fetched from the table */
} ReadSource;

/* Opens the table, and its index where one is named. */
extern void read_source_open(const ReadParameters *parameters, ReadSource *source);
extern void read_source_close(ReadSource *source);

/*
 * Raises where more is asked for (projection may be NULL) than a global index
 * holds; of a local one, it finds whether items have to be fetched.
 */
extern void read_source_check_select(ReadSource *source, const ReadParameters *parameters,
									 const Projection *projection);

/* ---- read_page.c ---- */

/* What a page has come to. */
typedef struct PageState
{
	int64		count;
	int64		scanned;
	uint64		size;			/* of what was read of the table or the index */
	uint64		fetched_units;	/* of items that were fetched from the table */
	StringInfoData last_key;	/* empty where the range was read to its end */
} PageState;

/*
 * Reads the items of the page, goes on with a state that is zero but for its
 * last_key, and appends those that pass the filter, with commas between them.
 */
extern void read_page_items(const ReadPage *page, const ReadSource *source, const TableRange *range,
							PageState *state, StringInfo response);

/* Notes what was read of the table, for statistics. */
extern void note_read_usage(const ReadParameters *parameters, const ReadSource *source,
							const PageState *state);

/* Appends the member ConsumedCapacity. */
extern void append_read_capacity(StringInfo response, const ReadParameters *parameters,
								 const ReadSource *source, const PageState *state);

/* Reads a page of the range and appends the whole response. */
extern void read_page(const ReadPage *page, const ReadSource *source, const TableRange *range,
					  StringInfo response);

/* ---- start_key.c: where a page begins and ends ---- */

/* ExclusiveStartKey, packed, with AWS's words around what is wrong in it. */
extern Value read_start_key(const ReadParameters *parameters);

/*
 * AWS's checks of it, to be made in this order: as many attributes as the key
 * has, the partition key among them and of its type; the sort key; and all the
 * rest, which for an index is its table's key.
 */
extern void check_start_partition(const Table *source, const Value *start);
extern void check_start_sort(const Table *source, const Value *start);
extern void check_start_key(const Table *source, const Value *start);

/* Appends the key of the last item that was read, as LastEvaluatedKey has it. */
extern void append_last_key(StringInfo response, const Table *source, const Value *item);

#endif							/* DDB_READ_PAGE_H */
