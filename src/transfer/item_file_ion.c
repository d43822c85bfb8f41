/*
 * item_file_ion.c - Ion text: a record is a struct with the field Item, and stands
 * by itself or in a list.
 *
 * A record is read twice at most.  The first time makes an item of it; where that
 * fails, a second pass over the same text that makes nothing finds where it ends.
 * Where the text is no Ion either, reading goes on at the next line that begins
 * with a version mark, as each line of an export does.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "error.h"
#include "transfer/item_file_format.h"
#include "transfer/item_file_ion.h"
#include "value/base64.h"
#include "value/number.h"

#define VERSION_MARK "$ion_1_0"
#define SYMBOL_TABLE "$ion_symbol_table"

/* Deeper than any item, and no danger to the stack. */
#define MAX_DEPTH 256

/* ---- Values ---- */

/* An annotation, a field's name or a symbol. */
typedef struct Symbol
{
	Value		text;			/* VALUE_STRING */
	bool		quoted;			/* or a string, so that it is no word or mark */
} Symbol;

typedef struct Annotations
{
	int			count;
	Symbol		last;
} Annotations;

static Node *read_value(Ion *ion, int depth);

static bool
symbol_is(const Symbol *symbol, const char *text)
{
	return symbol->text.length == strlen(text) && memcmp(symbol->text.data, text, symbol->text.length) == 0;
}

static Node *
scalar(Ion *ion, const Value *value)
{
	return ion->building ? node_from_value(value) : NULL;
}

/* Of what DynamoDB has no type for. */
static Node *
no_attribute_value(Ion *ion, const char *what)
{
	if (ion->building)
		bad_record("%s cannot be an attribute value", what);
	return NULL;
}

/* ---- Words ---- */

static void
read_null_type(Ion *ion)
{
	static const char *const types[] = {
		"null", "bool", "int", "float", "decimal", "timestamp", "symbol",
		"string", "clob", "blob", "list", "sexp", "struct"
	};
	Value		type;

	if (!ion_more(ion) || *ion->at != '.')
		return;
	ion->at++;
	type = ion_identifier(ion);
	for (int i = 0; i < (int) lengthof(types); i++)
	{
		if (type.length == strlen(types[i]) && memcmp(type.data, types[i], type.length) == 0)
			return;
	}
	ion_malformed("unknown type of a null");
}

static Node *
read_word(Ion *ion, const Symbol *word)
{
	Value		value = {VALUE_NULL, 0, ""};

	if (!word->quoted && symbol_is(word, "null"))
	{
		read_null_type(ion);
		return scalar(ion, &value);
	}
	if (!word->quoted && (symbol_is(word, "true") || symbol_is(word, "false")))
	{
		value = (Value) {VALUE_BOOLEAN, 1, symbol_is(word, "true") ? "\1" : "\0"};
		return scalar(ion, &value);
	}
	if (!word->quoted && symbol_is(word, "nan"))
		return no_attribute_value(ion, "nan");
	return no_attribute_value(ion, "A symbol");
}

/* ---- Numbers and timestamps ---- */

static Node *
read_number(Ion *ion)
{
	Value		token = ion_number_token(ion);
	Value		number = {VALUE_NUMBER, 0, NULL};
	char	   *stored;

	if (ion_is_timestamp(&token))
		return no_attribute_value(ion, "A timestamp");
	if (ion_is_infinity(&token))
		return no_attribute_value(ion, "Infinity");
	token = ion_decimal_text(&token);
	if (!ion->building)
		return NULL;
	stored = palloc(NUMBER_MAX_LENGTH);
	number.length = number_parse(token.data, token.length, stored);
	number.data = stored;
	return node_from_value(&number);
}

/* ---- Blobs ---- */

static void
read_blob_end(Ion *ion)
{
	ion_skip_white_space(ion);
	if (ion_peek(ion) != '}')
		ion_malformed("a blob or clob without end");
	ion->at++;
	if (ion_peek(ion) != '}')
		ion_malformed("a blob or clob without end");
	ion->at++;
}

