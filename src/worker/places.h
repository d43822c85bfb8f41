/*
 * places.h - the places of background workers, of which max_worker_processes
 * says how many there are.
 */
#ifndef DDB_PLACES_H
#define DDB_PLACES_H

#include "postmaster/bgworker.h"

/*
 * Registers a worker while the server loads its libraries, and remembers that
 * it was wanted.  It has no place where others have taken all of them.
 */
extern void places_register(BackgroundWorker *worker);

/*
 * Counts who has a place.  For the postmaster, once all libraries are loaded:
 * its list of workers is not for other processes.
 */
extern void places_count(void);

/* Whether a worker of ddb with that function has a place; for the postmaster, too. */
extern bool places_has(const char *function);

/* ---- Of what has been counted, in the postmaster and in all that it starts ---- */

/* How many are left for workers that come and go; 0 at least. */
extern int	places_left(void);

/* Warns where there are too few, and says how many it takes. */
extern void places_report(void);

#endif							/* DDB_PLACES_H */
