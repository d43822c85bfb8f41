/*
 * node.h - values under construction.
 *
 * A node is a value that can still be changed: either a packed value that it
 * points at (nothing is copied until it must change) or an open map or list of
 * nodes.  JSON is read into nodes, an update is applied to nodes, and
 * node_pack() writes a node as one packed value.
 *
 * All nodes live in CurrentMemoryContext; the bytes that they point at belong
 * to whoever made them and must outlive the packing.
 */
#ifndef DDB_NODE_H
#define DDB_NODE_H

#include "value/value.h"

typedef struct Node Node;

/* A node that stands for the packed value. */
extern Node *node_from_value(const Value *value);

/* Empty containers; a set takes its members' packed values. */
extern Node *node_map(void);
extern Node *node_list(void);
extern Node *node_set(ValueType set_type);

extern ValueType node_type(const Node *node);

/*
 * The member of a map, opened for change; NULL where there is none or node is
 * no map.  name need not have an end mark.
 */
extern Node *node_map_get(Node *map, const char *name, uint32 name_length);

/*
 * Sets or replaces a map's member; the name is not copied.  Returns false if
 * the name was there already (and was replaced).
 */
extern bool node_map_set(Node *map, const char *name, uint32 name_length, Node *member);

/*
 * Adds a member with a name that the map is known not to have, or which
 * node_map_repeats() judges at the end; for those who build a whole map, which is
 * then sorted once.
 */
extern void node_map_append(Node *map, const char *name, uint32 name_length, Node *member);

/* Whether two of the members that were added have the same name. */
extern bool node_map_repeats(Node *map);

/* Removes a map's member if there is one. */
extern void node_map_remove(Node *map, const char *name, uint32 name_length);

extern uint32 node_list_count(Node *list);
extern Node *node_list_get(Node *list, uint32 index);	/* NULL beyond the end */
extern void node_list_append(Node *list, Node *member);

/* Replaces the member at the index, which must be below the count. */
extern void node_list_set(Node *list, uint32 index, Node *member);

/* Removes the member at the index, those behind it move up. */
extern void node_list_remove(Node *list, uint32 index);

/* Adds a member to a set under construction; false if it was there already. */
extern bool node_set_add(Node *set, const Value *member);

/*
 * The set of these members, which may be in any order; the array is sorted and
 * becomes the node's.  NULL if two of them are equal.
 */
extern Node *node_set_from_members(ValueType set_type, Value *members, uint32 count);

/*
 * Removes a member; whether there was one.  The last member may be removed;
 * callers see to it that no empty set is packed.
 */
extern bool node_set_remove(Node *set, const Value *member);
extern uint32 node_set_count(Node *set);

/*
 * The node as one packed value, palloc'd where it is not packed already.
 * Raises ValidationException for an item (a map whose members are attributes)
 * that is nested beyond VALUE_MAX_DEPTH, as an update could make it.
 */
extern Value node_pack(const Node *node);

/* Raises it for a node so deep in an item, whose attributes are at depth 1. */
extern void node_check_depth(int depth);

/* DynamoDB's size of the node, as value_size() counts. */
extern uint32 node_size(const Node *node);

#endif							/* DDB_NODE_H */
