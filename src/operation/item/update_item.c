/*
 * update_item.c - UpdateItem.
 */
#include "postgres.h"

#include "utils/rel.h"

#include "error.h"
#include "operation/item/item_write.h"
#include "operation/operations.h"
#include "value/node.h"

/* A member of AttributeUpdates. */
typedef struct AttributeUpdateRequest
{
	json_object *value;
	RequestEnum action;
} AttributeUpdateRequest;

static const Shape action_shape = {
	.kind = SHAPE_ENUM, .values = (const char *const[]) {"ADD", "DELETE", "PUT", NULL}
};

static const Member attribute_update_members[] = {
	OPTIONAL(AttributeUpdateRequest, value, "Value", &value_shape),
	OPTIONAL(AttributeUpdateRequest, action, "Action", &action_shape),
};
static const Shape attribute_update_shape =
STRUCTURE_SHAPE(AttributeUpdateRequest, "AttributeValueUpdate", attribute_update_members);
static const Shape attribute_updates_shape = {
	.kind = SHAPE_MAP, .type_name = "com.amazonaws.dynamodb.v20120810.AttributeValueUpdate",
	.element = &attribute_update_shape
};

typedef struct UpdateItemRequest
{
	WriteParameters write;
	json_object *key;
	RequestMap	attribute_updates;
	RequestString update_expression;
} UpdateItemRequest;

static const Member members[] = {
	WRITE_MEMBERS_FIRST(UpdateItemRequest),
	WRITE_MEMBER_COLLECTION_METRICS(UpdateItemRequest),
	WRITE_MEMBER_RETURN_VALUES(UpdateItemRequest, REPORTED_ALONE),
	REQUIRED(UpdateItemRequest, key, "Key", &attributes_shape),
	WRITE_MEMBERS_LAST(UpdateItemRequest),
	OPTIONAL(UpdateItemRequest, attribute_updates, "AttributeUpdates", &attribute_updates_shape),
	OPTIONAL(UpdateItemRequest, update_expression, "UpdateExpression", &string_shape),
};

static void
check_parameters(const UpdateItemRequest *request)
{
	const WriteParameters *write = &request->write;
	ParameterUse uses[] = {
		{"AttributeUpdates", PARAMETER_LEGACY, request->attribute_updates.json != NULL},
		{"Expected", PARAMETER_LEGACY, write->expected.json != NULL},
		{"ConditionalOperator", PARAMETER_LEGACY, write->conditional_operator.text != NULL},
		{"UpdateExpression", PARAMETER_CONDITION, request->update_expression.data != NULL},
		{"ConditionExpression", PARAMETER_CONDITION, write->condition_expression.data != NULL},
	};

	check_parameter_use(uses, lengthof(uses), write->names.json != NULL, write->values != NULL);
}

static Update *
read_attribute_updates(const RequestMap *map)
{
	const AttributeUpdateRequest *updates = map->values;
	LegacyUpdate *legacy;

	if (map->count == 0)
		return NULL;

	legacy = palloc0(sizeof(LegacyUpdate) * map->count);
	for (int i = 0; i < map->count; i++)
	{
		attribute_name_check(map->keys[i].length);
		legacy[i].attribute = map->keys[i].data;
		legacy[i].attribute_length = map->keys[i].length;
		legacy[i].action = updates[i].action.text;
		if (updates[i].value != NULL)
		{
			Value	   *value = palloc(sizeof(Value));

			*value = read_value(updates[i].value);
			legacy[i].value = value;
		}
	}
	return legacy_update(legacy, map->count);
}

static void __attribute__((noreturn))
raise_too_large(void)
{
	validation_error("Item size to update has exceeded the maximum allowed size");
}

/*
 * An update without an action only sees to it that the item is there.  One
 * that changes nothing writes nothing, and one that only takes away makes no
 * item, whatever its paths are.
 */
