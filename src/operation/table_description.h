/*
 * table_description.h - a table's settings, and how TableDescription shows
 * them; what CreateTable, UpdateTable, DescribeTable and DeleteTable share.
 */
#ifndef DDB_TABLE_DESCRIPTION_H
#define DDB_TABLE_DESCRIPTION_H

#include "operation/shapes.h"
#include "table/catalog.h"

/*
 * The settings of a table, as the catalog keeps them in JSON.  Times are
 * milliseconds since 1970.
 */
typedef struct TableSettings
{
	RequestEnum billing_mode;
	RequestInteger read_units;
	RequestInteger write_units;
	RequestInteger last_increase;
	RequestInteger last_decrease;
	RequestInteger decreases;	/* on the day of last_decrease */
	RequestInteger last_pay_per_request;
	RequestEnum table_class;
	RequestInteger table_class_updated;
	RequestBoolean deletion_protection;
	RequestString encryption_type;
	RequestString encryption_key;
	RequestInteger max_read_units;
	RequestInteger max_write_units;
	RequestInteger warm_read_units;
	RequestInteger warm_write_units;
} TableSettings;

extern void table_settings_read(const char *json, TableSettings *settings);
extern char *table_settings_write(const TableSettings *settings);

/* Now, in the settings' unit. */
extern RequestInteger settings_now(void);

/* What the requests ask for, put into the settings; NULL where it is absent. */
extern void settings_set_encryption(TableSettings *settings, const EncryptionRequest *request);
extern void settings_set_on_demand(TableSettings *settings, const ThroughputRequest *request);
extern void settings_set_warm(TableSettings *settings, const ThroughputRequest *request);

/* An enumeration's value by its position, as decoding gives it. */
extern RequestEnum enum_of(const Shape *shape, int value);

/* Raises if a throughput is beyond DynamoDB's bounds. */
extern void check_throughput_bounds(const ThroughputRequest *throughput);

/* The name in a request that may be a name or an ARN. */
extern const char *requested_table(const RequestString *name);

/* The record itself; raises ResourceNotFoundException, naming the table, where it is NULL. */
extern TableRecord *check_table_record(TableRecord *record, const char *name);

/* Appends a TableDescription with the status: "ACTIVE", ... */
extern void append_table_description(StringInfo response, const TableRecord *record,
									 const TableSettings *settings, const char *status);

/* ---- tags.c ---- */

/* The tags of a request as the JSON object that the catalog keeps. */
extern char *tags_with(const char *tags, const RequestList *added);
extern char *tags_without(const char *tags, const RequestList *keys);
extern void append_tags(StringInfo response, const char *tags);

/*
 * The checks of ResourceArn that AWS makes before any other; operation is its
 * name as IAM has it.
 */
extern void check_resource_arn(const RequestString *arn, const char *operation);

/* The name of the table of a ResourceArn. */
extern const char *table_of_resource_arn(const RequestString *arn);

#endif							/* DDB_TABLE_DESCRIPTION_H */
