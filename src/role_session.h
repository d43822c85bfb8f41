/*
 * role_session.h - a background worker's transaction, carried out as a role.
 *
 * The worker is the server's own superuser, and one role's work follows another's
 * in the same process.  What a role's code does of its own accord, it does as that
 * role, and nothing of it is left for the next one.
 */
#ifndef DDB_ROLE_SESSION_H
#define DDB_ROLE_SESSION_H

/* Who was acting before; a caller's own memory, meaningless afterwards. */
typedef struct RoleSession
{
	Oid			user;
	int			context;
	int			settings;
} RoleSession;

/*
 * From the first to the second, in a transaction, the process is the role and
 * cannot become another one.  The second runs what the commit would run of the
 * role's code, and takes back settings.  An error in between undoes it with its
 * transaction, which must be aborted before anything else is run.
 */
extern void role_session_begin(Oid role, RoleSession *before);
extern void role_session_end(const RoleSession *before);

/*
 * After the transaction, however it has ended: drops what outlives one, prepared
 * statements and advisory locks.
 */
extern void role_session_forget(void);

#endif							/* DDB_ROLE_SESSION_H */
