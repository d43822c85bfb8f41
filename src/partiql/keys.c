/*
 * keys.c - what a statement's WHERE asks of a key.
 *
 * Each item that is read is judged by the whole condition, so what is found here
 * only narrows what is read: it must never leave out what the condition holds for.
 */
#include "postgres.h"

#include "error.h"
#include "partiql/syntax.h"

/* The most partitions that one statement may name. */
#define PARTITIONS_MAX 50

static bool
is_attribute(const Term *term, const KeyAttribute *attribute)
{
	return term->kind == TERM_PATH && term->path->count == 1 &&
		term->path->elements[0].length == attribute->name_length &&
		memcmp(term->path->elements[0].name, attribute->name, attribute->name_length) == 0;
}

/* The value that the term demands the attribute to be equal to, or NULL. */
static const Value *
equal_value(const Term *term, const KeyAttribute *attribute)
{
	if (term->kind != TERM_EQUAL)
		return NULL;
	for (int i = 0; i < 2; i++)
	{
		const Term *other = term_operand(term, 1 - i);

		if (is_attribute(term_operand(term, i), attribute) && other->kind == TERM_VALUE)
			return &other->value;
	}
	return NULL;
}

/* The first of the term's conjuncts that has such a value. */
static const Value *
demanded_value(const Term *term, const KeyAttribute *attribute)
{
	ListCell   *cell;

	if (term->kind != TERM_AND)
		return equal_value(term, attribute);
	foreach(cell, term->operands)
	{
		const Value *value = demanded_value(lfirst(cell), attribute);

		if (value != NULL)
			return value;
	}
	return NULL;
}

/* ---- Partitions ---- */

static void
check_key_value(const KeyAttribute *attribute, const Value *value, uint32 most)
{
	if (value->type != attribute->type)
		validation_error("The provided key element does not match the schema");
	if (attribute->type != VALUE_NUMBER && value->length == 0)
		validation_error("One or more parameter values are not valid. The AttributeValue for a key attribute "
						 "cannot contain an empty %s value. Key: %s",
						 attribute->type == VALUE_STRING ? "string" : "binary", attribute->name);
	if (value->length > most)
		validation_error("One or more parameter values were invalid: %s", most == PARTITION_KEY_MAX_SIZE ?
						 "Size of hashkey has exceeded the maximum size limit of2048 bytes" :
						 "Aggregated size of all range keys has exceeded the size limit of 1024 bytes");
}

/*
 * Adds a partition unless it is there; values has as many as the schema has
 * attributes.  Of too many, one more than there may be is kept.
 */
static void
add_partition(StatementKeys *keys, const KeySchema *schema, const Value *values)
{
	int			width = schema->partition_count;

	for (int i = 0; i < keys->count; i++)
	{
		bool		same = true;

		for (int j = 0; j < width && same; j++)
			same = value_equal(&keys->partitions[i * width + j], &values[j]);
		if (same)
			return;
	}
	if (keys->count > PARTITIONS_MAX)
		return;
	memcpy(&keys->partitions[keys->count * width], values, sizeof(Value) * width);
	keys->count++;
}

/* Only now that they are what is read: elsewhere in a condition, a value of another type is just not equal. */
static void
check_partitions(const StatementKeys *keys, const KeySchema *schema)
{
	int			width = schema->partition_count;

	for (int i = 0; i < keys->count * width; i++)
		check_key_value(&schema->partition[i % width], &keys->partitions[i], PARTITION_KEY_MAX_SIZE);
	if (keys->count > PARTITIONS_MAX)
		validation_error("The IN operator is provided with too many operands; number of operands: %d", keys->count);
}

static bool find_partitions(const Term *term, const KeySchema *schema, StatementKeys *keys);

/* partition IN [value, ...] */
static bool
find_partitions_of_in(const Term *term, const KeySchema *schema, StatementKeys *keys)
{
	if (schema->partition_count > 1 || !is_attribute(term_operand(term, 0), &schema->partition[0]))
		return false;
	for (int i = 1; i < list_length(term->operands); i++)
	{
		if (term_operand(term, i)->kind != TERM_VALUE)
			return false;
	}
	for (int i = 1; i < list_length(term->operands); i++)
		add_partition(keys, schema, &term_operand(term, i)->value);
	return true;
}

static bool
find_partition_of_equalities(const Term *term, const KeySchema *schema, StatementKeys *keys)
{
	Value		values[KEY_MAX_ATTRIBUTES];

	for (int i = 0; i < schema->partition_count; i++)
	{
		const Value *value = demanded_value(term, &schema->partition[i]);

		if (value == NULL)
			return false;
		values[i] = *value;
	}
	add_partition(keys, schema, values);
	return true;
}

static bool
find_partitions_of_or(const Term *term, const KeySchema *schema, StatementKeys *keys)
{
	ListCell   *cell;

	foreach(cell, term->operands)
	{
		if (!find_partitions(lfirst(cell), schema, keys))
			return false;
	}
	return true;
}

/*
 * Adds the partitions outside of which the term holds for nothing; false where
 * there are no such.
 */
