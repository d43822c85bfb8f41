/*
 * planner.h - what the planner is told of partition keys.
 */
#ifndef DDB_PLANNER_H
#define DDB_PLANNER_H

#include "nodes/pathnodes.h"

/* Called once, when the library is loaded. */
extern void planner_install_hook(void);

/* ---- for this folder only ---- */

/*
 * The expression as a key's type, or an array of such; NULL where there is no
 * cast.
 */
extern Node *as_key_type(Node *expression, Oid key_type);

/* ddb's function of that name, of one argument of that type. */
extern Oid	planner_function(const char *name, Oid argument_type);

/* left = right, by the operator of pg_catalog's. */
extern Expr *planner_equality(Node *left, Node *right);

/*
 * An equality whose column is marked has a condition on the hash beside it,
 * which is what the planner estimates by.
 */
extern bool is_marked(Node *expression);
extern Node *mark_hashed(Node *column);

#endif							/* DDB_PLANNER_H */
