/*
 * restore.h - what the operations share that make a table of what another one was:
 * its settings and indexes, with the request's overrides.
 */
#ifndef DDB_OPERATION_RESTORE_H
#define DDB_OPERATION_RESTORE_H

#include "operation/table/table_description.h"
#include "request/shapes.h"

typedef struct RestoreOverrides
{
	RequestEnum billing_mode;
	RequestList global_indexes;
	RequestList local_indexes;
	ThroughputRequest *throughput;
	ThroughputRequest *on_demand;
	EncryptionRequest *encryption;
	json_object *vector_indexes;
} RestoreOverrides;

/* The members of a request whose struct has them in a field `overrides`. */
#define RESTORE_OVERRIDES(structure) \
	OPTIONAL(structure, overrides.billing_mode, "BillingModeOverride", &billing_mode_shape), \
	OPTIONAL(structure, overrides.global_indexes, "GlobalSecondaryIndexOverride", &global_indexes_shape), \
	OPTIONAL(structure, overrides.local_indexes, "LocalSecondaryIndexOverride", &local_indexes_shape), \
	OPTIONAL(structure, overrides.throughput, "ProvisionedThroughputOverride", &throughput_shape), \
	OPTIONAL(structure, overrides.on_demand, "OnDemandThroughputOverride", &on_demand_throughput_shape), \
	OPTIONAL(structure, overrides.encryption, "SSESpecificationOverride", &encryption_shape), \
	OPTIONAL(structure, overrides.vector_indexes, "VectorIndexOverride", &unsupported_shape)

extern const Shape restored_table_name_shape;

/* What is restored. */
typedef struct RestoreSource
{
	const char *table_name;
	const char *backup_arn;		/* or NULL */
	int64		moment;			/* milliseconds since 1970 */
	KeySchema	schema;
	TableSettings settings;
	IndexDescriptions indexes;
} RestoreSource;

/* Raises where an override asks for what there is not. */
extern void restore_check_features(const RestoreOverrides *overrides);

/* Raises TableAlreadyExistsException where there is a table of that name. */
extern void restore_check_target(const char *name);

/* AccessDeniedException: the current role may not have what is there to be restored. */
extern void restore_deny(const char *resource_arn) __attribute__((noreturn));

/*
 * Creates the table, CREATING and empty, and appends the operation's response.  Tags,
 * streams, expiry, recovery and the protection from deletion are not the new table's.
 */
extern TableRecord *restore_create_table(const char *name, const RestoreOverrides *overrides,
										 const RestoreSource *source, StringInfo response);

#endif							/* DDB_OPERATION_RESTORE_H */
