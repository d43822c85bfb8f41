/*
 * token.c - ClientRequestToken.
 *
 * Tokens are kept in three relations that take turns, ten minutes each: a token
 * goes into the present one and is looked for in all.  The next one rests, and is
 * emptied while nobody uses it.  Were there two, a queued TRUNCATE would make every
 * transaction wait behind any open reader.  If the third is not had when it is its
 * turn, its old rows do no harm: the time in a row decides.
 *
 * Of two transactions with the same token, one may come before the turn of the next
 * relation and one after it, the more so where a standby with another clock has
 * become the primary server.  So each keeps its token before it looks into the
 * other relations: at least one of the two then sees the other.  A token of a
 * transaction that has not ended is seen by a dirty snapshot, and not waited for.
 * Where token_filter.c knows that a relation has not the token, none is looked for.
 *
 * What is kept of token and request are hashes.  Who makes two of them equal
 * mistakes only his own requests, for a token is its role's.
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
#include "commands/tablecmds.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "storage/bufmgr.h"
#include "storage/lmgr.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "compat.h"
#include "error.h"
#include "operation/transaction/token.h"
#include "operation/transaction/token_filter.h"
#include "operation/transaction/token_filter.h"
#include "owner_statement.h"
#include "table/descent.h"
#include "value/hash.h"

/* How long a token lasts, and how long a relation is the present one. */
#define LIFE_MILLISECONDS (10 * 60 * 1000)
#define RELATIONS 3

/* So far the clocks of a primary server and its successor may differ. */
#define SKEW_MILLISECONDS (10 * 1000)

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
	pg_uuid_t	token;
	pg_uuid_t	request;
} TokenRow;

StaticAssertDecl(UUID_LEN == KEY_HASH_LENGTH && UUID_LEN == TOKEN_REQUEST_LENGTH, "hashes are stored as uuid");

static void
set_row(TokenRow *row, const Token *token, TimestampTz now, const char *note)
{
	memset(row->nulls, 0, sizeof(row->nulls));
	key_hash(token->text, token->length, row->token.data);
	memcpy(row->request.data, token->request, UUID_LEN);
	row->values[TOKENS_TOKEN - 1] = UUIDPGetDatum(&row->token);
	row->values[TOKENS_ROLE - 1] = ObjectIdGetDatum(GetUserId());
	row->values[TOKENS_OPERATION - 1] = CharGetDatum((char) token->operation);
	row->values[TOKENS_REQUEST - 1] = UUIDPGetDatum(&row->request);
	row->values[TOKENS_FINISHED - 1] = TimestampTzGetDatum(now);
	row->values[TOKENS_NOTE - 1] = PointerGetDatum(cstring_to_text(note));
}

/* ---- The relations ---- */

/* The number of the period that a time is in. */
static int64
period_of(TimestampTz time)
{
	return time / (LIFE_MILLISECONDS * INT64CONST(1000));
}

/* As long as they are known to be there; the index is that of the key. */
typedef struct KnownRelation
{
	Oid			relation;
	Oid			index;
} KnownRelation;

static KnownRelation known_relations[RELATIONS];

static void
forget_relation(Datum argument, Oid relation)
{
	for (int i = 0; i < RELATIONS; i++)
	{
		if (relation == known_relations[i].relation || !OidIsValid(relation))
			known_relations[i] = (KnownRelation) {InvalidOid, InvalidOid};
	}
}

static KnownRelation
look_up_relation(int number)
{
	KnownRelation known = {.relation = extension_relation(psprintf("transaction_tokens_%d", number))};
	Relation	relation = table_open(known.relation, AccessShareLock);

	known.index = primary_key_index_compat(relation);
	table_close(relation, AccessShareLock);
	return known;
}

/* The one whose turn it is in that period. */
static KnownRelation
relation_of_period(int64 period)
{
	static bool watched = false;
	int			number = (int) (period % RELATIONS);

	if (OidIsValid(known_relations[number].relation))
		return known_relations[number];
	if (!watched)
	{
		CacheRegisterRelcacheCallback(forget_relation, (Datum) 0);
		watched = true;
	}
	return known_relations[number] = look_up_relation(number);
}

static Relation
open_primary_key(Relation relation, LOCKMODE lock)
{
	return index_open(primary_key_index_compat(relation), lock);
}

/* ---- Emptying the one that rests ---- */

static int64 emptied_period = -1;	/* this process has seen to it that the next one's was empty */
static int64 emptying_period = -1;	/* the transaction that is being committed has */

/* What is to be emptied. */
typedef struct Resting
{
	int64		period;			/* the present one, or -1 where nothing is to be emptied */
	Oid			relation;		/* whose turn is next */
} Resting;

/*
 * Unless somebody is not done with it; then the next transaction tries again.  This
 * one may have dropped the extension.
 */
static void
empty_resting(const Resting *resting)
{
	Relation	relation;

	if (!ConditionalLockRelationOid(resting->relation, AccessExclusiveLock))
		return;
	relation = try_table_open(resting->relation, NoLock);
	if (relation == NULL)
		return;
	if (RelationGetNumberOfBlocks(relation) > 0)
	{
		PushActiveSnapshot(GetTransactionSnapshot());
		execute_truncate_compat(list_make1(relation), list_make1_oid(resting->relation));
		PopActiveSnapshot();
	}
	table_close(relation, NoLock);
	emptying_period = resting->period;
}

