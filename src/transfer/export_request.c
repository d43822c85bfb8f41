/*
 * export_request.c - what an export was asked for.
 */
#include "postgres.h"

#include <math.h>

#include "transfer/export_request.h"
#include "value/json.h"

#define INCREMENT "IncrementalExportSpecification"

json_object *
export_request(const Export *record)
{
	return json_parse(record->transfer.request, strlen(record->transfer.request));
}

bool
export_requests_equal(const char *a, const char *b)
{
	return json_object_equal(json_parse(a, strlen(a)), json_parse(b, strlen(b)));
}

/* The latest time is known only when the export is asked for. */
json_object *
export_increment(const Export *record, json_object *request)
{
	json_object *increment = json_object_object_get(request, INCREMENT);

	if (increment != NULL && json_object_object_get(increment, "ExportToTime") == NULL)
		json_object_object_add(increment, "ExportToTime",
							   json_object_new_double_s(record->moment / 1000000.0,
														psprintf(INT64_FORMAT ".%06d", record->moment / 1000000,
																 (int) (record->moment % 1000000))));
	return increment;
}

int64
export_from_time(json_object *increment)
{
	return (int64) rint(json_object_get_double(json_object_object_get(increment, "ExportFromTime")) * 1000000);
}

const char *
export_type(json_object *request)
{
	return json_object_object_get(request, INCREMENT) != NULL ? "INCREMENTAL_EXPORT" : "FULL_EXPORT";
}
