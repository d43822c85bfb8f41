/*
 * hash.c - SipHash-2-4 with 128 bits of output, after Aumasson and Bernstein.
 *
 * All words are little-endian whatever the machine's order is.
 */
#include "postgres.h"

#include "port/pg_bswap.h"

#include "value/hash.h"

typedef struct SipState
{
	uint64		v0;
	uint64		v1;
	uint64		v2;
	uint64		v3;
} SipState;

#define FINAL_ROUNDS 4

static inline uint64
rotate_left(uint64 word, int bits)
{
	return word << bits | word >> (64 - bits);
}

static inline uint64
little_endian(uint64 word)
{
#ifdef WORDS_BIGENDIAN
	return pg_bswap64(word);
#else
	return word;
#endif
}

static inline uint64
read_word(const unsigned char *bytes)
{
	uint64		word;

	memcpy(&word, bytes, sizeof(word));
	return little_endian(word);
}

/* Of less than 8 bytes, by few loads, which may overlap. */
static inline uint64
read_last_word(const unsigned char *bytes, uint32 count)
{
	uint32		first;
	uint32		last;

	if (count == 0)
		return 0;
	if (count < sizeof(first))
		return (uint64) bytes[0] | (uint64) bytes[count / 2] << (8 * (count / 2)) |
			(uint64) bytes[count - 1] << (8 * (count - 1));
	memcpy(&first, bytes, sizeof(first));
	memcpy(&last, bytes + count - sizeof(last), sizeof(last));
#ifdef WORDS_BIGENDIAN
	first = pg_bswap32(first);
	last = pg_bswap32(last);
#endif
	return (uint64) first | (uint64) last << (8 * (count - sizeof(last)));
}

static inline void
write_word(unsigned char *bytes, uint64 word)
{
	word = little_endian(word);
	memcpy(bytes, &word, sizeof(word));
}

static inline void
sip_round(SipState *state)
{
	state->v0 += state->v1;
	state->v1 = rotate_left(state->v1, 13) ^ state->v0;
	state->v0 = rotate_left(state->v0, 32);
	state->v2 += state->v3;
	state->v3 = rotate_left(state->v3, 16) ^ state->v2;
	state->v0 += state->v3;
	state->v3 = rotate_left(state->v3, 21) ^ state->v0;
	state->v2 += state->v1;
	state->v1 = rotate_left(state->v1, 17) ^ state->v2;
	state->v2 = rotate_left(state->v2, 32);
}

static inline void
sip_absorb(SipState *state, uint64 word)
{
	state->v3 ^= word;
	sip_round(state);
	sip_round(state);
	state->v0 ^= word;
}

static inline uint64
sip_finish(SipState *state)
{
	for (int i = 0; i < FINAL_ROUNDS; i++)
		sip_round(state);
	return state->v0 ^ state->v1 ^ state->v2 ^ state->v3;
}

void
key_hash(const char *data, uint32 length, unsigned char hash[KEY_HASH_LENGTH])
{
	const uint64 key0 = UINT64CONST(0x0706050403020100);
	const uint64 key1 = UINT64CONST(0x0f0e0d0c0b0a0908);
	const unsigned char *bytes = (const unsigned char *) data;
	uint32		left = length;
	SipState	state;

	state.v0 = key0 ^ UINT64CONST(0x736f6d6570736575);
	state.v1 = key1 ^ UINT64CONST(0x646f72616e646f6d) ^ 0xee;
	state.v2 = key0 ^ UINT64CONST(0x6c7967656e657261);
	state.v3 = key1 ^ UINT64CONST(0x7465646279746573);

	for (; left >= 8; left -= 8, bytes += 8)
		sip_absorb(&state, read_word(bytes));
	sip_absorb(&state, (uint64) length << 56 | read_last_word(bytes, left));

	state.v2 ^= 0xee;
	write_word(hash, sip_finish(&state));
	state.v1 ^= 0xdd;
	write_word(hash + 8, sip_finish(&state));
}

void
key_hash_of_values(const Value *values, int count, unsigned char hash[KEY_HASH_LENGTH])
{
	StringInfoData bytes;

	if (count == 1)
	{
		key_hash(values[0].data, values[0].length, hash);
		return;
	}

	initStringInfo(&bytes);
	for (int i = 0; i < count; i++)
	{
		for (int shift = 0; shift < 32; shift += 8)
			appendStringInfoChar(&bytes, (char) (values[i].length >> shift));
		appendBinaryStringInfo(&bytes, values[i].data, values[i].length);
	}
	key_hash(bytes.data, bytes.len, hash);
	pfree(bytes.data);
}
