/*
 * options.h - the options of an event source: those of Lambda's mapping, and a few more.
 *
 * Where they are documented: docs/event_sources.md.
 */
#ifndef DDB_EVENT_SOURCE_OPTIONS_H
#define DDB_EVENT_SOURCE_OPTIONS_H

#include "nodes/pg_list.h"

typedef struct EventSourceOptions
{
	int			batch_size;		/* records at most in a call */
	int			batching_window;	/* seconds that records wait for others */
	int			lanes;			/* ParallelizationFactor */
	int			maximum_age;	/* seconds; -1: none */
	int			maximum_retries;	/* -1: without limit */
	int			timeout;		/* seconds that a call may take */
	bool		bisect;			/* a batch that fails is cut in two */
	bool		latest;			/* it begins with what comes, not with what is there */
	bool		report_failures;	/* the answer tells which records have failed */
	List	   *patterns;		/* json_object *; of which one must match; NIL: all records */
	char	   *url;			/* NULL: none */
	char	   *channel;		/* NULL: none */
	char	   *secret;			/* to sign with; NULL: none is given */
	bool		enabled;
	bool		has_start;		/* StartingPosition, Enabled and SigningSecret are given */
	bool		has_enabled;
	bool		has_secret;
} EventSourceOptions;

/*
 * Reads the options, a JSON object, and puts defaults for those that it lacks.
 * Raises ERRCODE_INVALID_PARAMETER_VALUE for unknown ones and for bad values.
 * What they point at lives as long as CurrentMemoryContext.
 */
extern void event_source_options_read(const char *json, EventSourceOptions *options);

/* Whether one of the patterns matches an event, a record's JSON, or there are none. */
extern bool event_source_options_want(const EventSourceOptions *options, const char *event, size_t length);

#endif							/* DDB_EVENT_SOURCE_OPTIONS_H */
