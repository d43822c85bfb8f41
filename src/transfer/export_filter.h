/*
 * export_filter.h - which items an export has, and what of them: a FilterSpecification.
 *
 * It is parsed when the export is asked for, where all that is wrong with it is told, and once more by the job.
 */
#ifndef DDB_TRANSFER_EXPORT_FILTER_H
#define DDB_TRANSFER_EXPORT_FILTER_H

#include <json-c/json.h>

#include "expression/expression.h"
#include "table/table.h"

typedef struct ExportFilter
{
	KeyConditionTree *key_tree; /* NULL: items of all keys */
	KeyCondition *key_condition;	/* of key_tree, once it is bound */
	Condition  *condition;		/* NULL: all of them */
	Projection *projection;		/* NULL: whole items */
} ExportFilter;

/* A text of the specification; data is NULL where it is absent. */
typedef struct ExpressionText
{
	const char *data;
	uint32		length;
} ExpressionText;

/* Parses in the order in which Query reports faults; raises its ValidationExceptions. */
extern ExportFilter *export_filter_parse(const ExpressionText *key_condition, const ExpressionText *condition,
										 const ExpressionText *projection, ExpressionAttributes *attributes);

/* The filter that a FilterSpecification of the API's describes; what it is made of has to outlive it. */
extern ExportFilter *export_filter_from_json(json_object *specification);

/* Fits the key condition to the table's keys; raises ValidationException where it does not. */
extern void export_filter_bind(ExportFilter *filter, const KeySchema *schema);

/*
 * Whether an item of the table, whose keys the filter is bound to, passes; *shown is then what is
 * exported of it, the item or palloc'd.  Runs nobody's code.
 */
extern bool export_filter_passes(const ExportFilter *filter, const Table *table, const Value *item, Value *shown);

#endif							/* DDB_TRANSFER_EXPORT_FILTER_H */
