/*
 * encoding.c - gzip and deflate, and the checksum over what is sent.
 */
#include "postgres.h"

#include <libdeflate.h>

#include "miscadmin.h"

#include "http/request.h"

/* What is smaller gains nothing. */
#define MIN_PACKED_SIZE 1024

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

/* Whether a list such as "identity, gzip;q=0.5" names gzip and not with q=0. */
static bool
accepts_gzip(const char *list)
{
	while (*list != '\0')
	{
		size_t		length;

		list += strspn(list, " \t,");
		length = strcspn(list, ",");
		if (length >= 4 && pg_strncasecmp(list, "gzip", 4) == 0 &&
			(length == 4 || strchr(" \t;", list[4]) != NULL))
		{
			const char *quality = strstr(list, "q=");

			return quality == NULL || quality > list + length || atof(quality + 2) > 0;
		}
		list += length;
	}
	return false;
}

void
http_encode_response(const HttpRequest *request, HttpResponse *response)
{
	static struct libdeflate_compressor *compressor = NULL;
	const char *accepted = http_header(request, "Accept-Encoding");
	StringInfoData packed;

	if (accepted == NULL || response->body.len < MIN_PACKED_SIZE || !accepts_gzip(accepted))
		return;
	if (compressor == NULL)
		compressor = libdeflate_alloc_compressor(FASTEST);
	if (compressor == NULL)
		return;

	/* room for less than there was, or it does not pay */
	initStringInfo(&packed);
	enlargeStringInfo(&packed, response->body.len);
	packed.len = (int) libdeflate_gzip_compress(compressor, response->body.data, response->body.len,
												packed.data, response->body.len - 1);
	if (packed.len == 0)
	{
		pfree(packed.data);
		return;
	}
	pfree(response->body.data);
	response->body = packed;
	response->content_encoding = "gzip";
}
