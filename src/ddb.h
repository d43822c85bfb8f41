/*
 * ddb.h - the module's settings.
 */
#ifndef DDB_H
#define DDB_H

/* The region and the account that stand in ARNs: ddb.region, ddb.account_id. */
extern char *ddb_region;
extern char *ddb_account_id;

#endif							/* DDB_H */
