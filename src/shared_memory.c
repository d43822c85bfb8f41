/*
 * shared_memory.c - what the module's files keep in shared memory.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/shmem.h"

#include "shared_memory.h"

#define REGISTERED_MAX 16

static const SharedMemory *registered[REGISTERED_MAX];
static int	count = 0;

static shmem_request_hook_type previous_request = NULL;
static shmem_startup_hook_type previous_startup = NULL;

static void
request(void)
{
	if (previous_request != NULL)
		previous_request();
	for (int i = 0; i < count; i++)
	{
		RequestAddinShmemSpace(MAXALIGN(registered[i]->size()));
		if (registered[i]->tranche != NULL)
			RequestNamedLWLockTranche(registered[i]->tranche, 1);
	}
}

static void
start(void)
{
	if (previous_startup != NULL)
		previous_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	for (int i = 0; i < count; i++)
	{
		bool		found;
		void	   *memory = ShmemInitStruct(registered[i]->name, registered[i]->size(), &found);

		registered[i]->init(memory, found);
	}
	LWLockRelease(AddinShmemInitLock);
}

void
shared_memory_register(const SharedMemory *memory)
{
	if (count == 0)
	{
		previous_request = shmem_request_hook;
		shmem_request_hook = request;
		previous_startup = shmem_startup_hook;
		shmem_startup_hook = start;
	}
	Assert(count < REGISTERED_MAX);
	registered[count++] = memory;
}
