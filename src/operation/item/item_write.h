/*
 * item_write.h - what PutItem, UpdateItem and DeleteItem have in common: a
 * condition judged on the item that is replaced, and what is returned of it.
 */
#ifndef DDB_ITEM_WRITE_H
#define DDB_ITEM_WRITE_H

#include "request/parameters.h"

/* The parameters that all three have; stands first in their requests. */
typedef struct WriteParameters
{
	RequestString table_name;
	RequestMap	expected;
	RequestEnum conditional_operator;
	RequestEnum return_values;
	RequestEnum return_consumed_capacity;
	RequestEnum return_item_collection_metrics;
	RequestString condition_expression;
	RequestMap	names;
	json_object *values;
	RequestEnum return_values_on_failure;
} WriteParameters;

/*
 * The members, in parts, because each operation has its own order of those of
 * which AWS reports violations.
 */
#define WRITE_MEMBERS_FIRST(structure) \
	OPTIONAL(structure, write.return_consumed_capacity, "ReturnConsumedCapacity", \
			 &return_consumed_capacity_shape), \
	REQUIRED(structure, write.table_name, "TableName", &item_table_name_shape), \
	MEMBER(structure, write.conditional_operator, "ConditionalOperator", &conditional_operator_shape, \
		   false, REPORTED_ALONE)

#define WRITE_MEMBER_RETURN_VALUES(structure, reported) \
	MEMBER(structure, write.return_values, "ReturnValues", &return_values_shape, false, reported)

#define WRITE_MEMBER_COLLECTION_METRICS(structure) \
	OPTIONAL(structure, write.return_item_collection_metrics, "ReturnItemCollectionMetrics", \
			 &return_item_collection_metrics_shape)

#define WRITE_MEMBERS_LAST(structure) \
	OPTIONAL(structure, write.expected, "Expected", &expected_map_shape), \
	OPTIONAL(structure, write.condition_expression, "ConditionExpression", &string_shape), \
	OPTIONAL(structure, write.names, "ExpressionAttributeNames", &expression_names_shape), \
	OPTIONAL(structure, write.values, "ExpressionAttributeValues", &attributes_shape), \
	OPTIONAL(structure, write.return_values_on_failure, "ReturnValuesOnConditionCheckFailure", \
			 &return_values_on_failure_shape)

typedef struct ItemWrite ItemWrite;

/* Decides what becomes of an item, as WriteDecision of table.h does. */
typedef WriteAction (*ItemChange) (ItemWrite *write, const Value *old_item, Value *new_item);

struct ItemWrite
{
	const WriteParameters *parameters;
	Condition  *condition;		/* or NULL */
	bool		absent_passes;	/* the condition is only for an item that is there */
	ItemChange	change;

	/* PutItem's new item; the Key of the others, from which UpdateItem makes one. */
	Value		item;
	Update	   *update;			/* UpdateItem's, or NULL */
	IndexWriter writer;			/* likewise, for the words about keys of indexes */

	const IndexSet *indexes;	/* the table's, from item_write() on */

	bool		tells_old;		/* the role may know of the item that was there */

	/* What came of it, kept for the response. */
	uint32		whole_size;		/* of the larger one of the old and new item */
	uint32		written_size;	/* the same of what the role may know of */
	double	   *index_units;	/* what the write cost each of the indexes; NULL if
								 * nobody asks */
	StringInfoData attributes;	/* what ReturnValues asks for */
};

/* A write that is prepared, in a struct of its own. */
extern ItemWrite *item_write_prepare(const WriteParameters *parameters, ItemChange change);

/* The parameters that every write's rules of mixing know. */
extern void check_write_parameters(const WriteParameters *parameters);

/* Raises unless ReturnValues is NONE, ALL_OLD or absent. */
extern void check_return_values_old_only(const WriteParameters *parameters);

/* ConditionExpression or Expected, parsed; NULL where there is neither. */
extern Condition *read_write_condition(const WriteParameters *parameters,
									   ExpressionAttributes *attributes);

/*
 * The privileges that a write needs beside those for the change itself: an
 * old item that is judged or returned is read.
 */
extern AclMode privileges_to_read_old(const WriteParameters *parameters, const Condition *condition);

/*
 * The changes that the three make.  A put or an update that changes nothing
 * writes nothing, nor does the deletion of what is not there.
 */
extern WriteAction put_change(ItemWrite *write, const Value *old_item, Value *new_item);
extern WriteAction update_change(ItemWrite *write, const Value *old_item, Value *new_item);
extern WriteAction delete_change(ItemWrite *write, const Value *old_item, Value *new_item);

/*
 * What AWS refuses of an update before it looks at the item: changes of key
 * attributes, values that a key of an index cannot have, and paths into keys.
 */
extern void check_update(const Update *update, const Table *table, IndexWriter writer);

/*
 * Judges the condition and makes the change: a WriteDecision whose argument is
 * the ItemWrite, with its indexes set.  Raises what is wrong with either.
 */
extern WriteAction item_write_decide(const Value *old_item, Value *new_item, void *argument);

/* Writes the item; what came of it is in *write. */
extern void item_write_run(ItemWrite *write, Table *table, const PrimaryKey *key);

/* The same, and appends the whole response and closes the table. */
extern void item_write(ItemWrite *write, Table *table, const PrimaryKey *key, StringInfo response);

#endif							/* DDB_ITEM_WRITE_H */
