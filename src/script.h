/*
 * script.h - the SQL script that the extension was made by in this database, and
 * whether the library that is loaded goes with it.
 *
 * A server gets a new library by a restart, and each of its databases the script that
 * goes with it by ALTER EXTENSION.  In between, and where somebody does it the other way
 * round, the library would read columns that are not there: so it refuses.
 */
#ifndef DDB_SCRIPT_H
#define DDB_SCRIPT_H

/*
 * Raises ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE where the extension is in this
 * database, by a script that does not go with this library.  Costs nothing once it has
 * been found to.  To be called in a transaction.
 *
 * Lets everything pass while the extension's own script runs, where pg_upgrade brings
 * the database in, and in logical decoding, which sees catalogs as they once were: who
 * reads those there goes by what each script has had.
 */
extern void script_check(void);

/* Whether the extension is in this database and may be used; logs a warning where only its script is in the way. */
extern bool script_is_usable(void);

/* The error that script_check() raises; NULL where it raises none. */
extern const char *script_obstacle(void);

/* Raises the error where the script is newer than the library: an older one may be on its way to it. */
extern void script_refuse_newer(void);

/*
 * Whether CREATE EXTENSION or ALTER EXTENSION is running the extension's own script.
 * Its statements are of no interest to the extension's event triggers, and the catalogs
 * are on their way from one form to another.
 */
extern bool script_is_running(void);

#endif							/* DDB_SCRIPT_H */
