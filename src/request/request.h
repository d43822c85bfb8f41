/*
 * request.h - requests described as data, decoded and validated.
 *
 * An operation's request is a tree of shapes, as in DynamoDB's API model:
 * structures with members, lists and maps with elements, and what they are
 * made of in the end.  request_decode() reads a JSON tree into the C structure
 * that the shape describes, in the two steps that AWS takes: first the JSON
 * types of everything (SerializationException at the first fault), then the
 * constraints, whose violations are reported together in one
 * ValidationException.
 *
 * Attribute values are only checked for their JSON types here; operations
 * convert them when their turn has come, because AWS reports other faults of
 * a request before a bad value.
 */
#ifndef DDB_REQUEST_H
#define DDB_REQUEST_H

#include <json-c/json.h>

#include "lib/stringinfo.h"

#include "error.h"

/* ---- What decoded members look like ---- */

/* A string with an end mark behind it; data is NULL where it is absent. */
typedef struct RequestString
{
	const char *data;
	uint32		length;
} RequestString;

/* Whether U+0000 stands in it, so that data as a C string is not all of it. */
#define request_string_has_end(string) (strlen((string)->data) != (string)->length)

typedef struct RequestInteger
{
	bool		given;
	int64		value;
} RequestInteger;

/* A moment, in requests as seconds since 1970 with a fraction. */
typedef struct RequestTimestamp
{
	bool		given;
	int64		value;			/* microseconds since 1970 */
} RequestTimestamp;

typedef enum RequestBoolean
{
	BOOLEAN_ABSENT,
	BOOLEAN_FALSE,
	BOOLEAN_TRUE
} RequestBoolean;

/*
 * A string that must be one of an enumeration's; value is its position among
 * the shape's values, from 1, or 0 where it is absent.
 */
typedef struct RequestEnum
{
	const char *text;
	int			value;
} RequestEnum;

/* json is NULL where the list is absent. */
typedef struct RequestList
{
	json_object *json;
	int			count;
	void	   *members;		/* an array of what the element's shape gives */
} RequestList;

typedef struct RequestMap
{
	json_object *json;
	int			count;
	RequestString *keys;
	void	   *values;			/* an array of what the element's shape gives */
} RequestMap;

/* ---- Shapes ---- */

typedef enum ShapeKind
{
	SHAPE_STRING,				/* RequestString */
	SHAPE_ENUM,					/* RequestEnum */
	SHAPE_INTEGER,				/* RequestInteger, 32 bits */
	SHAPE_LONG,					/* RequestInteger */
	SHAPE_TIMESTAMP,			/* RequestTimestamp */
	SHAPE_BOOLEAN,				/* RequestBoolean */
	SHAPE_VALUE,				/* an attribute value: json_object * */
	SHAPE_ATTRIBUTES,			/* a map of attribute values: json_object * */
	SHAPE_UNSUPPORTED,			/* of a feature that ddb lacks, whatever it is:
								 * json_object *, for the operation to refuse
								 * where it asks for anything */
	SHAPE_STRUCTURE,			/* a member: pointer to its struct or NULL; an
								 * element: the struct itself */
	SHAPE_LIST,					/* RequestList */
	SHAPE_MAP					/* RequestMap */
} ShapeKind;

typedef struct Member Member;
typedef struct Shape Shape;

/* A pattern of strings, as the API's model writes it, and whether a string, which may be empty, matches. */
typedef struct StringPattern
{
	const char *text;
	bool		(*matches) (const char *text, size_t length);
} StringPattern;

struct Shape
{
	ShapeKind	kind;

	/*
	 * The type's name in AWS's words about wrong JSON types: for a structure
	 * its own, for a map its values' type, fully qualified.
	 */
	const char *type_name;

	/* Bounds of a number's value, or of a string's, list's or map's length. */
	bool		has_minimum;
	bool		has_maximum;
	int64		minimum;
	int64		maximum;

	/*
	 * Whether the current layer tells of what is too small or too large alone,
	 * before all else, and does not quote it.
	 */
	bool		minimum_alone;
	bool		maximum_alone;

