/*
 * json_bytes.h - looking over the bytes of a JSON string, many at once; memory for
 * what it stands for.
 */
#ifndef DDB_JSON_BYTES_H
#define DDB_JSON_BYTES_H

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "lib/stringinfo.h"
#include "port/pg_bitutils.h"
#ifndef __SSE2__
#include "port/pg_bswap.h"
#endif

static inline bool
json_byte_is_plain(uint8 byte)
{
	return byte >= 0x20 && byte != '"' && byte != '\\';
}

/* Of so many bytes at once, where the first is that is not plain; a number no less where all are. */
#ifdef __SSE2__

#define JSON_BLOCK_SIZE sizeof(__m128i)

static inline unsigned
json_plain_in_block(const char *block)
{
	__m128i		bytes = _mm_loadu_si128((const __m128i *) block);
	__m128i		controls = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1F)), bytes);
	__m128i		quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
	__m128i		backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
	uint32		escapes = _mm_movemask_epi8(_mm_or_si128(controls, _mm_or_si128(quotes, backslashes)));

	return pg_rightmost_one_pos32(escapes | 1 << JSON_BLOCK_SIZE);
}

#else

#define JSON_BLOCK_SIZE sizeof(uint64)
#define JSON_BYTES(byte) (UINT64CONST(0x0101010101010101) * (byte))

static inline unsigned
json_plain_in_block(const char *block)
{
	uint64		bytes;
	uint64		quote;
	uint64		backslash;
	uint64		escapes;

	memcpy(&bytes, block, sizeof(bytes));
#ifdef WORDS_BIGENDIAN
	bytes = pg_bswap64(bytes);
#endif
	quote = bytes ^ JSON_BYTES('"');
	backslash = bytes ^ JSON_BYTES('\\');
	/* each term has a byte's high bit set where that byte is below the bound, and the lowest such bit is right */
	escapes = (((bytes - JSON_BYTES(0x20)) & ~bytes) |
			   ((quote - JSON_BYTES(1)) & ~quote) |
			   ((backslash - JSON_BYTES(1)) & ~backslash)) & JSON_BYTES(0x80);
	return escapes != 0 ? pg_rightmost_one_pos64(escapes) / 8 : JSON_BLOCK_SIZE;
}

#endif

/* Behind the plain bytes that the text begins with. */
static inline const char *
json_plain_end(const char *at, const char *end)
{
	for (; end - at >= (ptrdiff_t) JSON_BLOCK_SIZE; at += JSON_BLOCK_SIZE)
	{
		unsigned	plain = json_plain_in_block(at);

		if (plain < JSON_BLOCK_SIZE)
			return at + plain;
	}
	while (at < end && json_byte_is_plain(*at))
		at++;
	return at;
}

/* An empty text with memory for so many bytes, where initStringInfo() would take 1 KB for each of many. */
static inline void
string_init_exactly(StringInfo text, size_t length)
{
	text->data = palloc(length + 1);
	text->maxlen = (int) length + 1;
	resetStringInfo(text);
}

#endif							/* DDB_JSON_BYTES_H */
