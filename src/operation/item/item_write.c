/*
 * item_write.c - the way of PutItem, UpdateItem and DeleteItem to the table.
 *
 * The condition is judged, the change made and what is to be returned written
 * down in the decision that table_write() asks for: there the old item is the
 * very version that the write replaces.  The decision may be asked for again,
 * so it starts from nothing each time.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "error.h"
#include "index/index.h"
#include "operation/item/item_write.h"
#include "statistics/usage.h"
#include "value/json.h"

ItemWrite *
item_write_prepare(const WriteParameters *parameters, ItemChange change)
{
	ItemWrite  *write = palloc0(sizeof(ItemWrite));

	write->parameters = parameters;
	write->change = change;
	return write;
}

void
check_write_parameters(const WriteParameters *parameters)
{
	ParameterUse uses[] = {
		{"Expected", PARAMETER_LEGACY, parameters->expected.json != NULL},
		{"ConditionalOperator", PARAMETER_LEGACY, parameters->conditional_operator.text != NULL},
		{"ConditionExpression", PARAMETER_CONDITION, parameters->condition_expression.data != NULL},
	};

	check_parameter_use(uses, lengthof(uses), parameters->names.json != NULL,
						parameters->values != NULL);
}

void
check_return_values_old_only(const WriteParameters *parameters)
{
	int			wanted = parameters->return_values.value;

	if (wanted != 0 && wanted != RETURN_ALL_OLD && wanted != RETURN_NONE)
		validation_error("ReturnValues can only be ALL_OLD or NONE");
}

Condition *
read_write_condition(const WriteParameters *parameters, ExpressionAttributes *attributes)
{
	const RequestString *text = &parameters->condition_expression;

	if (text->data != NULL)
		return condition_parse("ConditionExpression", text->data, text->length, attributes);
	return read_expected(&parameters->expected, &parameters->conditional_operator);
}

AclMode
privileges_to_read_old(const WriteParameters *parameters, const Condition *condition)
{
	bool		returns = parameters->return_values.value != 0 &&
		parameters->return_values.value != RETURN_NONE;

	return condition != NULL || returns ? ACL_SELECT : 0;
}

/* What it costs to find that a condition does not hold. */
static double
failure_units(const Value *old_item)
{
	return write_capacity(old_item != NULL ? item_size(old_item) : 0);
}

static void
check_condition(const ItemWrite *write, const Value *old_item)
{
	StringInfoData item;

	if (write->condition == NULL || (old_item == NULL && write->absent_passes) ||
		condition_holds(write->condition, old_item != NULL ? old_item : &empty_map))
		return;

	usage_condition_failed(failure_units(old_item));
	if (old_item == NULL ||
		write->parameters->return_values_on_failure.value != FAILURE_ALL_OLD)
		ddb_error(CONDITIONAL_CHECK_FAILED_EXCEPTION, "The conditional request failed");
	initStringInfo(&item);
	item_to_json(&item, old_item);
	ddb_error_with_json(CONDITIONAL_CHECK_FAILED_EXCEPTION, item.data,
						"The conditional request failed");
}

/* Writes down what ReturnValues asks for; new_item is NULL after a delete. */
static void
keep_returned(ItemWrite *write, const Value *old_item, const Value *new_item)
{
	Value		updated;
	const Value *returned = NULL;

	switch (write->parameters->return_values.value)
	{
		case RETURN_ALL_OLD:
			returned = old_item;
			break;
		case RETURN_ALL_NEW:
			returned = new_item;
			break;
		case RETURN_UPDATED_OLD:
			returned = old_item;
			break;
		case RETURN_UPDATED_NEW:
			returned = new_item;
			break;
		default:
			return;
	}
	if (returned == NULL)
		return;

	if (write->parameters->return_values.value == RETURN_UPDATED_OLD ||
		write->parameters->return_values.value == RETURN_UPDATED_NEW)
	{
		if (write->update == NULL)
			return;
		updated = update_project(write->update, returned);
		if (value_count(&updated) == 0)
			return;
		returned = &updated;
	}
	item_to_json(&write->attributes, returned);
}

