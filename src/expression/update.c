/*
 * update.c - update expressions: parsing, and carrying them out.
 *
 * All operands are read from the item as it was.  Then the actions change the
 * item, of which only what leads to a changed place is unpacked.  List indexes
 * mean places in the old list: elements are set in place first, those to be
 * removed go after that, and those set behind the list's end are appended last,
 * ordered by index.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "error.h"
#include "value/number.h"
#include "expression/tree.h"

/* ---- Parsing ---- */

static const char *const long_type_names[] =
{
	[VALUE_STRING] = "STRING",
	[VALUE_NUMBER] = "NUMBER",
	[VALUE_BINARY] = "BINARY",
	[VALUE_BOOLEAN] = "BOOLEAN",
	[VALUE_NULL] = "NULL",
	[VALUE_MAP] = "MAP",
	[VALUE_LIST] = "LIST",
	[VALUE_STRING_SET] = "STRING_SET",
	[VALUE_NUMBER_SET] = "NUMBER_SET",
	[VALUE_BINARY_SET] = "BINARY_SET",
};

/* ADD takes a number or a set, DELETE a set. */
static void
check_section_type(const char *parameter, const UpdateAction *action)
{
	ValueType	type;

	if (action->section != UPDATE_ADD && action->section != UPDATE_DELETE)
		return;
	type = action->value->value.type;
	if (value_type_is_set(type) ||
		(type == VALUE_NUMBER && action->section == UPDATE_ADD))
		return;
	expression_error(parameter, "Incorrect operand type for operator or function; "
					 "operator: %s, operand type: %s", action->section == UPDATE_ADD ? "ADD" : "DELETE", long_type_names[type]);
}

static List *
paths_of_actions(const List *actions)
{
	List	   *paths = NIL;
	ListCell   *cell;

	foreach(cell, actions)
		paths = lappend(paths, ((UpdateAction *) lfirst(cell))->path);
	return paths;
}

void
update_check_actions(const char *parameter, const List *actions, ExpressionAttributes *attributes)
{
	ListCell   *cell;

	document_paths_check(parameter, paths_of_actions(actions));
	foreach(cell, actions)
		check_section_type(parameter, lfirst(cell));
	foreach(cell, actions)
	{
		const UpdateAction *action = lfirst(cell);

		if (action->value != NULL)
			expression_check_term(parameter, action->value, attributes);
	}
}

/*
 * AWS's order: words in the whole expression; undefined placeholders; paths
 * that overlap, then those that conflict; the values of ADD and DELETE; the
 * operands of functions and operators.
 */
static void
check_actions(const ExpressionParser *parser, ExpressionAttributes *attributes)
{
	const char *parameter = parser->parameter;
	WordCheck	words = {0};
	ListCell   *cell;

	foreach(cell, parser->actions)
	{
		const UpdateAction *action = lfirst(cell);

		word_check_path(&words, action->path);
		if (action->value != NULL)
			word_check_term(&words, UPDATE_LANGUAGE, action->value, PLACE_VALUE);
	}
	word_check_raise(&words, parser);

	foreach(cell, parser->actions)
	{
		const UpdateAction *action = lfirst(cell);

		expression_resolve_path(parameter, action->path, attributes);
		if (action->value != NULL)
			expression_resolve_term(parameter, action->value, attributes);
	}
	update_check_actions(parameter, parser->actions, attributes);
}

Update *
update_parse(const char *text, uint32 length, ExpressionAttributes *attributes)
{
	ExpressionParser parser;

	expression_parse(&parser, "UpdateExpression", UPDATE_LANGUAGE, text, length);
	check_actions(&parser, attributes);
	return update_of_actions(parser.actions, false);
}

Update *
update_of_actions(List *actions, bool legacy)
{
	Update	   *update = palloc(sizeof(Update));

	update->legacy = legacy;
	update->actions = actions;
	update->paths = paths_of_actions(actions);
	return update;
}

static bool
path_begins_with(const DocumentPath *path, const KeyAttribute *attribute)
{
	const PathElement *first = &path->elements[0];

	return first->length == attribute->name_length &&
		memcmp(first->name, attribute->name, first->length) == 0;
}

static void
check_key_attributes(const DocumentPath *path, const KeySchema *schema)
{
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);

		if (path_begins_with(path, attribute))
			validation_error("One or more parameter values were invalid: Cannot update "
							 "attribute %s. This attribute is part of the key",
							 attribute->name);
	}
}

