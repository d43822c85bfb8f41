/*
 * transaction_write.c - many writes and checks of items, all or nothing.
 *
 * First every action is judged by what can be read now, so that a transaction
 * that cannot succeed writes and locks nothing.  Then all are carried out in the
 * one order of locks, each judged again on the version that it locks: what it
 * writes by writing it, what it only looks at by WRITE_LOCK.  All locks are held
 * to the transaction's end, so whatever conflicts with it comes wholly before or
 * wholly after: the order is strict, for a transaction's place is where it
 * commits.
 *
 * Where a later judgement differs, the actions that have passed are locked, and
 * that one and those that are left are judged by one snapshot: the reasons are all
 * of one moment.  Where by then there are none, the transaction goes on.
 */
#include "postgres.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "error.h"
#include "operation/transaction/transaction_write.h"
#include "statistics/usage.h"

StaticAssertDecl(REQUEST_DIGEST_LENGTH == TOKEN_REQUEST_LENGTH, "a token goes with the digest of a request");

WriteAction
check_change(ItemWrite *write, const Value *old_item, Value *new_item)
{
	return WRITE_LOCK;
}

/* For statistics: what is wrong with the action by itself is no matter of the table's. */
static void
note_failure(const TransactionAction *action)
{
	const char *code = action->reason.code;
	bool		by_conflict = code == reason_conflict.code;

	if (code != NULL && (by_conflict || strcmp(code, cancellation_code(CONDITIONAL_CHECK_FAILED_EXCEPTION)) == 0))
		usage_action_failed(RelationGetRelid(action->writes->table->relation), by_conflict);
}

static void __attribute__((noreturn))
cancel(const Transaction *transaction)
{
	CancellationReason *reasons = palloc(sizeof(CancellationReason) * transaction->count);

	for (int i = 0; i < transaction->count; i++)
	{
		reasons[i] = transaction->actions[i].reason;
		note_failure(&transaction->actions[i]);
	}
	cancellation_raise(reasons, transaction->count);
}

static bool
any_failed(const Transaction *transaction)
{
	for (int i = 0; i < transaction->count; i++)
	{
		if (transaction->actions[i].reason.code != NULL)
			return true;
	}
	return false;
}

static void
cancel_if_any_failed(const Transaction *transaction)
{
	if (any_failed(transaction))
		cancel(transaction);
}

/* ---- Tables ---- */

static TableWrites *
table_of_action(Transaction *transaction, const TransactionAction *action)
{
	const char *name = action->write.parameters->table_name.data;

	for (int i = 0; i < transaction->table_count; i++)
	{
		if (strcmp(transaction->tables[i].name, name) == 0)
			return &transaction->tables[i];
	}
	transaction->tables[transaction->table_count].name = name;
	return &transaction->tables[transaction->table_count++];
}

static void
open_tables(Transaction *transaction, bool count_units)
{
	transaction->tables = palloc0(sizeof(TableWrites) * transaction->count);
	for (int i = 0; i < transaction->count; i++)
	{
		TransactionAction *action = &transaction->actions[i];

		action->writes = table_of_action(transaction, action);
		action->writes->privileges |= action->privileges;
	}
	for (int i = 0; i < transaction->table_count; i++)
		table_writes_open(&transaction->tables[i], transaction->count, count_units);
	for (int i = 0; i < transaction->count; i++)
	{
		TransactionAction *action = &transaction->actions[i];

		action->write.indexes = action->writes->indexes;
		action->cost.index_units = table_writes_units(action->writes);
	}
}

/* ---- What the table's schema says ---- */

static void
read_key(void *argument)
{
	TransactionAction *action = argument;
	const KeySchema *schema = &action->writes->table->schema;

	if (action->find_key != NULL)
	{
		action->key = action->find_key(action->find_key_argument, action->writes->table);
		return;
	}
	action->key = action->is_item ? key_of_item(schema, &action->map) : key_of_map(schema, &action->map);
}

/* Whether a key attribute is empty, which AWS tells of the request, and not of the action. */
static bool
has_empty_key(const TransactionAction *action)
{
	const KeySchema *schema = &action->writes->table->schema;

	if (action->map.data == NULL)
		return false;
	for (int i = 0; i < key_schema_count(schema); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(schema, i);
		Value		value;

		if (value_map_find(&action->map, attribute->name, attribute->name_length, &value) &&
			value.type == attribute->type && value.length == 0)
			return true;
	}
	return false;
}

