/*
 * item_file_compression.c - gzip and zstd, as streams.
 *
 * What the libraries allocate is tied to the memory context in which the stream
 * was begun, so that an error leaves nothing behind.
 */
#include "postgres.h"

#include <isa-l/igzip_lib.h>
#include <zlib.h>
#include <zstd.h>

#include "miscadmin.h"
#include "utils/memutils.h"

#include "transfer/item_file_format.h"

#define BUFFER_SIZE (64 * 1024)

/* zlib's: a window of 32 KB, and gzip's head around it. */
#define GZIP_WINDOW_BITS (15 + 16)

/*
 * gzip is read by zlib and written by ISA-L, which packs as well as zlib's fastest level in a tenth of its
 * time.  libdeflate is fast too, but packs whole buffers, so that a file would have many
 * members; and Java's GZIPInputStream takes the first for the last where its source has no
 * byte at hand just then.
 */
#define GZIP_LEVEL 1
#define GZIP_LEVEL_SIZE ISAL_DEF_LVL1_DEFAULT
#define GZIP_ALIGNMENT 64
#define ZSTD_LEVEL 1

/* ---- Memory ---- */

static void *
allocate(void *context, uInt count, uInt size)
{
	return MemoryContextAllocExtended(context, (Size) count * size, MCXT_ALLOC_NO_OOM);
}

static void
release(void *context, void *memory)
{
	pfree(memory);
}

static void
out_of_memory(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_OUT_OF_MEMORY),
			 errmsg("out of memory")));
}

/* ---- Unpacking ---- */

struct Unpacker
{
	ItemFileCompression compression;
	ItemFileRead read;
	void	   *argument;
	char	   *packed;			/* from the callback */
	size_t		packed_length;
	size_t		packed_used;
	bool		ended;			/* nothing more comes from the callback */
	bool		in_frame;		/* a member of gzip, or a frame of zstd, has begun and not ended */
	bool		after_member;	/* a member of gzip has ended */
	bool		in_padding;		/* zeros are behind it */
	z_stream	gzip;
	ZSTD_DStream *zstd;
	MemoryContextCallback callback;
};

static void
free_unpacking(void *argument)
{
	Unpacker   *unpacker = argument;

	ZSTD_freeDStream(unpacker->zstd);
	unpacker->zstd = NULL;
}

static void
begin_unpacking_zstd(Unpacker *unpacker)
{
	unpacker->callback.func = free_unpacking;
	unpacker->callback.arg = unpacker;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &unpacker->callback);
	unpacker->zstd = ZSTD_createDStream();
	if (unpacker->zstd == NULL)
		out_of_memory();
}

Unpacker *
unpacker_begin(ItemFileCompression compression, ItemFileRead read, void *argument)
{
	Unpacker   *unpacker = palloc0(sizeof(Unpacker));

	unpacker->compression = compression;
	unpacker->read = read;
	unpacker->argument = argument;
	if (compression == ITEM_FILE_PLAIN)
		return unpacker;
	unpacker->packed = palloc(BUFFER_SIZE);
	if (compression == ITEM_FILE_ZSTD)
		begin_unpacking_zstd(unpacker);
	else
	{
		unpacker->gzip.zalloc = allocate;
		unpacker->gzip.zfree = release;
		unpacker->gzip.opaque = CurrentMemoryContext;
		if (inflateInit2(&unpacker->gzip, GZIP_WINDOW_BITS) != Z_OK)
			out_of_memory();
	}
	return unpacker;
}

void
unpacker_end(Unpacker *unpacker)
{
	if (unpacker->compression == ITEM_FILE_GZIP)
		inflateEnd(&unpacker->gzip);
	if (unpacker->compression == ITEM_FILE_ZSTD)
		free_unpacking(unpacker);
}

/* Bytes of the packed file, if there are any left. */
static bool
fetch_packed(Unpacker *unpacker)
{
	if (unpacker->packed_used == unpacker->packed_length && !unpacker->ended)
	{
		unpacker->packed_used = 0;
		unpacker->packed_length = unpacker->read(unpacker->argument, unpacker->packed, BUFFER_SIZE);
		unpacker->ended = unpacker->packed_length == 0;
	}
	return unpacker->packed_used < unpacker->packed_length;
}

