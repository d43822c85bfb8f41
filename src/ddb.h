/*
 * ddb.h - the module's version and settings.
 */
#ifndef DDB_H
#define DDB_H

/*
 * The release, as META.json, CHANGELOG.md and debian/changelog have it too.  It is
 * the library's: the extension's version, in ddb.control, is that of its SQL script.
 */
#define DDB_VERSION "1.0.0-beta.1"

/* The region and the account that stand in ARNs: ddb.region, ddb.account_id. */
extern char *ddb_region;
extern char *ddb_account_id;

#endif							/* DDB_H */
