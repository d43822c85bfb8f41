/*
 * expression.h - DynamoDB's four expression languages, and the legacy
 * parameters lowered onto the same trees.
 *
 * An expression is parsed once into a tree (palloc'd in CurrentMemoryContext)
 * with its placeholders resolved, and then evaluated on packed items.  Parsing
 * raises ValidationException with AWS's words; `parameter` is the request
 * member that an error names ("ConditionExpression", "FilterExpression", ...).
 *
 * Texts and values that are passed in must outlive the trees.
 */
#ifndef DDB_EXPRESSION_H
#define DDB_EXPRESSION_H

#include "value/node.h"
#include "value/value.h"

/* ---- ExpressionAttributeNames and ExpressionAttributeValues ---- */

typedef struct ExpressionAttributes ExpressionAttributes;

/*
 * The placeholders of a request: names is a map of S ("#n" -> attribute name),
 * values a map of any values (":v" -> value); NULL where the request has none.
 * Checks the placeholders' syntax.
 */
extern ExpressionAttributes *expression_attributes(const Value *names, const Value *values);

/*
 * The same check of one key, for callers that read the maps' values themselves:
 * AWS checks all keys of a map before the first value.
 */
extern void expression_attribute_name_key_check(const char *key, uint32 length);
extern void expression_attribute_value_key_check(const char *key, uint32 length);

/* Raises if a placeholder was used by none of the expressions parsed with it. */
extern void expression_attributes_check_used(const ExpressionAttributes *attributes);

/* ---- Conditions: ConditionExpression, FilterExpression ---- */

typedef struct Condition Condition;

extern Condition *condition_parse(const char *parameter, const char *text, uint32 length,
								  ExpressionAttributes *attributes);

/*
 * Whether the condition holds for the item; an item that does not exist is
 * empty_map.  May raise where AWS does so at run time.
 */
extern bool condition_holds(const Condition *condition, const Value *item);

/* Whether the condition speaks of the top-level attribute of that name. */
extern bool condition_uses_attribute(const Condition *condition,
									 const char *name, uint32 name_length);

/* Whether the condition looks for something inside that attribute. */
extern bool condition_enters_attribute(const Condition *condition,
									   const char *name, uint32 name_length);

/* ---- KeyConditionExpression ---- */

/* What Query asks of the sort key. */
typedef enum SortOperator
{
	SORT_ANY,					/* nothing */
	SORT_EQUAL,
	SORT_LESS,
	SORT_LESS_OR_EQUAL,
	SORT_GREATER,
	SORT_GREATER_OR_EQUAL,
	SORT_BETWEEN,				/* values[0] <= key <= values[1] */
	SORT_BEGINS_WITH
} SortOperator;

/* A key attribute as the key schema and the attribute definitions give it. */
typedef struct KeyAttribute
{
	char	   *name;
	uint32		name_length;
	ValueType	type;			/* S, N or B */
	int16		column;			/* its column in the relation, from 1 */
} KeyAttribute;

/*
 * A table's or an index's key schema.  A global secondary index may have up to
 * four attributes for the partition and four for the sort; a table has one and
 * at most one.  Only what expired items are found by is ordered by a sort attribute
 * alone, and has none for the partition.
 */
#define KEY_MAX_ATTRIBUTES 4

typedef struct KeySchema
{
	int			partition_count;	/* 0 to KEY_MAX_ATTRIBUTES */
	int			sort_count;		/* 0 to KEY_MAX_ATTRIBUTES */
	KeyAttribute partition[KEY_MAX_ATTRIBUTES];
	KeyAttribute sort[KEY_MAX_ATTRIBUTES];
} KeySchema;

/* How many attributes a key schema has, the partition key's and the sort key's. */
static inline int
key_schema_count(const KeySchema *schema)
{
	return schema->partition_count + schema->sort_count;
}

/* The one at a position below that count; the partition key's come first. */
static inline const KeyAttribute *
key_schema_attribute(const KeySchema *schema, int position)
{
	return position < schema->partition_count ? &schema->partition[position] :
		&schema->sort[position - schema->partition_count];
}

/*
 * What a Query asks for: every partition attribute equals a value; the first
 * sort_equal_count sort attributes too; the one behind them stands in the
 * relation `sort_operator` to sort_values.
 */
typedef struct KeyCondition
{
	Value		partition[KEY_MAX_ATTRIBUTES];
	int			sort_equal_count;
	Value		sort_equal[KEY_MAX_ATTRIBUTES];
	SortOperator sort_operator;
	Value		sort_values[2];
} KeyCondition;

