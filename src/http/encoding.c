/*
 * encoding.c - gzip and deflate, and the checksum over what is sent.
 */
#include "postgres.h"

#include <libdeflate.h>

#include "miscadmin.h"

#include "http/request.h"

/* AWS packs answers from this size on. */
#define MIN_PACKED_SIZE 4096

#define FASTEST 1

#define GZIP_MAGIC "\x1f\x8b"

uint32
http_crc32(const char *data, size_t length)
{
	return libdeflate_crc32(0, data, length);
}

static bool
is_gzip(const char *body, size_t length)
{
	return length >= 2 && memcmp(body, GZIP_MAGIC, 2) == 0;
}

/*
 * Appends what a member of gzip or else a stream of zlib's form holds, whatever
 * the encoding is called, if there is room; *used is how long it was.
 */
static enum libdeflate_result
decompress(const char *body, size_t length, StringInfo decoded, size_t *used)
{
	static struct libdeflate_decompressor *decompressor = NULL;
	char	   *out = decoded->data + decoded->len;
	size_t		room = decoded->maxlen - decoded->len - 1;
	size_t		size = 0;
	enum libdeflate_result result;

	if (decompressor == NULL)
		decompressor = libdeflate_alloc_decompressor();
	if (decompressor == NULL)
		elog(ERROR, "could not begin to unpack a request: out of memory");
	if (is_gzip(body, length))
		result = libdeflate_gzip_decompress_ex(decompressor, body, length, out, room, used, &size);
	else
		result = libdeflate_zlib_decompress_ex(decompressor, body, length, out, room, used, &size);
	if (result == LIBDEFLATE_SUCCESS)
		decoded->len += (int) size;
	decoded->data[decoded->len] = '\0';
	return result;
}

DecodeResult
http_decode_body(const char *encoding, const char *body, size_t length, size_t limit,
				 StringInfo decoded)
{
	if (pg_strcasecmp(encoding, "gzip") != 0 && pg_strcasecmp(encoding, "deflate") != 0)
		return DECODE_CORRUPT;

	enlargeStringInfo(decoded, (int) Min(4 * length, limit));
	for (;;)
	{
		size_t		used = 0;
		enum libdeflate_result result = decompress(body, length, decoded, &used);

		CHECK_FOR_INTERRUPTS();
		if (result == LIBDEFLATE_INSUFFICIENT_SPACE)
		{
			if ((size_t) decoded->maxlen > limit)
				return DECODE_TOO_LARGE;
			enlargeStringInfo(decoded, decoded->maxlen);
			continue;
		}
		if (result != LIBDEFLATE_SUCCESS)
			return DECODE_CORRUPT;
		if ((size_t) decoded->len > limit)
			return DECODE_TOO_LARGE;
		body += used;
		length -= used;
		if (length == 0)
			return DECODE_OK;
		/* gzip may have further members */
		if (!is_gzip(body, length))
			return DECODE_CORRUPT;
	}
}

/* ---- Answers ---- */

typedef enum Packing
{
	PACK_GZIP,
	PACK_DEFLATE,
	PACK_IDENTITY,
	PACKINGS
} Packing;

/* In the order in which one is taken before others of the same quality. */
static const char *const packings[PACKINGS] = {"gzip", "deflate", "identity"};

/* A parameter such as ";q=0.5", up to the end of the list's member; 1 where there is none. */
static double
quality(const char *parameters, const char *end)
{
	while (parameters < end)
	{
		parameters += strspn(parameters, "; \t");
		if (pg_strncasecmp(parameters, "q=", 2) == 0)
		{
			/* three decimals and no more, by HTTP's grammar, so no sign and no exponent */
			double		value = parameters[2] == '1' ? 1 : 0;
			double		digit = 0.1;

			if (value == 0 && parameters[2] == '0' && parameters[3] == '.')
			{
				for (const char *c = parameters + 4; *c >= '0' && *c <= '9'; c++, digit /= 10)
					value += (*c - '0') * digit;
			}
			return value;
		}
		parameters += strcspn(parameters, ";,");
	}
	return 1;
}

/*
 * What the client likes best by its Accept-Encoding, such as "deflate, gzip;q=0.5".
 * What is not named is as "*" says, or else refused; only the body as it is need not
 * be named.
 */
static Packing
best_packing(const char *list)
{
	double		wanted[PACKINGS] = {-1, -1, -1};
	double		others = -1;
	Packing		best = PACK_IDENTITY;

	while (*list != '\0')
	{
		const char *end;
		size_t		length;

		list += strspn(list, " \t,");
		length = strcspn(list, " \t;,");
		end = list + strcspn(list, ",");
		if (length == 1 && *list == '*')
			others = quality(list + length, end);
		for (int i = 0; i < PACKINGS; i++)
		{
			if (strlen(packings[i]) == length && pg_strncasecmp(list, packings[i], length) == 0)
				wanted[i] = quality(list + length, end);
		}
		list = end;
	}
	for (int i = 0; i < PACKINGS; i++)
	{
		if (wanted[i] < 0)
			wanted[i] = others >= 0 ? others : 0;
	}
	for (int i = PACKINGS - 2; i >= 0; i--)
	{
		if (wanted[i] > 0 && wanted[i] >= wanted[best])
			best = i;
	}
	return best;
}

/* The packed body, or one without length where it would not be shorter. */
static StringInfoData
pack(Packing packing, const StringInfoData *body)
{
	static struct libdeflate_compressor *compressor = NULL;
	StringInfoData packed;
	size_t		room = body->len - 1;

	initStringInfo(&packed);
	if (compressor == NULL)
		compressor = libdeflate_alloc_compressor(FASTEST);
	if (compressor == NULL)
		return packed;
	enlargeStringInfo(&packed, body->len);
	if (packing == PACK_GZIP)
		packed.len = (int) libdeflate_gzip_compress(compressor, body->data, body->len, packed.data, room);
	else
		packed.len = (int) libdeflate_zlib_compress(compressor, body->data, body->len, packed.data, room);
	return packed;
}

void
http_encode_response(const HttpRequest *request, HttpResponse *response)
{
	const char *accepted = http_header(request, HEADER_ACCEPT_ENCODING);
	Packing		packing;
	StringInfoData packed;

	if (accepted == NULL || response->body.len < MIN_PACKED_SIZE)
		return;
	packing = best_packing(accepted);
	if (packing == PACK_IDENTITY)
		return;
	packed = pack(packing, &response->body);
	if (packed.len == 0)
	{
		pfree(packed.data);
		return;
	}
	pfree(response->body.data);
	response->body = packed;
	response->content_encoding = packings[packing];
}
