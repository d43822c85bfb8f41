/*
 * access_key.c - access keys: SQL functions that make, disable and delete
 * them, and the cache in which the endpoint finds them.
 *
 * Signature Version 4 needs the secret itself, so it is kept as it is, in a
 * table that only the extension's owner reads.  A key is made for a role by
 * who could become that role, and nobody else.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "http/access_key.h"
#include "owner_statement.h"
#include "trigger_call.h"

/* ddb.access_keys' columns, in order. */
enum
{
	KEYS_ID = 1,
	KEYS_SECRET,
	KEYS_ROLE,
	KEYS_ACTIVE,
	KEYS_CREATED,
	KEYS_VALID_UNTIL
};

/* ---- The cache ---- */

static HTAB *cached_keys = NULL;
static Oid	cached_relation = InvalidOid;
static uint64 forgotten = 0;	/* how often the cache has been emptied */

/* Any change of the table empties the cache: keys change seldom. */
static void
forget_keys(Datum argument, Oid relation)
{
	HASH_SEQ_STATUS status;
	AccessKey  *key;

	if (OidIsValid(relation) && relation != cached_relation)
		return;
	forgotten++;
	hash_seq_init(&status, cached_keys);
	while ((key = hash_seq_search(&status)) != NULL)
	{
		explicit_bzero(key->secret, sizeof(key->secret));
		hash_search(cached_keys, key->id, HASH_REMOVE, NULL);
	}
}

static void
create_cache(void)
{
	HASHCTL		control = {
		.keysize = ACCESS_KEY_ID_MAX + 1,
		.entrysize = sizeof(AccessKey),
		.hcxt = CacheMemoryContext
	};

	cached_keys = hash_create("ddb access keys", 16, &control,
							  HASH_ELEM | HASH_STRINGS | HASH_CONTEXT);
	CacheRegisterRelcacheCallback(forget_keys, (Datum) 0);
}

static Datum
column(HeapTuple tuple, Relation relation, int number, bool *isnull)
{
	return heap_getattr(tuple, number, RelationGetDescr(relation), isnull);
}

static void
copy_key(HeapTuple tuple, Relation relation, AccessKey *key)
{
	bool		isnull;

	strlcpy(key->secret, TextDatumGetCString(column(tuple, relation, KEYS_SECRET, &isnull)),
			sizeof(key->secret));
	strlcpy(key->role, NameStr(*DatumGetName(column(tuple, relation, KEYS_ROLE, &isnull))),
			sizeof(key->role));
	key->active = DatumGetBool(column(tuple, relation, KEYS_ACTIVE, &isnull));
	key->valid_until = DatumGetTimestampTz(column(tuple, relation, KEYS_VALID_UNTIL, &isnull));
	if (isnull)
		key->valid_until = DT_NOEND;
	key->date[0] = '\0';
}

/* Reads the key of that id from the table; false where there is none. */
static bool
read_key(const char *id, AccessKey *key)
{
	Relation	keys = table_open(extension_relation("access_keys"), AccessShareLock);
	SysScanDesc scan;
	ScanKeyData scan_key;
	HeapTuple	tuple;

	ScanKeyEntryInitialize(&scan_key, 0, KEYS_ID, BTEqualStrategyNumber, TEXTOID,
						   C_COLLATION_OID, F_TEXTEQ, CStringGetTextDatum(id));
	scan = systable_beginscan(keys, extension_relation("access_keys_pkey"), true, NULL, 1, &scan_key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		memset(key, 0, sizeof(*key));
		strlcpy(key->id, id, sizeof(key->id));
		copy_key(tuple, keys, key);
	}
	systable_endscan(scan);
	table_close(keys, NoLock);
	return HeapTupleIsValid(tuple);
}

/* Reads the key into the cache, unless it is changed meanwhile: then it is read again. */
static AccessKey *
read_into_cache(const char *id)
{
	AccessKey	read;
	AccessKey  *key;
	uint64		before;

	do
	{
		cached_relation = extension_relation("access_keys");
		before = forgotten;
		if (!read_key(id, &read))
			return NULL;
	} while (forgotten != before);

	/* nothing may raise an error while an entry is half filled */
	key = hash_search(cached_keys, id, HASH_ENTER, NULL);
	*key = read;
	explicit_bzero(&read, sizeof(read));
	return key;
}

static AccessKey *
find_key(const char *id)
{
	AccessKey  *key = hash_search(cached_keys, id, HASH_FIND, NULL);

	return key != NULL ? key : read_into_cache(id);
}

AccessKey *
access_key_find(const char *id, Oid *role)
{
	AccessKey  *key;
	char		role_name[NAMEDATALEN];
	uint64		before;

	if (strlen(id) > ACCESS_KEY_ID_MAX)
		return NULL;
	if (cached_keys == NULL)
		create_cache();

	/* looking for the role may empty the cache, and the key may be another one then */
	do
	{
		key = find_key(id);
		if (key == NULL)
			return NULL;
		before = forgotten;
		strlcpy(role_name, key->role, sizeof(role_name));
		*role = get_role_oid(role_name, true);
	} while (forgotten != before);
	return OidIsValid(*role) ? key : NULL;
}

PG_FUNCTION_INFO_V1(ddb_access_keys_changed);

/* Trigger on ddb.access_keys: tells all workers, when the change commits. */
Datum
ddb_access_keys_changed(PG_FUNCTION_ARGS)
{
	CacheInvalidateRelcache(trigger_data(fcinfo, "access_keys_changed")->tg_relation);
	PG_RETURN_POINTER(NULL);
}

/* ---- SQL functions ---- */

