/*
 * legacy.c - the parameters that expressions replaced: Expected, QueryFilter,
 * ScanFilter, KeyConditions and AttributeUpdates.
 *
 * They become the trees of expressions, so that there is one evaluator.  What
 * they mean differently is built of the same terms: NOT_CONTAINS is false for
 * an attribute that is not there.
 */
#include "postgres.h"

#include "error.h"
#include "expression/tree.h"

/* ---- Comparison operators ---- */

typedef enum LegacyOperator
{
	LEGACY_EQ,
	LEGACY_NE,
	LEGACY_LE,
	LEGACY_LT,
	LEGACY_GE,
	LEGACY_GT,
	LEGACY_NOT_NULL,
	LEGACY_NULL,
	LEGACY_CONTAINS,
	LEGACY_NOT_CONTAINS,
	LEGACY_BEGINS_WITH,
	LEGACY_IN,
	LEGACY_BETWEEN
} LegacyOperator;

typedef struct LegacyOperatorDescription
{
	const char *name;
	int			minimum;		/* arguments */
	int			maximum;
	int			types;			/* that an argument may have, as bits */
	TermKind	term;
	bool		indexable;		/* a key condition may use it */
	SortOperator sort_operator;
} LegacyOperatorDescription;

static const LegacyOperatorDescription operators[] =
{
	[LEGACY_EQ] = {"EQ", 1, 1, ANY_TYPES, TERM_EQUAL, true, SORT_EQUAL},
	[LEGACY_NE] = {"NE", 1, 1, ANY_TYPES, TERM_NOT_EQUAL, false, SORT_ANY},
	[LEGACY_LE] = {"LE", 1, 1, ORDERED_TYPES, TERM_LESS_OR_EQUAL, true, SORT_LESS_OR_EQUAL},
	[LEGACY_LT] = {"LT", 1, 1, ORDERED_TYPES, TERM_LESS, true, SORT_LESS},
	[LEGACY_GE] = {"GE", 1, 1, ORDERED_TYPES, TERM_GREATER_OR_EQUAL, true,
	SORT_GREATER_OR_EQUAL},
	[LEGACY_GT] = {"GT", 1, 1, ORDERED_TYPES, TERM_GREATER, true, SORT_GREATER},
	[LEGACY_NOT_NULL] = {"NOT_NULL", 0, 0, ANY_TYPES, TERM_ATTRIBUTE_EXISTS, false, SORT_ANY},
	[LEGACY_NULL] = {"NULL", 0, 0, ANY_TYPES, TERM_ATTRIBUTE_NOT_EXISTS, false, SORT_ANY},
	[LEGACY_CONTAINS] = {"CONTAINS", 1, 1,
	ORDERED_TYPES | TYPE_BIT(VALUE_BOOLEAN) | TYPE_BIT(VALUE_NULL), TERM_CONTAINS, false, SORT_ANY},
	[LEGACY_NOT_CONTAINS] = {"NOT_CONTAINS", 1, 1,
	ORDERED_TYPES | TYPE_BIT(VALUE_BOOLEAN) | TYPE_BIT(VALUE_NULL), TERM_CONTAINS, false, SORT_ANY},
	[LEGACY_BEGINS_WITH] = {"BEGINS_WITH", 1, 1,
	TYPE_BIT(VALUE_STRING) | TYPE_BIT(VALUE_BINARY), TERM_BEGINS_WITH, true, SORT_BEGINS_WITH},
	[LEGACY_IN] = {"IN", 1, PG_INT32_MAX, ORDERED_TYPES, TERM_IN, false, SORT_ANY},
	[LEGACY_BETWEEN] = {"BETWEEN", 2, 2, ORDERED_TYPES, TERM_BETWEEN, true, SORT_BETWEEN},
};

