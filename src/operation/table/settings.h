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

/* Those of a secondary index; a local one has no throughput. */
typedef struct IndexSettings
{
	ThroughputSettings throughput;
	RequestInteger position;	/* among the indexes of its table, from 1 */
} IndexSettings;

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
	RequestString time_to_live; /* the attribute; absent: items do not expire */
	RequestInteger time_to_live_updated;
	RequestString restored_from;	/* the ARN of the table that it was, at that time */
	RequestString restored_backup;	/* the ARN of the backup, if it was restored from one */
	RequestInteger restored_to;
} TableSettings;

/*
 * Reading makes whole what older settings lack: the warm throughput, which every
 * table and global index has.
 */
extern void table_settings_read(const char *json, TableSettings *settings);
extern char *table_settings_write(const TableSettings *settings);
extern void index_settings_read(const char *json, IndexSettings *settings);
extern char *index_settings_write(const IndexSettings *settings);

/* A time, and now, in the settings' unit. */
extern RequestInteger settings_time(TimestampTz time);
extern RequestInteger settings_now(void);

/* The decreases of a throughput on this day. */
extern int64 settings_decreases_today(const ThroughputSettings *settings);

/* An enumeration's value by its position, as decoding gives it. */
extern RequestEnum enum_of(const Shape *shape, int value);

/* ---- Changes: what requests ask for, put into the settings; NULL where it is absent ---- */

/* Raises where the members do not fit each other. */
extern void check_encryption(const EncryptionRequest *request);
extern bool asks_for_encryption(const EncryptionRequest *request);
extern void settings_set_encryption(TableSettings *settings, const EncryptionRequest *request);

/* A maximum of -1 takes away the one that there is. */
extern void settings_set_on_demand(ThroughputSettings *settings, const ThroughputRequest *request);

/* The first throughput, provisioned (NULL where the table pays by request) and warm. */
extern void settings_set_throughput(ThroughputSettings *settings, const ThroughputRequest *provisioned,
									const ThroughputRequest *warm);

/* What is warm grows to what is asked for. */
extern void settings_set_warm(ThroughputSettings *settings, const ThroughputRequest *request);

/* A new provisioned throughput in the old one's place, with the dates of increases and decreases. */
extern void settings_change_throughput(ThroughputSettings *settings,
									   const ThroughputRequest *request);

/* From now on the table is paid by request, or is provisioned so. */
extern void settings_to_on_demand(ThroughputSettings *settings);
extern void settings_to_provisioned(ThroughputSettings *settings, const ThroughputRequest *request);

/*
 * How the response to a change shows a throughput: what is provisioned and warm
 * is still the old one, and a maximum that was taken away is -1.
 */
extern ThroughputSettings shown_throughput(const ThroughputSettings *settings,
										   const ThroughputSettings *old,
										   const ThroughputRequest *on_demand);

/* ---- Checks; index is the name of the index whose throughput it is, or NULL ---- */

/* Raises if a throughput is beyond DynamoDB's bounds. */
extern void check_throughput_bounds(const ThroughputRequest *throughput, const char *index);

/*
 * Of a new table or index that is billed in the mode: what the maxima and the
 * warm throughput may be.  Of one that there is, with these settings.
 */
extern void check_new_on_demand(const ThroughputRequest *on_demand, int billing_mode, const char *index);
extern void check_new_warm(const ThroughputRequest *warm, const ThroughputRequest *provisioned,
						   const char *index);
extern void check_changed_on_demand(const ThroughputRequest *on_demand, int billing_mode, const char *index);
extern void check_changed_warm(const ThroughputRequest *warm, const ThroughputSettings *settings,
							   const char *index);

/* Whether a request's structure for a throughput has a member at all. */
extern bool gives_throughput(const ThroughputRequest *request);

#endif							/* DDB_OPERATION_SETTINGS_H */
