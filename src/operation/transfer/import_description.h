/*
 * import_description.h - how DescribeImport and its like show an import.
 */
#ifndef DDB_IMPORT_DESCRIPTION_H
#define DDB_IMPORT_DESCRIPTION_H

#include "lib/stringinfo.h"
#include "transfer/import.h"

/* Appends an ImportTableDescription as a response, and an ImportSummary. */
extern void append_import_description(StringInfo response, const Import *record);
extern void append_import_summary(StringInfo out, const void *record);

#endif							/* DDB_IMPORT_DESCRIPTION_H */
