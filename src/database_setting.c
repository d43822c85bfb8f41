/*
 * database_setting.c - what ALTER DATABASE says of settings, in processes that began before it did.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_db_role_setting.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/rel.h"

#include "database_setting.h"

/* "name=value", where the name is one of these. */
static void
set(const char *setting, const char *const *names, int count, GucSource source)
{
	for (int i = 0; i < count; i++)
	{
		size_t		length = strlen(names[i]);

		if (strncmp(setting, names[i], length) == 0 && setting[length] == '=')
			(void) set_config_option(names[i], setting + length + 1, PGC_SUSET, source, GUC_ACTION_SET, true, 0, false);
	}
}

static void
set_all(Datum settings, const char *const *names, int count, GucSource source)
{
	Datum	   *elements;
	int			element_count;

	deconstruct_array(DatumGetArrayTypeP(settings), TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &element_count);
	for (int i = 0; i < element_count; i++)
		set(TextDatumGetCString(elements[i]), names, count, source);
}

/* Of all roles in that database, or in all. */
static void
read_settings(Relation relation, Oid database, const char *const *names, int count, GucSource source)
{
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&keys[0], Anum_pg_db_role_setting_setdatabase, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(database));
	ScanKeyInit(&keys[1], Anum_pg_db_role_setting_setrole, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(InvalidOid));
	scan = systable_beginscan(relation, DbRoleSettingDatidRolidIndexId, true, NULL, lengthof(keys), keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		bool		isnull;
		Datum		settings = heap_getattr(tuple, Anum_pg_db_role_setting_setconfig, RelationGetDescr(relation), &isnull);

		if (!isnull)
			set_all(settings, names, count, source);
	}
	systable_endscan(scan);
}

/*
 * Who may say what, PostgreSQL has asked when it was said, as for sessions, which is why it is set as by a superuser,
 * whoever the worker is just now.
 */
void
database_settings_read(const char *const *names, int count)
{
	Relation	relation = table_open(DbRoleSettingRelationId, AccessShareLock);

	read_settings(relation, InvalidOid, names, count, PGC_S_GLOBAL);
	read_settings(relation, MyDatabaseId, names, count, PGC_S_DATABASE);
	table_close(relation, AccessShareLock);
}
