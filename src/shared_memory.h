/*
 * shared_memory.h - what the module's files keep in shared memory.
 */
#ifndef DDB_SHARED_MEMORY_H
#define DDB_SHARED_MEMORY_H

typedef struct SharedMemory
{
	const char *name;			/* among those of the whole server */
	const char *tranche;		/* the name of an LWLock for it, or NULL */
	Size		(*size) (void);

	/*
	 * Called in the postmaster, and found is false; where each process maps the
	 * memory anew, in that one as well.  Others who do so wait meanwhile.
	 */
	void		(*init) (void *memory, bool found);
} SharedMemory;

/* Takes it while the server loads its libraries; the description must stay. */
extern void shared_memory_register(const SharedMemory *memory);

#endif							/* DDB_SHARED_MEMORY_H */
