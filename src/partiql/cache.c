/*
 * cache.c - statements that were parsed before.
 *
 * Clients send the same statements with other parameters, and to parse one takes
 * longer than to read an item.  What is kept is the syntax, which knows nothing of
 * parameters, tables and roles; it is translated anew for each request.
 *
 * A statement that was translated points into its syntax, so that one is held until
 * the memory context of the statement goes.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/memutils.h"

#include "partiql/syntax.h"

/* How many statements are kept, and how long they may be. */
#define PLACES 32
#define MAX_KEPT_LENGTH 512

typedef struct Kept
{
	MemoryContext context;		/* of this and the whole syntax */
	int			holders;
	PartiqlParser parser;
} Kept;

/* Each has one place, by its hash. */
static Kept *places[PLACES];

static void
release(void *argument)
{
	((Kept *) argument)->holders--;
}

static const PartiqlParser *
hold(Kept *kept)
{
	MemoryContextCallback *callback = palloc(sizeof(MemoryContextCallback));

	callback->func = release;
	callback->arg = kept;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, callback);
	kept->holders++;
	return &kept->parser;
}

static const PartiqlParser *
parse(const char *text, uint32 length)
{
	PartiqlParser *parser = palloc(sizeof(PartiqlParser));

	partiql_parse(parser, text, length);
	return parser;
}

static Kept *
parse_to_keep(const char *text, uint32 length)
{
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext context = AllocSetContextCreate(caller, "PartiQL statement", ALLOCSET_SMALL_SIZES);
	Kept	   *kept;

	MemoryContextSwitchTo(context);
	kept = palloc0(sizeof(Kept));
	kept->context = context;
	partiql_parse(&kept->parser, pnstrdup(text, length), length);
	MemoryContextSwitchTo(caller);
	MemoryContextSetParent(context, TopMemoryContext);
	return kept;
}

static bool
is_of_text(const Kept *kept, const char *text, uint32 length)
{
	return kept->parser.length == length && memcmp(kept->parser.text, text, length) == 0;
}

const PartiqlParser *
partiql_parse_cached(const char *text, uint32 length)
{
	Kept	  **place;

	/* one with its values in it will hardly come again */
	if (length > MAX_KEPT_LENGTH || memchr(text, '?', length) == NULL)
		return parse(text, length);

	place = &places[hash_bytes((const unsigned char *) text, (int) length) % PLACES];
	if (*place == NULL || !is_of_text(*place, text, length))
	{
		Kept	   *made;

		if (*place != NULL && (*place)->holders > 0)
			return parse(text, length);
		made = parse_to_keep(text, length);
		if (*place != NULL)
			MemoryContextDelete((*place)->context);
		*place = made;
	}
	return hold(*place);
}
