/*
 * response.c - parts of responses, written straight into the StringInfo.
 */
#include "postgres.h"

#include "request/parameters.h"

void
append_member(StringInfo response, const char *name)
{
	if (response->data[response->len - 1] != '{')
		appendStringInfoChar(response, ',');
	appendStringInfoChar(response, '"');
	appendStringInfoString(response, name);
	appendStringInfoString(response, "\":");
}