/* Base64, without the white space that may stand between its characters. */
static Value
read_base64(Ion *ion)
{
	const char *start = ion->at;
	const char *end;
	char	   *text;
	Value		value = {VALUE_BINARY, 0, NULL};

	while (ion_peek(ion) != '}')
		ion->at++;
	end = ion->at;
	text = palloc(end - start + 1);
	for (; start < end; start++)
	{
		if (!ion_is_white_space(*start))
			text[value.length++] = *start;
	}
	value.data = text;
	return value;
}

static Node *
read_blob(Ion *ion)
{
	Value		text;
	Value		value = {VALUE_BINARY, 0, NULL};
	char	   *data;

	ion->at += 2;
	ion_skip_white_space(ion);
	if (ion_peek(ion) == '"' || ion_peek(ion) == '\'')
	{
		ion_string(ion);
		read_blob_end(ion);
		return no_attribute_value(ion, "A clob");
	}
	text = read_base64(ion);
	read_blob_end(ion);
	if (!ion->building)
		return NULL;
	base64_check(text.data, text.length);
	value.length = base64_decoded_length(text.data, text.length);
	data = palloc(value.length + 1);
	base64_decode(text.data, text.length, data);
	value.data = data;
	return node_from_value(&value);
}

/* ---- Containers ---- */

/* What stands behind a member: whether another one does, and not the end. */
static bool
another_member(Ion *ion, char end)
{
	ion_skip_space(ion);
	if (ion_peek(ion) == ',')
	{
		ion->at++;
		ion_skip_space(ion);
	}
	else if (ion_peek(ion) != end)
		ion_malformed("a comma or the end of a list or struct is missing");
	if (ion_peek(ion) != end)
		return true;
	ion->at++;
	return false;
}

/* Whether a container, whose first character is passed by, has a member. */
static bool
first_member(Ion *ion, char end)
{
	check_stack_depth();
	ion->at++;
	ion_skip_space(ion);
	if (ion_peek(ion) != end)
		return true;
	ion->at++;
	return false;
}

static Node *
read_list(Ion *ion, int depth)
{
	Node	   *list = ion->building ? node_list() : NULL;

	for (bool more = first_member(ion, ']'); more; more = another_member(ion, ']'))
	{
		Node	   *member = read_value(ion, depth + 1);

		if (list != NULL)
			node_list_append(list, member);
	}
	return list;
}

/* The name of a field, and the colon behind it. */
static Value
read_field_name(Ion *ion)
{
	Symbol		name = {.quoted = true};

	if (ion_peek(ion) == '"' || ion_at_long_string(ion))
		name.text = ion_string(ion);
	else
		name.text = ion_symbol(ion, &name.quoted);
	if (!name.quoted && (symbol_is(&name, "null") || symbol_is(&name, "true") ||
						 symbol_is(&name, "false") || symbol_is(&name, "nan")))
		ion_malformed("a field's name that is a word stands without quotes");
	if (!name.quoted && ion->building && ion_is_symbol_number(&name.text))
		bad_record("A symbol's number cannot be a name");
	ion_skip_space(ion);
	if (ion_peek(ion) != ':')
		ion_malformed("a colon behind a field's name is missing");
	ion->at++;
	return name.text;
}

static void
check_attribute_name(const Value *name)
{
	attribute_name_check(name->length);
	if (memchr(name->data, '\0', name->length) != NULL)
		bad_record("U+0000 in the name of an attribute");
}

/* The members' depth is given. */
static Node *
read_struct(Ion *ion, int depth)
{
	Node	   *map = ion->building ? node_map() : NULL;

	for (bool more = first_member(ion, '}'); more; more = another_member(ion, '}'))
	{
		Value		name = read_field_name(ion);
		Node	   *member = read_value(ion, depth);

		if (map == NULL)
			continue;
		check_attribute_name(&name);
		node_map_append(map, name.data, name.length, member);
	}
	if (map != NULL && node_map_repeats(map))
		bad_record("A struct has the same field twice");
	return map;
}

