/*
 * addresses.h - lists of addresses and networks, as settings have them.
 */
#ifndef DDB_ADDRESSES_H
#define DDB_ADDRESSES_H

#include <sys/socket.h>

#include "utils/guc.h"

/* A setting's check hook: the text is a list such as "127.0.0.1, 10.0.0.0/8, ::1". */
extern bool addresses_check(char **value, void **extra, GucSource source);

/* Whether such a list has the address; allocates in the current memory context. */
extern bool addresses_match(const char *list, const struct sockaddr *address);

#endif							/* DDB_ADDRESSES_H */
