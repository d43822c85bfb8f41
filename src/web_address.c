/*
 * web_address.c - reading the addresses of other servers.
 *
 * One parser judges an address and writes down what is then asked for: libcurl's, which also makes the
 * connection.  So there is nothing that two readers could take in two ways.
 */
#include "postgres.h"

#include <curl/curl.h>

#include "web_address.h"

void
web_address_free(WebAddress *address)
{
	curl_free(address->url);
	curl_free(address->scheme);
	curl_free(address->host);
	curl_free(address->port);
	curl_free(address->path);
	curl_url_cleanup(address->handle);
	memset(address, 0, sizeof(*address));
}

/* A part of it; NULL where it has none. */
static char *
part(CURLU *handle, CURLUPart what, unsigned int flags)
{
	char	   *text = NULL;

	return curl_url_get(handle, what, &text, flags) == CURLUE_OK ? text : NULL;
}

static bool
has_part(CURLU *handle, CURLUPart what)
{
	char	   *text = part(handle, what, 0);
	bool		found = text != NULL;

	curl_free(text);
	return found;
}

/*
 * Bytes that stand for themselves alone: names in other scripts have to be given in
 * their ASCII form, and a backslash or a number sign is not taken for one thing by all.
 */
static bool
has_plain_characters(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
	{
		if (text[i] <= ' ' || text[i] > '~' || strchr("\\#\"<>^`{|}", text[i]) != NULL)
			return false;
	}
	return true;
}

/* A name or an address of IPv4 or IPv6, not with a dot at its end, which would be the same host by another name. */
static bool
is_plain_host(const char *host)
{
	size_t		length = strlen(host);

	if (length == 0 || host[length - 1] == '.')
		return false;
	if (host[0] == '[')
		return host[length - 1] == ']' && strspn(host + 1, "0123456789abcdefABCDEF:.") == length - 2;
	return strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") == length;
}

/*
 * Whether what the other side decodes may be another path: a dot, a slash, a backslash or an end.
 * What follows a question mark is no path.
 */
static bool
hides_path(const char *path)
{
	static const char *const hidden[] = {"%2e", "%2f", "%5c", "%00", "%25"};
	const char *end = path + strcspn(path, "?");

	for (const char *at = strchr(path, '%'); at != NULL && at < end; at = strchr(at + 1, '%'))
	{
		for (size_t i = 0; i < lengthof(hidden); i++)
		{
			if (pg_strncasecmp(at, hidden[i], 3) == 0)
				return true;
		}
	}
	return false;
}

/*
 * Whether it is written so that what it stands for depends on the release of libcurl: a newer one takes the
 * dot from the end of an address of IPv4, and makes a dot of %2e.
 */
static bool
is_ambiguous(const char *text)
{
	const char *host = strstr(text, "://");
	size_t		length;

	host = host != NULL ? host + strlen("://") : text;
	length = strcspn(host, ":/?");
	return (length > 0 && host[length - 1] == '.') || hides_path(host + length);
}

static bool
is_web_scheme(const char *scheme)
{
	return strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0;
}

bool
web_address_read(const char *text, size_t length, WebAddress *address)
{
	char		copy[2048 + 1];

	memset(address, 0, sizeof(*address));
	if (length >= sizeof(copy) || !has_plain_characters(text, length))
		return false;
	memcpy(copy, text, length);
	copy[length] = '\0';
	if (is_ambiguous(copy))
		return false;

	address->handle = curl_url();
	if (address->handle == NULL ||
		curl_url_set(address->handle, CURLUPART_URL, copy, CURLU_DISALLOW_USER) != CURLUE_OK ||
		has_part(address->handle, CURLUPART_USER) || has_part(address->handle, CURLUPART_PASSWORD) ||
		has_part(address->handle, CURLUPART_ZONEID))
		return false;
	address->url = part(address->handle, CURLUPART_URL, 0);
	address->scheme = part(address->handle, CURLUPART_SCHEME, 0);
	address->host = part(address->handle, CURLUPART_HOST, 0);
	address->port = part(address->handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	address->path = part(address->handle, CURLUPART_PATH, 0);
	address->has_query = has_part(address->handle, CURLUPART_QUERY);
	return address->url != NULL && address->scheme != NULL && address->host != NULL &&
		address->port != NULL && address->path != NULL &&
		is_web_scheme(address->scheme) && is_plain_host(address->host) && !hides_path(address->path);
}
