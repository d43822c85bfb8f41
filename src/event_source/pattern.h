/*
 * pattern.h - filter patterns of event sources, as Lambda's FilterCriteria has them.
 *
 * Where they are documented: docs/event_sources.md.
 */
#ifndef DDB_EVENT_SOURCE_PATTERN_H
#define DDB_EVENT_SOURCE_PATTERN_H

#include <json-c/json.h>

/* The longest pattern, in bytes. */
#define EVENT_PATTERN_MAX 4096

/*
 * Reads a pattern, which lives as long as CurrentMemoryContext.  Raises
 * ERRCODE_INVALID_PARAMETER_VALUE where it is none, and SerializationException where
 * it is not even JSON.
 */
extern json_object *event_pattern_parse(const char *text, size_t length);

/* Whether an event, a record's JSON, matches a pattern that has been read. */
extern bool event_pattern_matches(json_object *pattern, json_object *event);

#endif							/* DDB_EVENT_SOURCE_PATTERN_H */