/*
 * The lock lasts to the transaction's end, so it is taken as late as can be.  No
 * privilege is asked for, and no code of a user's can be run: see above.
 */
static void
empty_at_commit(XactEvent event, void *argument)
{
	Resting    *due = argument;

	if (event == XACT_EVENT_PRE_COMMIT && due->period >= 0)
		empty_resting(due);
	else if (event == XACT_EVENT_COMMIT && emptying_period >= 0)
		emptied_period = emptying_period;
	if (event != XACT_EVENT_PRE_COMMIT)
		due->period = emptying_period = -1;
}

/* Has the resting relation emptied when the transaction commits, if that is still to be done. */
static void
see_to_resting(TimestampTz now)
{
	static Resting due = {.period = -1};
	static bool registered = false;
	int64		period = period_of(now);

	if (period == emptied_period)
		return;
	/* another clock's turn may have begun already, or not have ended yet */
	if (period != period_of(TimestampTzPlusMilliseconds(now, -SKEW_MILLISECONDS)) ||
		period != period_of(TimestampTzPlusMilliseconds(now, SKEW_MILLISECONDS)))
		return;
	if (!registered)
	{
		RegisterXactCallback(empty_at_commit, &due);
		registered = true;
	}
	due = (Resting) {.period = period,.relation = relation_of_period(period + 1).relation};
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
	if (!DatumGetBool(DirectFunctionCall2(uuid_eq, request, row->values[TOKENS_REQUEST - 1])))
		ddb_error(IDEMPOTENT_PARAMETER_MISMATCH_EXCEPTION, "The provided token was already used with a different request");
	*note = TextDatumGetCString(slot_getattr(slot, TOKENS_NOTE, &isnull));
	return true;
}

static void __attribute__((noreturn))
report_in_progress(void)
{
	ddb_error(TRANSACTION_IN_PROGRESS_EXCEPTION,
			  "The transaction with the given request token is already in progress.");
}

/* Looks for the token in a relation; *old is where a row of it stands whose time is over, else invalid. */
static bool
find_in(Relation relation, Relation index, const TokenRow *row, ItemPointer old, char **note)
{
	static const RegProcedure equal[KEY_COLUMNS] = {F_UUID_EQ, F_OIDEQ, F_CHAREQ};
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

/*
 * Whether a period's relation may have the token: by its index alone, for it
 * hardly ever does.  Who has its index locked does not wait for the relation, whose
 * locks others take first.
 */
static bool
may_have(int64 period, const TokenRow *row)
{
	Oid			oid = relation_of_period(period).index;
	bool		found = true;

	LockRelationOid(oid, AccessShareLock);
	/* another one can have taken its place before it was locked */
	if (relation_of_period(period).index == oid)
	{
		Relation	index = index_open(oid, NoLock);

		found = descent_may_find(index, row->values, KEY_COLUMNS);
		index_close(index, NoLock);
	}
	/* who empties it is not to be kept from it for longer */
	UnlockRelationOid(oid, AccessShareLock);
	return found;
}

static bool
find_in_period(int64 period, const TokenRow *row, char **note)
{
	Relation	relation;
	Relation	index;
	ItemPointerData old;
	bool		found;

	if (!may_have(period, row))
		return false;
	relation = table_open(relation_of_period(period).relation, AccessShareLock);
	index = open_primary_key(relation, AccessShareLock);
	found = find_in(relation, index, row, &old, note);
	index_close(index, AccessShareLock);
	table_close(relation, AccessShareLock);
	return found;
}

/* Looks into the relations of the periods around this one, where the token may be there. */
static bool
find_elsewhere(int64 now, const TokenRow *row, char **note)
{
	for (int64 period = now - 1; period <= now + 1; period += 2)
	{
		if (token_filter_may_have(now, period, &row->token) && find_in_period(period, row, note))
			return true;
	}
	return false;
}

bool
token_find(const Token *token, char **note)
{
	TimestampTz now = GetCurrentTimestamp();
	int64		period = period_of(now);
	TokenRow	row;

	if (token->text == NULL)
		return false;
	set_row(&row, token, now, "");
	return find_in_period(period, &row, note) || find_elsewhere(period, &row, note);
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

static bool
keep_in_period(int64 period, const TokenRow *row, char **note)
{
	Relation	relation = table_open(relation_of_period(period).relation, RowExclusiveLock);
	Relation	index = open_primary_key(relation, RowExclusiveLock);
	ItemPointerData tid;
	bool		kept = insert_unless_found(relation, index, row, &tid, note);

	if (kept)
	{
		token_filter_note(period, &row->token);
		kept = !find_elsewhere(period, row, note);
		if (!kept)
			delete_row(relation, &tid);
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
	see_to_resting(now);
	set_row(&row, token, now, new_note);
	return !keep_in_period(period_of(now), &row, note);
}