void
update_check_keys(const Update *update, const KeySchema *schema)
{
	ListCell   *cell;

	foreach(cell, update->actions)
	{
		const UpdateAction *action = lfirst(cell);

		check_key_attributes(action->path, schema);
	}
}

bool
update_enters_attribute(const Update *update, const char *name, uint32 name_length)
{
	KeyAttribute attribute = {.name = unconstify(char *, name),.name_length = name_length};
	ListCell   *cell;

	foreach(cell, update->actions)
	{
		const UpdateAction *action = lfirst(cell);

		if (action->path->count > 1 && path_begins_with(action->path, &attribute))
			return true;
		if (action->value != NULL && term_enters_attribute(action->value, name, name_length))
			return true;
	}
	return false;
}

/* Whether the action gives its path a value. */
static bool
is_writing(const UpdateAction *action)
{
	return action->section == UPDATE_SET || action->section == UPDATE_ADD;
}

/* The value of an operand, or another of its type; false where that is not known. */
static bool
known_value(const Term *term, Value *value)
{
	static const char zero[] = {0};
	ValueType	type;

	if (!term_known_type(term, &type))
		return false;
	if (term->kind == TERM_VALUE)
		*value = term->value;
	else
	{
		value->type = type;
		value->data = zero;
		value->length = sizeof(zero);
	}
	return true;
}

bool
update_known_value(const Update *update, const char *name, uint32 name_length, Value *value)
{
	KeyAttribute attribute = {.name = unconstify(char *, name),.name_length = name_length};
	ListCell   *cell;

	foreach(cell, update->actions)
	{
		const UpdateAction *action = lfirst(cell);

		if (action->path->count == 1 && path_begins_with(action->path, &attribute) &&
			is_writing(action))
			return known_value(action->value, value);
	}
	return false;
}

bool
update_creates_item(const Update *update)
{
	ListCell   *cell;

	foreach(cell, update->actions)
	{
		if (is_writing(lfirst(cell)))
			return true;
	}
	return false;
}

/* ---- Size ---- */

/*
 * What AWS charges for an update, found by trial: the bytes that the request
 * names, with so much for the update, each action and each part of an operand.
 * What an operand reads of the item, and what comes of it, costs nothing.
 */
#define UPDATE_CHARGE 3
#define WRITING_CHARGE 19
#define TAKING_CHARGE 1
#define TARGET_ELEMENT_CHARGE 4
#define PATH_CHARGE 1
#define PATH_ELEMENT_CHARGE 14
#define PLUS_CHARGE 34
#define MINUS_CHARGE 37
#define LIST_APPEND_CHARGE 37
#define IF_NOT_EXISTS_CHARGE 39

/* A name's bytes, or an index's digits. */
static uint64
element_charge(const PathElement *element)
{
	return element->name != NULL ? element->length : snprintf(NULL, 0, "%u", element->index);
}

static uint64
target_charge(const DocumentPath *path)
{
	uint64		charge = element_charge(&path->elements[0]);

	for (int i = 1; i < path->count; i++)
		charge += TARGET_ELEMENT_CHARGE + element_charge(&path->elements[i]);
	return charge;
}

static uint64
path_charge(const DocumentPath *path)
{
	uint64		charge = PATH_CHARGE;

	for (int i = 0; i < path->count; i++)
		charge += PATH_ELEMENT_CHARGE + element_charge(&path->elements[i]);
	return charge;
}

static uint64
operator_charge(TermKind kind)
{
	switch (kind)
	{
		case TERM_PLUS:
			return PLUS_CHARGE;
		case TERM_MINUS:
			return MINUS_CHARGE;
		case TERM_LIST_APPEND:
			return LIST_APPEND_CHARGE;
		default:
			Assert(kind == TERM_IF_NOT_EXISTS);
			return IF_NOT_EXISTS_CHARGE;
	}
}

static uint64
operand_charge(const Term *term)
{
	uint64		charge;
	ListCell   *cell;

	check_stack_depth();
	if (term->kind == TERM_VALUE)
		return value_size(&term->value);
	if (term->kind == TERM_PATH)
		return path_charge(term->path);

	charge = operator_charge(term->kind);
	foreach(cell, term->operands)
		charge += operand_charge(lfirst(cell));
	return charge;
}

