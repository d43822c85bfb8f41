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

/* Raises if a name is such as no attribute has; the other functions rely on it. */
extern void check_definition_names(const RequestList *definitions);

/* What the request defines, and what the schemas do beside it, as a list of AttributeDefinitionRequest. */
extern RequestList definitions_with_schemas(const RequestList *definitions, const KeySchema *const *schemas,
											int count);

/* Raises unless each definition is of another attribute of the schemas. */
extern void check_definitions_used(const RequestList *definitions, const KeySchema *const *schemas,
								   int count);

/* ---- Key schemas ---- */

/* A table's KeySchema: raises AWS's errors for it. */
extern void check_table_keys(const RequestList *definitions, const RequestList *keys);

/* A checked KeySchema. */
extern void read_key_schema(const RequestList *definitions, const RequestList *keys, KeySchema *schema);

/* ---- Indexes ---- */

/*
 * Raise AWS's errors for the indexes that CreateTable makes (lists of
 * IndexRequest); table_keys is the table's KeySchema, checked already.
 */
extern void check_local_indexes(const IndexRules *rules, const RequestList *indexes,
								const RequestList *table_keys);
extern void check_global_indexes(const IndexRules *rules, const RequestList *indexes,
								 const RequestList *local_indexes);

/* The same for one global index that UpdateTable makes, whose name is not looked at. */
extern void check_global_index(const IndexRules *rules, const IndexRequest *index);

/* Raises if indexes project so many attributes that are no keys in all. */
extern void check_non_key_count(int count);

/*
 * A checked index as its definition (its relation and status are not set);
 * it points into the request.
 */
extern void read_index(const IndexRules *rules, const IndexRequest *request, IndexKind kind,
					   IndexDefinition *definition);

#endif							/* DDB_INDEX_PARAMETERS_H */
