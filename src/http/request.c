/*
 * request.c - what a request says in its head.
 */
#include "postgres.h"

#include "http/request.h"

const char *
http_header(const HttpRequest *request, const char *name)
{
	size_t		length = strlen(name);

	for (int i = 0; i < request->header_count; i++)
	{
		if (http_header_is(&request->headers[i], name, length))
			return request->headers[i].value;
	}
	return NULL;
}

const char *
http_path_and_query(const HttpRequest *request)
{
	const char *uri = request->uri;

	if (*uri == '/' || (pg_strncasecmp(uri, "http://", 7) != 0 && pg_strncasecmp(uri, "https://", 8) != 0))
		return uri;
	uri = strstr(uri, "://") + 3;
	return uri + strcspn(uri, "/?");
}