uint64
update_charge(const Update *update)
{
	uint64		charge = UPDATE_CHARGE;
	ListCell   *cell;

	foreach(cell, update->actions)
	{
		const UpdateAction *action = lfirst(cell);

		charge += target_charge(action->path);
		if (is_writing(action))
			charge += WRITING_CHARGE + operand_charge(action->value);
		else
			charge += TAKING_CHARGE;
	}
	return charge;
}

/* ---- Operands ---- */

static void
raise_wrong_type(const Update *update)
{
	if (update->legacy)
		validation_error("Type mismatch for attribute to update");
	validation_error("An operand in the update expression has an incorrect data type");
}

static Value
number_value(const Value *left, const Value *right, bool minus)
{
	char	   *stored = palloc(NUMBER_MAX_LENGTH);
	Value		result = {.type = VALUE_NUMBER,.data = stored};

	if (minus)
		result.length = number_subtract(left, right, stored);
	else
		result.length = number_add(left, right, stored);
	return result;
}

static Value
appended_list(const Value *first, const Value *second)
{
	Node	   *list = node_from_value(first);
	ValueIterator iterator;
	Value		member;

	value_iterator_start(&iterator, second);
	while (value_iterator_next(&iterator, NULL, NULL, &member))
		node_list_append(list, node_from_value(&member));
	return node_pack(list);
}

/* The value of an operand of SET, read from the old item. */
static Value
operand_value(const Update *update, const Term *term, const Value *item)
{
	Value		left;
	Value		right;

	check_stack_depth();

	if (term->kind == TERM_VALUE)
		return term->value;
	if (term->kind == TERM_PATH)
	{
		if (!document_path_find(term->path, item, &left))
			validation_error("The provided expression refers to an attribute that does not "
							 "exist in the item");
		return left;
	}
	if (term->kind == TERM_IF_NOT_EXISTS)
	{
		if (document_path_find(term_operand(term, 0)->path, item, &left))
			return left;
		return operand_value(update, term_operand(term, 1), item);
	}

	left = operand_value(update, term_operand(term, 0), item);
	right = operand_value(update, term_operand(term, 1), item);
	if (term->kind == TERM_LIST_APPEND)
	{
		if (left.type != VALUE_LIST || right.type != VALUE_LIST)
			raise_wrong_type(update);
		return appended_list(&left, &right);
	}
	Assert(term->kind == TERM_PLUS || term->kind == TERM_MINUS);
	if (left.type != VALUE_NUMBER || right.type != VALUE_NUMBER)
		raise_wrong_type(update);
	return number_value(&left, &right, term->kind == TERM_MINUS);
}

/* ---- Actions ---- */

typedef enum ChangeKind
{
	CHANGE_NOTHING,
	CHANGE_SET,
	CHANGE_REMOVE
} ChangeKind;

/* What an action comes to, given the old item. */
typedef struct Change
{
	const PathElement *place;	/* in its parent */
	Node	   *parent;
	ChangeKind	kind;
	Value		value;			/* CHANGE_SET */
} Change;

static Value
united_set(const Value *set, const Value *members)
{
	Node	   *result = node_from_value(set);
	ValueIterator iterator;
	Value		member;

	value_iterator_start(&iterator, members);
	while (value_iterator_next(&iterator, NULL, NULL, &member))
		node_set_add(result, &member);
	return node_pack(result);
}

static void
decide_add(const Update *update, const UpdateAction *action, const Value *item, Change *change)
{
	const Value *value = &action->value->value;
	Value		old;

	change->kind = CHANGE_SET;
	if (!document_path_find(action->path, item, &old))
		change->value = *value;
	else if (old.type != value->type)
		raise_wrong_type(update);
	else if (old.type == VALUE_NUMBER)
		change->value = number_value(&old, value, false);
	else if (old.type == VALUE_LIST)
		change->value = appended_list(&old, value);
	else
		change->value = united_set(&old, value);
}

/* A set that loses its last member is removed. */
static void
decide_delete(const Update *update, const UpdateAction *action, const Value *item,
			  Change *change)
{
	const Value *value = &action->value->value;
	ValueIterator iterator;
	Value		old;
	Value		member;
	Node	   *set;

	change->kind = CHANGE_NOTHING;
	if (!document_path_find(action->path, item, &old))
		return;
	if (old.type != value->type)
		raise_wrong_type(update);

	set = node_from_value(&old);
	value_iterator_start(&iterator, value);
	while (value_iterator_next(&iterator, NULL, NULL, &member))
		node_set_remove(set, &member);
	change->kind = CHANGE_REMOVE;
	if (node_set_count(set) > 0)
	{
		change->kind = CHANGE_SET;
		change->value = node_pack(set);
	}
}

