/*
 * export_catalog.h - what the job that writes an export's files writes into ddb.exports.
 */
#ifndef DDB_TRANSFER_EXPORT_CATALOG_H
#define DDB_TRANSFER_EXPORT_CATALOG_H

#include "transfer/export.h"

#define EXPORT_JOB "EXPORT"

/* The code of a failure whose table is gone. */
#define EXPORT_NO_TABLE "TableNotFound"

/* All files are there. */
extern void export_completed(const Export *done);

/* There will be none. */
extern void export_failed(const char *id, const char *code, const char *message);

#endif							/* DDB_TRANSFER_EXPORT_CATALOG_H */
