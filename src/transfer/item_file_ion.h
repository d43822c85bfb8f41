/*
 * item_file_ion.h - the tokens of Ion text.
 *
 * All raise that the text is not Ion where it is not, or that it ends, which is
 * Window.ran_out.  Values are VALUE_STRING, and point into the window or into
 * CurrentMemoryContext.
 */
#ifndef DDB_ITEM_FILE_ION_H
#define DDB_ITEM_FILE_ION_H

#include "transfer/item_file_format.h"

typedef struct Ion
{
	const char *at;
	Window	   *window;
	bool		building;		/* an item, and not only looking for the end */
	uint32		values;			/* of that item so far */
	bool		unsupported;	/* what follows is another form of Ion */
} Ion;

extern void ion_malformed(const char *reason) __attribute__((noreturn));

/* The next character; there is to be one. */
static inline char
ion_peek(Ion *ion)
{
	if (ion->at == ion->window->end)
		window_ran_out(ion->window);
	return *ion->at;
}

/* Whether there is one, and not the end of the file. */
static inline bool
ion_more(Ion *ion)
{
	if (ion->at < ion->window->end)
		return true;
	if (!ion->window->last)
		window_ran_out(ion->window);
	return false;
}

extern bool ion_is_white_space(char character);

/* White space, and with the second one comments too; the file may end behind it. */
extern void ion_skip_white_space(Ion *ion);
extern void ion_skip_space(Ion *ion);

/* Whether a symbol comes next: an identifier or one in single quotes. */
extern bool ion_at_symbol(Ion *ion);
extern Value ion_symbol(Ion *ion, bool *quoted);
extern Value ion_identifier(Ion *ion);

/* Whether "::" comes next, behind space; it is then passed by. */
extern bool ion_skip_annotation_mark(Ion *ion);

/* Whether such an identifier is $10, or $ion_1_0. */
extern bool ion_is_symbol_number(const Value *identifier);
extern bool ion_is_version_mark(const Value *identifier);

extern bool ion_at_long_string(Ion *ion);
extern bool ion_at_blob(Ion *ion);

/* A string in double quotes, or long strings one behind the other. */
extern Value ion_string(Ion *ion);

/* What begins as a number or a timestamp does, up to the character that ends it. */
extern Value ion_number_token(Ion *ion);
extern bool ion_is_timestamp(const Value *token);
extern bool ion_is_infinity(const Value *token);

/* An int, decimal or float as number_parse() takes it. */
extern Value ion_decimal_text(const Value *token);

/* An operator of an S-expression; false where none comes next. */
extern bool ion_skip_operator(Ion *ion);

#endif							/* DDB_ITEM_FILE_ION_H */