/* The request's validation has let only these names pass. */
static LegacyOperator
legacy_operator(const char *name)
{
	for (int i = 0; i < (int) lengthof(operators); i++)
	{
		if (strcmp(operators[i].name, name) == 0)
			return (LegacyOperator) i;
	}
	elog(ERROR, "unknown comparison operator \"%s\"", name);
}

static void
check_arguments(LegacyOperator operator, int count, const Value *values)
{
	const LegacyOperatorDescription *description = &operators[operator];

	if (count < description->minimum || count > description->maximum)
		validation_error("One or more parameter values were invalid: Invalid number of "
						 "argument(s) for the %s ComparisonOperator", description->name);
	for (int i = 1; i < count; i++)
	{
		if (values[i].type != values[0].type)
			validation_error("One or more parameter values were invalid: AttributeValues "
							 "inside AttributeValueList must be of same type");
	}
	if (count > 0 && (description->types & TYPE_BIT(values[0].type)) == 0)
		validation_error("One or more parameter values were invalid: ComparisonOperator %s is "
						 "not valid for %s AttributeValue type",
						 description->name, value_type_name(values[0].type));
	if (operator == LEGACY_BETWEEN && value_compare(&values[0], &values[1]) > 0)
		validation_error("The BETWEEN condition was provided a range where the lower bound is "
						 "greater than the upper bound");
}

/* ---- Conditions ---- */

static Term *
path_term(const LegacyCondition *condition)
{
	return term_of_path(document_path_of_attribute(condition->attribute,
												   condition->attribute_length));
}

static Term *
operator_term(const LegacyCondition *condition, LegacyOperator operator,
			  int count, const Value *values)
{
	List	   *operands = list_make1(path_term(condition));
	Term	   *term;

	for (int i = 0; i < count; i++)
		operands = lappend(operands, term_of_value(&values[i]));
	term = term_of_operands(operators[operator].term, operands);
	if (operator != LEGACY_NOT_CONTAINS)
		return term;
	return term_of_operands(TERM_AND,
							list_make2(term_of_operands(TERM_ATTRIBUTE_EXISTS,
														list_make1(path_term(condition))),
									   term_of_operands(TERM_NOT, list_make1(term))));
}

#define INVALID "One or more parameter values were invalid: "

/* Which members of Expected go together. */
static void
check_members(const LegacyCondition *condition)
{
	int			name_length = (int) condition->attribute_length;
	const char *name = condition->attribute;
	const char *operator = condition->comparison_operator;

	if (condition->value_count >= 0 && condition->value != NULL)
		validation_error(INVALID "Value and AttributeValueList cannot be used together for "
						 "Attribute: %.*s", name_length, name);
	if (operator == NULL && condition->value_count >= 0)
		validation_error(INVALID "AttributeValueList can only be used with a "
						 "ComparisonOperator for Attribute: %.*s", name_length, name);
	if (operator != NULL && condition->exists >= 0)
		validation_error(INVALID "Exists and ComparisonOperator cannot be used together for "
						 "Attribute: %.*s", name_length, name);
	if (operator == NULL && condition->exists == 0 && condition->value != NULL)
		validation_error(INVALID "Value cannot be used when Exists is false for "
						 "Attribute: %.*s", name_length, name);
	if (operator == NULL && condition->exists != 0 && condition->value == NULL)
		validation_error(INVALID "Value must be provided when Exists is %s for "
						 "Attribute: %.*s", condition->exists > 0 ? "true" : "null",
						 name_length, name);
}

/* Expected takes the single argument of an operator in Value, too. */
static void
check_expected(const LegacyCondition *condition)
{
	const LegacyOperatorDescription *description;

	check_members(condition);
	if (condition->comparison_operator == NULL)
		return;
	description = &operators[legacy_operator(condition->comparison_operator)];
	if (description->maximum > 0 &&
		condition->value == NULL && condition->value_count < 0)
		validation_error(INVALID "Value or AttributeValueList must be used with "
						 "ComparisonOperator: %s for Attribute: %.*s", description->name,
						 (int) condition->attribute_length, condition->attribute);
}

