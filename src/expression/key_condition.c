/*
 * key_condition.c - key conditions: KeyConditionExpression and KeyConditions.
 *
 * A KeyConditionExpression has a condition's syntax and passes a condition's
 * checks first.  key_condition_check() then takes it apart into one condition
 * for each attribute, and key_condition_bind() finds the key attributes among
 * them; AWS looks the table up between the two.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "error.h"
#include "expression/tree.h"

KeyConditionTree *
key_condition_parse(const char *text, uint32 length, ExpressionAttributes *attributes)
{
	KeyConditionTree *tree = palloc0(sizeof(KeyConditionTree));

	tree->term = condition_term_parse("KeyConditionExpression", text, length, attributes);
	return tree;
}

/* ---- Taking it apart ---- */

static bool
find_operator(TermKind kind, SortOperator *operator)
{
	switch (kind)
	{
		case TERM_EQUAL:
			*operator = SORT_EQUAL;
			return true;
		case TERM_LESS:
			*operator = SORT_LESS;
			return true;
		case TERM_LESS_OR_EQUAL:
			*operator = SORT_LESS_OR_EQUAL;
			return true;
		case TERM_GREATER:
			*operator = SORT_GREATER;
			return true;
		case TERM_GREATER_OR_EQUAL:
			*operator = SORT_GREATER_OR_EQUAL;
			return true;
		case TERM_BETWEEN:
			*operator = SORT_BETWEEN;
			return true;
		case TERM_BEGINS_WITH:
			*operator = SORT_BEGINS_WITH;
			return true;
		default:
			return false;
	}
}

/* The operator when its operands change sides. */
static SortOperator
mirrored(SortOperator operator)
{
	switch (operator)
	{
		case SORT_LESS:
			return SORT_GREATER;
		case SORT_LESS_OR_EQUAL:
			return SORT_GREATER_OR_EQUAL;
		case SORT_GREATER:
			return SORT_LESS;
		case SORT_GREATER_OR_EQUAL:
			return SORT_LESS_OR_EQUAL;
		default:
			return operator;
	}
}

static void
take_attribute(KeyConditionPart *part, const DocumentPath *path)
{
	if (part->name != NULL)
		validation_error("Invalid condition in KeyConditionExpression: Multiple attribute "
						 "names used in one condition");
	if (path->count > 1)
		validation_error("KeyConditionExpressions cannot have conditions on nested attributes");
	part->name = path->elements[0].name;
	part->length = path->elements[0].length;
}

static KeyConditionPart *
part_of_term(const Term *term)
{
	KeyConditionPart *part = palloc0(sizeof(KeyConditionPart));
	const Term *first;
	int			value_count = 0;
	ListCell   *cell;

	if (!find_operator(term->kind, &part->operator))
		validation_error("Invalid operator used in KeyConditionExpression: %s",
						 term_name(term->kind));
	part->indexable = true;
	first = term_operand(term, 0);
	if (first->kind == TERM_VALUE &&
		(term->kind == TERM_BETWEEN || term->kind == TERM_BEGINS_WITH))
		validation_error("Invalid condition in KeyConditionExpression: %s operator must have "
						 "the key attribute as its first operand", term_name(term->kind));

	foreach(cell, term->operands)
	{
		const Term *operand = lfirst(cell);

		if (operand->kind == TERM_PATH)
			take_attribute(part, operand->path);
		else if (operand->kind != TERM_VALUE)
			validation_error("KeyConditionExpressions cannot contain nested operations");
		else if (value_count < 2)
			part->values[value_count++] = operand->value;
	}
	if (part->name == NULL)
		validation_error("Invalid condition in KeyConditionExpression: No key attribute "
						 "specified");
	if (first->kind == TERM_VALUE)
		part->operator = mirrored(part->operator);
	return part;
}

static KeyConditionPart *
find_part(const KeyConditionTree *tree, const char *name, uint32 length)
{
	ListCell   *cell;

	foreach(cell, tree->parts)
	{
		KeyConditionPart *part = lfirst(cell);

		if (part->length == length && memcmp(part->name, name, length) == 0)
			return part;
	}
	return NULL;
}

static void
take_apart(KeyConditionTree *tree, const Term *term)
{
	KeyConditionPart *part;
	ListCell   *cell;

	check_stack_depth();

	if (term->kind == TERM_AND)
	{
		foreach(cell, term->operands)
			take_apart(tree, lfirst(cell));
		return;
	}
	part = part_of_term(term);
	if (find_part(tree, part->name, part->length) != NULL)
		validation_error("Invalid KeyConditionExpression: KeyConditionExpressions must only contain "
						 "one condition per key");
	tree->parts = lappend(tree->parts, part);
}

void
key_condition_check(KeyConditionTree *tree, int maximum)
{
	int			count = list_length(tree->parts);

	if (tree->term != NULL)
		take_apart(tree, tree->term);
	else if (count < 1 || count > maximum)
		validation_error("Conditions can be of length 1 or 2 only");
	tree->term = NULL;
}

/* ---- Binding ---- */

/* What a Query's conditions are for, in the order of the key schema. */
typedef struct BoundParts
{
	int			count;
	const KeyConditionPart *parts[2 * KEY_MAX_ATTRIBUTES];
	const KeyAttribute *attributes[2 * KEY_MAX_ATTRIBUTES];
} BoundParts;

