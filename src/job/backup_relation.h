/*
 * backup_relation.h - the relations that hold the items of backups.
 *
 * Each is a heap in the schema dynamodb, "(backup)/<identifier>", whose only column is
 * the item.  No table can be called so, and it is no table: no operation on items
 * reads it, and nothing is in it but what a job has copied, or what a table was
 * when it was deleted.
 */
#ifndef DDB_JOB_BACKUP_RELATION_H
#define DDB_JOB_BACKUP_RELATION_H

#include "utils/relcache.h"

/* An empty one for a backup of the table's relation, of that owner. */
extern Oid	backup_relation_create(const char *id, Oid table, Oid owner);

/*
 * One that has the items of the table's relation, and is its owner's; the relation itself is empty
 * afterwards, and must be dropped in the same transaction.  It must be locked against all others.
 * Nothing is copied.
 */
extern Oid	backup_relation_keep(const char *id, Oid table);

/* Whether it is as it was made, so that rows can be added without anybody's code. */
extern bool backup_relation_is_plain(Relation relation);

/* The column of the items of a backup; 0 where its owner has taken it away, or made of the relation what has no rows of its own. */
extern int	backup_relation_item_column(Relation relation);

#endif							/* DDB_JOB_BACKUP_RELATION_H */
