/*
 * settings.h - what a table and its indexes are set to, which the catalog keeps
 * in JSON: throughput, billing and what else has no effect but to be shown.
 * Times are milliseconds since 1970.
 */
#ifndef DDB_OPERATION_SETTINGS_H
#define DDB_OPERATION_SETTINGS_H

#include "datatype/timestamp.h"

#include "request/shapes.h"

/* What a table has and each of its global secondary indexes too. */
typedef struct ThroughputSettings
{
	RequestInteger read_units;
	RequestInteger write_units;
	RequestInteger last_increase;
	RequestInteger last_decrease;
	RequestInteger decreases;	/* on the day of last_decrease */
	RequestInteger max_read_units;
	RequestInteger max_write_units;
	RequestInteger warm_read_units;
	RequestInteger warm_write_units;
} ThroughputSettings;

typedef struct TableSettings
{
	ThroughputSettings throughput;
	RequestEnum billing_mode;
	RequestInteger last_pay_per_request;
	RequestEnum table_class;
	RequestInteger table_class_updated;
	RequestBoolean deletion_protection;
	RequestString encryption_type;
	RequestString encryption_key;
} TableSettings;

extern void table_settings_read(const char *json, TableSettings *settings);
extern char *table_settings_write(const TableSettings *settings);

/* Those of a global secondary index. */
extern void index_settings_read(const char *json, ThroughputSettings *settings);
extern char *index_settings_write(const ThroughputSettings *settings);

/* A time, and now, in the settings' unit. */
extern RequestInteger settings_time(TimestampTz time);
extern RequestInteger settings_now(void);

/* The decreases of a throughput on this day. */
extern int64 settings_decreases_today(const ThroughputSettings *settings);

/* An enumeration's value by its position, as decoding gives it. */
extern RequestEnum enum_of(const Shape *shape, int value);

/* What the requests ask for, put into the settings; NULL where it is absent. */
extern void settings_set_encryption(TableSettings *settings, const EncryptionRequest *request);
extern void settings_set_on_demand(ThroughputSettings *settings, const ThroughputRequest *request);
extern void settings_set_warm(ThroughputSettings *settings, const ThroughputRequest *request);

/* The first throughput; NULL where the table pays by request. */
extern void settings_set_throughput(ThroughputSettings *settings, const ThroughputRequest *request);

/* A new one in the old one's place, with the dates of increases and decreases. */
extern void settings_change_throughput(ThroughputSettings *settings,
									   const ThroughputRequest *request);

/* Settings as the response to their change shows them: the throughput is still the old one. */
extern ThroughputSettings settings_with_old_throughput(const ThroughputSettings *settings,
													   const ThroughputSettings *old);

/*
 * Raises if a throughput is beyond DynamoDB's bounds; index is the name of the
 * index whose it is, or NULL.
 */
extern void check_throughput_bounds(const ThroughputRequest *throughput, const char *index);

#endif							/* DDB_OPERATION_SETTINGS_H */
