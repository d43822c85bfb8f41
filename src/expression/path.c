/*
 * path.c - document paths.
 */
#include "postgres.h"

#include "error.h"
#include "expression/tree.h"

static bool
path_element_equal(const PathElement *a, const PathElement *b)
{
	if (a->name == NULL || b->name == NULL)
		return a->name == b->name && a->index == b->index;
	return a->length == b->length && memcmp(a->name, b->name, a->length) == 0;
}

bool
document_path_equal(const DocumentPath *a, const DocumentPath *b)
{
	if (a->count != b->count)
		return false;
	for (int i = 0; i < a->count; i++)
	{
		if (!path_element_equal(&a->elements[i], &b->elements[i]))
			return false;
	}
	return true;
}

char *
document_path_text(const DocumentPath *path)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoChar(&text, '[');
	for (int i = 0; i < path->count; i++)
	{
		const PathElement *element = &path->elements[i];

		if (i > 0)
			appendStringInfoString(&text, ", ");
		if (element->name == NULL)
			appendStringInfo(&text, "[%u]", element->index);
		else
			appendBinaryStringInfo(&text, element->name, element->length);
	}
	appendStringInfoChar(&text, ']');
	return text.data;
}

bool
document_path_find(const DocumentPath *path, const Value *item, Value *found)
{
	Value		place = *item;

	for (int i = 0; i < path->count; i++)
	{
		const PathElement *element = &path->elements[i];
		Value		member;

		if (element->name != NULL)
		{
			if (place.type != VALUE_MAP ||
				!value_map_find(&place, element->name, element->length, &member))
				return false;
		}
		else
		{
			if (place.type != VALUE_LIST ||
				!value_list_get(&place, element->index, &member))
				return false;
		}
		place = member;
	}
	*found = place;
	return true;
}

typedef enum PathRelation
{
	PATHS_APART,
	PATHS_OVERLAP,				/* one is the other or leads into it */
	PATHS_CONFLICT				/* one takes for a map what the other takes for a list */
} PathRelation;

static PathRelation
path_relation(const DocumentPath *a, const DocumentPath *b)
{
	int			shorter = Min(a->count, b->count);

	for (int i = 0; i < shorter; i++)
	{
		const PathElement *one = &a->elements[i];
		const PathElement *other = &b->elements[i];

		if ((one->name == NULL) != (other->name == NULL))
			return PATHS_CONFLICT;
		if (!path_element_equal(one, other))
			return PATHS_APART;
	}
	return PATHS_OVERLAP;
}

static void
raise_for_relation(const char *parameter, const List *paths, PathRelation relation,
				   const char *verb)
{
	for (int later = 1; later < list_length(paths); later++)
	{
		const DocumentPath *two = list_nth(paths, later);

		for (int earlier = 0; earlier < later; earlier++)
		{
			const DocumentPath *one = list_nth(paths, earlier);

			if (path_relation(one, two) == relation)
				expression_error(parameter, "Two document paths %s with each other; "
								 "must remove or rewrite one of these paths; "
								 "path one: %s, path two: %s",
								 verb,
								 document_path_text(one), document_path_text(two));
		}
	}
}

/*
 * AWS tells of an overlap even where a conflict comes first in the text.  An
 * expression of 4 KB has at most 2048 paths, so comparing all pairs is cheap
 * enough, and most expressions have a handful.
 */
void
document_paths_check(const char *parameter, const List *paths)
{
	raise_for_relation(parameter, paths, PATHS_OVERLAP, "overlap");
	raise_for_relation(parameter, paths, PATHS_CONFLICT, "conflict");
}
