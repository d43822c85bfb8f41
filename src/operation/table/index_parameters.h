/*
 * index_parameters.h - key schemas, attribute definitions and secondary indexes
 * as CreateTable and UpdateTable have them in their requests: checked in AWS's
 * order and words, and read.
 */
#ifndef DDB_INDEX_PARAMETERS_H
#define DDB_INDEX_PARAMETERS_H

#include "index/index.h"
#include "request/shapes.h"

#define LOCAL_INDEXES_MAX 5
#define GLOBAL_INDEXES_MAX 20

/* What the indexes of a request have to fit. */
typedef struct IndexRules
{
	const RequestList *definitions; /* of AttributeDefinitionRequest */
	int			billing_mode;	/* enum BillingMode */
} IndexRules;

/* ---- Attribute definitions ---- */

/*
 * Raises if a name is such as no attribute has, on which the other functions
 * rely, or is defined twice.
 */
extern void check_definitions(const RequestList *definitions);

/* What the schemas define, and what the request does beside it, as a list of AttributeDefinitionRequest. */
extern RequestList definitions_with_schemas(const RequestList *definitions, const KeySchema *const *schemas,
											int count);

/*
 * Raises where the request defines an attribute of the keys with another type
 * than the schemas have it with, of which the first is the table's.
 */
extern void check_not_redefined(const RequestList *definitions, const RequestList *keys,
								const KeySchema *const *schemas, int count);

/* ---- Key schemas ---- */

/* A table's KeySchema: raises AWS's errors for it. */
extern void check_table_keys(const RequestList *definitions, const RequestList *keys);

/* A checked KeySchema. */
extern void read_key_schema(const RequestList *definitions, const RequestList *keys, KeySchema *schema);

/* ---- Indexes ---- */

/*
 * Raises AWS's errors for the indexes that CreateTable makes (lists of
 * IndexRequest) and for definitions that no key uses; table_keys is the table's
 * KeySchema, checked already.
 */
extern void check_indexes(const IndexRules *rules, const RequestList *global_indexes,
						  const RequestList *local_indexes, const RequestList *table_keys);

/*
 * Those for the keys and the projection of one global index, and for its maxima
 * and its warm throughput.
 */
extern void check_global_index(const IndexRules *rules, const IndexRequest *index);
extern void check_index_units(const IndexRules *rules, const IndexRequest *index);

/* A provisioned table's index needs a throughput (NULL: there is none), and no other may have one. */
extern void check_throughput_of_index(const IndexRules *rules, const ThroughputRequest *throughput,
									  const char *index);

/* Whether the request, with a checked projection or not, has the keys and the projection of the index. */
extern bool index_request_is(const IndexRequest *request, const IndexDefinition *index);

/* Raises if indexes project so many attributes that are no keys in all. */
extern void check_non_key_count(int count);

/*
 * A checked index as its definition (its relation and status are not set), at
 * the position among the table's; it points into the request.
 */
extern void read_index(const IndexRules *rules, const IndexRequest *request, IndexKind kind,
					   int64 position, IndexDefinition *definition);

#endif							/* DDB_INDEX_PARAMETERS_H */
