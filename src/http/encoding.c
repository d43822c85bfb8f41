/*
 * encoding.c - gzip and deflate, and the checksum over what is sent.
 */
#include "postgres.h"

#include <zlib.h>

#include "http/request.h"

/* What is smaller gains nothing. */
#define MIN_PACKED_SIZE 1024

/* zlib's memory belongs to the request. */
static void *
allocate(void *context, unsigned int count, unsigned int size)
{
	return MemoryContextAllocExtended(context, (Size) count * size, MCXT_ALLOC_NO_OOM);
}

static void
release(void *context, void *memory)
{
	pfree(memory);
}

uint32
http_crc32(const char *data, size_t length)
{
	return (uint32) crc32_z(0, (const Bytef *) data, length);
}

DecodeResult
http_decode_body(const char *encoding, const char *body, size_t length, size_t limit,
				 StringInfo decoded)
{
	z_stream	stream = {.zalloc = allocate,.zfree = release,.opaque = CurrentMemoryContext};
	int			status = Z_OK;

	if (pg_strcasecmp(encoding, "gzip") != 0 && pg_strcasecmp(encoding, "deflate") != 0)
		return DECODE_CORRUPT;

	/* 32: a header of gzip or zlib, whichever is there */
	if (inflateInit2(&stream, MAX_WBITS + 32) != Z_OK)
		elog(ERROR, "could not begin to unpack a request: %s", stream.msg ? stream.msg : "out of memory");
	stream.next_in = (Bytef *) body;
	stream.avail_in = length;
	while (status == Z_OK && (size_t) decoded->len <= limit)
	{
		enlargeStringInfo(decoded, 8192);
		stream.next_out = (Bytef *) decoded->data + decoded->len;
		stream.avail_out = decoded->maxlen - decoded->len - 1;
		status = inflate(&stream, Z_NO_FLUSH);
		decoded->len = (char *) stream.next_out - decoded->data;
	}
	decoded->data[decoded->len] = '\0';
	inflateEnd(&stream);

	if ((size_t) decoded->len > limit)
		return DECODE_TOO_LARGE;
	return status == Z_STREAM_END ? DECODE_OK : DECODE_CORRUPT;
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
	const char *accepted = http_header(request, "Accept-Encoding");
	z_stream	stream = {.zalloc = allocate,.zfree = release,.opaque = CurrentMemoryContext};
	StringInfoData packed;
	int			status;

	if (accepted == NULL || response->body.len < MIN_PACKED_SIZE || !accepts_gzip(accepted))
		return;

	/* 16: gzip's header */
	if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return;
	initStringInfo(&packed);
	enlargeStringInfo(&packed, deflateBound(&stream, response->body.len));
	stream.next_in = (Bytef *) response->body.data;
	stream.avail_in = response->body.len;
	stream.next_out = (Bytef *) packed.data;
	stream.avail_out = packed.maxlen - 1;
	status = deflate(&stream, Z_FINISH);
	packed.len = (char *) stream.next_out - packed.data;
	deflateEnd(&stream);
	if (status != Z_STREAM_END || packed.len >= response->body.len)
		return;

	pfree(response->body.data);
	response->body = packed;
	response->content_encoding = "gzip";
}
