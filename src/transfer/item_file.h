/*
 * item_file.h - DynamoDB's own file formats: DynamoDB JSON, Ion text and CSV,
 * plain or in gzip or zstd.
 *
 * One reader and one writer; bytes come from and go to callbacks. Memory stays
 * flat however long a file is, and whatever it holds.
 */
#ifndef DDB_ITEM_FILE_H
#define DDB_ITEM_FILE_H

#include "nodes/pg_list.h"

#include "value/value.h"

typedef enum ItemFileFormat
{
	ITEM_FILE_DYNAMODB_JSON,
	ITEM_FILE_ION,
	ITEM_FILE_CSV				/* can only be read */
} ItemFileFormat;

typedef enum ItemFileCompression
{
	ITEM_FILE_PLAIN,
	ITEM_FILE_GZIP,
	ITEM_FILE_ZSTD
} ItemFileCompression;

/* DynamoDB's names: DYNAMODB_JSON, ION, CSV; NONE, GZIP, ZSTD. False where it is none of them. */
extern bool item_file_format_from_name(const char *name, ItemFileFormat *format);
extern bool item_file_compression_from_name(const char *name, ItemFileCompression *compression);

typedef struct ItemFileOptions
{
	ItemFileFormat format;
	ItemFileCompression compression;
	bool		conditions;		/* records may have conditions beside their items; not of CSV */

	/* Of CSV only. */
	char		delimiter;		/* 0 stands for the comma */
	List	   *header;			/* the columns' names, char *; NIL: the first row has them */
	List	   *key_attributes;	/* KeyAttribute *, whose columns have these types; others are strings */
} ItemFileOptions;

/*
 * A name that stands twice in such a header, which then is none; NULL where there is none.  Raises ValidationException
 * where a name is too long for an attribute's.
 */
extern const char *item_file_header_twice(const List *header);

/* The condition that a record may have beside its item. */
typedef struct ItemFileCondition
{
	const Value *expression;	/* ConditionExpression, S; NULL: there is none */
	const Value *names;			/* ExpressionAttributeNames, a map of S; NULL: there are none */
	const Value *values;		/* ExpressionAttributeValues, a map; NULL: there are none */
} ItemFileCondition;

/* A record may take so many bytes; an item of 400 KB in the longest spelling of each of its bytes needs less. */
#define ITEM_FILE_MAX_RECORD (16 * 1024 * 1024)

/* ---- Reading ---- */

typedef struct ItemFileReader ItemFileReader;

/* Gives at least one byte and at most size; 0 at the end. */
typedef size_t (*ItemFileRead) (void *argument, char *buffer, size_t size);

typedef enum ItemFileResult
{
	ITEM_FILE_ITEM,				/* *item is one, no larger than an item may be */
	ITEM_FILE_BAD_ITEM,			/* *message says why a record is none; reading goes on behind it */
	ITEM_FILE_BROKEN,			/* *message says why nothing behind can be read; it is so from now on */
	ITEM_FILE_END
} ItemFileResult;

/* The reader lives in CurrentMemoryContext, with all that belongs to it; options are copied. */
extern ItemFileReader *item_file_read_begin(const ItemFileOptions *options, ItemFileRead read, void *argument);

/*
 * The next record. The item and the message are in CurrentMemoryContext. What is
 * not the file's fault (memory, a cancellation, an error of the callback) is raised.
 */
extern ItemFileResult item_file_read_next(ItemFileReader *reader, Value *item, const char **message);

/* What that record has beside its item; in the same memory as the item. */
extern ItemFileCondition item_file_read_condition(const ItemFileReader *reader);

/* How many bytes of the uncompressed file the records so far have taken. */
extern int64 item_file_read_bytes(const ItemFileReader *reader);

extern void item_file_read_end(ItemFileReader *reader);

/* ---- Writing ---- */

typedef struct ItemFileWriter ItemFileWriter;

typedef void (*ItemFileWrite) (void *argument, const char *data, size_t length);

/* The writer lives in CurrentMemoryContext, with all that belongs to it. The format cannot be CSV. */
extern ItemFileWriter *item_file_write_begin(const ItemFileOptions *options, ItemFileWrite write, void *argument);

/* A line of a full export. */
extern void item_file_write_item(ItemFileWriter *writer, const Value *item);

/* A line of an incremental export; an image that is NULL is left out. */
extern void item_file_write_change(ItemFileWriter *writer, int64 write_timestamp_microseconds,
								   const Value *keys, const Value *old_item, const Value *new_item);

/* Writes what is left; without it the file is cut off. */
extern void item_file_write_end(ItemFileWriter *writer);

#endif							/* DDB_ITEM_FILE_H */
