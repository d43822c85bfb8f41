/*
 * url.c - which addresses an event source may have.
 *
 * The administrator's prefixes are read by the parser that also reads what is asked for.
 */
#include "postgres.h"

#include <ctype.h>

#include "utils/guc.h"

#include "event_source/url.h"
#include "web_address.h"

char	   *event_url_ca_file = NULL;
static char *allowed_urls = NULL;

/* ---- What is allowed ---- */

/* Calls the function for each prefix of the list until it returns true; whether it did. */
static bool
any_prefix(const char *list, bool (*function) (const char *prefix, size_t length, const void *argument),
		   const void *argument)
{
	while (*list != '\0')
	{
		size_t		length = strcspn(list, ",");
		const char *first = list;
		const char *end = list + length;

		while (first < end && isspace((unsigned char) *first))
			first++;
		while (end > first && isspace((unsigned char) end[-1]))
			end--;
		if (end > first && function(first, end - first, argument))
			return true;
		list += length;
		if (*list == ',')
			list++;
	}
	return false;
}

/* Whether the path is the prefix or something below it. */
static bool
is_below(const char *path, const char *prefix)
{
	size_t		length = strlen(prefix);

	return strncmp(path, prefix, length) == 0 &&
		(path[length] == '\0' || path[length] == '/' || prefix[length - 1] == '/');
}

static bool
prefix_allows(const char *text, size_t length, const void *argument)
{
	const WebAddress *address = argument;
	WebAddress	prefix;
	bool		result = web_address_read(text, length, &prefix) &&
		strcmp(prefix.scheme, address->scheme) == 0 &&
		pg_strcasecmp(prefix.host, address->host) == 0 &&
		strcmp(prefix.port, address->port) == 0 &&
		is_below(address->path, prefix.path);

	web_address_free(&prefix);
	return result;
}

static bool
is_bad_prefix(const char *text, size_t length, const void *argument)
{
	WebAddress	prefix;
	bool		bad = !web_address_read(text, length, &prefix) || prefix.has_query;

	web_address_free(&prefix);
	return bad;
}

static bool
check_allowed_urls(char **value, void **extra, GucSource source)
{
	if (any_prefix(*value, is_bad_prefix, NULL))
	{
		GUC_check_errdetail("It is a list of addresses, each http:// or https:// with a host, and a port and a path or not.");
		return false;
	}
	return true;
}

void
event_url_define_settings(void)
{
	DefineCustomStringVariable("ddb.event_source_urls",
							   "The addresses, and what is below them, to which event sources may POST.",
							   "Separated by commas; empty for none.",
							   &allowed_urls, "", PGC_SIGHUP, 0, check_allowed_urls, NULL, NULL);
	DefineCustomStringVariable("ddb.event_source_ca_file",
							   "The file of the certificates by which addresses of event sources are verified.",
							   "Empty for the system's own.",
							   &event_url_ca_file, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
}

char *
event_url_check(const char *url)
{
	WebAddress	address;
	bool		good = web_address_read(url, strlen(url), &address);
	bool		allowed = good && any_prefix(allowed_urls, prefix_allows, &address);
	char	   *result = good ? pstrdup(address.url) : NULL;

	web_address_free(&address);
	if (!good)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is no address to which an event source could POST", url),
				 errhint("It begins with http:// or https://, and has neither a user nor a fragment; host names are in ASCII.")));
	if (!allowed)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("event sources may not POST to \"%s\"", result),
				 errhint("The administrator allows addresses by ddb.event_source_urls.")));
	return result;
}
