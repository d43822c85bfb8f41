/*
 * base64.c - reading base64 as strictly as AWS does.
 *
 * The bits that the last character has beyond the last byte must be 0, so
 * that there is one spelling for each binary.
 */
#include "postgres.h"

#include "error.h"
#include "value/base64.h"

#define INVALID 0xFF

/* Each character's value and 1; 0 for those that have none. */
static const uint8 alphabet[256] =
{
	['A'] = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
	14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
	['a'] = 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39,
	40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52,
	['0'] = 53, 54, 55, 56, 57, 58, 59, 60, 61, 62,
	['+'] = 63,
	['/'] = 64,
};

static inline uint8
sextet(char character)
{
	return (uint8) (alphabet[(uint8) character] - 1);
}

static uint32
padding(const char *text, uint32 length)
{
	if (length == 0 || text[length - 1] != '=')
		return 0;
	return text[length - 2] == '=' ? 2 : 1;
}

/* Whether the last character that is no padding has no bits beyond the last byte. */
static bool
ends_soundly(const char *text, uint32 length, uint32 pads)
{
	uint8		last;

	if (pads == 0)
		return true;
	last = sextet(text[length - pads - 1]);
	return last != INVALID && (last & (pads == 1 ? 0x03 : 0x0F)) == 0;
}

bool
base64_is_valid(const char *text, uint32 length)
{
	uint32		pads = length % 4 == 0 ? padding(text, length) : 0;
	uint8		worst = 0;

	for (uint32 i = 0; i < length - pads; i++)
		worst |= sextet(text[i]) & ~63;
	return length % 4 == 0 && worst == 0 && ends_soundly(text, length, pads);
}

void
base64_check(const char *text, uint32 length)
{
	uint32		pads;

	if (length % 4 != 0)
		ddb_error(SERIALIZATION_EXCEPTION,
				  "Base64 encoded length is expected a multiple of 4 bytes but found: %u",
				  length);
	pads = padding(text, length);
	if (!ends_soundly(text, length, pads))
		ddb_error(SERIALIZATION_EXCEPTION,
				  "Invalid last non-pad Base64 character dectected");
	for (uint32 i = 0; i < length - pads; i++)
	{
		if (sextet(text[i]) == INVALID)
			ddb_error(SERIALIZATION_EXCEPTION, "Invalid Base64 character at position %u", i);
	}
}

uint32
base64_decoded_length(const char *text, uint32 length)
{
	return length / 4 * 3 - padding(text, length);
}

void
base64_decode(const char *text, uint32 length, char *to)
{
	uint32		left = base64_decoded_length(text, length);

	for (uint32 i = 0; i < length; i += 4)
	{
		uint32		bits = (uint32) (sextet(text[i]) & 63) << 18 |
			(uint32) (sextet(text[i + 1]) & 63) << 12 |
			(uint32) (sextet(text[i + 2]) & 63) << 6 |
			(uint32) (sextet(text[i + 3]) & 63);

		for (int shift = 16; shift >= 0 && left > 0; shift -= 8, left--)
			*to++ = (char) (bits >> shift);
	}
}
