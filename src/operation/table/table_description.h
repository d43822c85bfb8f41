/*
 * table_description.h - how TableDescription shows a table and its indexes, and
 * what else CreateTable, UpdateTable, DescribeTable and DeleteTable share.
 */
#ifndef DDB_TABLE_DESCRIPTION_H
#define DDB_TABLE_DESCRIPTION_H

#include "index/index.h"
#include "operation/table/settings.h"
#include "table/catalog.h"

/* The name in a request that may be a name or an ARN. */
extern const char *requested_table(const RequestString *name);

/* The record itself; raises ResourceNotFoundException, naming the table, where it is NULL. */
extern TableRecord *check_table_record(TableRecord *record, const char *name);

/* How an index is shown. */
typedef struct IndexDescription
{
	const IndexDefinition *index;
	ThroughputSettings throughput;
	const char *status;			/* "ACTIVE", ...: of a global one */
	RequestBoolean backfilling; /* shown unless it is absent */
} IndexDescription;

typedef struct IndexDescriptions
{
	int			count;
	IndexDescription *indexes;
} IndexDescriptions;

/* All indexes of a table, as they are. */
extern IndexDescriptions describe_indexes(const TableRecord *record);

/* The one of that name, or NULL. */
extern IndexDescription *find_index_description(const IndexDescriptions *descriptions, const char *name);

/*
 * Appends a TableDescription with the status ("ACTIVE", ...), and with the
 * indexes given.
 */
extern void append_table_description(StringInfo response, const TableRecord *record,
									 const TableSettings *settings, const char *status,
									 const IndexDescriptions *indexes);

#endif							/* DDB_TABLE_DESCRIPTION_H */
