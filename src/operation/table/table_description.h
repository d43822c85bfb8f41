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

/* The settings of a table, with what older ones lack. */
extern void record_settings(const TableRecord *record, TableSettings *settings);

/* How an index is shown. */
typedef struct IndexDescription
{
	const IndexDefinition *index;
	IndexSettings settings;
	const char *status;			/* "ACTIVE", ...: of a global one */
	const char *warm_status;	/* of its WarmThroughput; NULL: it is not shown */
	RequestBoolean backfilling; /* shown unless it is absent */
} IndexDescription;

typedef struct IndexDescriptions
{
	int			count;
	IndexDescription *indexes;
} IndexDescriptions;

/* All indexes of a table, as they are, in the order in which they were given. */
extern IndexDescriptions describe_indexes(const TableRecord *record);

/* The one of that name, or NULL. */
extern IndexDescription *find_index_description(const IndexDescriptions *descriptions, const char *name);

/* How a table is shown. */
typedef struct TableStyle
{
	const char *status;			/* "ACTIVE", ... */
	const char *warm_status;	/* of its WarmThroughput; NULL: it is not shown */
	const char *encryption_status;	/* of its SSEDescription; NULL: "ENABLED" where there is one */
	bool		deleted;		/* without its keys and the date of its creation */
} TableStyle;

/* As DescribeTable shows it. */
extern TableStyle table_style(const TableRecord *record);

/* Appends a TableDescription with the indexes given. */
extern void append_table_description(StringInfo response, const TableRecord *record,
									 const TableSettings *settings, const TableStyle *style,
									 const IndexDescriptions *indexes);

/* "ACTIVE", or while its stream is being opened or closed "CREATING" or "UPDATING". */
extern const char *table_status(const TableRecord *record);

/* ---- Parts of other descriptions ---- */

/* A date, seconds since 1970 with a fraction, unless it is not given. */
extern void append_date_member(StringInfo out, const char *name, const RequestInteger *time);

/* The same of a time of PostgreSQL's. */
extern void append_time_member(StringInfo out, const char *name, TimestampTz time);

/* Behind another member or at an object's beginning. */
extern void append_string_member(StringInfo out, const char *name, const char *value);

/* KeySchema, behind another member. */
extern void append_key_schema(StringInfo out, const KeySchema *schema);

/* Likewise AttributeDefinitions: all key attributes of the table and its indexes. */
extern void append_attribute_definitions(StringInfo out, const KeySchema *schema, const IndexDescriptions *indexes);

/* Likewise OnDemandThroughput, if there are maxima, and SSEDescription, if there is any (status NULL: "ENABLED"). */
extern void append_on_demand_throughput(StringInfo out, const ThroughputSettings *settings);
extern void append_encryption(StringInfo out, const TableSettings *settings, const char *status);

/* An index's name, KeySchema and Projection, at an object's beginning. */
extern void append_index_definition(StringInfo out, const IndexDefinition *index);

#endif							/* DDB_TABLE_DESCRIPTION_H */
