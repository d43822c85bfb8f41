/*
 * statement.h - carrying out PartiQL statements: what ExecuteStatement,
 * BatchExecuteStatement and ExecuteTransaction have in common.
 */
#ifndef DDB_STATEMENT_H
#define DDB_STATEMENT_H

#include "operation/item/item_write.h"
#include "partiql/partiql.h"
#include "request/read_page.h"

/* A statement in a request. */
typedef struct StatementRequest
{
	RequestString statement;
	RequestList parameters;		/* of json_object * */
	RequestBoolean consistent_read;
	RequestEnum return_values_on_failure;
} StatementRequest;

extern const Shape statement_shape;
extern const Shape parameters_shape;

/* The statement, parsed and translated. */
extern Statement *read_statement(const StatementRequest *request);

/* Whether it changes or locks an item, as INSERT, UPDATE, DELETE and EXISTS do. */
extern bool statement_writes(const Statement *statement);

/* ---- statement_write.c ---- */

/* A statement that writes, as an item write. */
typedef struct StatementWrite
{
	const Statement *statement;
	WriteParameters parameters;
	ItemWrite	write;			/* points into this struct */
	AclMode		privileges;		/* on the table */
} StatementWrite;

extern void statement_write_begin(StatementWrite *write, const Statement *statement,
								  const StatementRequest *request);

/*
 * Checks the statement by the table's schema and indexes, and gives its key;
 * raises ValidationException.
 */
extern PrimaryKey statement_write_key(StatementWrite *write, Table *table);

/* ---- statement_read.c ---- */

/*
 * Reads one item of a table by its whole key, as of the snapshot or, without one,
 * as a new statement would, and appends it if WHERE holds for it; whether it does.
 */
extern bool statement_read_item(const Statement *statement, Table *table, const StatementKeys *keys,
								Snapshot snapshot, uint32 *size, StringInfo response);

/* Reads a page of SELECT, and appends the whole response. */
typedef struct StatementPage
{
	const Statement *statement;
	const StatementRequest *request;	/* tokens are bound to it */
	ReadParameters parameters;	/* Limit and the like; the table's and the index's names are set */
	const RequestString *next_token;	/* data is NULL at the beginning */
} StatementPage;

extern void statement_read_page(StatementPage *page, StringInfo response);

/* What one statement of several has cost its table. */
typedef struct StatementCost
{
	Oid			relation;
	const char *table;			/* its name, as the statement has it */
	double		units;			/* of the table alone */
	const IndexSet *indexes;	/* the table's; NULL of a statement that wrote nothing */
	const double *index_units;	/* of each of them */
} StatementCost;

/* Appends ConsumedCapacity: each table once, with the units of all its statements, in the statements' order. */
extern void append_statement_capacities(StringInfo response, const RequestEnum *wanted, CapacityKind kind,
										const StatementCost *costs, int count);

#endif							/* DDB_STATEMENT_H */