/*
 * AWS works in three steps.  Parsing finds what is wrong with it as a
 * condition, before the filter and the projection are parsed.  Checking finds
 * what is no key condition (operators, nested operations, two conditions on one
 * attribute), behind them, and of KeyConditions only whether there are more
 * than maximum.  Binding, once the table is known, finds what
 * does not fit the key schema (key attributes, types, sizes), and gives the key
 * condition.
 */
typedef struct KeyConditionTree KeyConditionTree;

extern KeyConditionTree *key_condition_parse(const char *text, uint32 length,
											 ExpressionAttributes *attributes);
extern void key_condition_check(KeyConditionTree *tree, int maximum);
extern KeyCondition *key_condition_bind(const KeyConditionTree *tree, const KeySchema *schema);

/* ---- ProjectionExpression ---- */

typedef struct Projection Projection;

extern Projection *projection_parse(const char *text, uint32 length,
									ExpressionAttributes *attributes);

/* AttributesToGet: top-level attribute names, values of type S, all different. */
extern Projection *projection_of_attributes(const Value *names, int count);

/* The name of its attribute at the index, from 0; NULL behind the last one. */
extern const char *projection_attribute(const Projection *projection, int index,
										uint32 *name_length);

/* Whether the projection names something inside the attribute of that name. */
extern bool projection_enters_attribute(const Projection *projection,
										const char *name, uint32 name_length);

/* The part of the item that the projection names, palloc'd. */
extern Value projection_apply(const Projection *projection, const Value *item);

/* ---- UpdateExpression ---- */

typedef struct Update Update;

extern Update *update_parse(const char *text, uint32 length, ExpressionAttributes *attributes);

/* Raises if the update would change one of the key attributes. */
extern void update_check_keys(const Update *update, const KeySchema *schema);

/* Whether the update looks for something inside that attribute, to read or to change it. */
extern bool update_enters_attribute(const Update *update, const char *name, uint32 name_length);

/*
 * The value that the update gives to the top-level attribute of that name, as
 * far as that is known before it sees an item: of what it computes or adds only
 * the type counts.  False where not even the type is known.
 */
extern bool update_known_value(const Update *update, const char *name, uint32 name_length,
							   Value *value);

/*
 * Whether the update creates an item that is not there.  One that has nothing
 * but REMOVE and DELETE does not.
 */
extern bool update_creates_item(const Update *update);

/*
 * What AWS counts of UpdateItem's own update, and of no other one, against the
 * largest size of an item beside the item itself: what it names, and a charge
 * for its actions and their operands.
 */
extern uint64 update_charge(const Update *update);

/*
 * The item after the update.  old_item is what the update's operands read;
 * it holds the key attributes even where the item is new (then it is nothing
 * but the key).  Raises ValidationException where AWS does (an operand of the
 * wrong type, a path that is not in the item, ...).  The result is packed and
 * palloc'd; its size is the caller's to check.
 */
extern Value update_apply(const Update *update, const Value *old_item);

/*
 * The paths of the item that the update names, of the old item for
 * ReturnValues UPDATED_OLD or of the new one for UPDATED_NEW.
 */
extern Value update_project(const Update *update, const Value *item);

/* ---- Legacy parameters ---- */

/* One member of Expected, KeyConditions, QueryFilter or ScanFilter. */
typedef struct LegacyCondition
{
	const char *attribute;		/* name */
	uint32		attribute_length;
	const char *comparison_operator;	/* NULL if absent, as of the API model */
	int			exists;			/* Expected.Exists: -1 absent, 0 false, 1 true */
	const Value *value;			/* Expected.Value, or NULL */
	int			value_count;	/* of AttributeValueList; -1 if absent */
	const Value *values;
} LegacyCondition;

/*
 * Expected, QueryFilter or ScanFilter as a condition; parameter is the
 * member's name and conditional_operator "AND", "OR" or NULL.
 */
extern Condition *legacy_condition(const char *parameter, const LegacyCondition *conditions,
								   int count, const char *conditional_operator);

/* KeyConditions of Query; key_condition_check() is still to be called. */
extern KeyConditionTree *legacy_key_condition(const LegacyCondition *conditions, int count);

/* One member of AttributeUpdates. */
typedef struct LegacyUpdate
{
	const char *attribute;
	uint32		attribute_length;
	const char *action;			/* "PUT", "ADD", "DELETE" or NULL (PUT) */
	const Value *value;			/* or NULL */
} LegacyUpdate;

extern Update *legacy_update(const LegacyUpdate *updates, int count);

#endif							/* DDB_EXPRESSION_H */