/* length random characters of an alphabet, whose size is a power of two. */
static void
random_text(char *text, int length, const char *alphabet)
{
	size_t		size = strlen(alphabet);

	Assert((size & (size - 1)) == 0 && size <= 256);
	if (!pg_strong_random(text, length))
		ereport(ERROR,
				(errcode(ERRCODE_INTERNAL_ERROR),
				 errmsg("could not generate a random access key")));
	for (int i = 0; i < length; i++)
		text[i] = alphabet[(unsigned char) text[i] & (size - 1)];
	text[length] = '\0';
}

/* Raises unless the current role could become that role. */
static void
check_may_act_as(const char *role)
{
	Oid			oid = get_role_oid(role, false);

	check_may_become_role_compat(GetUserId(), oid);
}

/*
 * Runs one statement that writes a record of ddb.access_keys, as the extension's owner, who alone
 * may.  The statement's text is fixed, what the caller gives goes in as values, and the
 * table has no code but the extension's own trigger.  Who calls has been asked for
 * the right to act as the key's role.
 *
 * Raises where it is not there any more: nobody is to be told that a key is disabled
 * which is not.
 */
static void
write_keys(const char *statement, int count, Oid *types, Datum *values, const char *nulls)
{
	SPI_connect();
	owner_statement_write(extension_relation("access_keys"), statement, count, types, values, nulls);
	SPI_finish();
}

/* A new identifier, as AWS makes them. */
static char *
random_id(void)
{
	char	   *id = palloc(20 + 1);

	memcpy(id, "AKIA", 4);
	random_text(id + 4, 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567");
	return id;
}

static char *
random_secret(void)
{
	char	   *secret = palloc(40 + 1);

	random_text(secret, 40, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
	return secret;
}

/* An identifier stands in the credential of a signature, whose parts have other characters between them. */
static char *
chosen_id(const text *argument)
{
	char	   *id = text_to_cstring(argument);
	size_t		length = strlen(id);

	if (length < 1 || length > ACCESS_KEY_ID_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an access key's identifier has 1 to %d characters", ACCESS_KEY_ID_MAX)));
	if (strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") != length)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("an access key's identifier is made of letters, digits, underscores and hyphens")));
	return id;
}

/* The errors do not show it. */
static char *
chosen_secret(const text *argument, bool trust)
{
	char	   *secret = text_to_cstring(argument);
	size_t		length = strlen(secret);

	if (length < 1 || length > SECRET_ACCESS_KEY_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a secret access key has 1 to %d characters", SECRET_ACCESS_KEY_MAX)));
	for (const char *c = secret; *c != '\0'; c++)
		if (*c <= ' ' || *c > '~')
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("a secret access key is made of ASCII's visible characters")));

	/* who has seen one signed request can try secrets at home, as fast as he likes */
	if (length < SECRET_ACCESS_KEY_MIN && !trust)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("a secret access key of %d characters can be guessed", (int) length),
				 errhint("Choose at least %d random characters. Where only programs that you trust reach the endpoint, trust => true takes a shorter one.",
						 SECRET_ACCESS_KEY_MIN)));
	return secret;
}

PG_FUNCTION_INFO_V1(ddb_create_access_key);

Datum
ddb_create_access_key(PG_FUNCTION_ARGS)
{
	Name		role = PG_ARGISNULL(0) ? NULL : PG_GETARG_NAME(0);
	bool		trust = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4);
	Oid			types[] = {TEXTOID, TEXTOID, NAMEOID, TIMESTAMPTZOID};
	Datum		values[] = {0, 0, PG_GETARG_DATUM(0), PG_ARGISNULL(1) ? 0 : PG_GETARG_DATUM(1)};
	const char *nulls = PG_ARGISNULL(1) ? "   n" : NULL;
	TupleDesc	descriptor;
	bool		isnull[2] = {false, false};

	if (get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	if (role == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("an access key's role cannot be null")));
	check_may_act_as(NameStr(*role));
	values[0] = CStringGetTextDatum(PG_ARGISNULL(2) ? random_id() : chosen_id(PG_GETARG_TEXT_PP(2)));
	values[1] = CStringGetTextDatum(PG_ARGISNULL(3) ? random_secret() : chosen_secret(PG_GETARG_TEXT_PP(3), trust));
	write_keys("INSERT INTO ddb.access_keys (access_key_id, secret_access_key, role, valid_until)"
			   " VALUES ($1, $2, $3, $4)", 4, types, values, nulls);

	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, isnull)));
}

/* The role of a key; raises where there is none, or the caller is not to know. */
static void
check_own_key(const char *id)
{
	AccessKey	key;
	bool		found = strlen(id) <= ACCESS_KEY_ID_MAX && read_key(id, &key);

	if (!found)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("access key \"%s\" does not exist", id)));
	explicit_bzero(key.secret, sizeof(key.secret));

	/* the key of a role that is gone is left to superusers */
	if (!superuser())
		check_may_act_as(key.role);
}

PG_FUNCTION_INFO_V1(ddb_set_access_key_active);

Datum
ddb_set_access_key_active(PG_FUNCTION_ARGS)
{
	Oid			types[] = {TEXTOID, BOOLOID};
	Datum		values[] = {PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};

	check_own_key(TextDatumGetCString(values[0]));
	write_keys("UPDATE ddb.access_keys SET active = $2 WHERE access_key_id = $1",
			   2, types, values, NULL);
	PG_RETURN_VOID();
}

PG_FUNCTION_INFO_V1(ddb_delete_access_key);

Datum
ddb_delete_access_key(PG_FUNCTION_ARGS)
{
	Oid			types[] = {TEXTOID};
	Datum		values[] = {PG_GETARG_DATUM(0)};

	check_own_key(TextDatumGetCString(values[0]));
	write_keys("DELETE FROM ddb.access_keys WHERE access_key_id = $1", 1, types, values, NULL);
	PG_RETURN_VOID();
}