static Node *
read_s_expression(Ion *ion, int depth)
{
	(void) no_attribute_value(ion, "An S-expression");
	if (!first_member(ion, ')'))
		return NULL;
	for (;;)
	{
		if (!ion_skip_operator(ion))
			read_value(ion, depth + 1);
		ion_skip_space(ion);
		if (ion_peek(ion) == ')')
			break;
	}
	ion->at++;
	return NULL;
}

/* ---- Sets ---- */

static Value *
read_members(Ion *ion, ValueType set, int depth, uint32 *count)
{
	uint32		space = 16;
	Value	   *members = palloc(space * sizeof(Value));

	*count = 0;
	for (bool more = first_member(ion, ']'); more; more = another_member(ion, ']'))
	{
		Node	   *member = read_value(ion, depth);

		if (node_type(member) != value_set_member_type(set))
			bad_record("A set of the type %s has a member of another type", value_type_name(set));
		if (*count == space)
		{
			space *= 2;
			members = repalloc_huge(members, space * sizeof(Value));
		}
		members[(*count)++] = node_pack(member);
	}
	return members;
}

static Node *
read_set(Ion *ion, ValueType set, int depth)
{
	uint32		count;
	Value	   *members = read_members(ion, set, depth, &count);
	Node	   *node;

	if (count == 0)
		bad_record("A set of the type %s is empty", value_type_name(set));
	node = node_set_from_members(set, members, count);
	if (node == NULL)
		bad_record("A set of the type %s has the same member twice", value_type_name(set));
	return node;
}

/* ---- All of them ---- */

/* Annotations in front of a value; a symbol that turned out to be the value itself is in *word. */
static bool
read_annotations(Ion *ion, Annotations *annotations, Symbol *word)
{
	*annotations = (Annotations) {0};
	while (ion_at_symbol(ion))
	{
		word->text = ion_symbol(ion, &word->quoted);
		if (!ion_skip_annotation_mark(ion))
			return true;
		annotations->count++;
		annotations->last = *word;
		ion_skip_space(ion);
	}
	return false;
}

static bool
set_type(const Annotations *annotations, ValueType *type)
{
	static const char prefix[] = "$dynamodb_";
	const Value *text = &annotations->last.text;
	size_t		length = sizeof(prefix) - 1;
	char		name[3] = "";

	if (annotations->count != 1 || text->length != length + 2 || memcmp(text->data, prefix, length) != 0)
		return false;
	memcpy(name, text->data + length, 2);
	return value_type_from_name(name, type) && value_type_is_set(*type);
}

/* Behind annotations; nothing but the list of a set may have any. */
static Node *
read_annotated(Ion *ion, const Annotations *annotations, bool is_word, int depth)
{
	ValueType	type;

	if (!set_type(annotations, &type))
		bad_record("The annotation %s is none of DynamoDB's",
				   pnstrdup(annotations->last.text.data, annotations->last.text.length));
	if (is_word || ion_peek(ion) != '[')
		bad_record("The annotation of a set stands before something else than a list");
	return read_set(ion, type, depth);
}

static Node *
read_unannotated(Ion *ion, int depth)
{
	Value		text;

	switch (ion_peek(ion))
	{
		case '{':
			return ion_at_blob(ion) ? read_blob(ion) : read_struct(ion, depth + 1);
		case '[':
			return read_list(ion, depth);
		case '(':
			return read_s_expression(ion, depth);
		case '"':
		case '\'':
			text = ion_string(ion);
			return scalar(ion, &text);
		case '-':
		case '+':
		case '0' ... '9':
			return read_number(ion);
	}
	ion_malformed("an unexpected character");
}

