/*
 * last_key.h - the key that ddb.hash() has hashed last, in this session.
 */
#ifndef DDB_LAST_KEY_H
#define DDB_LAST_KEY_H

/* The texts of its hash and of the key itself, palloc'd; false if there is none. */
extern bool last_key_print(char **hash, char **key);

#endif							/* DDB_LAST_KEY_H */