static void
check_by_schema(void *argument)
{
	TransactionAction *action = argument;
	const Table *table = action->writes->table;

	if (action->is_item)
		index_check_item(action->writes->indexes, &action->map, WRITER_PUT);
	if (action->write.update != NULL)
		check_update(action->write.update, table, action->write.writer);
	check_key_paths(table, action->write.condition, NULL);
}

void
transaction_sort(LockPlace *places, int count)
{
	if (!lock_order_sort(places, count))
		validation_error("Transaction request cannot include multiple operations on one item");
}

static void
put_in_order(Transaction *transaction)
{
	LockPlace  *places = palloc(sizeof(LockPlace) * transaction->count);

	for (int i = 0; i < transaction->count; i++)
	{
		TransactionAction *action = &transaction->actions[i];

		places[i] = lock_place(action->writes->table, &action->key);
		places[i].owner = action;
	}
	transaction_sort(places, transaction->count);
	transaction->ordered = palloc(sizeof(TransactionAction *) * transaction->count);
	for (int i = 0; i < transaction->count; i++)
		transaction->ordered[i] = places[i].owner;
}

/* False where one cannot be read. */
static bool
read_keys(Transaction *transaction)
{
	for (int i = 0; i < transaction->count; i++)
	{
		TransactionAction *action = &transaction->actions[i];

		if (has_empty_key(action))
			read_key(action);
		else
			cancellation_judge(read_key, action, &action->reason);
	}
	return !any_failed(transaction);
}

/* ---- Judging ---- */

static void
judge_item(void *argument)
{
	TransactionAction *action = argument;
	WriteAction decision = item_write_decide(action->old_item, &action->new_item, &action->write);

	write_cost_set(&action->cost, action->writes, action->old_item,
				   decision == WRITE_PUT ? &action->new_item :
				   decision == WRITE_DELETE ? NULL : action->old_item);

	/* what is not written is locked */
	action->decision = decision == WRITE_NOTHING ? WRITE_LOCK : decision;
}

/* Whether the action passes on what it finds; old_item may be NULL. */
static bool
judge(TransactionAction *action, const Value *old_item)
{
	action->old_item = old_item;
	return cancellation_judge(judge_item, action, &action->reason);
}

/* Judges actions by what a new statement would read: all by one moment's items. */
static void
judge_by_reading(TransactionAction **actions, int count)
{
	Snapshot	snapshot = table_statement_snapshot();

	for (int i = 0; i < count; i++)
	{
		TransactionAction *action = actions[i];
		Value		item;

		CHECK_FOR_INTERRUPTS();
		judge(action, table_get_at(action->writes->table, &action->key, snapshot, &item) ? &item : NULL);
	}
	UnregisterSnapshot(snapshot);
}

void
transaction_check_size(uint64 size)
{
	if (size > TRANSACTION_MAX_SIZE)
		validation_error("Collection size of items exceeded, which can also be caused by the aggregate size "
						 "of the items in the transaction exceeding the 4MB limit");
}

static uint64
size_of_items(const Transaction *transaction)
{
	uint64		size = 0;

	for (int i = 0; i < transaction->count; i++)
		size += transaction->actions[i].cost.size;
	return size;
}

/*
 * Judges the actions by what can be read now; false where they cannot be carried out,
 * which is not told yet: this may be the repetition of a transaction that could.
 */
static bool
judge_actions(Transaction *transaction)
{
	if (!read_keys(transaction))
		return false;
	put_in_order(transaction);
	for (int i = 0; i < transaction->count; i++)
		cancellation_judge(check_by_schema, &transaction->actions[i], &transaction->actions[i].reason);
	if (any_failed(transaction))
		return false;
	judge_by_reading(transaction->ordered, transaction->count);
	return !any_failed(transaction) && size_of_items(transaction) <= TRANSACTION_MAX_SIZE;
}

/* ---- Writing ---- */

static WriteAction
decide(const Value *old_item, Value *new_item, void *argument)
{
	TransactionAction *action = argument;

	if (!judge(action, old_item))
		return WRITE_NOTHING;
	*new_item = action->new_item;
	return action->decision;
}

static void
carry_out(const Transaction *transaction, int at)
{
	TransactionAction *action = transaction->ordered[at];

	table_write(action->writes->table, &action->key, decide, action);
	while (action->reason.code != NULL)
	{
		judge_by_reading(transaction->ordered + at, transaction->count - at);
		cancel_if_any_failed(transaction);
		table_write(action->writes->table, &action->key, decide, action);
	}
	table_writes_add(action->writes, &action->cost, 2, &action->key.partition);
}