WriteAction
update_change(ItemWrite *write, const Value *old_item, Value *new_item)
{
	const Value *base = old_item != NULL ? old_item : &write->item;

	if (old_item == NULL && write->update != NULL && !update_creates_item(write->update))
		return WRITE_NOTHING;
	*new_item = write->update != NULL ? update_apply(write->update, base) : *base;
	if (item_size(new_item) > ITEM_MAX_SIZE)
		raise_too_large();
	index_check_item(write->indexes, new_item, write->writer);
	if (old_item != NULL && value_equal(old_item, new_item))
		return WRITE_NOTHING;
	return WRITE_PUT;
}

/* ---- Keys of indexes ---- */

/* Notes what of the schema's attributes the update is known to set. */
static void
note_known_values(const Update *update, const KeySchema *schema, Node *known)
{
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *key = key_schema_attribute(schema, i);
		Value		value;

		if (update_known_value(update, key->name, key->name_length, &value))
			node_map_set(known, key->name, key->name_length, node_from_value(&value));
	}
}

static void
check_known_values(const Update *update, const IndexSet *indexes, IndexWriter writer)
{
	Node	   *known = node_map();
	Value		values;

	for (int i = 0; i < indexes->count; i++)
		note_known_values(update, &indexes->indexes[i].schema, known);
	values = node_pack(known);
	index_check_item(indexes, &values, writer == WRITER_PUT ? WRITER_PUT : WRITER_UPDATE_VALUE);
}

static void
check_update_paths(const Update *update, const KeySchema *schema, const char *term)
{
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *key = key_schema_attribute(schema, i);

		if (update_enters_attribute(update, key->name, key->name_length))
			validation_error("Key attributes must be scalars; list random access '[]' and map lookup '.' "
							 "are not allowed: %s: %s", term, key->name);
	}
}

void
check_update(const Update *update, const Table *table, IndexWriter writer)
{
	const IndexSet *indexes = index_set(RelationGetRelid(table->relation));

	update_check_keys(update, &table->schema);
	if (indexes->count > 0)
		check_known_values(update, indexes, writer);

	check_update_paths(update, &table->schema, "Key");
	for (int i = 0; i < indexes->count; i++)
		check_update_paths(update, &indexes->indexes[i].schema, "IndexKey");
}

static void *
prepare(const void *argument)
{
	const UpdateItemRequest *request = argument;
	const WriteParameters *parameters = &request->write;
	const RequestString *expression = &request->update_expression;
	ItemWrite  *write = item_write_prepare(parameters, update_change);
	ExpressionAttributes *attributes;

	check_parameters(request);
	write->item = read_attributes(request->key);
	write->update = read_attribute_updates(&request->attribute_updates);
	if (parameters->expected.json != NULL)
		write->condition = read_write_condition(parameters, NULL);
	attributes = read_expression_attributes(&parameters->names, parameters->values);
	if (expression->data != NULL)
		write->update = update_parse(expression->data, expression->length, attributes);
	if (write->condition == NULL)
		write->condition = read_write_condition(parameters, attributes);
	expression_attributes_check_used(attributes);
	write->writer = expression->data != NULL ? WRITER_UPDATE_EXPRESSION : WRITER_PUT;
	return write;
}

static void
execute(const void *prepared, StringInfo response)
{
	ItemWrite  *write = unconstify(void *, prepared);
	Table	   *table;
	PrimaryKey	key;

	/* what an update computes from an item tells of it, so it needs to be readable */
	table = table_open_by_name(write->parameters->table_name.data, ACL_SELECT | ACL_INSERT | ACL_UPDATE);
	key = key_of_map(&table->schema, &write->item);
	if (write->update != NULL)
	{
		check_update(write->update, table, write->writer);
		/* what it costs is judged before the condition is, and is known without the item */
		if (update_charge(write->update) > ITEM_MAX_SIZE)
			raise_too_large();
	}
	item_write(write, table, &key, response);
}

const OperationDescription update_item_operation = {
	.request = STRUCTURE_SHAPE(UpdateItemRequest, "UpdateItemInput", members),
	.layer = LAYER_ENVELOPED,
	.prepare = prepare,
	.execute = execute
};
