/*
 * token.c - ClientRequestToken.
 *
 * Tokens are kept in three relations that take turns, ten minutes each: a token
 * goes into the present one and is looked for in that and in the one before.
 * The third rests, and is emptied while nobody uses it.  Were there two, a queued
 * TRUNCATE would make every transaction wait behind any open reader.  If the
 * third is not had when it is its turn, its old rows do no harm: the time in a
 * row decides.
 *
 * A token of a transaction that has not ended is seen by a dirty snapshot, and
 * not waited for.
 *
 * The relations are read and written below the executor, whoever calls: nobody
 * has rights on them, no code of a user's can be attached to what belongs to the
 * extension, and only the caller's own tokens are looked at.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relscan.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/index.h"
#include "catalog/pg_type.h"
#include "commands/tablecmds.h"
#include "common/sha2.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "error.h"
#include "operation/transaction/token.h"
#include "owner_statement.h"

/* How long a token lasts, and how long a relation is the present one. */
#define LIFE_MILLISECONDS (10 * 60 * 1000)
#define RELATIONS 3

/* Their columns; the first three are the key. */
enum
{
	TOKENS_TOKEN = 1,
	TOKENS_ROLE,
	TOKENS_OPERATION,
	TOKENS_REQUEST,
	TOKENS_FINISHED,
	TOKENS_NOTE,
	TOKENS_COLUMNS = TOKENS_NOTE
};
#define KEY_COLUMNS 3

/* A token as a row. */
typedef struct TokenRow
{
	Datum		values[TOKENS_COLUMNS];
	bool		nulls[TOKENS_COLUMNS];
} TokenRow;

static bytea *
bytea_of_digest(const uint8 *digest)
{
	bytea	   *result = palloc(VARHDRSZ + PG_SHA256_DIGEST_LENGTH);

	SET_VARSIZE(result, VARHDRSZ + PG_SHA256_DIGEST_LENGTH);
	memcpy(VARDATA(result), digest, PG_SHA256_DIGEST_LENGTH);
	return result;
}

static TokenRow
row_of_token(const Token *token, TimestampTz now, const char *note)
{
	TokenRow	row = {0};

	row.values[TOKENS_TOKEN - 1] = PointerGetDatum(cstring_to_text_with_len(token->text, token->length));
	row.values[TOKENS_ROLE - 1] = ObjectIdGetDatum(GetUserId());
	row.values[TOKENS_OPERATION - 1] = CharGetDatum((char) token->operation);
	row.values[TOKENS_REQUEST - 1] = PointerGetDatum(bytea_of_digest(token->request));
	row.values[TOKENS_FINISHED - 1] = TimestampTzGetDatum(now);
	row.values[TOKENS_NOTE - 1] = PointerGetDatum(cstring_to_text(note));
	return row;
}

/* ---- The relations ---- */

/* The number of the period that a time is in. */
static int64
period_of(TimestampTz time)
{
	return time / (LIFE_MILLISECONDS * INT64CONST(1000));
}

/* The one whose turn it is in that period. */
static Oid
relation_of_period(int64 period, const char *suffix)
{
	return extension_relation(psprintf("transaction_tokens_%d%s", (int) (period % RELATIONS), suffix));
}

/*
 * Empties the relation that rests, unless somebody is not done with it.  Its
 * lock lasts to the transaction's end, so it is left to transactions that end
 * with their statement, as those over HTTP do.
 */
static void
empty_resting(int64 period)
{
	static int64 last = -1;
	Oid			oid = relation_of_period(period + 1, "");
	Relation	relation;

	if (period == last || IsTransactionBlock())
		return;
	if (!ConditionalLockRelationOid(oid, AccessExclusiveLock))
		return;
	last = period;
	relation = table_open(oid, NoLock);
	if (RelationGetNumberOfBlocks(relation) > 0)
		execute_truncate_compat(list_make1(relation), list_make1_oid(oid));
	table_close(relation, NoLock);
}

/* ---- Finding ---- */

/* What the row says of the transaction that has the token; false where it has ended too long ago. */
static bool
judge_row(TupleTableSlot *slot, const TokenRow *row, char **note)
{
	bool		isnull;
	TimestampTz finished = DatumGetTimestampTz(slot_getattr(slot, TOKENS_FINISHED, &isnull));
	TimestampTz now = DatumGetTimestampTz(row->values[TOKENS_FINISHED - 1]);
	Datum		request = slot_getattr(slot, TOKENS_REQUEST, &isnull);

	if (finished <= TimestampTzPlusMilliseconds(now, -LIFE_MILLISECONDS))
		return false;
	if (!DatumGetBool(DirectFunctionCall2(byteaeq, request, row->values[TOKENS_REQUEST - 1])))
		ddb_error(IDEMPOTENT_PARAMETER_MISMATCH_EXCEPTION, "The provided token was already used with a different request");
	*note = TextDatumGetCString(slot_getattr(slot, TOKENS_NOTE, &isnull));
	return true;
}

static void pg_attribute_noreturn()
report_in_progress(void)
{
	ddb_error(TRANSACTION_IN_PROGRESS_EXCEPTION,
			  "The transaction with the given request token is already in progress.");
}

