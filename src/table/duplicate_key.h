/*
 * duplicate_key.h - what is said of a key that is taken.
 */
#ifndef DDB_DUPLICATE_KEY_H
#define DDB_DUPLICATE_KEY_H

/* Called once, when the library is loaded. */
extern void duplicate_key_install_hooks(void);

#endif							/* DDB_DUPLICATE_KEY_H */
