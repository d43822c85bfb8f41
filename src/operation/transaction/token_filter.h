/*
 * token_filter.h - tokens that are surely not in a period's relation.
 *
 * Nearly every token is new, and what the relations of other periods would say of
 * it is known from shared memory: bits by the hashes of tokens that this server has
 * kept in each period.  A server that has run for too short a time knows nothing,
 * nor does one that has not preloaded ddb.
 */
#ifndef DDB_TOKEN_FILTER_H
#define DDB_TOKEN_FILTER_H

#include "utils/uuid.h"

/* In the postmaster: has shared memory made for it. */
extern void token_filter_register(void);

/*
 * Notes a token that has been inserted into the period's relation.  What comes
 * after this call sees what others noted before theirs: of two who note the same
 * token and then look, one is told of the other.
 */
extern void token_filter_note(int64 period, const pg_uuid_t *token);

/* False where, at a time in the period now, the token is surely not in another period's relation. */
extern bool token_filter_may_have(int64 now, int64 period, const pg_uuid_t *token);

#endif							/* DDB_TOKEN_FILTER_H */