/* Looks for the token in a relation; *old is where a row of it stands whose time is over, else invalid. */
static bool
find_in(Relation relation, Relation index, const TokenRow *row, ItemPointer old, char **note)
{
	static const RegProcedure equal[KEY_COLUMNS] = {F_TEXTEQ, F_OIDEQ, F_CHAREQ};
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	ScanKeyData keys[KEY_COLUMNS];
	SnapshotData dirty;
	IndexScanDesc scan;
	bool		found = false;

	InitDirtySnapshot(dirty);
	for (int i = 0; i < KEY_COLUMNS; i++)
		ScanKeyEntryInitialize(&keys[i], 0, i + 1, BTEqualStrategyNumber, InvalidOid,
							   index->rd_indcollation[i], equal[i], row->values[i]);
	ItemPointerSetInvalid(old);
	scan = index_beginscan_compat(relation, index, &dirty, KEY_COLUMNS, 0);
	index_rescan(scan, keys, KEY_COLUMNS, NULL, 0);
	while (!found && index_getnext_slot(scan, ForwardScanDirection, slot))
	{
		if (TransactionIdIsValid(dirty.xmin) || TransactionIdIsValid(dirty.xmax))
			report_in_progress();
		found = judge_row(slot, row, note);
		if (!found)
			*old = slot->tts_tid;
	}
	index_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	return found;
}

static bool
find_in_period(int64 period, const TokenRow *row, char **note)
{
	Relation	relation = table_open(relation_of_period(period, ""), AccessShareLock);
	bool		found = false;

	if (RelationGetNumberOfBlocks(relation) > 0)
	{
		Relation	index = index_open(relation_of_period(period, "_pkey"), AccessShareLock);
		ItemPointerData old;

		found = find_in(relation, index, row, &old, note);
		index_close(index, NoLock);
	}
	table_close(relation, NoLock);
	return found;
}

bool
token_find(const Token *token, char **note)
{
	TimestampTz now = GetCurrentTimestamp();
	int64		period = period_of(now);
	TokenRow	row;

	if (token->text == NULL)
		return false;
	row = row_of_token(token, now, "");
	return find_in_period(period, &row, note) || find_in_period(period - 1, &row, note);
}

/* ---- Keeping ---- */

static void
delete_row(Relation relation, ItemPointer tid)
{
	TM_FailureData failure;

	CommandCounterIncrement();
	if (table_tuple_delete(relation, tid, GetCurrentCommandId(true), SnapshotSelf, InvalidSnapshot,
						   true, &failure, false) != TM_Ok)
		report_in_progress();
}

/* Inserts the row at *tid; false, with nothing inserted, where the relation has the token. */
static bool
insert_row(Relation relation, Relation index, const TokenRow *row, ItemPointer tid)
{
	TupleTableSlot *slot = table_slot_create(relation, NULL);
	bool		nulls[KEY_COLUMNS] = {false};
	Datum		key[KEY_COLUMNS];
	bool		unique;

	memcpy(slot->tts_values, row->values, sizeof(row->values));
	memcpy(slot->tts_isnull, row->nulls, sizeof(row->nulls));
	ExecStoreVirtualTuple(slot);
	table_tuple_insert(relation, slot, GetCurrentCommandId(true), 0, NULL);
	*tid = slot->tts_tid;
	memcpy(key, row->values, sizeof(key));
	unique = index_insert(index, key, nulls, tid, relation, UNIQUE_CHECK_PARTIAL, false, NULL);
	if (!unique)
		delete_row(relation, tid);
	ExecDropSingleTupleTableSlot(slot);
	return unique;
}

/* Inserts the row at *tid; false where the relation has the token of a transaction that counts. */
static bool
insert_unless_found(Relation relation, Relation index, const TokenRow *row, ItemPointer tid, char **note)
{
	while (!insert_row(relation, index, row, tid))
	{
		ItemPointerData old;

		CHECK_FOR_INTERRUPTS();
		if (find_in(relation, index, row, &old, note))
			return false;
		if (ItemPointerIsValid(&old))
			delete_row(relation, &old);
	}
	return true;
}

/*
 * Two transactions with the same token, of which one comes before the turn of the
 * next relation and one after it, do not meet in one relation.  So each inserts
 * its row first; the later one then looks at the relation before, and the earlier
 * one at the clock, and if its time was over by then, it begins anew.
 */
static bool
keep_in_period(int64 period, const TokenRow *row, char **note)
{
	Relation	relation = table_open(relation_of_period(period, ""), RowExclusiveLock);
	Relation	index = index_open(relation_of_period(period, "_pkey"), RowExclusiveLock);
	ItemPointerData tid;
	bool		kept = insert_unless_found(relation, index, row, &tid, note);

	if (kept && period_of(GetCurrentTimestamp()) != period)
		ddb_error(TRANSACTION_CONFLICT_EXCEPTION, "Transaction is ongoing for the item");
	if (kept && find_in_period(period - 1, row, note))
	{
		delete_row(relation, &tid);
		kept = false;
	}
	index_close(index, NoLock);
	table_close(relation, NoLock);
	return kept;
}

bool
token_keep(const Token *token, const char *new_note, char **note)
{
	TimestampTz now = GetCurrentTimestamp();
	TokenRow	row;

	if (token->text == NULL)
		return false;
	empty_resting(period_of(now));
	row = row_of_token(token, now, new_note);
	return !keep_in_period(period_of(now), &row, note);
}