static void
decide_action(const Update *update, const UpdateAction *action, const Value *item,
			  Change *change)
{
	switch (action->section)
	{
		case UPDATE_SET:
			change->kind = CHANGE_SET;
			change->value = operand_value(update, action->value, item);
			break;
		case UPDATE_REMOVE:
			change->kind = CHANGE_REMOVE;
			break;
		case UPDATE_ADD:
			decide_add(update, action, item, change);
			break;
		case UPDATE_DELETE:
			decide_delete(update, action, item, change);
			break;
	}
}

/*
 * The map or list that holds, or is to hold, what the path leads to.  It must
 * be there, even where the action changes nothing.
 */
static Node *
find_parent(Node *root, const DocumentPath *path)
{
	Node	   *place = root;

	for (int i = 0; i < path->count - 1 && place != NULL; i++)
	{
		const PathElement *element = &path->elements[i];

		if (element->name != NULL)
			place = node_map_get(place, element->name, element->length);
		else
			place = node_list_get(place, element->index);
	}
	if (place == NULL ||
		node_type(place) != (path->elements[path->count - 1].name != NULL ?
							 VALUE_MAP : VALUE_LIST))
		validation_error("The document path provided in the update expression is invalid "
						 "for update");
	return place;
}

static void
change_map(const Change *change)
{
	const PathElement *place = change->place;

	if (change->kind == CHANGE_SET)
		node_map_set(change->parent, place->name, place->length,
					 node_from_value(&change->value));
	else if (change->kind == CHANGE_REMOVE)
		node_map_remove(change->parent, place->name, place->length);
}

/* ---- Lists ---- */

static int
compare_places(const ListCell *a, const ListCell *b)
{
	uint32		one = ((const Change *) lfirst(a))->place->index;
	uint32		other = ((const Change *) lfirst(b))->place->index;

	return one < other ? -1 : one > other;
}

/*
 * The changes of list elements, by index: elements are set in place, then
 * removed from the last one on, so that indexes stay what they were, and then
 * appended from the first one on.
 */
static void
change_lists(List *changes)
{
	List	   *removals = NIL;
	List	   *additions = NIL;
	ListCell   *cell;

	list_sort(changes, compare_places);
	foreach(cell, changes)
	{
		Change	   *change = lfirst(cell);
		uint32		index = change->place->index;

		if (change->kind == CHANGE_REMOVE)
			removals = lcons(change, removals);
		else if (index >= node_list_count(change->parent))
			additions = lappend(additions, change);
		else
			node_list_set(change->parent, index, node_from_value(&change->value));
	}
	foreach(cell, removals)
	{
		Change	   *change = lfirst(cell);

		if (change->place->index < node_list_count(change->parent))
			node_list_remove(change->parent, change->place->index);
	}
	foreach(cell, additions)
	{
		Change	   *change = lfirst(cell);

		node_list_append(change->parent, node_from_value(&change->value));
	}
}

Value
update_apply(const Update *update, const Value *old_item)
{
	int			count = list_length(update->actions);
	Change	   *changes = palloc0(count * sizeof(Change));
	Node	   *root = node_from_value(old_item);
	List	   *list_changes = NIL;

	for (int i = 0; i < count; i++)
		decide_action(update, list_nth(update->actions, i), old_item, &changes[i]);
	for (int i = 0; i < count; i++)
	{
		const UpdateAction *action = list_nth(update->actions, i);
		const DocumentPath *path = action->path;
		Change	   *change = &changes[i];

		change->place = &path->elements[path->count - 1];
		change->parent = find_parent(root, path);
		if (change->place->name != NULL)
			change_map(change);
		else if (change->kind != CHANGE_NOTHING)
			list_changes = lappend(list_changes, change);
	}
	if (list_changes != NIL)
		change_lists(list_changes);
	return node_pack(root);
}

Value
update_project(const Update *update, const Value *item)
{
	return projection_apply(projection_of_paths(update->paths), item);
}
