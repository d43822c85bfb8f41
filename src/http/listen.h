/*
 * listen.h - the listening sockets of the endpoint's workers.
 */
#ifndef DDB_HTTP_LISTEN_H
#define DDB_HTTP_LISTEN_H

#include "postgres.h"

extern Size listen_shmem_size(void);
extern void listen_shmem_init(void *memory, bool found);

/* Whether ddb.http_address is known to be a loopback address. */
extern bool listen_is_local(void);

/*
 * A socket that listens on the endpoint's address and port, one for each
 * worker.  -1 where there is none to be had, as where another server has the
 * port; that is reported at that level (below ERROR).
 */
extern int	listen_open(int level);

#endif							/* DDB_HTTP_LISTEN_H */