	/* What a string must match; NULL: anything. */
	const StringPattern *pattern;

	/* Whether AWS tells that it is too short before it tells that it does not match. */
	bool		minimum_first;

	/* Whether a table's ARN may stand instead of the string. */
	bool		or_table_arn;

	/* For a map: whether the keys must be table names (or ARNs). */
	bool		table_keys;

	/* For a map of lists: AWS reports their lengths as the map's fault. */
	bool		bounds_values;

	/* Whether the value is quoted as JSON, and not as Java prints it. */
	bool		quoted_as_json;

	const char *const *values;	/* an enumeration's, in AWS's printed order */
	const char *current_values; /* as the current layer prints them, if
								 * otherwise: "[A, B]" */

	size_t		size;			/* of a structure */
	const Member *members;
	int			member_count;

	const Shape *element;		/* of a list or map */
};

/* How violations of a member's constraints stand beside those of others. */
typedef enum ReportedAs
{
	REPORTED_TOGETHER,
	REPORTED_ALONE,				/* alone in the current layer, if it has
								 * current_values */
	REPORTED_LAST				/* behind the others, and only if there are
								 * none or it is missing */
} ReportedAs;

/*
 * The order of a structure's members is the one in which AWS reports them.
 */
struct Member
{
	const char *name;
	uint16		name_length;
	uint16		offset;
	bool		required;
	const Shape *shape;
	ReportedAs	reported;
};

#define MEMBER(structure, field, json_name, its_shape, is_required, is_reported) \
	{ json_name, sizeof(json_name) - 1, offsetof(structure, field), is_required, its_shape, is_reported }
#define OPTIONAL(structure, field, json_name, its_shape) \
	MEMBER(structure, field, json_name, its_shape, false, REPORTED_TOGETHER)
#define REQUIRED(structure, field, json_name, its_shape) \
	MEMBER(structure, field, json_name, its_shape, true, REPORTED_TOGETHER)

#define STRUCTURE_SHAPE(structure, its_name, its_members) \
	{ .kind = SHAPE_STRUCTURE, .type_name = its_name, .size = sizeof(structure), \
	  .members = its_members, .member_count = lengthof(its_members) }

#define AT_LEAST(bound) .has_minimum = true, .minimum = (bound)
#define AT_MOST(bound) .has_maximum = true, .maximum = (bound)

/* ---- Decoding ---- */

/*
 * Reads a JSON object into a zeroed struct of the shape's size, and checks
 * JSON types.  Members that are not described are newer than what AWS's API
 * model was when the shapes were last compared with it, and are passed over
 * as AWS does.  Strings and attribute values point into the JSON tree.
 */
extern void request_decode(const Shape *shape, json_object *json, void *request);

/*
 * Whether a member of SHAPE_UNSUPPORTED that AWS takes as a list of any length is there and asks
 * for anything: an empty list is what some clients send for none.
 */
extern bool asks_for_elements(json_object *unsupported);

/*
 * Checks a decoded request against the shape's constraints; raises one
 * ValidationException that names all violations (as AWS: at most ten), or the
 * one that the layer tells of alone.
 */
extern void request_validate(const Shape *shape, const void *request, ValidationLayer layer);

/*
 * The check of TableName that AWS makes in operations on tables before any
 * other: that it is there.  For requests whose struct begins with TableName, a
 * RequestString.
 */
extern void request_check_table_name(const void *request);

/*
 * The digest of a part of a request: the same for two that say the same, in
 * whatever order their members come, and another for two that do not, unless
 * somebody has made them so with effort.
 */
#define REQUEST_DIGEST_LENGTH 16

extern void request_digest(json_object *json, uint8 *digest);

/* The bytes that an element of that shape takes in an array. */
extern size_t request_element_size(const Shape *shape);

/*
 * Appends the shape as a JSON object: its kind, and what it has of members
 * (with "required" and "shape"), values, element, pattern, minimum and maximum;
 * "or_table_arn" where a table's ARN may stand in its place.
 */
extern void shape_to_json(StringInfo out, const Shape *shape);

#endif							/* DDB_REQUEST_H */
