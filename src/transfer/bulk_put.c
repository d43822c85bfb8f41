/*
 * bulk_put.c - putting records into a table, as PutItem by a role would.
 *
 * All that a put runs or asks, it runs and asks as the role: privileges, policies, triggers, defaults,
 * constraints.  What one of them has against an item is that record's failure.  Where there are any, each put is a
 * subtransaction; a table that has nothing of its owner's on it is written without.
 *
 * The records of a transaction are written in the one order of locks, those of one item in the order of the file.
 * So no other operation and this one wait for each other.
 */
#include "postgres.h"

#include "access/xact.h"
#include "commands/prepare.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/rel.h"
#include "utils/resowner.h"

#include "error.h"
#include "job/filling.h"
#include "owner_code.h"
#include "role_session.h"
#include "table/lock_order.h"
#include "transfer/bulk_put.h"

#define UNIT_BYTES 1024

typedef enum PutOutcome
{
	PUT_FAILED,
	PUT_CONDITION_FAILED,
	PUT_DONE
} PutOutcome;

typedef struct PutRun
{
	BulkPuts   *puts;
	BulkReports *reports;
	Table	   *table;
	const IndexSet *indexes;
	bool		tells_old;		/* the role may know of the items that were there */
	MemoryContext context;		/* of the whole transaction */
	MemoryContext scratch;		/* of one record */
} PutRun;

typedef struct Put
{
	PutRun	   *run;
	const BulkRecord *record;
	PrimaryKey	key;
	Condition  *condition;		/* or NULL */
	PutOutcome	outcome;
	const char *message;		/* of PUT_FAILED */
	bool		has_existing;	/* of PUT_CONDITION_FAILED */
	Value		existing;
	double		units;
	uint64	   *index_bytes;	/* of each index */
} Put;

/* ---- What is known of a record before its item is looked at ---- */

static void
check_given(const ItemFileCondition *condition)
{
	if (condition->expression == NULL && condition->names != NULL)
		validation_error("ExpressionAttributeNames can only be specified when using expressions");
	if (condition->expression == NULL && condition->values != NULL)
		validation_error("ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null");
	if (condition->names != NULL && value_count(condition->names) == 0)
		validation_error("ExpressionAttributeNames must not be empty");
	if (condition->values != NULL && value_count(condition->values) == 0)
		validation_error("ExpressionAttributeValues must not be empty");
}

static Condition *
parse_condition(const ItemFileCondition *condition)
{
	const Value *text = condition->expression;
	ExpressionAttributes *attributes;
	Condition  *parsed;

	check_given(condition);
	if (text == NULL)
		return NULL;
	attributes = expression_attributes(condition->names, condition->values);
	parsed = condition_parse("ConditionExpression", text->data, text->length, attributes);
	expression_attributes_check_used(attributes);
	return parsed;
}

static void
prepare(void *argument)
{
	Put		   *put = argument;
	const PutRun *run = put->run;
	ErrorWords	words = {.layer = LAYER_CURRENT};

	error_words_begin(&words);
	put->condition = parse_condition(&put->record->condition);
	put->key = key_of_item(&run->table->schema, &put->record->item);
	index_check_item(run->indexes, &put->record->item, WRITER_PUT);
	check_key_paths(run->table, put->condition, NULL);
	error_words_end(&words);
}

/* Sets what is wrong with the record, if anything is. */
static void
prepare_put(PutRun *run, BulkRecord *record, Put *put)
{
	char	   *fault = NULL;

	memset(put, 0, sizeof(Put));
	put->run = run;
	put->record = record;
	put->outcome = PUT_FAILED;
	put->message = record->fault;
	if (record->fault == NULL && error_caught(prepare, put, CurrentMemoryContext, &fault))
		put->message = fault;
	if (run->indexes->count > 0)
		put->index_bytes = palloc0(sizeof(uint64) * run->indexes->count);
}

/* ---- One put ---- */

static double
units_of(const Value *item)
{
	return Max((item_size(item) + UNIT_BYTES - 1) / UNIT_BYTES, 1);
}

static void
note_condition(Put *put, const Value *old_item)
{
	PutRun	   *run = put->run;

	put->outcome = PUT_CONDITION_FAILED;
	put->units = old_item != NULL ? units_of(old_item) : 1;
	put->has_existing = old_item != NULL && bulk_report_is_wanted(run->reports, BULK_REPORT_CONDITION);
	if (!put->has_existing)
		return;
	put->existing = *old_item;
	put->existing.data = memcpy(MemoryContextAlloc(run->context, old_item->length), old_item->data, old_item->length);
}