static bool
find_partitions(const Term *term, const KeySchema *schema, StatementKeys *keys)
{
	ListCell   *cell;

	switch (term->kind)
	{
		case TERM_EQUAL:
			return find_partition_of_equalities(term, schema, keys);
		case TERM_IN:
			return find_partitions_of_in(term, schema, keys);
		case TERM_OR:
			return find_partitions_of_or(term, schema, keys);
		case TERM_AND:
			if (find_partition_of_equalities(term, schema, keys))
				return true;
			foreach(cell, term->operands)
			{
				int			count = keys->count;

				if (find_partitions(lfirst(cell), schema, keys))
					return true;
				keys->count = count;
			}
			return false;
		default:
			return false;
	}
}

/* ---- The sort key ---- */

/* What a conjunct asks of the attribute, if that is a range of it. */
static bool
range_of_conjunct(const Term *term, const KeyAttribute *attribute, KeyCondition *condition)
{
	static const SortOperator operators[] = {
		[TERM_LESS] = SORT_LESS,
		[TERM_LESS_OR_EQUAL] = SORT_LESS_OR_EQUAL,
		[TERM_GREATER] = SORT_GREATER,
		[TERM_GREATER_OR_EQUAL] = SORT_GREATER_OR_EQUAL,
		[TERM_BETWEEN] = SORT_BETWEEN,
		[TERM_BEGINS_WITH] = SORT_BEGINS_WITH
	};

	if ((term->kind < TERM_LESS || term->kind > TERM_BETWEEN) && term->kind != TERM_BEGINS_WITH)
		return false;
	if (!is_attribute(term_operand(term, 0), attribute))
		return false;
	for (int i = 1; i < list_length(term->operands); i++)
	{
		const Term *bound = term_operand(term, i);

		if (bound->kind != TERM_VALUE || bound->value.type != attribute->type ||
			bound->value.length > SORT_KEY_MAX_SIZE)
			return false;
		condition->sort_values[i - 1] = bound->value;
	}
	condition->sort_operator = operators[term->kind];
	return true;
}

/* How many equalities of key attributes the term consists of, or OTHER_TERM where there is anything else. */
#define OTHER_TERM (-1)

static int
count_key_equalities(const Term *term, const KeySchema *schema)
{
	int			count = 0;
	ListCell   *cell;

	if (term->kind != TERM_AND)
	{
		for (int i = 0; i < key_schema_count(schema); i++)
		{
			if (equal_value(term, key_schema_attribute(schema, i)) != NULL)
				return 1;
		}
		return OTHER_TERM;
	}
	foreach(cell, term->operands)
	{
		int			more = count_key_equalities(lfirst(cell), schema);

		if (more == OTHER_TERM)
			return OTHER_TERM;
		count += more;
	}
	return count;
}

static bool
find_range(const Term *term, const KeyAttribute *attribute, KeyCondition *condition)
{
	ListCell   *cell;

	if (term->kind != TERM_AND)
		return range_of_conjunct(term, attribute, condition);
	foreach(cell, term->operands)
	{
		if (find_range(lfirst(cell), attribute, condition))
			return true;
	}
	return false;
}

/* Equalities of sort attributes from the left, and a range of the next one. */
static void
find_sort_condition(const Term *term, const KeySchema *schema, StatementKeys *keys)
{
	KeyCondition *condition = &keys->condition;

	while (condition->sort_equal_count < schema->sort_count)
	{
		const KeyAttribute *attribute = &schema->sort[condition->sort_equal_count];
		const Value *value = demanded_value(term, attribute);

		if (value == NULL)
		{
			find_range(term, attribute, condition);
			return;
		}
		check_key_value(attribute, value, SORT_KEY_MAX_SIZE);
		condition->sort_equal[condition->sort_equal_count++] = *value;
	}
	keys->whole = true;
	/* a second equality of an attribute is a condition, for the item may not be what it says */
	keys->only = count_key_equalities(term, schema) == key_schema_count(schema);

	/* the last of them is told as an operator, as by a key condition */
	if (condition->sort_equal_count > 0)
	{
		condition->sort_operator = SORT_EQUAL;
		condition->sort_values[0] = condition->sort_equal[--condition->sort_equal_count];
	}
}

void
statement_keys(const Statement *statement, const KeySchema *schema, StatementKeys *keys)
{
	memset(keys, 0, sizeof(*keys));
	if (statement->where == NULL)
		return;
	keys->partitions = palloc(sizeof(Value) * (PARTITIONS_MAX + 1) * schema->partition_count);
	if (!find_partitions(statement->where->term, schema, keys))
		keys->count = 0;
	check_partitions(keys, schema);
	if (keys->count == 1)
	{
		memcpy(keys->condition.partition, keys->partitions, sizeof(Value) * schema->partition_count);
		find_sort_condition(statement->where->term, schema, keys);
	}
}

void
statement_whole_key(const Statement *statement, const KeySchema *schema, StatementKeys *keys)
{
	statement_keys(statement, schema, keys);
	if (!keys->whole)
		validation_error("Where clause does not contain a mandatory equality on all key attributes");
}

PrimaryKey
statement_primary_key(const StatementKeys *keys, const KeySchema *schema)
{
	PrimaryKey	key = {.partition = keys->condition.partition[0]};

	if (schema->sort_count > 0)
		key.sort = keys->condition.sort_values[0];
	return key;
}
