/*
 * xml.h - reading what an S3-compatible store says: small documents of elements with text.
 *
 * Bounded in depth and in the length of names, and without document types, so that an answer can only be
 * as expensive as it is long.
 */
#ifndef DDB_TRANSFER_XML_H
#define DDB_TRANSFER_XML_H

#include "lib/stringinfo.h"

#define XML_DEPTH_MAX 8
#define XML_NAME_MAX 64

typedef enum XmlEvent
{
	XML_OPENED,					/* an element begins */
	XML_CLOSED,					/* it ends */
	XML_END,					/* the document has ended */
	XML_BAD						/* it is no document of this kind */
} XmlEvent;

typedef struct XmlReader
{
	const char *at;
	const char *end;
	int			depth;			/* of the element that an event is about: 1 for the document's own */
	char		names[XML_DEPTH_MAX][XML_NAME_MAX]; /* of the elements that are open, without prefixes */
	StringInfoData text;		/* what stood before the tag that an event is about, until the next one */

	/* private: whether depth is to fall next, and whether a tag is one without content */
	bool		closing;
	bool		empty;
} XmlReader;

/* What it needs of memory is of the current context. */
extern void xml_read_begin(XmlReader *reader, const char *text, size_t length);

/* The next event; the element's name is then xml_name(). */
extern XmlEvent xml_read_next(XmlReader *reader);
extern const char *xml_name(const XmlReader *reader);

#endif							/* DDB_TRANSFER_XML_H */
