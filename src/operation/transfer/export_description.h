/*
 * export_description.h - how DescribeExport and its like show an export.
 */
#ifndef DDB_EXPORT_DESCRIPTION_H
#define DDB_EXPORT_DESCRIPTION_H

#include "lib/stringinfo.h"
#include "transfer/export.h"

/* Appends an ExportDescription as a response, and an ExportSummary. */
extern void append_export_description(StringInfo response, const Export *record);
extern void append_export_summary(StringInfo out, const void *record);

#endif							/* DDB_EXPORT_DESCRIPTION_H */
