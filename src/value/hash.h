/*
 * hash.h - the 128-bit hash of a partition key.
 */
#ifndef DDB_HASH_H
#define DDB_HASH_H

#include "value/value.h"

#define KEY_HASH_LENGTH 16

/*
 * SipHash-2-4 with 128 bits of output, keyed with the bytes 00 01 .. 0F, of
 * the packed payload of a key attribute's value.  It stands in indexes and so
 * can never change; it is the same on every machine.
 */
extern void key_hash(const char *data, uint32 length, unsigned char hash[KEY_HASH_LENGTH]);

/*
 * The same of a partition key of several attributes: of one, its hash; of
 * more, the hash of their payloads, each behind its length in four bytes, the
 * lowest first.
 */
extern void key_hash_of_values(const Value *values, int count, unsigned char hash[KEY_HASH_LENGTH]);

#endif							/* DDB_HASH_H */