static void
bind_attribute(const KeyConditionTree *tree, const KeyAttribute *attribute, BoundParts *bound)
{
	KeyConditionPart *part = find_part(tree, attribute->name, attribute->name_length);

	if (part == NULL)
		validation_error("Query condition missed key schema element: %s", attribute->name);
	bound->parts[bound->count] = part;
	bound->attributes[bound->count++] = attribute;
}

/* All sort attributes before the last one with a condition need an equality. */
static void
check_sort_attributes(const KeyConditionTree *tree, const KeySchema *schema)
{
	StringInfoData names;
	int			last = schema->sort_count - 1;

	if (last < 1)
		return;
	while (last > 0 && find_part(tree, schema->sort[last].name, schema->sort[last].name_length) == NULL)
		last--;
	initStringInfo(&names);
	for (int i = 0; i < last; i++)
	{
		const KeyAttribute *attribute = &schema->sort[i];
		const KeyConditionPart *part = find_part(tree, attribute->name, attribute->name_length);

		if (part == NULL || !part->indexable || part->operator != SORT_EQUAL)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", attribute->name);
	}
	if (names.len > 0)
		validation_error("RANGE key attributes %s must have equality conditions specified in the query "
						 "because a condition is present on key attribute %s",
						 names.data, schema->sort[last].name);
}

/*
 * All partition attributes, and sort attributes from the left, as many as
 * there are conditions.
 */
static void
bind_attributes(const KeyConditionTree *tree, const KeySchema *schema, BoundParts *bound)
{
	int			count = list_length(tree->parts);

	bound->count = 0;
	if (count > key_schema_count(schema))
		validation_error("The number of query conditions (%d) exceeds the number of key attributes "
						 "defined in the schema (%d)", count, key_schema_count(schema));
	for (int i = 0; i < schema->partition_count; i++)
		bind_attribute(tree, &schema->partition[i], bound);
	check_sort_attributes(tree, schema);
	for (int i = 0; bound->count < count; i++)
		bind_attribute(tree, &schema->sort[i], bound);
}

static int
value_count_of(SortOperator operator)
{
	return operator == SORT_BETWEEN ? 2 : 1;
}

static void
check_bound_type(const KeyConditionPart *part, const KeyAttribute *attribute)
{
	for (int i = 0; i < value_count_of(part->operator); i++)
	{
		if (part->values[i].type != attribute->type)
			validation_error("One or more parameter values were invalid: Condition parameter "
							 "type does not match schema type");
	}
}

static void
check_bound_size(const KeyConditionPart *part, const KeyAttribute *attribute, bool partition)
{
	for (int i = 0; i < value_count_of(part->operator); i++)
	{
		const Value *value = &part->values[i];

		if (value->length == 0 && attribute->type != VALUE_NUMBER)
			validation_error("One or more parameter values are not valid. The AttributeValue "
							 "for a key attribute cannot contain an empty %s value. Key: %s",
							 attribute->type == VALUE_STRING ? "string" : "binary",
							 attribute->name);
		if (partition && value->length > PARTITION_KEY_MAX_SIZE)
			validation_error("One or more parameter values were invalid: Size of hashkey has "
							 "exceeded the maximum size limit of2048 bytes");
		if (!partition && value->length > SORT_KEY_MAX_SIZE)
			validation_error("One or more parameter values were invalid: Aggregated size of "
							 "all range keys has exceeded the size limit of 1024 bytes");
	}
}

/*
 * AWS's order: operators no key can serve, types, operators this attribute
 * cannot serve (all but the last sort attribute take equality only), sizes.
 */
static void
check_bound(const BoundParts *bound, const KeySchema *schema)
{
	for (int i = 0; i < bound->count; i++)
	{
		if (!bound->parts[i]->indexable)
			validation_error("Attempted conditional constraint is not an indexable operation");
	}
	for (int i = 0; i < bound->count; i++)
		check_bound_type(bound->parts[i], bound->attributes[i]);
	for (int i = 0; i < bound->count; i++)
	{
		bool		last_sort = i >= schema->partition_count && i == bound->count - 1;

		if (bound->parts[i]->operator != SORT_EQUAL && !last_sort)
			validation_error("Query key condition not supported");
	}
	for (int i = 0; i < bound->count; i++)
		check_bound_size(bound->parts[i], bound->attributes[i], i < schema->partition_count);
}

KeyCondition *
key_condition_bind(const KeyConditionTree *tree, const KeySchema *schema)
{
	KeyCondition *condition = palloc0(sizeof(KeyCondition));
	BoundParts	bound;

	Assert(tree->term == NULL);
	bind_attributes(tree, schema, &bound);
	check_bound(&bound, schema);

	condition->sort_operator = SORT_ANY;
	for (int i = 0; i < bound.count; i++)
	{
		const KeyConditionPart *part = bound.parts[i];

		if (i < schema->partition_count)
			condition->partition[i] = part->values[0];
		else if (i < bound.count - 1)
			condition->sort_equal[condition->sort_equal_count++] = part->values[0];
		else
		{
			condition->sort_operator = part->operator;
			memcpy(condition->sort_values, part->values, sizeof(part->values));
		}
	}
	return condition;
}
