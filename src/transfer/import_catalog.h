/*
 * import_catalog.h - what the job of an import writes into ddb.imports and ddb.import_failed.
 */
#ifndef DDB_TRANSFER_IMPORT_CATALOG_H
#define DDB_TRANSFER_IMPORT_CATALOG_H

#include "transfer/import.h"

#define IMPORT_JOB "IMPORT"

/* How far it is; status and failure too. */
extern void import_write(const Import *record);

/* What is wrong with the record that was read last. */
extern void import_note_failure(const Import *record, const char *message);

#endif							/* DDB_TRANSFER_IMPORT_CATALOG_H */
