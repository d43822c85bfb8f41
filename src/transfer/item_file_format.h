/*
 * item_file_format.h - what the files item_file_*.c share.
 */
#ifndef DDB_ITEM_FILE_FORMAT_H
#define DDB_ITEM_FILE_FORMAT_H

#include "lib/stringinfo.h"

#include "transfer/item_file.h"
#include "value/node.h"

/* ---- Records ---- */

/* What a record has of a condition, each a node or NULL; only its form is judged here. */
typedef struct RecordCondition
{
	Node	   *expression;		/* S */
	Node	   *names;			/* M; whose members are judged by who reads it */
	Node	   *values;			/* M */
} RecordCondition;

/* The part of a file that is in memory, from the next record on. */
typedef struct Window
{
	const char *at;
	const char *end;
	bool		last;			/* the file ends where the window ends */
	RecordCondition *condition; /* where a record's condition goes; NULL: it may have none */

	/* Set by a format: */
	const char *behind;			/* where the record ends; NULL as long as it is not known */
	bool		ran_out;		/* the record does not end within the window */
} Window;

/*
 * A format's reader.  read() and recover() raise one of DynamoDB's exceptions, and
 * set Window.ran_out where that is only because the window is too small: then they
 * are called again with a larger one, and are to have changed nothing.
 */
typedef struct RecordFormat
{
	/* The format's own state, in CurrentMemoryContext. */
	void	   *(*begin) (const ItemFileOptions *options);

	/*
	 * Reads what the window, which is never empty, begins with, and sets
	 * Window.behind: an item as a node of type M, which may point into the window,
	 * or NULL where it was something else, such as a blank line.  Memory that it
	 * takes lasts as long as the record.
	 */
	Node	   *(*read) (void *state, Window *window);

	/*
	 * Where read() raised and Window.behind is unknown: finds where reading can go on.
	 * Raises where it cannot.  NULL: behind is known before anything is raised.
	 */
	void		(*recover) (void *state, Window *window);

	/* Raises where the file may not end here; or NULL. */
	void		(*finish) (void *state);
} RecordFormat;

extern const RecordFormat json_records;
extern const RecordFormat ion_records;
extern const RecordFormat csv_records;

/* Raises what says that a record, or with file_broken() all behind it, cannot be read. */
#define bad_record(...) ddb_error(SERIALIZATION_EXCEPTION, __VA_ARGS__)

/*
 * Where a member of that name of a record's condition goes; raises where there can be none.  A name that
 * comes twice is the format's to refuse.
 */
extern Node **record_condition_member(RecordCondition *condition, const char *name, size_t length);

/* Where the line at the window's beginning ends, which becomes Window.behind; NULL, and ran_out, where it does not. */
extern const char *window_line(Window *window);

/* Sets ran_out, and raises that the file ends within the record. */
extern void window_ran_out(Window *window) __attribute__((noreturn));

/* Raises where the record, whose end is known, is not in UTF-8. */
extern void window_check_encoding(const Window *window);

/*
 * The one item of a text that has a record and nothing else, in
 * CurrentMemoryContext; raises where that is not so.
 */
extern Value record_item(ItemFileFormat format, const char *text, size_t length);

/* ---- Printing ---- */

/* Appends a line for an item, and for a change. */
typedef struct RecordPrinter
{
	void		(*item) (StringInfo out, const Value *item);
	void		(*change) (StringInfo out, int64 write_timestamp_microseconds,
						   const Value *keys, const Value *old_item, const Value *new_item);
} RecordPrinter;

extern const RecordPrinter json_printer;
extern const RecordPrinter ion_printer;

/* The format's printer. */
extern const RecordPrinter *record_printer(ItemFileFormat format);

/* ---- Compression ---- */

typedef struct Unpacker Unpacker;

extern Unpacker *unpacker_begin(ItemFileCompression compression, ItemFileRead read, void *argument);

/*
 * Fills the buffer as far as the file goes; returns how many bytes.  Where that is
 * less than the size, the file has ended, or is broken and *broken says why.
 */
extern size_t unpacker_read(Unpacker *unpacker, char *buffer, size_t size, const char **broken);

extern void unpacker_end(Unpacker *unpacker);

typedef struct Packer Packer;

extern Packer *packer_begin(ItemFileCompression compression, ItemFileWrite write, void *argument);
extern void packer_write(Packer *packer, const char *data, size_t length);
extern void packer_end(Packer *packer);

#endif							/* DDB_ITEM_FILE_FORMAT_H */