/*
 * Passes by zeros between the last member and the end of the file, with which what writes whole blocks fills the last
 * one, and gzip does not mind.  False where there is something else.
 */
static bool
skip_padding(Unpacker *unpacker)
{
	if (!unpacker->after_member || unpacker->in_frame)
		return false;
	while (unpacker->packed_used < unpacker->packed_length && unpacker->packed[unpacker->packed_used] == '\0')
	{
		unpacker->in_padding = true;
		unpacker->packed_used++;
	}
	return unpacker->packed_used == unpacker->packed_length;
}

/* Each unpacks what is there into the buffer: how many bytes came of it. */
static size_t
unpack_gzip(Unpacker *unpacker, char *buffer, size_t size, const char **broken)
{
	z_stream   *gzip = &unpacker->gzip;
	int			status;

	if (skip_padding(unpacker))
		return 0;
	if (unpacker->in_padding)
	{
		*broken = "Behind the zeros at the end of the file in gzip's format stands something else";
		return 0;
	}
	gzip->next_in = (Bytef *) unpacker->packed + unpacker->packed_used;
	gzip->avail_in = unpacker->packed_length - unpacker->packed_used;
	gzip->next_out = (Bytef *) buffer;
	gzip->avail_out = Min(size, PG_INT32_MAX);
	size = gzip->avail_out;
	status = inflate(gzip, Z_NO_FLUSH);
	unpacker->packed_used = unpacker->packed_length - gzip->avail_in;
	unpacker->in_frame = status != Z_STREAM_END;
	unpacker->after_member |= status == Z_STREAM_END;
	if (status == Z_MEM_ERROR)
		out_of_memory();
	else if (status == Z_STREAM_END)
		inflateReset(gzip);
	else if (status != Z_OK && status != Z_BUF_ERROR)
		*broken = psprintf("The file is not in gzip's format: %s", gzip->msg != NULL ? gzip->msg : "unexpected data");
	return size - gzip->avail_out;
}

static size_t
unpack_zstd(Unpacker *unpacker, char *buffer, size_t size, const char **broken)
{
	ZSTD_inBuffer in = {unpacker->packed, unpacker->packed_length, unpacker->packed_used};
	ZSTD_outBuffer out = {buffer, size, 0};
	size_t		status = ZSTD_decompressStream(unpacker->zstd, &out, &in);

	unpacker->packed_used = in.pos;
	unpacker->in_frame = status != 0;
	if (ZSTD_isError(status))
		*broken = psprintf("The file is not in zstd's format: %s", ZSTD_getErrorName(status));
	return out.pos;
}

static size_t
unpack(Unpacker *unpacker, char *buffer, size_t size, const char **broken)
{
	if (unpacker->compression == ITEM_FILE_GZIP)
		return unpack_gzip(unpacker, buffer, size, broken);
	return unpack_zstd(unpacker, buffer, size, broken);
}

static size_t
read_packed(Unpacker *unpacker, char *buffer, size_t size, const char **broken)
{
	size_t		filled = 0;

	while (filled < size && *broken == NULL)
	{
		size_t		unpacked;
		bool		more = fetch_packed(unpacker);

		CHECK_FOR_INTERRUPTS();
		if (!more && !unpacker->in_frame)
			break;
		/* without more input too, as the library may still hold what the buffer had no room for */
		unpacked = unpack(unpacker, buffer + filled, size - filled, broken);
		filled += unpacked;
		if (!more && unpacked == 0 && unpacker->in_frame && *broken == NULL)
			*broken = "The compressed file is cut off";
	}
	return filled;
}

static size_t
read_plain(Unpacker *unpacker, char *buffer, size_t size)
{
	size_t		filled = 0;

	while (filled < size && !unpacker->ended)
	{
		size_t		length = unpacker->read(unpacker->argument, buffer + filled, size - filled);

		CHECK_FOR_INTERRUPTS();
		unpacker->ended = length == 0;
		filled += length;
	}
	return filled;
}

size_t
unpacker_read(Unpacker *unpacker, char *buffer, size_t size, const char **broken)
{
	*broken = NULL;
	if (unpacker->compression == ITEM_FILE_PLAIN)
		return read_plain(unpacker, buffer, size);
	return read_packed(unpacker, buffer, size, broken);
}

