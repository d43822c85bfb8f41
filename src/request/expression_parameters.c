/*
 * expression_parameters.c - the expressions of a request, or the legacy
 * parameters that came before them.
 */
#include "postgres.h"

#include "error.h"
#include "request/parameters.h"
#include "value/json.h"

/* ---- Rules of mixing ---- */

/* The names of the parameters given that are legacy ones, or not: "{a, b}". */
static char *
given_names(const ParameterUse *uses, int count, bool legacy)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < count; i++)
	{
		if (uses[i].given && (uses[i].kind == PARAMETER_LEGACY) == legacy)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", uses[i].name);
	}
	return names.data;
}

/* All conditions that the operation knows: "FilterExpression and ... are null". */
static char *
missing_conditions(const ParameterUse *uses, int count)
{
	StringInfoData names;
	int			conditions = 0;

	initStringInfo(&names);
	for (int i = 0; i < count; i++)
	{
		if (uses[i].kind == PARAMETER_CONDITION)
			appendStringInfo(&names, "%s%s", conditions++ > 0 ? " and " : "", uses[i].name);
	}
	appendStringInfoString(&names, conditions > 1 ? " are null" : " is null");
	return names.data;
}

void
check_parameter_use(const ParameterUse *uses, int count, bool names_given, bool values_given)
{
	bool		legacy = false;
	bool		expressions = false;
	bool		conditions = false;

	for (int i = 0; i < count; i++)
	{
		if (!uses[i].given)
			continue;
		if (uses[i].kind == PARAMETER_LEGACY)
			legacy = true;
		else
			expressions = true;
		if (uses[i].kind == PARAMETER_CONDITION)
			conditions = true;
	}

	if (legacy && expressions)
		validation_error("Can not use both expression and non-expression parameters in the same request: "
						 "Non-expression parameters: {%s} Expression parameters: {%s}",
						 given_names(uses, count, true), given_names(uses, count, false));
	if (names_given && !expressions)
		validation_error("ExpressionAttributeNames can only be specified when using expressions");
	if (values_given && !conditions && validation_layer() == LAYER_OLDER)
		validation_error("ExpressionAttributeValues can only be specified when using expressions: %s",
						 missing_conditions(uses, count));
	if (values_given && !conditions)
		validation_error("ExpressionAttributeValues can only be specified when using expressions");
}

/* ---- Values ---- */

Value
read_value(json_object *json)
{
	return node_pack(node_from_json(json));
}

Value
read_attributes(json_object *json)
{
	return node_pack(node_map_from_json(json));
}

static Value *
read_value_list(const RequestList *list)
{
	json_object **members = list->members;
	Value	   *values = palloc(sizeof(Value) * Max(list->count, 1));

	for (int i = 0; i < list->count; i++)
		values[i] = read_value(members[i]);
	return values;
}

/* ---- ExpressionAttributeNames and ExpressionAttributeValues ---- */

static Value
read_names(const RequestMap *names)
{
	Node	   *map = node_map();
	const RequestString *members = names->values;
	Value	   *values = palloc(sizeof(Value) * Max(names->count, 1));

	if (names->count == 0)
		validation_error("ExpressionAttributeNames must not be empty");
	for (int i = 0; i < names->count; i++)
	{
		expression_attribute_name_key_check(names->keys[i].data, names->keys[i].length);
		attribute_name_check(members[i].length);
		values[i].type = VALUE_STRING;
		values[i].data = members[i].data;
		values[i].length = members[i].length;
		node_map_set(map, names->keys[i].data, names->keys[i].length, node_from_value(&values[i]));
	}
	return node_pack(map);
}

/* Only the older layer tells in which value something is wrong. */
static bool
tells_key(const char *text pg_attribute_unused())
{
	return validation_layer() == LAYER_OLDER;
}

static Value
read_values(json_object *json)
{
	Node	   *map = node_map();

	if (json_object_object_length(json) == 0)
		validation_error("ExpressionAttributeValues must not be empty");
	{
		json_object_object_foreach(json, key, value)
		{
			(void) value;
			expression_attribute_value_key_check(key, strlen(key));
		}
	}
	{
		json_object_object_foreach(json, key, value)
		{
			ErrorWords	words = {
				.before = "ExpressionAttributeValues contains invalid value: ",
				.apply = tells_key
			};
			char		after[300];

			snprintf(after, sizeof(after), " for key %s", key);
			words.after = after;
			error_words_begin(&words);
			node_map_set(map, key, strlen(key), node_from_json(value));
			error_words_end(&words);
		}
	}
	return node_pack(map);
}

ExpressionAttributes *
read_expression_attributes(const RequestMap *names, json_object *values)
{
	Value		packed_names;
	Value		packed_values;

	if (names != NULL && names->json != NULL)
		packed_names = read_names(names);
	if (values != NULL)
		packed_values = read_values(values);
	return expression_attributes(names != NULL && names->json != NULL ? &packed_names : NULL,
								 values != NULL ? &packed_values : NULL);
}

/* ---- Legacy conditions ---- */

static void
check_conditional_operator(const RequestEnum *conditional_operator, int count)
{
	if (conditional_operator->text == NULL)
		return;
	if (count == 0)
		validation_error("ConditionalOperator cannot be used without Filter or Expected");
	if (count == 1)
		validation_error("ConditionalOperator can only be used when Filter or Expected has two or more elements");
}

