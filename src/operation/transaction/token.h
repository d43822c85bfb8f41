/*
 * token.h - ClientRequestToken: a transaction that is sent twice is carried out
 * once.
 *
 * A token is its role's and its operation's, and lasts for ten minutes.  It is
 * written by the transaction that it stands for, so it lives and dies with that:
 * through crash, restart and promotion.
 */
#ifndef DDB_TOKEN_H
#define DDB_TOKEN_H

#define TOKEN_MAX_LENGTH 36
#define TOKEN_REQUEST_LENGTH 16 /* of request_digest() */

/* Whose tokens they are: each operation has its own. */
typedef enum TokenOperation
{
	TOKEN_TRANSACT_WRITE_ITEMS = 'w',
	TOKEN_EXECUTE_TRANSACTION = 'e'
} TokenOperation;

typedef struct Token
{
	TokenOperation operation;
	const char *text;			/* NULL where the request has none */
	uint32		length;
	const uint8 *request;		/* the digest of what must be the same when it is sent again */
} Token;

/*
 * Whether a transaction with the token has been carried out before: then *note
 * is what token_keep() was given, palloc'd.  Raises
 * IdempotentParameterMismatchException if it had another request, and
 * TransactionInProgressException while it runs.
 */
extern bool token_find(const Token *token, char **note);

/*
 * The same; where there was none, keeps the token with the note until it ends,
 * as a part of this transaction.
 */
extern bool token_keep(const Token *token, const char *new_note, char **note);

#endif							/* DDB_TOKEN_H */