/* ---- Packing ---- */

typedef struct Gzip
{
	struct isal_zstream stream;
	uint8_t		level[GZIP_LEVEL_SIZE];
} Gzip;

struct Packer
{
	ItemFileCompression compression;
	ItemFileWrite write;
	void	   *argument;
	char	   *packed;
	Gzip	   *gzip;
	ZSTD_CStream *zstd;
	MemoryContextCallback callback;
};

static void
free_packing(void *argument)
{
	Packer	   *packer = argument;

	ZSTD_freeCStream(packer->zstd);
	packer->zstd = NULL;
}

static void
begin_packing_zstd(Packer *packer)
{
	packer->callback.func = free_packing;
	packer->callback.arg = packer;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &packer->callback);
	packer->zstd = ZSTD_createCStream();
	if (packer->zstd == NULL)
		out_of_memory();
	ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
	ZSTD_CCtx_setParameter(packer->zstd, ZSTD_c_checksumFlag, 1);
}

static void
begin_packing_gzip(Packer *packer)
{
	Gzip	   *gzip = (Gzip *) TYPEALIGN(GZIP_ALIGNMENT, palloc(sizeof(Gzip) + GZIP_ALIGNMENT));

	isal_deflate_init(&gzip->stream);
	gzip->stream.gzip_flag = IGZIP_GZIP;
	gzip->stream.level = GZIP_LEVEL;
	gzip->stream.level_buf = gzip->level;
	gzip->stream.level_buf_size = GZIP_LEVEL_SIZE;
	packer->gzip = gzip;
}

Packer *
packer_begin(ItemFileCompression compression, ItemFileWrite write, void *argument)
{
	Packer	   *packer = palloc0(sizeof(Packer));

	packer->compression = compression;
	packer->write = write;
	packer->argument = argument;
	if (compression == ITEM_FILE_PLAIN)
		return packer;
	packer->packed = palloc(BUFFER_SIZE);
	if (compression == ITEM_FILE_ZSTD)
		begin_packing_zstd(packer);
	else
		begin_packing_gzip(packer);
	return packer;
}

static void
pack_gzip(Packer *packer, const char *data, size_t length, bool last)
{
	struct isal_zstream *stream = &packer->gzip->stream;
	size_t		packed;

	stream->next_in = (uint8_t *) data;
	stream->avail_in = length;
	stream->end_of_stream = last;
	do
	{
		stream->next_out = (uint8_t *) packer->packed;
		stream->avail_out = BUFFER_SIZE;
		if (isal_deflate(stream) != COMP_OK)
			elog(ERROR, "could not compress by gzip");
		packed = BUFFER_SIZE - stream->avail_out;
		if (packed > 0)
			packer->write(packer->argument, packer->packed, packed);
	} while (stream->avail_in > 0 || (last && stream->internal_state.state != ZSTATE_END));
}

static void
pack_zstd(Packer *packer, const char *data, size_t length, bool last)
{
	ZSTD_inBuffer in = {data, length, 0};
	size_t		left;

	do
	{
		ZSTD_outBuffer out = {packer->packed, BUFFER_SIZE, 0};

		left = ZSTD_compressStream2(packer->zstd, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			elog(ERROR, "could not compress by zstd: %s", ZSTD_getErrorName(left));
		if (out.pos > 0)
			packer->write(packer->argument, packer->packed, out.pos);
	} while (in.pos < in.size || (last && left > 0));
}

static void
pack(Packer *packer, const char *data, size_t length, bool last)
{
	if (packer->compression == ITEM_FILE_GZIP)
		pack_gzip(packer, data, length, last);
	else if (packer->compression == ITEM_FILE_ZSTD)
		pack_zstd(packer, data, length, last);
	else if (length > 0)
		packer->write(packer->argument, data, length);
}

void
packer_write(Packer *packer, const char *data, size_t length)
{
	pack(packer, data, length, false);
}

void
packer_end(Packer *packer)
{
	pack(packer, NULL, 0, true);
	if (packer->compression == ITEM_FILE_ZSTD)
		free_packing(packer);
}
