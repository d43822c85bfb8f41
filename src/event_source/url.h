/*
 * url.h - event sources whose target is an address: which are allowed, and POSTing to one.
 */
#ifndef DDB_EVENT_SOURCE_URL_H
#define DDB_EVENT_SOURCE_URL_H

#include "lib/stringinfo.h"

/* Defines ddb.event_source_urls and ddb.event_source_ca_file. */
extern void event_url_define_settings(void);

/* Certificates to verify by; "" for the system's own. */
extern char *event_url_ca_file;

/*
 * The address as it will be asked for, palloc'd.  Raises ERRCODE_INVALID_PARAMETER_VALUE
 * where it is none, and ERRCODE_INSUFFICIENT_PRIVILEGE where the administrator has not
 * allowed it.
 */
extern char *event_url_check(const char *url);

/*
 * POSTs the JSON to an address that event_url_check() has given, signed where
 * there is a secret (NULL: none), and appends the answer's body.  Takes no longer than so many
 * milliseconds, and can be interrupted.  Raises an error where there is no answer, one
 * with a status other than 2xx, or one that is too long.
 */
extern void event_url_post(const char *url, const char *json, size_t length, const char *secret,
						   int milliseconds, StringInfo answer);

#endif							/* DDB_EVENT_SOURCE_URL_H */
