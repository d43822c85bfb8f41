/*
 * json_out.h - writing values as DynamoDB JSON ({"S": "text"}) and plain JSON.
 */
#ifndef DDB_JSON_OUT_H
#define DDB_JSON_OUT_H

#include "value/value.h"

/* Appends the value as DynamoDB JSON: {"S":"text"}. */
extern void value_to_json(StringInfo out, const Value *value);

/* Appends an item or other map as DynamoDB JSON without the outer {"M":}. */
extern void item_to_json(StringInfo out, const Value *map);

/*
 * Appends the value as plain JSON: numbers as JSON numbers, sets as arrays,
 * binaries in base64.
 */
extern void value_to_plain_json(StringInfo out, const Value *value);

/* Appends a JSON string, quoted and escaped; U+0000 becomes \u0000. */
extern void json_append_string(StringInfo out, const char *string, uint32 length);

#endif							/* DDB_JSON_OUT_H */