static Node *
read_value(Ion *ion, int depth)
{
	Annotations annotations;
	Symbol		word;
	bool		is_word;

	if (depth > MAX_DEPTH)
		ion_malformed("nested too deeply");
	if (ion->building)
	{
		node_check_depth(depth);
		/* each takes a byte at least, and here much more */
		if (++ion->values > ITEM_MAX_SIZE)
			bad_record("Item size has exceeded the maximum allowed size");
	}
	ion_skip_space(ion);
	is_word = read_annotations(ion, &annotations, &word);
	if (annotations.count > 0 && ion->building)
		return read_annotated(ion, &annotations, is_word, depth);
	return is_word ? read_word(ion, &word) : read_unannotated(ion, depth);
}

/* ---- Records ---- */

typedef enum ListPlace
{
	LIST_NONE,					/* in no list */
	LIST_BEGUN,
	LIST_MEMBER,				/* behind a record of a list */
	LIST_COMMA					/* and the comma behind it */
} ListPlace;

typedef struct IonState
{
	bool		begun;			/* something of the file has been read */
	ListPlace	list;
} IonState;

static void *
begin_ion(const ItemFileOptions *options)
{
	return palloc0(sizeof(IonState));
}

static bool
is_field(const Value *name, const char *text)
{
	return name->length == strlen(text) && memcmp(name->data, text, name->length) == 0;
}

/* A struct, as the field of that name; the members' depth is given. */
static Node *
read_struct_field(Ion *ion, const char *name, int depth)
{
	ion_skip_space(ion);
	if (ion_peek(ion) != '{' || ion_at_blob(ion))
		bad_record("%s is to be a struct", name);
	return read_struct(ion, depth);
}

static void
read_condition_field(Ion *ion, const Value *name)
{
	Node	  **member = record_condition_member(ion->window->condition, name->data, name->length);

	if (*member != NULL)
		bad_record("A record has the same field twice");
	if (is_field(name, "ConditionExpression"))
	{
		*member = read_value(ion, 1);
		if (node_type(*member) != VALUE_STRING)
			bad_record("ConditionExpression is to be a string");
	}
	else
		*member = read_struct_field(ion, pnstrdup(name->data, name->length), 1);
}

/* A struct whose only field is Item, but for those of a condition. */
static Node *
read_item(Ion *ion)
{
	Node	   *item = NULL;
	bool		more;

	if (ion_peek(ion) != '{' || ion_at_blob(ion) || !first_member(ion, '}'))
		bad_record("A record is to be a struct with the field Item");
	for (more = true; more; more = another_member(ion, '}'))
	{
		Value		name = read_field_name(ion);

		if (is_field(&name, "Item") && item == NULL)
			item = read_struct_field(ion, "Item", 1);
		else if (ion->window->condition == NULL)
			bad_record("A record is to have the field Item only, and has %s", pnstrdup(name.data, name.length));
		else
			read_condition_field(ion, &name);
	}
	if (item == NULL)
		bad_record("A record is to have the field Item");
	return item;
}

/* What stands at the top of a file and is no value; true where it was such. */
static bool
read_mark(Ion *ion, const IonState *state, const Symbol *symbol)
{
	if (state->list != LIST_NONE || symbol->quoted || !ion_is_version_mark(&symbol->text))
		return false;
	if (!symbol_is(symbol, VERSION_MARK))
	{
		ion->unsupported = true;
		bad_record("Ion of another version than 1.0: %s", pnstrdup(symbol->text.data, symbol->text.length));
	}
	return true;
}

/* A comma, or the first or last character of a list of records; true where it was such. */
static bool
read_list_part(Ion *ion, const IonState *state, ListPlace *list)
{
	char		character = ion_peek(ion);

	*list = state->list;
	if (character == '[' && state->list == LIST_NONE)
		*list = LIST_BEGUN;
	else if (character == ',' && state->list == LIST_MEMBER)
		*list = LIST_COMMA;
	else if (character == ']' && state->list != LIST_NONE)
		*list = LIST_NONE;
	else if (state->list == LIST_MEMBER)
		ion_malformed("a comma or the end of the list is missing");
	else
		return false;
	ion->at++;
	return true;
}