/* A role that may not read learns nothing of the item that was there. */
static void
note_cost(Put *put, const Value *old_item)
{
	const PutRun *run = put->run;
	const Value *item = &put->record->item;

	if (!run->tells_old)
		old_item = NULL;
	put->units = old_item != NULL ? Max(units_of(item), units_of(old_item)) : units_of(item);
	for (int i = 0; i < run->indexes->count; i++)
	{
		const IndexDefinition *index = &run->indexes->indexes[i];
		EntryChange change = index_entry_change(index, old_item, item);

		put->index_bytes[i] = index_change_bytes(index, change, old_item, item);
		put->units += index_change_units(index, change, old_item, item);
	}
}

/* As PutItem decides: a put that changes nothing writes nothing. */
static WriteAction
decide(const Value *old_item, Value *new_item, void *argument)
{
	Put		   *put = argument;

	if (put->condition != NULL && !condition_holds(put->condition, old_item != NULL ? old_item : &empty_map))
	{
		note_condition(put, old_item);
		return WRITE_NOTHING;
	}
	put->outcome = PUT_DONE;
	note_cost(put, old_item);
	*new_item = put->record->item;
	return old_item != NULL && value_equal(old_item, new_item) ? WRITE_NOTHING : WRITE_PUT;
}

static void
put_item(Put *put)
{
	Table	   *table = put->run->table;

	/* what a condition tells of an item is read */
	if (put->condition != NULL)
		table_require(table, ACL_SELECT);
	table_write(table, &put->key, decide, put);
}

/* ---- One put that may have something against it ---- */

/* Whether an error is about the item, so that another try would meet it again. */
static bool
is_records_own(int sqlstate)
{
	if (ddb_sqlstate_is_conflict(sqlstate) || sqlstate == ERRCODE_LOCK_NOT_AVAILABLE)
		return false;
	switch (ERRCODE_TO_CATEGORY(sqlstate))
	{
		case ERRCODE_CONNECTION_EXCEPTION:
		case ERRCODE_TRANSACTION_ROLLBACK:
		case ERRCODE_INSUFFICIENT_RESOURCES:
		case ERRCODE_OPERATOR_INTERVENTION:
		case ERRCODE_SYSTEM_ERROR:
		case ERRCODE_INTERNAL_ERROR:
			return false;
	}
	return true;
}

/* False where the error is not the record's, and is to go on. */
static bool
note_error(Put *put, bool limited)
{
	ErrorData  *error;
	DdbException exception;

	MemoryContextSwitchTo(put->run->context);
	error = CopyErrorData();
	if (!limited && !is_records_own(error->sqlerrcode))
		return false;
	FlushErrorState();
	put->outcome = PUT_FAILED;
	put->message = ddb_exception_of_sqlstate(error->sqlerrcode, &exception) ?
		ddb_exception_text(error->message, exception) : error->message;
	return true;
}

/*
 * What a put's code has put off is its own in time and in errors: triggers, which any code can have deferred again, and
 * the queries of cursors WITH HOLD, which nobody is there to read.
 */
static void
put_item_with_code(Put *put)
{
	put_item(put);
	triggers_defer_nothing();
	PortalHashTableDeleteAll();
}

