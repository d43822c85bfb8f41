/*
 * script.c - the SQL script that the extension was made by in this database, and
 * whether the library that is loaded goes with it.
 *
 * The script's edition is the body of a function, ddb.script_edition(), so that each
 * session is told by PostgreSQL's own invalidation when another script has come.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_proc.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "ddb.h"
#include "script.h"

/*
 * What ddb.script_edition() says in the script that goes with this library.  It is
 * raised in both when one cannot do with the other any more: the columns of a catalog
 * have changed, or what the library looks for by name.
 */
#define SCRIPT_EDITION 3

#define EDITION_FUNCTION "script_edition"
#define EDITION_BODY "SELECT "

/* Whether the script has been found to be this library's. */
static bool is_known = false;

/* ---- The edition ---- */

static void
forget(Datum argument, int cache, uint32 hash)
{
	is_known = false;
}

static void
watch(void)
{
	static bool watched = false;

	if (!watched)
		CacheRegisterSyscacheCallback(PROCNAMEARGSNSP, forget, (Datum) 0);
	watched = true;
}

/* That of the script in this database; 0: it is older than editions. */
static int
installed_edition(void)
{
	HeapTuple	tuple = SearchSysCache3(PROCNAMEARGSNSP, CStringGetDatum(EDITION_FUNCTION),
										PointerGetDatum(buildoidvector(NULL, 0)),
										ObjectIdGetDatum(get_namespace_oid("ddb", true)));
	int			edition = 0;
	bool		isnull;
	Datum		body;

	if (!HeapTupleIsValid(tuple))
		return 0;
	body = SysCacheGetAttr(PROCNAMEARGSNSP, tuple, Anum_pg_proc_prosrc, &isnull);
	if (!isnull)
	{
		char	   *statement = TextDatumGetCString(body);

		if (strncmp(statement, EDITION_BODY, strlen(EDITION_BODY)) == 0)
			edition = atoi(statement + strlen(EDITION_BODY));
		pfree(statement);
	}
	ReleaseSysCache(tuple);
	return edition;
}

/* Whether it goes with this library, or is not there at all; else *edition is what there is. */
static bool
goes_with_library(int *edition)
{
	if (is_known)
		return true;
	if (!OidIsValid(get_extension_oid("ddb", true)))
		return true;
	/* before it is looked at, or what changes meanwhile is missed */
	watch();
	*edition = installed_edition();
	is_known = *edition == SCRIPT_EDITION;
	return is_known;
}

/* ---- Refusing ---- */

bool
script_is_running(void)
{
	return creating_extension && CurrentExtensionObject == get_extension_oid("ddb", true);
}

static const char *
difference(int edition)
{
	return edition < SCRIPT_EDITION ?
		"extension ddb in this database is older than the library that is loaded" :
		"extension ddb in this database is newer than the library that is loaded";
}

static void
report(int level, int edition)
{
	ereport(level,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg_internal("%s", difference(edition)),
			 errdetail("Its SQL script has edition %d, the library, of release %s, goes with edition %d.",
					   edition, DDB_VERSION, SCRIPT_EDITION),
			 edition < SCRIPT_EDITION ?
			 errhint("ALTER EXTENSION ddb UPDATE brings it up to date. From one beta to another, pg_dump and a restore do.") :
			 errhint("Install the release of ddb that it is of, and restart the server.")));
}

void
script_check(void)
{
	int			edition;

	if (is_known || IsBinaryUpgrade || HistoricSnapshotActive() || script_is_running())
		return;
	if (!goes_with_library(&edition))
		report(ERROR, edition);
}

bool
script_is_usable(void)
{
	int			edition;

	if (goes_with_library(&edition))
		return is_known;
	report(WARNING, edition);
	return false;
}

void
script_refuse_newer(void)
{
	int			edition;

	if (!goes_with_library(&edition) && edition > SCRIPT_EDITION)
		report(ERROR, edition);
}

const char *
script_obstacle(void)
{
	int			edition;

	return goes_with_library(&edition) ? NULL : difference(edition);
}
