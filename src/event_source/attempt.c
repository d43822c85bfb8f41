/*
 * attempt.c - calls that have begun, written down so that it outlasts the process.
 *
 * A function may end its process, or all of the server: a crash of one process restarts
 * all.  What its transaction would have written is lost then, and shared memory is made
 * anew.  A transaction of its own before each call would be lost too, unless the call waited
 * until that is on disk.  But what has been written to a file is the kernel's, whoever
 * dies; only a crash of the machine loses it, which is no function's doing.  So there is a
 * file for each database, with a place for each of its workers.
 *
 * The file is in pg_stat_tmp, which base backups leave out.  It is of no worth elsewhere.
 */
#include "postgres.h"

#include <fcntl.h>
#include <unistd.h>

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/fd.h"

#include "event_source/attempt.h"

#define DIRECTORY PG_STAT_TMP_DIR
#define PREFIX "ddb_event_calls."

/* The form of a place; 0: no call. */
#define NO_CALL 0
#define FORM 1

/* A process's place in the file. */
typedef struct Place
{
	uint32		form;
	int32		lane;
	pg_uuid_t	source;
	int64		next_time;
	int64		next_ordinal;
	int32		retries;
	char		shard_id[EVENT_ATTEMPT_SHARD_LENGTH];
} Place;

static const char *
file_name(void)
{
	static char path[MAXPGPATH];

	snprintf(path, sizeof(path), DIRECTORY "/" PREFIX "%u", MyDatabaseId);
	return path;
}

/* Opens the database's file, or returns -1 where it is to be there and is not. */
static int
open_file(bool create)
{
	const char *path = file_name();
	int			file;

	file = OpenTransientFile(path, O_RDWR | PG_BINARY | (create ? O_CREAT : 0));
	if (file < 0 && (create || errno != ENOENT))
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open file \"%s\": %m", path)));
	return file;
}

static void
write_place(int process, const Place *place)
{
	int			file = open_file(true);

	errno = 0;
	if (pg_pwrite(file, place, sizeof(Place), process * sizeof(Place)) != sizeof(Place))
	{
		/* if write didn't set errno, assume problem is no disk space */
		if (errno == 0)
			errno = ENOSPC;
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not write down the call of an event source's function: %m")));
	}
	CloseTransientFile(file);
}

void
event_attempt_begin(int process, const EventLane *lane)
{
	Place		place = {
		.form = FORM,.lane = lane->key.lane,.source = lane->key.source,.next_time = lane->read_next.time,
		.next_ordinal = lane->read_next.ordinal,.retries = lane->read_retries
	};

	strlcpy(place.shard_id, lane->key.shard_id, sizeof(place.shard_id));
	write_place(process, &place);
}

void
event_attempt_end(int process)
{
	Place		place = {.form = NO_CALL};

	write_place(process, &place);
}

Bitmapset *
event_attempts_begun(void)
{
	Place		places[EVENT_SOURCE_WORKERS_MAX];
	int			file = open_file(false);
	ssize_t		bytes = file < 0 ? 0 : pg_pread(file, places, sizeof(places), 0);
	Bitmapset  *begun = NULL;

	if (file >= 0)
		CloseTransientFile(file);
	for (int i = 0; i < bytes / (ssize_t) sizeof(Place); i++)
	{
		if (places[i].form == FORM)
			begun = bms_add_member(begun, i);
	}
	return begun;
}

void
event_attempts_forget(void)
{
	(void) unlink(file_name());
}

bool
event_attempt_read(int process, EventAttempt *attempt)
{
	Place		place = {.form = NO_CALL};
	int			file = open_file(false);

	if (file < 0)
		return false;
	if (pg_pread(file, &place, sizeof(place), process * sizeof(place)) != sizeof(place))
		place.form = NO_CALL;
	CloseTransientFile(file);
	if (place.form != FORM)
		return false;
	place.shard_id[EVENT_ATTEMPT_SHARD_LENGTH - 1] = '\0';
	strcpy(attempt->shard_id, place.shard_id);
	attempt->key = (EventLaneKey) {.source = place.source,.shard_id = attempt->shard_id,.lane = place.lane};
	attempt->next = (SequenceNumber) {place.next_time, place.next_ordinal};
	attempt->retries = place.retries;
	return true;
}