/* What code there is has a limit in time, for the worker is there for others too; a condition alone needs none. */
static void
try_put_item(Put *put)
{
	MemoryContext caller = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	bool		has_code = put->run->puts->has_code;
	OwnerActing limit;

	/* no transaction takes these back, and what one put has left is not for the next */
	DropAllPreparedStatements();
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(caller);
	PG_TRY();
	{
		if (has_code)
			owner_code_limit_begin(&limit);
		put_item_with_code(put);
		if (has_code)
			owner_code_limit_end(&limit);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		bool		noted;

		HOLD_INTERRUPTS();
		noted = note_error(put, owner_code_failed());
		if (noted)
			RollbackAndReleaseCurrentSubTransaction();
		RESUME_INTERRUPTS();
		if (!noted)
			PG_RE_THROW();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	CurrentResourceOwner = owner;
}

/* ---- All of them ---- */

static void
open_table(PutRun *run)
{
	BulkPuts   *puts = run->puts;

	run->table = table_open_by_name(puts->table_name, ACL_INSERT | ACL_UPDATE);
	if (RelationGetRelid(run->table->relation) != puts->relation)
		ddb_error(RESOURCE_NOT_FOUND_EXCEPTION, "Requested resource not found: Table: %s not found", puts->table_name);
	index_attach(run->table);
	run->indexes = index_set(puts->relation);
	run->tells_old = table_is_readable(run->table);
	puts->has_code = table_needs_executor(run->table) || run->table->security != NULL ||
		!table_has_plain_indexes(run->table, RowExclusiveLock);
}

static void
write_in_order(PutRun *run, Put *puts, int count)
{
	LockPlace  *places = palloc(sizeof(LockPlace) * count);
	int			place_count = 0;

	for (int i = 0; i < count; i++)
	{
		if (puts[i].message != NULL)
			continue;
		places[place_count] = lock_place(run->table, &puts[i].key);
		places[place_count++].owner = &puts[i];
	}
	(void) lock_order_sort(places, place_count);
	for (int i = 0; i < place_count; i++)
	{
		Put		   *put = places[i].owner;
		MemoryContext caller = MemoryContextSwitchTo(run->scratch);

		CHECK_FOR_INTERRUPTS();
		if (run->puts->has_code || put->condition != NULL)
			try_put_item(put);
		else
			put_item(put);
		MemoryContextSwitchTo(caller);
		MemoryContextReset(run->scratch);
	}
}

/* ---- What came of it ---- */

static void
note_done(const PutRun *run, const Put *put, BulkUsage *usage)
{
	bulk_usage_add_table(usage, item_size(&put->record->item));
	for (int i = 0; i < run->indexes->count; i++)
	{
		if (put->index_bytes[i] > 0)
			bulk_usage_add_index(usage, &run->indexes->indexes[i], put->index_bytes[i]);
	}
}

static void
note_outcome(PutRun *run, const Put *put, BulkUsage *usage)
{
	run->puts->units += put->units;
	switch (put->outcome)
	{
		case PUT_FAILED:
			run->puts->failed++;
			bulk_report_error(run->reports, put->record, put->message);
			break;
		case PUT_CONDITION_FAILED:
			bulk_report_condition(run->reports, put->record, put->has_existing ? &put->existing : NULL);
			break;
		case PUT_DONE:
			note_done(run, put, usage);
			break;
	}
}

/* ---- As the role ---- */

/*
 * Safe as the role that has asked: it is what it would be in a PutItem of its own, and cannot get back to the
 * worker's own role from there (role_session.c).  What another role has left in the session is gone before, what
 * this one leaves is gone before the next, and what it defers is run before it is left.  Nothing here is done for
 * it as somebody else but the writing of indexes, which says itself why it is safe.
 */
static void
write_as_role(PutRun *run, Put **puts)
{
	RoleSession before;
	OwnerActing limit;

	role_session_forget();
	role_session_begin(run->puts->role, &before);
	/* what a session of the role has */
	(void) set_config_option("search_path", "\"$user\", public", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	/* so that an error is that of its record */
	triggers_defer_nothing();
	open_table(run);
	run->puts->done = run->puts->looks_only ? 0 : run->puts->count;
	*puts = palloc(sizeof(Put) * run->puts->done);
	for (int i = 0; i < run->puts->done; i++)
		prepare_put(run, &run->puts->records[i], &(*puts)[i]);
	write_in_order(run, *puts, run->puts->done);
	table_release(run->table);
	/* what that runs has been put off again and again */
	owner_code_limit_begin(&limit);
	role_session_end(&before);
	owner_code_limit_end(&limit);
}

void
bulk_put_records(BulkPuts *puts, BulkUsage *usage, BulkReports *reports)
{
	PutRun		run = {.puts = puts,.reports = reports,.context = CurrentMemoryContext};
	Put		   *made;

	run.scratch = AllocSetContextCreate(CurrentMemoryContext, "ddb put of a bulk operation", ALLOCSET_DEFAULT_SIZES);
	write_as_role(&run, &made);
	puts->failed = 0;
	puts->units = 0;
	for (int i = 0; i < puts->done; i++)
		note_outcome(&run, &made[i], usage);
}
