/*
 * worker.h - what background workers in a database have in common: they do their
 * work in small transactions, are in nobody's way, and go when the database is
 * wanted alone.
 */
#ifndef DDB_WORKER_H
#define DDB_WORKER_H

#include "utils/timestamp.h"

/* How long the database is left to whoever wants it alone, or has ended the worker. */
#define WORKER_ABSENCE_MILLISECONDS 1000

/* Where memory is from between transactions. */
extern MemoryContext worker_context;

/* In a process of its own: connects to the database, and sets what sessions may have set otherwise. */
extern void worker_begin(Oid database);

/* Sets a setting for the worker, now and whenever the server's are read again. */
extern void worker_set(const char *setting, const char *value);

/* Waits for so long, or until somebody wants something. */
extern void worker_nap(long milliseconds);

/* Whether somebody wants the database without others in it; in a transaction. */
extern bool worker_is_unwanted(void);

/* ---- One transaction ---- */

extern void worker_begin_transaction(void);
extern void worker_commit(void);

/* In the place of commit, after an error, which is logged if report. */
extern void worker_abort(bool report);

/* ---- Pauses: relations that are left alone for a while ---- */

/* Leaves it alone for so many milliseconds from now. */
extern void worker_pause(Oid relation, long milliseconds);

/* The milliseconds that it is still to be left alone, or 0. */
extern long worker_pause_left(Oid relation);

#endif							/* DDB_WORKER_H */
