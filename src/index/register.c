/*
 * register.c - ddb.register_table(): a relation that is a table by its shape,
 * made one by name.
 *
 * A dump of some relations has them without their records.  The key schema is
 * read off the relation, the definitions of its indexes off theirs, which say
 * whose they are (declaration.c).  Whether an index's rows are still those of the
 * table nobody knows, so its relation is made anew and filled.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "compat.h"
#include "index/backfill.h"
#include "index/index.h"
#include "owner_statement.h"
#include "table/layout.h"
#include "table/relation.h"

#define NAME_MIN 3
#define NAME_MAX 255

/* What a table is created with that has no provisioned throughput. */
#define SETTINGS "{\"BillingMode\":\"PAY_PER_REQUEST\"}"

/* Whether DynamoDB lets a table or an index be called so. */
static bool
is_name(const char *name)
{
	size_t		length = strlen(name);

	return length >= NAME_MIN && length <= NAME_MAX &&
		strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") == length;
}

/* ---- The relation ---- */

static void
check_owner(Oid relation)
{
	char	   *name = get_rel_name(relation);

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", relation)));
	if (!object_ownercheck(RelationRelationId, relation, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, name);
}

/* Whether its columns and its primary index are as create_table makes them. */
static bool
is_table(Relation relation)
{
	const TableLayout *layout;

	if (!relation_is_of_ddb(relation) || relation->rd_rel->relispartition ||
		relation->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		return false;
	layout = layout_of_relation(relation);
	return OidIsValid(layout->primary_index) && layout->table_schema.partition_count == 0 &&
		layout->schema.partition_count == 1 && layout->schema.sort_count <= 1;
}

/* Locks it against writers, as a change of its indexes does. */
static Relation
open_to_register(Oid relation)
{
	Relation	opened;

	check_owner(relation);
	opened = relation_open(relation, ShareRowExclusiveLock);
	if (!is_table(opened))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("relation %s is not that of a DynamoDB table", relation_text(relation)),
				 errdetail("It has not the access method, the columns and the primary index that create_table gives.")));
	return opened;
}

/* ---- Its indexes ---- */

/* Whether a definition that a relation gives of itself is one that create_table could have made. */
static bool
is_definition_of(const IndexDefinition *index, const KeySchema *table)
{
	const KeySchema *declared = &index->table_schema;
	bool		expiry = index->kind == INDEX_EXPIRY;

	if ((expiry ? strcmp(index->name, EXPIRY_INDEX_NAME) != 0 : !is_name(index->name)) ||
		expiry != (index->schema.partition_count == 0) || declared->partition_count != 1 ||
		declared->sort_count != table->sort_count)
		return false;
	for (int i = 0; i < key_schema_count(table); i++)
	{
		const KeyAttribute *attribute = key_schema_attribute(table, i);
		const KeyAttribute *other = key_schema_attribute(declared, i);

		if (attribute->type != other->type || strcmp(attribute->name, other->name) != 0)
			return false;
	}
	if (index->kind != INDEX_LOCAL)
		return true;
	return index->schema.partition_count == 1 && index->schema.sort_count == 1 &&
		strcmp(index->schema.partition[0].name, table->partition[0].name) == 0;
}

static bool
has_index(const List *indexes, const char *name)
{
	ListCell   *cell;

	foreach(cell, indexes)
	{
		if (strcmp(((IndexDefinition *) lfirst(cell))->name, name) == 0)
			return true;
	}
	return false;
}

/* The definition of an index of the table that the relation says it is; NULL where it does not. */
static IndexDefinition *
read_index(Oid relation, const char *table_name, const KeySchema *table)
{
	Relation	opened = try_table_open(relation, AccessShareLock);
	IndexDefinition *index = palloc0(sizeof(IndexDefinition));
	char	   *declared_table;
	const TableLayout *layout;
	bool		found;

	if (opened == NULL)
		return NULL;
	layout = layout_of_relation(opened);
	layout_copy_schema(&index->schema, &layout->schema);
	layout_copy_schema(&index->table_schema, &layout->table_schema);
	index->relation = relation;
	index->settings = "{}";
	found = index_read_declaration(opened, &declared_table, index) &&
		strcmp(declared_table, table_name) == 0 && is_definition_of(index, table);
	if (index->projection != PROJECTION_INCLUDE)
		index->non_key_count = 0;
	table_close(opened, NoLock);
	return found ? index : NULL;
}

/* The relations USING ddb of the table's owner in the table's schema. */
static List *
relations_beside(const Relation table)
{
	Relation	classes = table_open(RelationRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(classes, InvalidOid, false, NULL, 0, NULL);
	List	   *relations = NIL;
	HeapTuple	tuple;

	while ((tuple = systable_getnext(scan)) != NULL)
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		if (form->relkind == RELKIND_RELATION && form->relam == table->rd_rel->relam &&
			form->relowner == table->rd_rel->relowner &&
			form->relnamespace == table->rd_rel->relnamespace &&
			form->oid != RelationGetRelid(table))
			relations = lappend_oid(relations, form->oid);
	}
	systable_endscan(scan);
	table_close(classes, AccessShareLock);
	return relations;
}

/* The definitions of all indexes that are there. */
static List *
find_indexes(Relation table, const char *name)
{
	KeySchema	schema;
	List	   *indexes = NIL;
	ListCell   *cell;

	layout_copy_schema(&schema, &layout_of_relation(table)->schema);
	foreach(cell, relations_beside(table))
	{
		IndexDefinition *index = read_index(lfirst_oid(cell), name, &schema);

		if (index != NULL && !index_is_recorded(index->relation) && !has_index(indexes, index->name))
			indexes = lappend(indexes, index);
	}
	return indexes;
}

/*
 * Puts a new relation in the place of the index's, which its owner drops: it is
 * the table's owner, and so is whoever calls this, or a superuser.
 */
static void
create_anew(const TableRecord *table, const IndexDefinition *index)
{
	LockRelationOid(index->relation, AccessExclusiveLock);
	SPI_connect();
	owner_statement_run(index->relation,
						psprintf("DROP TABLE %s", relation_quoted_name(index->relation)),
						0, NULL, NULL, NULL);
	SPI_finish();
	secondary_index_create(table, index, INDEX_CREATING);
}

/* ---- The function ---- */

PG_FUNCTION_INFO_V1(ddb_register_table);

/* ddb.register_table(relation, name) */
Datum
ddb_register_table(PG_FUNCTION_ARGS)
{
	Relation	relation;
	TableRecord *record;
	const char *name;
	List	   *indexes;
	ListCell   *cell;

	PreventCommandIfReadOnly("register_table()");
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("relation must not be null")));
	relation = open_to_register(PG_GETARG_OID(0));
	name = PG_ARGISNULL(1) ? pstrdup(RelationGetRelationName(relation)) :
		text_to_cstring(PG_GETARG_TEXT_PP(1));
	if (!is_name(name))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_NAME),
				 errmsg("\"%s\" is no name of a DynamoDB table", name),
				 errhint("It has %d to %d of the characters a-z, A-Z, 0-9, '_', '-' and '.'; give it as second argument.",
						 NAME_MIN, NAME_MAX)));

	indexes = find_indexes(relation, name);
	catalog_register_table(name, RelationGetRelid(relation), SETTINGS);
	table_close(relation, NoLock);
	record = catalog_read_table(name);
	foreach(cell, indexes)
		create_anew(record, lfirst(cell));
	if (indexes != NIL)
		backfill_start(record);
	PG_RETURN_VOID();
}
