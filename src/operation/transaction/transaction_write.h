/*
 * transaction_write.h - many writes and checks of items, all or nothing.
 */
#ifndef DDB_TRANSACTION_WRITE_H
#define DDB_TRANSACTION_WRITE_H

#include "operation/item/item_write.h"
#include "operation/item/table_writes.h"
#include "operation/transaction/cancellation.h"
#include "operation/transaction/token.h"
#include "table/lock_order.h"

#define TRANSACTION_MAX_ACTIONS 100
#define TRANSACTION_MAX_SIZE (4 * 1024 * 1024)

/* One action.  What stands above the line is the caller's to set. */
typedef struct TransactionAction
{
	ItemWrite	write;			/* its parameters' table, condition, change, update */
	Value		map;			/* the item that is put, or the key */
	bool		is_item;		/* which of the two */

	/* Tells the key in the map's place, and raises what the schema says against it; or NULL. */
	PrimaryKey	(*find_key) (void *argument, Table *table);
	void	   *find_key_argument;
	AclMode		privileges;

	/* ---- */

	TableWrites *writes;
	PrimaryKey	key;
	WriteCost	cost;
	CancellationReason reason;
	const Value *old_item;		/* what is judged */
	Value		new_item;
	WriteAction decision;
} TransactionAction;

typedef struct Transaction
{
	TransactionAction *actions;
	int			count;
	TransactionAction **ordered;	/* as they are locked */
	TableWrites *tables;		/* in the order in which the actions name them */
	int			table_count;
} Transaction;

/* Puts the places of a transaction's items in order; raises ValidationException where two are of one item. */
extern void transaction_sort(LockPlace *places, int count);

/* Raises ValidationException where a transaction's items have more bytes than they may have together. */
extern void transaction_check_size(uint64 size);

/* The change of an action that only checks its condition. */
extern WriteAction check_change(ItemWrite *write, const Value *old_item, Value *new_item);

/*
 * Opens the tables, judges the actions by what can be read now, carries them out and
 * appends the response.  Until the end of PostgreSQL's transaction everything that was
 * looked at is locked.  Raises ValidationException where two actions are on one item,
 * all are too large, or a key is empty, and TransactionCanceledException where one
 * cannot be carried out.  A transaction of that token that was carried out before is
 * answered as AWS does, with what it costs to read its items, whatever they and the
 * indexes are like by now.
 */
typedef struct TransactionResponse
{
	RequestEnum return_consumed_capacity;
	RequestEnum return_item_collection_metrics;
	bool		empty_responses;	/* there is to be an empty list Responses */
} TransactionResponse;

extern void transaction_execute(Transaction *transaction, const Token *token,
								const TransactionResponse *wanted, StringInfo response);

#endif							/* DDB_TRANSACTION_WRITE_H */
