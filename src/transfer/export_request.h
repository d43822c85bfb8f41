/*
 * export_request.h - what an export was asked for, for those who make it and for those who show it.
 */
#ifndef DDB_TRANSFER_EXPORT_REQUEST_H
#define DDB_TRANSFER_EXPORT_REQUEST_H

#include <json-c/json.h>

#include "transfer/export.h"

/* The members of its request that do not say when and of what it is, as a tree in the current memory context. */
extern json_object *export_request(const Export *record);

/* Whether two requests' texts have the same members, in whatever order. */
extern bool export_requests_equal(const char *a, const char *b);

/* The API's IncrementalExportSpecification, with all of its members; NULL: it is a full export. */
extern json_object *export_increment(const Export *record, json_object *request);

/* Its ExportFromTime, in microseconds since 1970; the other end is the export's moment. */
extern int64 export_from_time(json_object *increment);

/* "FULL_EXPORT" or "INCREMENTAL_EXPORT" */
extern const char *export_type(json_object *request);

#endif							/* DDB_TRANSFER_EXPORT_REQUEST_H */
