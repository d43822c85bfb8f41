/*
 * operation.h - the one way in: every operation of DynamoDB, by name.
 *
 * SQL functions and the HTTP endpoint both call operation_execute().  The
 * table in operation.c lists all operations with the description of their
 * request and the function that carries them out; whoever reads it has seen
 * the whole product.
 */
#ifndef DDB_OPERATION_H
#define DDB_OPERATION_H

#include "lib/stringinfo.h"

typedef struct Operation Operation;

/* The operation of that name, such as "PutItem"; NULL where there is none. */
extern const Operation *operation_find(const char *name);

/* Operations have numbers, from 0 up to their count. */
extern int	operation_count(void);
extern int	operation_number(const Operation *operation);
extern const char *operation_name(int number);

/*
 * Whether the operation wants a lock of a table that those who use the table are
 * in the way of, however short each of them.
 */
extern bool operation_locks_table(const Operation *operation);

/*
 * Carries out an operation in the current transaction: parses and validates
 * the request (JSON text, length bytes) and appends the response's JSON.
 * Raises DynamoDB's exceptions.  What it allocates, it frees when it returns,
 * and the current memory context's reset frees it after an error.
 */
extern void operation_execute(const Operation *operation, const char *request,
							  size_t length, StringInfo response);

/*
 * Gives the address that the request was sent to, allocated in the current
 * memory context, or NULL where it does not say.  Set by the HTTP endpoint;
 * NULL where requests come from SQL.  DescribeEndpoints tells it.
 */
extern char *(*operation_address) (void);

/*
 * What an operation may do whose answer is on its way: wait for it in this
 * process; set operation_comes_back, and give no response, to be asked again a little
 * later; or neither.  The HTTP endpoint's workers never wait: they serve others meanwhile.
 */
typedef enum OperationPatience
{
	OPERATION_MAY_WAIT,
	OPERATION_MAY_COME_BACK,
	OPERATION_ANSWERS_NOW
} OperationPatience;

extern OperationPatience operation_patience;
extern bool operation_comes_back;

#endif							/* DDB_OPERATION_H */
