/*
 * activity.c - what a worker does, as pg_stat_activity shows it: the operation and its
 * table.  Never a key or another value of a request's, for others may look.
 */
#include "postgres.h"

#include "pgstat.h"

#include "http/activity.h"

/* Room for the longest name of an operation and of a table. */
#define TEXT_SIZE 320

static const char *doing = NULL;

void
activity_begin(const char *name)
{
	doing = name;
	pgstat_report_activity(STATE_RUNNING, name);
}

void
activity_table(const char *table)
{
	char		text[TEXT_SIZE];
	size_t		length;
	size_t		more;

	if (doing == NULL || !pgstat_track_activities)
		return;
	length = strlen(doing);
	memcpy(text, doing, length);
	text[length++] = ' ';
	more = Min(strlen(table), sizeof(text) - length - 1);
	memcpy(text + length, table, more);
	text[length + more] = '\0';
	pgstat_report_activity(STATE_RUNNING, text);
}

void
activity_idle(void)
{
	if (doing == NULL)
		return;
	doing = NULL;
	pgstat_report_activity(STATE_IDLE, NULL);
}