/* A struct with that annotation alone; anything else that has it is a value like others, which is not to be passed over. */
static bool
at_symbol_table(Ion *ion, const IonState *state, const Annotations *annotations)
{
	return state->list == LIST_NONE && annotations->count == 1 && symbol_is(&annotations->last, SYMBOL_TABLE) &&
		ion_peek(ion) == '{' && !ion_at_blob(ion);
}

/*
 * Reads what stands at the top: a record, or something that belongs to none.
 * Without building it goes to the record's end only.
 */
static Node *
read_top(Ion *ion, IonState *state, ListPlace *list)
{
	Annotations annotations;
	Symbol		word;

	*list = state->list;
	ion_skip_space(ion);
	if (!ion_more(ion) || read_list_part(ion, state, list))
		return NULL;
	if (read_annotations(ion, &annotations, &word))
	{
		if (annotations.count == 0 && read_mark(ion, state, &word))
			return NULL;
		read_word(ion, &word);
	}
	else if (at_symbol_table(ion, state, &annotations))
	{
		ion->building = false;
		read_unannotated(ion, 0);
		return NULL;
	}
	else if (ion->building)
	{
		if (annotations.count > 0)
			bad_record("A record is to have no annotation");
		if (state->list != LIST_NONE)
			*list = LIST_MEMBER;
		return read_item(ion);
	}
	else
		read_unannotated(ion, 0);
	if (state->list != LIST_NONE)
		*list = LIST_MEMBER;
	if (ion->building)
		bad_record("A record is to be a struct with the field Item");
	return NULL;
}

static void
check_beginning(Ion *ion, const IonState *state)
{
	static const char binary[] = "\xE0\x01\x00\xEA";

	if (state->begun || ion->window->end - ion->at < 4 || memcmp(ion->at, binary, 4) != 0)
		return;
	ion->unsupported = true;
	bad_record("The file is in Ion's binary form, and only its text form can be read");
}

static Node *
read_ion(void *argument, Window *window)
{
	IonState   *state = argument;
	Ion			ion = {.at = window->at,.window = window,.building = true};
	ListPlace	list;
	Node	   *item;

	check_beginning(&ion, state);
	item = read_top(&ion, state, &list);
	window->behind = ion.at;
	state->begun = true;
	state->list = list;
	window_check_encoding(window);
	return item;
}

/* ---- Going on behind what was wrong ---- */

typedef struct Skipping
{
	Ion			ion;
	IonState   *state;
	ListPlace	list;
} Skipping;

static void
skip_record(void *argument)
{
	Skipping   *skipping = argument;

	check_beginning(&skipping->ion, skipping->state);
	(void) read_top(&skipping->ion, skipping->state, &skipping->list);
}

/* The next line that begins with a version mark; NULL where there is none. */
static const char *
next_marked_line(const Window *window)
{
	const char *at = window->at;
	size_t		length = strlen(VERSION_MARK);

	while ((at = memchr(at, '\n', window->end - at)) != NULL)
	{
		at++;
		if ((size_t) (window->end - at) < length)
			return NULL;
		if (memcmp(at, VERSION_MARK, length) == 0)
			return at;
	}
	return NULL;
}

static void
recover_ion(void *argument, Window *window)
{
	IonState   *state = argument;
	Skipping	skipping = {{.at = window->at,.window = window}, state, LIST_NONE};
	char	   *message = NULL;

	if (!error_caught(skip_record, &skipping, CurrentMemoryContext, &message))
	{
		window->behind = skipping.ion.at;
		state->list = skipping.list;
	}
	else if (skipping.ion.unsupported)
		bad_record("%s", message);
	else
	{
		window->behind = next_marked_line(window);
		window->ran_out = window->behind == NULL;
		if (window->behind == NULL)
			bad_record("%s", message);
		state->list = LIST_NONE;
	}
	state->begun = true;
}

static void
finish_ion(void *argument)
{
	const IonState *state = argument;

	if (state->list != LIST_NONE)
		bad_record("The file ends within a list");
}

const RecordFormat ion_records = {begin_ion, read_ion, recover_ion, finish_ion};
