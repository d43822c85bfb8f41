/*
 * partiql.h - PartiQL statements, translated into what the operations know.
 *
 * A statement becomes a table's name and the trees that expressions have: a
 * condition, an update, an item.  There is no second evaluator.  Statements are
 * as https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html
 * describes them.
 *
 * Trees are palloc'd in CurrentMemoryContext and point into the statement's text
 * and its parameters, which must outlive them.
 */
#ifndef DDB_PARTIQL_H
#define DDB_PARTIQL_H

#include "nodes/pg_list.h"

#include "expression/expression.h"
#include "table/table.h"

typedef enum StatementKind
{
	STATEMENT_SELECT,
	STATEMENT_EXISTS,			/* EXISTS(SELECT ...) */
	STATEMENT_INSERT,
	STATEMENT_UPDATE,
	STATEMENT_DELETE
} StatementKind;

/* RETURNING: of the old or the new item, all attributes or those modified. */
typedef enum StatementReturning
{
	RETURNING_NOTHING,
	RETURNING_ALL_OLD,
	RETURNING_MODIFIED_OLD,
	RETURNING_ALL_NEW,
	RETURNING_MODIFIED_NEW
} StatementReturning;

/* A key of ORDER BY. */
typedef struct StatementOrder
{
	const char *name;
	uint32		length;
	bool		descending;
} StatementOrder;

typedef struct StatementColumns StatementColumns;

/* What WHERE asks for, as it is known with a key schema. */
typedef struct StatementKeys
{
	int			count;			/* of partitions; 0: everything is to be read */
	Value	   *partitions;		/* of the schema's partition_count values each, all different */
	bool		whole;			/* one partition, and equality on all sort attributes: one item's key */
	bool		only;			/* and WHERE asks for nothing else */
	KeyCondition condition;		/* of one partition: what it asks of the sort key */
} StatementKeys;

typedef struct Statement
{
	StatementKind kind;
	const char *table;
	const char *index;			/* or NULL */
	StatementColumns *columns;	/* NULL: * */
	Condition  *where;			/* or NULL */
	List	   *order;			/* of StatementOrder * */
	Value		item;			/* INSERT's */
	Update	   *update;			/* UPDATE's */
	StatementReturning returning;
} Statement;

/* The longest statement, in characters. */
#define STATEMENT_MAX_LENGTH 8192

/*
 * Parses and translates a statement; parameters are the values for its question
 * marks.  Raises ValidationException with AWS's words.
 */
extern Statement *statement_parse(const char *text, uint32 length, const Value *parameters, int count);

/* The columns of a SELECT as they are shown: an attribute for each, named by the path's last element. */
extern Value statement_columns_apply(const StatementColumns *columns, const Value *item);

/*
 * The projection of the columns' attributes, and of WHERE's if asked for, to be
 * checked against what an index holds.
 */
extern Projection *statement_columns_projection(const Statement *statement, bool with_where);

/*
 * Finds what WHERE asks of a key.  Raises ValidationException where that cannot
 * be a value of a key attribute.
 */
extern void statement_keys(const Statement *statement, const KeySchema *schema, StatementKeys *keys);

/*
 * The same of UPDATE, DELETE and reads of one item: raises unless the whole key
 * is given.
 */
extern void statement_whole_key(const Statement *statement, const KeySchema *schema, StatementKeys *keys);

/* The primary key that a whole key of a table is. */
extern PrimaryKey statement_primary_key(const StatementKeys *keys, const KeySchema *schema);

#endif							/* DDB_PARTIQL_H */
