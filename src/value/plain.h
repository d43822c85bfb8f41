/*
 * plain.h - values as SQL's own types.
 */
#ifndef DDB_PLAIN_H
#define DDB_PLAIN_H

#include "utils/jsonb.h"

#include "value/node.h"

/*
 * A string as it is, a number's text, a binary in base64, "true" or "false",
 * and containers as plain JSON.  Raises untranslatable_character for a string
 * with U+0000, which text cannot hold.
 */
extern text *value_to_plain_text(const Value *value);

/* The bytes of a string attribute as text, with the same check. */
extern text *string_to_text(const char *string, uint32 length);

/*
 * JSON as attribute values: null NULL, booleans BOOL, numbers N (raises where
 * DynamoDB cannot hold it), strings S, arrays L and objects M.  An item is
 * made of an object only.  The node points into the jsonb.
 */
extern Node *node_from_jsonb(Jsonb *jsonb, bool is_item);

#endif							/* DDB_PLAIN_H */
