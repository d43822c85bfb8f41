/*
 * parameters.h - what the operations on items have in common: the rules for
 * mixing parameters, and their expressions, values, keys and capacities.
 */
#ifndef DDB_PARAMETERS_H
#define DDB_PARAMETERS_H

#include "expression/expression.h"
#include "index/index.h"
#include "request/shapes.h"
#include "table/table.h"

/* ---- expression_parameters.c: expressions and the legacy parameters ---- */

typedef enum ParameterKind
{
	PARAMETER_LEGACY,			/* may not be together with expressions */
	PARAMETER_EXPRESSION,		/* uses ExpressionAttributeNames */
	PARAMETER_CONDITION			/* and ExpressionAttributeValues */
} ParameterKind;

typedef struct ParameterUse
{
	const char *name;
	ParameterKind kind;
	bool		given;
} ParameterUse;

/*
 * Raises if expressions and legacy parameters are mixed, or if names or values
 * are given without an expression to use them.
 */
extern void check_parameter_use(const ParameterUse *uses, int count, bool names_given,
								bool values_given);

/*
 * ExpressionAttributeNames and ExpressionAttributeValues (an object of
 * attribute values, or NULL), in the order in which AWS finds faults.
 */
extern ExpressionAttributes *read_expression_attributes(const RequestMap *names,
														json_object *values);

/* An attribute value of the request, packed. */
extern Value read_value(json_object *json);

/* A map of attribute values of the request, packed: an item or a key. */
extern Value read_attributes(json_object *json);

/* Expected as a condition; NULL where it is absent or empty. */
extern Condition *read_expected(const RequestMap *expected, const RequestEnum *conditional_operator);

/* QueryFilter or ScanFilter (as parameter says); likewise. */
extern Condition *read_filter(const char *parameter, const RequestMap *filter,
							  const RequestEnum *conditional_operator);

/* KeyConditions; NULL where it is absent. */
extern KeyConditionTree *read_key_conditions(const RequestMap *conditions);

/*
 * Raises if AttributesToGet names an attribute twice; and gives it or the
 * expression as a projection, or NULL where there is neither.
 */
extern void check_attributes_to_get(const RequestList *attributes);
extern Projection *read_projection(const RequestList *attributes, const RequestString *expression,
								   ExpressionAttributes *names);

/*
 * Raises if the filter (or NULL) speaks of a key attribute, which belongs into the key condition; what is
 * AWS's word for the filter.
 */
extern void check_filter_keys(const char *what, const Condition *filter, const KeySchema *schema);

/* ---- capacity.c: consumed capacity ---- */

#define READ_UNIT_BYTES 4096

/* The units that a consistent read of so many bytes takes, at least one. */
extern uint64 read_units(uint64 size);

/* The units of reading so many bytes, and of writing them. */
extern double read_capacity(uint64 size, bool consistent);
extern double write_capacity(uint64 size);

/* The units of reading an item, or NULL: finding none. */
extern double read_capacity_of_item(const Value *item, bool consistent);

/* What an operation consumed of one secondary index. */
typedef struct IndexCapacity
{
	const char *name;
	bool		local;
	double		units;
} IndexCapacity;

/* Transactions tell which of the two their units are. */
typedef enum CapacityKind
{
	CAPACITY_OF_EITHER,
	CAPACITY_OF_READS,
	CAPACITY_OF_WRITES
} CapacityKind;

/*
 * Appends {"TableName": ..., "CapacityUnits": ...}: what the table and the
 * indexes (NULL and 0 where none was touched) consumed in all, with the share
 * of each where the request asks for INDEXES.  The table is named as in the
 * request.
 */
extern void append_consumed_capacity(StringInfo response, const RequestEnum *wanted,
									 CapacityKind kind, const char *table_name, double table_units,
									 const IndexCapacity *indexes, int index_count);

/* The same of writes that cost each index of the set so many units. */
extern void append_write_capacity(StringInfo response, const RequestEnum *wanted,
								  CapacityKind kind, const char *table_name, double table_units,
								  const IndexSet *indexes, const double *index_units);

/* Whether the request asks for consumed capacity. */
extern bool wants_capacity(const RequestEnum *wanted);

/* ---- item_collection.c: ItemCollectionMetrics ---- */

/* Whether the request asks for them and the table, with these indexes, has them. */
extern bool wants_collection_metrics(const RequestEnum *wanted, const IndexSet *indexes);

/* Appends the metrics of the item collection with that partition key. */
extern void append_collection_metrics(StringInfo response, Table *table, const IndexSet *indexes,
									  const Value *partition);

/* ---- response.c: parts of responses ---- */

/*
 * Begins a member of a JSON object in the response: a comma unless it is the
 * first behind the brace, the name in quotes, a colon.
 */
extern void append_member(StringInfo response, const char *name);

#endif							/* DDB_PARAMETERS_H */