/* What the write costs the indexes; either item may be NULL. */
static void
count_index_units(ItemWrite *write, bool touches_indexes, const Value *old_item, const Value *new_item)
{
	if (write->index_units == NULL)
		return;
	for (int i = 0; i < write->indexes->count; i++)
		write->index_units[i] = !touches_indexes ? 0 :
			index_write_units(&write->indexes->indexes[i], old_item, new_item);
}

/*
 * What was done costs.  A role that may not read learns nothing of the item that was
 * there, so what it is told is what it has written itself.
 */
static void
count_action(ItemWrite *write, WriteAction action, const Value *old_item, const Value *new_item)
{
	const Value *put = action == WRITE_PUT ? new_item : NULL;
	const Value *own = write->item.data != NULL ? &write->item : NULL;
	uint32		put_size = put != NULL ? item_size(put) : 0;

	write->whole_size = Max(old_item != NULL ? item_size(old_item) : 0, put_size);
	if (write->tells_old)
	{
		write->written_size = write->whole_size;
		count_index_units(write, action != WRITE_NOTHING, old_item, put);
		return;
	}
	if (put != NULL && own != NULL && put->data == own->data)
		write->written_size = put_size;
	else
		write->written_size = own != NULL ? item_size(own) : 0;
	count_index_units(write, true, NULL, own);
}

WriteAction
item_write_decide(const Value *old_item, Value *new_item, void *argument)
{
	ItemWrite  *write = argument;
	WriteAction action;

	resetStringInfo(&write->attributes);
	check_condition(write, old_item);
	action = write->change(write, old_item, new_item);

	count_action(write, action, old_item, new_item);
	if (action == WRITE_DELETE || (action == WRITE_NOTHING && old_item == NULL))
		keep_returned(write, old_item, NULL);
	else
		keep_returned(write, old_item, action == WRITE_PUT ? new_item : old_item);
	return action;
}

static void
append_response(const ItemWrite *write, Table *table, const PrimaryKey *key, StringInfo response)
{
	const WriteParameters *parameters = write->parameters;

	appendStringInfoChar(response, '{');
	if (write->attributes.len > 0)
	{
		append_member(response, "Attributes");
		appendBinaryStringInfo(response, write->attributes.data, write->attributes.len);
	}
	if (wants_capacity(&parameters->return_consumed_capacity))
	{
		append_member(response, "ConsumedCapacity");
		append_write_capacity(response, &parameters->return_consumed_capacity, CAPACITY_OF_EITHER,
							  parameters->table_name.data, write_capacity(write->written_size),
							  write->indexes, write->index_units);
	}
	if (wants_collection_metrics(&parameters->return_item_collection_metrics, write->indexes))
	{
		append_member(response, "ItemCollectionMetrics");
		append_collection_metrics(response, table, write->indexes, &key->partition);
	}
	appendStringInfoChar(response, '}');
}

void
item_write_run(ItemWrite *write, Table *table, const PrimaryKey *key)
{
	check_key_paths(table, write->condition, NULL);
	initStringInfo(&write->attributes);
	write->indexes = index_set(RelationGetRelid(table->relation));
	if (wants_capacity(&write->parameters->return_consumed_capacity))
	{
		write->tells_old = table_is_readable(table);
		write->index_units = palloc0(sizeof(double) * Max(write->indexes->count, 1));
	}
	index_attach(table);
	table_write(table, key, item_write_decide, write);
	usage_written(RelationGetRelid(table->relation), 1, write_capacity(write->whole_size));
}

void
item_write(ItemWrite *write, Table *table, const PrimaryKey *key, StringInfo response)
{
	item_write_run(write, table, key);
	append_response(write, table, key, response);
	table_release(table);
}
