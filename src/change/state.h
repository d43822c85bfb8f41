/*
 * state.h - what the processes of change logs and everybody else share in memory:
 * who they are, how to wake them, and how far they are.
 *
 * All of this is about the current process's database.  Without the library
 * in shared_preload_libraries there is nothing of it, and nothing happens.
 */
#ifndef DDB_CHANGE_STATE_H
#define DDB_CHANGE_STATE_H

#include "access/xlogdefs.h"
#include "utils/timestamp.h"

/* Asks for the memory; while the server loads its libraries. */
extern void log_state_install(void);

/* Whether it is there. */
extern bool log_state_is_there(void);

/* ---- For the log's processes ---- */

/* Makes this process the database's writer; false where there is one, or no room. */
extern bool log_state_claim(void);

/*
 * From now on nobody takes this process for the writer that is to be asked; returns
 * whether somebody has asked since the last log_state_take_request().
 */
extern bool log_state_resign(void);

/* Makes this process its decoder. */
extern void log_state_join(void);

/* Whether somebody has asked, since the last call, to look at what is wanted. */
extern bool log_state_take_request(void);

/* Up to where WAL has to be decoded that is known to hold changes; it may not be on disk yet. */
extern XLogRecPtr log_state_announced(void);

/* Tells others that the log has all commits below that position, and up to that moment. */
extern void log_state_publish(XLogRecPtr lsn, TimestampTz time);

/* Counts a hole, for the view. */
extern void log_state_count_hole(void);

/* ---- For others ---- */

/*
 * Wakes the writer, to look at what is wanted.  False where none runs.
 */
extern bool log_state_request(void);

/* How far the log is; false where no writer runs. */
extern bool log_state_reached(XLogRecPtr *lsn, TimestampTz *time);

/* How many holes there have been since the server started. */
extern int	log_state_holes(void);

/* Whether there have been commits with changes for the log that it does not have yet. */
extern bool log_state_is_behind(void);

/*
 * Waits until the log has all below that position; false where it has not by the end of so many milliseconds. Each second at least
 * it calls waiting(), which may raise an error, or may be NULL.
 */
extern bool log_state_wait(XLogRecPtr lsn, long milliseconds, void (*waiting) (void));

/* Has the decoder look at WAL at once: up to there are changes for it. */
extern void log_state_wake(XLogRecPtr lsn);

/*
 * While it is true, commits do not wake the decoder: whoever has set it puts them
 * on disk himself and calls log_state_wake_held() then.
 */
extern bool log_state_hold;
extern void log_state_wake_held(void);

/*
 * Ends the processes of a database, which somebody wants to drop, and waits until
 * they are gone, for some seconds at most.
 */
extern void log_state_evict(Oid database);

#endif							/* DDB_CHANGE_STATE_H */
