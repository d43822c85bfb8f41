/*
 * layout.h - what layout.c shares with the writers of packed containers.
 *
 * Only node.c (which writes containers) and check.c (which judges bytes from
 * outside) may know this much.
 */
#ifndef DDB_LAYOUT_H
#define DDB_LAYOUT_H

#include "value/value.h"

/* Types as they stand in an entry: BOOL has one tag for each of its values. */
typedef enum EntryTag
{
	TAG_STRING,
	TAG_NUMBER,
	TAG_BINARY,
	TAG_FALSE,
	TAG_TRUE,
	TAG_NULL,
	TAG_MAP,
	TAG_LIST,
	TAG_STRING_SET,
	TAG_NUMBER_SET,
	TAG_BINARY_SET
} EntryTag;

#define ENTRY_TAGS (TAG_BINARY_SET + 1)

/* A name of this length or more has the rest of its length in a varint. */
#define NAME_LENGTH_ESCAPE 15

/* Entries between two anchors. */
#define GROUP_SIZE 16
#define ANCHOR_WIDTH 4

/* A uint32 in 7-bit groups, the lowest first, takes at most this many bytes. */
#define VARINT_MAX_LENGTH 5

/* A container's parts, found from its payload. */
typedef struct Container
{
	uint32		count;
	int			width;			/* of an entry of the table of lengths */
	const char *anchors;
	const char *lengths;
	const char *entries;
	const char *end;
} Container;

extern EntryTag value_tag(const Value *value);

/* Sets the value's type, and for BOOL its bytes, from a tag. */
extern void value_set_tag(Value *value, EntryTag tag);

extern int	varint_length(uint32 number);
extern char *varint_write(char *to, uint32 number);

/*
 * Reads a varint that ends before end; NULL if it does not, is larger than a
 * uint32, or longer than it need be.
 */
extern const char *varint_read(const char *from, const char *end, uint32 *number);

/* The bytes before a container's entries, and their count of bytes. */
extern uint32 container_head_length(uint32 count, int width);
extern char *container_head_write(char *to, uint32 count, int width);

/* The smallest width of the table that can hold this length. */
extern int	container_width(uint32 longest);

/* The anchors in a container: one behind each full group that others follow. */
static inline uint32
container_anchor_count(uint32 count)
{
	return count == 0 ? 0 : (count - 1) / GROUP_SIZE;
}

/* The same width as its code in a container's head, and back. */
extern Container container_open(const Value *value);

/* The order of map members: by bytes, the shorter first. */
extern int	name_compare(const char *a, uint32 a_length, const char *b, uint32 b_length);

#endif							/* DDB_LAYOUT_H */