Condition *
read_expected(const RequestMap *expected, const RequestEnum *conditional_operator)
{
	const ExpectedRequest *members = expected->values;
	LegacyCondition *conditions;
	Condition  *condition;

	if (expected->count == 0)
	{
		check_conditional_operator(conditional_operator, 0);
		return NULL;
	}

	conditions = palloc0(sizeof(LegacyCondition) * expected->count);
	for (int i = 0; i < expected->count; i++)
	{
		const ExpectedRequest *member = &members[i];
		LegacyCondition *legacy = &conditions[i];

		attribute_name_check(expected->keys[i].length);
		legacy->attribute = expected->keys[i].data;
		legacy->attribute_length = expected->keys[i].length;
		legacy->comparison_operator = member->comparison_operator.text;
		legacy->exists = (int) member->exists - (int) BOOLEAN_FALSE;
		legacy->value_count = -1;
		if (member->value != NULL)
		{
			Value	   *value = palloc(sizeof(Value));

			*value = read_value(member->value);
			legacy->value = value;
		}
		if (member->values.json != NULL)
		{
			legacy->value_count = member->values.count;
			legacy->values = read_value_list(&member->values);
		}
	}

	condition = legacy_condition("Expected", conditions, expected->count, conditional_operator->text);
	check_conditional_operator(conditional_operator, expected->count);
	return condition;
}

static LegacyCondition *
read_legacy_conditions(const RequestMap *map)
{
	const ConditionRequest *members = map->values;
	LegacyCondition *conditions = palloc0(sizeof(LegacyCondition) * Max(map->count, 1));

	for (int i = 0; i < map->count; i++)
	{
		LegacyCondition *legacy = &conditions[i];

		attribute_name_check(map->keys[i].length);
		legacy->attribute = map->keys[i].data;
		legacy->attribute_length = map->keys[i].length;
		legacy->comparison_operator = members[i].comparison_operator.text;
		legacy->exists = -1;
		legacy->value_count = -1;
		if (members[i].values.json != NULL)
		{
			legacy->value_count = members[i].values.count;
			legacy->values = read_value_list(&members[i].values);
		}
	}
	return conditions;
}

Condition *
read_filter(const char *parameter, const RequestMap *filter,
			const RequestEnum *conditional_operator)
{
	Condition  *condition;

	if (filter->count == 0)
	{
		check_conditional_operator(conditional_operator, 0);
		return NULL;
	}
	condition = legacy_condition(parameter, read_legacy_conditions(filter), filter->count,
								 conditional_operator->text);
	check_conditional_operator(conditional_operator, filter->count);
	return condition;
}

KeyConditionTree *
read_key_conditions(const RequestMap *conditions)
{
	if (conditions->json == NULL)
		return NULL;
	return legacy_key_condition(read_legacy_conditions(conditions), conditions->count);
}

/* ---- Projections ---- */

static int
compare_strings(const void *a, const void *b)
{
	const RequestString *first = *(const RequestString *const *) a;
	const RequestString *second = *(const RequestString *const *) b;
	int			order = memcmp(first->data, second->data, Min(first->length, second->length));

	return order != 0 ? order : (first->length > second->length) - (first->length < second->length);
}

void
check_attributes_to_get(const RequestList *attributes)
{
	const RequestString *members = attributes->members;
	const RequestString **sorted;

	for (int i = 0; i < attributes->count; i++)
		attribute_name_check(members[i].length);
	if (attributes->count < 2)
		return;

	sorted = palloc(sizeof(RequestString *) * attributes->count);
	for (int i = 0; i < attributes->count; i++)
		sorted[i] = &members[i];
	qsort(sorted, attributes->count, sizeof(RequestString *), compare_strings);
	for (int i = 1; i < attributes->count; i++)
	{
		if (compare_strings(&sorted[i - 1], &sorted[i]) == 0)
			validation_error("One or more parameter values were invalid: Duplicate value in attribute name: %s",
							 sorted[i]->data);
	}
}

Projection *
read_projection(const RequestList *attributes, const RequestString *expression,
				ExpressionAttributes *names)
{
	const RequestString *members = attributes->members;
	Value	   *values;

	if (expression->data != NULL)
		return projection_parse(expression->data, expression->length, names);
	if (attributes->json == NULL)
		return NULL;

	values = palloc(sizeof(Value) * attributes->count);
	for (int i = 0; i < attributes->count; i++)
	{
		values[i].type = VALUE_STRING;
		values[i].data = members[i].data;
		values[i].length = members[i].length;
	}
	return projection_of_attributes(values, attributes->count);
}

/* ---- Key attributes ---- */

void
check_filter_keys(const char *what, const Condition *filter, const KeySchema *schema)
{
	for (int i = 0; filter != NULL && i < key_schema_count(schema); i++)
	{
		const KeyAttribute *key = key_schema_attribute(schema, i);

		if (condition_uses_attribute(filter, key->name, key->name_length))
			validation_error("%s can only contain non-primary key attributes: Primary key attribute: %s",
							 what, key->name);
	}
}