static Term *
condition_term(const LegacyCondition *condition)
{
	LegacyOperator operator;
	int			count = Max(condition->value_count, 0);
	const Value *values = condition->values;

	if (condition->value != NULL)
	{
		count = 1;
		values = condition->value;
	}
	if (condition->comparison_operator == NULL)
		operator = condition->exists == 0 ? LEGACY_NULL : LEGACY_EQ;
	else
		operator = legacy_operator(condition->comparison_operator);
	check_arguments(operator, count, values);
	return operator_term(condition, operator, count, values);
}

Condition *
legacy_condition(const char *parameter, const LegacyCondition *conditions, int count,
				 const char *conditional_operator)
{
	Condition  *result = palloc(sizeof(Condition));
	bool		any = conditional_operator != NULL && strcmp(conditional_operator, "OR") == 0;
	List	   *terms = NIL;

	for (int i = 0; i < count; i++)
	{
		if (strcmp(parameter, "Expected") == 0)
			check_expected(&conditions[i]);
		terms = lappend(terms, condition_term(&conditions[i]));
	}
	result->term = term_of_operands(any && count > 0 ? TERM_OR : TERM_AND, terms);
	return result;
}

/* ---- Key conditions ---- */

KeyConditionTree *
legacy_key_condition(const LegacyCondition *conditions, int count)
{
	KeyConditionTree *tree = palloc0(sizeof(KeyConditionTree));

	for (int i = 0; i < count; i++)
	{
		const LegacyCondition *condition = &conditions[i];
		LegacyOperator operator = legacy_operator(condition->comparison_operator);
		int			value_count = Max(condition->value_count, 0);
		KeyConditionPart *part = palloc0(sizeof(KeyConditionPart));

		check_arguments(operator, value_count, condition->values);
		part->name = condition->attribute;
		part->length = condition->attribute_length;
		part->indexable = operators[operator].indexable;
		part->operator = operators[operator].sort_operator;
		for (int j = 0; j < Min(value_count, 2); j++)
			part->values[j] = condition->values[j];
		tree->parts = lappend(tree->parts, part);
	}
	return tree;
}

/* ---- AttributeUpdates ---- */

static void
check_update_type(const LegacyUpdate *update, UpdateSection section)
{
	ValueType	type = update->value->type;

	if (value_type_is_set(type) || section == UPDATE_SET)
		return;
	if (section == UPDATE_DELETE)
		validation_error(INVALID "DELETE action with value is not supported for the type %s",
						 value_type_name(type));
	if (type != VALUE_NUMBER && type != VALUE_LIST)
		validation_error(INVALID "ADD action is not supported for the type %s",
						 value_type_name(type));
}

static UpdateAction *
legacy_action(const LegacyUpdate *update)
{
	UpdateAction *action = palloc0(sizeof(UpdateAction));
	bool		remove = update->action != NULL && strcmp(update->action, "DELETE") == 0;

	if (update->value == NULL)
	{
		if (!remove)
			validation_error(INVALID "Only DELETE action is allowed when no attribute value "
							 "is specified");
		action->section = UPDATE_REMOVE;
	}
	else
	{
		if (remove)
			action->section = UPDATE_DELETE;
		else if (update->action != NULL && strcmp(update->action, "ADD") == 0)
			action->section = UPDATE_ADD;
		else
			action->section = UPDATE_SET;
		check_update_type(update, action->section);
		action->value = term_of_value(update->value);
	}
	action->path = document_path_of_attribute(update->attribute, update->attribute_length);
	return action;
}

Update *
legacy_update(const LegacyUpdate *updates, int count)
{
	List	   *actions = NIL;

	for (int i = 0; i < count; i++)
		actions = lappend(actions, legacy_action(&updates[i]));
	return update_of_actions(actions, true);
}