/* Tells what keeps the transaction from being carried out, if anything does. */
static void
check_judgement(const Transaction *transaction)
{
	transaction_check_size(size_of_items(transaction));
	cancel_if_any_failed(transaction);
}

/* An item that was not to be had in time is a reason as well; the others' are not known then. */
static void
write_all(Transaction *transaction)
{
	volatile int at = 0;
	MemoryContext caller = CurrentMemoryContext;

	PG_TRY();
	{
		for (; at < transaction->count; at++)
		{
			CHECK_FOR_INTERRUPTS();
			carry_out(transaction, at);
		}
	}
	PG_CATCH();
	{
		if (geterrcode() != ERRCODE_LOCK_NOT_AVAILABLE && geterrcode() != ERRCODE_T_R_DEADLOCK_DETECTED)
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		FlushErrorState();
		transaction->ordered[at]->reason = reason_conflict;
		cancel(transaction);
	}
	PG_END_TRY();
}

/* ---- The response ---- */

static double
capacity_of_reading(const TransactionAction *action)
{
	return 2 * read_capacity(action->cost.size, true);
}

/* What it costs to read the items of each table: numbers with blanks between them. */
static char *
note_of_reading(const Transaction *transaction)
{
	StringInfoData note;

	initStringInfo(&note);
	for (int i = 0; i < transaction->table_count; i++)
	{
		double		units = 0;

		for (int j = 0; j < transaction->count; j++)
		{
			if (transaction->actions[j].writes == &transaction->tables[i])
				units += capacity_of_reading(&transaction->actions[j]);
		}
		appendStringInfo(&note, "%s%.0f", i > 0 ? " " : "", units);
	}
	return note.data;
}

static void
append_responses(StringInfo response, bool wanted)
{
	if (!wanted)
		return;
	append_member(response, "Responses");
	appendStringInfoString(response, "[]");
}

static void
append_write_response(const Transaction *transaction, const TransactionResponse *wanted, StringInfo response)
{
	appendStringInfoChar(response, '{');
	append_responses(response, wanted->empty_responses);
	if (wants_capacity(&wanted->return_consumed_capacity))
	{
		append_member(response, "ConsumedCapacity");
		append_write_capacities(response, &wanted->return_consumed_capacity, CAPACITY_OF_WRITES,
								transaction->tables, transaction->table_count);
	}
	append_all_collections(response, &wanted->return_item_collection_metrics,
						   transaction->tables, transaction->table_count);
	appendStringInfoChar(response, '}');
}

/* What the note says, which counts as read now. */
static double *
units_of_note(const Transaction *transaction, const char *note)
{
	double	   *units = palloc(sizeof(double) * Max(transaction->table_count, 1));

	for (int i = 0; i < transaction->table_count; i++)
	{
		units[i] = strtod(note, unconstify(char **, &note));
		usage_read(RelationGetRelid(transaction->tables[i].table->relation), 0, units[i]);
	}
	return units;
}

/* Of a transaction that was carried out before. */
static void
append_repeated_response(const Transaction *transaction, const TransactionResponse *wanted,
						 const char *note, StringInfo response)
{
	double	   *units = units_of_note(transaction, note);

	appendStringInfoChar(response, '{');
	append_responses(response, wanted->empty_responses);
	if (wants_capacity(&wanted->return_consumed_capacity))
	{
		append_member(response, "ConsumedCapacity");
		appendStringInfoChar(response, '[');
		for (int i = 0; i < transaction->table_count; i++)
		{
			if (i > 0)
				appendStringInfoChar(response, ',');
			append_consumed_capacity(response, &wanted->return_consumed_capacity, CAPACITY_OF_READS,
									 transaction->tables[i].name, units[i], NULL, 0);
		}
		appendStringInfoChar(response, ']');
	}
	appendStringInfoChar(response, '}');
}

void
transaction_execute(Transaction *transaction, const Token *token, const TransactionResponse *wanted,
					StringInfo response)
{
	bool		passed;
	char	   *note;

	PreventCommandIfReadOnly("a transaction that writes items");
	open_tables(transaction, wants_capacity(&wanted->return_consumed_capacity));
	passed = judge_actions(transaction);

	/* only now: whatever was judged, was so before the token is looked for */
	if (passed ? token_keep(token, note_of_reading(transaction), &note) : token_find(token, &note))
		append_repeated_response(transaction, wanted, note, response);
	else
	{
		check_judgement(transaction);
		write_all(transaction);
		append_write_response(transaction, wanted, response);
	}
	table_writes_release(transaction->tables, transaction->table_count);
}
