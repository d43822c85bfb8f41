/*
 * json.h - reading DynamoDB JSON ({"S": "text"}); json_out.h writes it.
 *
 * JSON text is parsed by json-c into a tree that json-c allocates with
 * malloc(); json_parse() ties the tree to a memory context.
 *
 * json-c's type json_object has the name of a function of PostgreSQL's, so
 * that this header and utils/builtins.h exclude each other.
 */
#ifndef DDB_JSON_H
#define DDB_JSON_H

#include <json-c/json.h>

#include "value/json_out.h"
#include "value/node.h"

/*
 * Parses a JSON text into a tree that lives as long as CurrentMemoryContext.
 * Raises SerializationException (AWS's words) for anything that is not one
 * JSON value in valid UTF-8, for nesting deeper than any request can be, and
 * for an object with the same member twice.
 */
extern json_object *json_parse(const char *text, size_t length);

/* The text of a member, which is the object's; NULL where there is none, or no object (NULL). */
extern const char *json_text_member(json_object *object, const char *name);

/*
 * AWS reads a request in two phases: decoding, in which any wrong JSON type
 * (or bad base64) anywhere in the request is a SerializationException, and
 * validation, in which everything else is a ValidationException.
 *
 * These are the first phase: they raise SerializationException with AWS's
 * words, and must have passed before the functions of the second phase below.
 * where says what holds the value, as AWS's words for a value that is no
 * object depend on it.  A JSON null (NULL in json-c) passes.
 */
typedef enum JsonPlace
{
	JSON_MAP_VALUE,				/* a member of a map or list: Item.a */
	JSON_STRUCT_FIELD			/* a member of a structure: Expected.a.Value */
} JsonPlace;

extern void json_check_attribute_value(json_object *json, JsonPlace where);

/* A map of attribute values, such as PutItem's Item. */
extern void json_check_attribute_map(json_object *json);

/*
 * Whether a text is the JSON of an item, or of a list: an error's detail need not be,
 * for a function of a user's may have raised it with DynamoDB's SQLSTATE.
 */
extern bool json_text_is_item(const char *text);
extern bool json_text_is_list(const char *text);

/* A list of attribute values, such as AttributeValueList. */
extern void json_check_attribute_list(json_object *json);

/*
 * Reads what AWS takes for a Boolean: true and false, also as strings, and the
 * strings "yes", "no", "1" and "0".  False if it is something else.
 */
extern bool json_boolean(json_object *json, bool *truth);

/*
 * The attribute value that a JSON tree ({"S": "text"}) describes.  The node
 * points into the tree.  Raises ValidationException with DynamoDB's words: no
 * or several types, empty or doubled set members, bad numbers, nesting beyond
 * VALUE_MAX_DEPTH.
 */
extern Node *node_from_json(json_object *json);

/* The attribute map that a JSON object describes, as a node of type M. */
extern Node *node_map_from_json(json_object *json);

/*
 * The same from the text of an item, which has to outlive the node; the trees are
 * made only where something is unusual or wrong.  Raises what both phases raise.
 */
extern Node *node_map_from_text(const char *text, size_t length);

/*
 * The item in a text {"name": {…}} that has no other member; NULL where something is
 * unusual or wrong.
 */
extern Node *node_map_from_member(const char *text, size_t length, const char *name);

#endif							/* DDB_JSON_H */
