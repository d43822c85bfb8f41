/*
 * database_setting.h - what ALTER DATABASE says of settings, in processes that began before it did.
 */
#ifndef DDB_DATABASE_SETTING_H
#define DDB_DATABASE_SETTING_H

/*
 * PostgreSQL reads a database's settings where a session begins.  The sessions of background workers go on for as
 * long as the server, so here what ALTER DATABASE and ALTER ROLE ALL say by now is read once more, of the settings of
 * that name.  What they no longer say stays as it is; what the transaction has SET itself stays, too.
 */
extern void database_settings_read(const char *const *names, int count);

#endif							/* DDB_DATABASE_SETTING_H */
