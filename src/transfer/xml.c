/*
 * xml.c - reading what an S3-compatible store says.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "transfer/xml.h"

void
xml_read_begin(XmlReader *reader, const char *text, size_t length)
{
	memset(reader, 0, sizeof(*reader));
	initStringInfo(&reader->text);
	reader->at = text;
	reader->end = text + length;
	/* a byte order mark */
	if (length >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		reader->at += 3;
}

const char *
xml_name(const XmlReader *reader)
{
	return reader->names[reader->depth - 1];
}

static bool
is_space(char byte)
{
	return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

static bool
begins_with(const XmlReader *reader, const char *text)
{
	size_t		length = strlen(text);

	return (size_t) (reader->end - reader->at) >= length && memcmp(reader->at, text, length) == 0;
}

/* Goes behind the next place of the text; false where there is none. */
static bool
skip_behind(XmlReader *reader, const char *text)
{
	while (reader->at < reader->end && !begins_with(reader, text))
		reader->at++;
	if (reader->at == reader->end)
		return false;
	reader->at += strlen(text);
	return true;
}

/* ---- Text ---- */

/* Whether a character may stand in a document and, since ours end with one, is not U+0000. */
static bool
add_character(StringInfo text, unsigned long code)
{
	unsigned char bytes[MAX_MULTIBYTE_CHAR_LEN + 1] = {0};

	if (code == 0 || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
		return false;
	unicode_to_utf8((pg_wchar) code, bytes);
	appendStringInfoString(text, (const char *) bytes);
	return true;
}

/* A reference to a character, between "&" and ";". */
static bool
add_reference(StringInfo text, const char *name, size_t length)
{
	static const struct
	{
		const char *name;
		char		character;
	}			known[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
	char		copy[16];

	if (length == 0 || length >= sizeof(copy))
		return false;
	memcpy(copy, name, length);
	copy[length] = '\0';
	if (copy[0] == '#')
	{
		bool		hexadecimal = copy[1] == 'x';
		const char *digits = copy + (hexadecimal ? 2 : 1);
		const char *allowed = hexadecimal ? "0123456789abcdefABCDEF" : "0123456789";

		return *digits != '\0' && strspn(digits, allowed) == strlen(digits) &&
			add_character(text, strtoul(digits, NULL, hexadecimal ? 16 : 10));
	}
	for (size_t i = 0; i < lengthof(known); i++)
	{
		if (strcmp(copy, known[i].name) == 0)
		{
			appendStringInfoChar(text, known[i].character);
			return true;
		}
	}
	return false;
}

/* What stands before the next tag. */
static bool
read_characters(XmlReader *reader, StringInfo text)
{
	while (reader->at < reader->end && *reader->at != '<')
	{
		const char *first = reader->at;

		while (reader->at < reader->end && *reader->at != '<' && *reader->at != '&' && *reader->at != '\0')
			reader->at++;
		appendBinaryStringInfo(text, first, reader->at - first);
		if (reader->at < reader->end && *reader->at == '\0')
			return false;
		if (reader->at < reader->end && *reader->at == '&')
		{
			const char *name = reader->at + 1;

			if (!skip_behind(reader, ";") || !add_reference(text, name, reader->at - 1 - name))
				return false;
		}
	}
	return true;
}

/* CDATA, which is text as it stands. */
static bool
read_raw(XmlReader *reader, StringInfo text)
{
	const char *first = reader->at + strlen("<![CDATA[");

	if (!skip_behind(reader, "]]>"))
		return false;
	appendBinaryStringInfo(text, first, reader->at - strlen("]]>") - first);
	return memchr(first, '\0', reader->at - first) == NULL;
}

/* Up to the next tag, with what is no tag passed by. */
static bool
read_text(XmlReader *reader, StringInfo text)
{
	while (read_characters(reader, text))
	{
		bool		good = true;

		if (begins_with(reader, "<?"))
			good = skip_behind(reader, "?>");
		else if (begins_with(reader, "<!--"))
			good = skip_behind(reader, "-->");
		else if (begins_with(reader, "<![CDATA["))
			good = read_raw(reader, text);
		else
			return true;
		if (!good)
			return false;
	}
	return false;
}

/* ---- Tags ---- */

/* The name of a tag, without its prefix. */
static bool
read_name(XmlReader *reader, char *name)
{
	const char *first = reader->at;
	size_t		length;

	while (reader->at < reader->end && !is_space(*reader->at) && strchr("<>/=\"'&", *reader->at) == NULL)
	{
		reader->at++;
		if (reader->at[-1] == ':')
			first = reader->at;
	}
	length = reader->at - first;
	if (length == 0 || length >= XML_NAME_MAX)
		return false;
	memcpy(name, first, length);
	name[length] = '\0';
	return true;
}

/* Goes to the end of a tag, passing by attributes, whose values may have what ends a tag. */
static bool
skip_attributes(XmlReader *reader)
{
	while (reader->at < reader->end && *reader->at != '>' && !begins_with(reader, "/>"))
	{
		char		byte = *reader->at++;

		if (byte == '<')
			return false;
		if (byte == '"' || byte == '\'')
		{
			char		quote[2] = {byte, '\0'};

			if (!skip_behind(reader, quote))
				return false;
		}
	}
	return reader->at < reader->end;
}

static XmlEvent
open_element(XmlReader *reader)
{
	reader->at++;
	if (reader->depth == XML_DEPTH_MAX || !read_name(reader, reader->names[reader->depth]) || !skip_attributes(reader))
		return XML_BAD;
	reader->depth++;
	reader->empty = *reader->at == '/';
	reader->at += reader->empty ? strlen("/>") : strlen(">");
	return XML_OPENED;
}

static XmlEvent
close_element(XmlReader *reader)
{
	char		name[XML_NAME_MAX];

	reader->at += strlen("</");
	if (reader->depth == 0 || !read_name(reader, name) || strcmp(name, xml_name(reader)) != 0 ||
		!skip_attributes(reader) || *reader->at != '>')
		return XML_BAD;
	reader->at++;
	reader->closing = true;
	return XML_CLOSED;
}

XmlEvent
xml_read_next(XmlReader *reader)
{
	reader->depth -= reader->closing ? 1 : 0;
	reader->closing = false;
	resetStringInfo(&reader->text);
	if (reader->empty)
	{
		reader->empty = false;
		reader->closing = true;
		return XML_CLOSED;
	}
	if (!read_text(reader, &reader->text) ||
		!pg_verify_mbstr(PG_UTF8, reader->text.data, reader->text.len, true))
		return XML_BAD;
	if (reader->at == reader->end)
		return reader->depth == 0 && reader->names[0][0] != '\0' ? XML_END : XML_BAD;
	return begins_with(reader, "</") ? close_element(reader) : begins_with(reader, "<!") ? XML_BAD : open_element(reader);
}
