/*
 * projection.c - the parts of an item that document paths name.
 *
 * The paths form a tree, whose shape the result has: a map with the members
 * named, a list with the elements named, in the order of their indexes.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "expression/tree.h"

/*
 * What is wanted of one member.  Children are all names or all indexes, as
 * paths that conflict are refused.
 */
typedef struct ProjectionMember
{
	PathElement element;
	List	   *children;		/* of ProjectionMember *; NIL: all of it */
} ProjectionMember;

struct Projection
{
	List	   *members;		/* of ProjectionMember *: the attributes */
};

/* ---- Building ---- */

static ProjectionMember *
projection_member(const PathElement *element)
{
	ProjectionMember *member = palloc(sizeof(ProjectionMember));

	member->element = *element;
	member->children = NIL;
	return member;
}

static ProjectionMember *
find_or_add_member(List **members, const PathElement *element)
{
	ProjectionMember *member;
	ListCell   *cell;

	foreach(cell, *members)
	{
		member = lfirst(cell);
		if (element->name == NULL ? member->element.index == element->index :
			member->element.length == element->length &&
			memcmp(member->element.name, element->name, element->length) == 0)
			return member;
	}
	member = projection_member(element);
	*members = lappend(*members, member);
	return member;
}

static int
compare_indexes(const ListCell *a, const ListCell *b)
{
	uint32		one = ((const ProjectionMember *) lfirst(a))->element.index;
	uint32		other = ((const ProjectionMember *) lfirst(b))->element.index;

	return one < other ? -1 : one > other;
}

static void
sort_indexes(List *members)
{
	ListCell   *cell;

	if (members == NIL)
		return;
	if (((ProjectionMember *) linitial(members))->element.name == NULL)
		list_sort(members, compare_indexes);
	foreach(cell, members)
		sort_indexes(((ProjectionMember *) lfirst(cell))->children);
}

Projection *
projection_of_paths(const List *paths)
{
	Projection *projection = palloc0(sizeof(Projection));
	ListCell   *cell;

	foreach(cell, paths)
	{
		const DocumentPath *path = lfirst(cell);
		List	  **members = &projection->members;

		for (int i = 0; i < path->count; i++)
			members = &find_or_add_member(members, &path->elements[i])->children;
	}
	sort_indexes(projection->members);
	return projection;
}

Projection *
projection_parse(const char *text, uint32 length, ExpressionAttributes *attributes)
{
	static const char parameter[] = "ProjectionExpression";
	ExpressionParser parser;
	WordCheck	words = {0};
	ListCell   *cell;

	expression_parse(&parser, parameter, PROJECTION_LANGUAGE, text, length);
	foreach(cell, parser.paths)
		word_check_path(&words, lfirst(cell));
	word_check_raise(&words, &parser);
	foreach(cell, parser.paths)
		expression_resolve_path(parameter, lfirst(cell), attributes);
	document_paths_check(parameter, parser.paths);
	return projection_of_paths(parser.paths);
}

Projection *
projection_of_attributes(const Value *names, int count)
{
	Projection *projection = palloc0(sizeof(Projection));

	for (int i = 0; i < count; i++)
	{
		PathElement element = {.name = names[i].data,.length = names[i].length};

		projection->members = lappend(projection->members, projection_member(&element));
	}
	return projection;
}

const char *
projection_attribute(const Projection *projection, int index, uint32 *name_length)
{
	const ProjectionMember *member;

	if (index >= list_length(projection->members))
		return NULL;
	member = list_nth(projection->members, index);
	*name_length = member->element.length;
	return member->element.name;
}

bool
projection_enters_attribute(const Projection *projection, const char *name, uint32 name_length)
{
	ListCell   *cell;

	foreach(cell, projection->members)
	{
		const ProjectionMember *member = lfirst(cell);

		if (member->element.length == name_length &&
			memcmp(member->element.name, name, name_length) == 0)
			return member->children != NIL;
	}
	return false;
}

/* ---- Applying ---- */

static Node *project(const List *members, const Value *container);

/* The node of a member that was found; NULL if nothing wanted is in it. */
static Node *
project_member(const ProjectionMember *member, const Value *found)
{
	if (member->children == NIL)
		return node_from_value(found);
	return project(member->children, found);
}

static Node *
project_map(const List *members, const Value *map)
{
	Node	   *result = NULL;
	ListCell   *cell;

	foreach(cell, members)
	{
		const ProjectionMember *member = lfirst(cell);
		const PathElement *element = &member->element;
		Value		found;
		Node	   *node;

		if (!value_map_find(map, element->name, element->length, &found) ||
			(node = project_member(member, &found)) == NULL)
			continue;
		if (result == NULL)
			result = node_map();
		node_map_append(result, element->name, element->length, node);
	}
	return result;
}

static Node *
project_list(const List *members, const Value *list)
{
	Node	   *result = NULL;
	ListCell   *cell;

	foreach(cell, members)
	{
		const ProjectionMember *member = lfirst(cell);
		Value		found;
		Node	   *node;

		if (!value_list_get(list, member->element.index, &found))
			break;				/* those behind it are even larger */
		node = project_member(member, &found);
		if (node == NULL)
			continue;
		if (result == NULL)
			result = node_list();
		node_list_append(result, node);
	}
	return result;
}

/* A container without what is not wanted of it; NULL if nothing is left. */
static Node *
project(const List *members, const Value *container)
{
	bool		by_name = ((ProjectionMember *) linitial(members))->element.name != NULL;

	check_stack_depth();

	if (by_name)
		return container->type == VALUE_MAP ? project_map(members, container) : NULL;
	return container->type == VALUE_LIST ? project_list(members, container) : NULL;
}

Value
projection_apply(const Projection *projection, const Value *item)
{
	Node	   *result;

	if (projection->members == NIL)
		return empty_map;
	result = project(projection->members, item);
	return result != NULL ? node_pack(result) : empty_map;
}
