/*
 * block.c - the stored form of blocks of the change log.
 *
 * While a block is made it is a varlena, but for its length, so that PostgreSQL's functions can compress it.
 * Version and form stand in the place of the last two bytes of that length then.
 */
#include "postgres.h"

#include "access/toast_internals.h"
#include "fmgr.h"

#include "change/block.h"
#include "compat.h"

/* What stands before the content. */
#define HEAD_LENGTH 2
#define HEAD_OFFSET (VARHDRSZ - HEAD_LENGTH)

/* What compression has to save: reading and writing a block compressed is work, too. */
#define LEAST_SAVING(length) ((length) / 8)

/* The fastest compression that the server has. */
#ifdef USE_LZ4
#define COMPRESSION TOAST_LZ4_COMPRESSION
#else
#define COMPRESSION TOAST_PGLZ_COMPRESSION
#endif

static void
set_head(LogBlock *block, char form)
{
	block->data.data[HEAD_OFFSET] = CHANGE_BLOCK_VERSION;
	block->data.data[HEAD_OFFSET + 1] = form;
}

void
block_begin(LogBlock *block, int64 shard)
{
	char		header[VARHDRSZ] = {0};

	memset(block, 0, sizeof(*block));
	block->shard = shard;
	initStringInfo(&block->data);
	appendBinaryStringInfo(&block->data, header, VARHDRSZ);
	set_head(block, BLOCK_PLAIN);
}

bool
block_compress(LogBlock *block)
{
	char	   *compressed;

	SET_VARSIZE(block->data.data, block->data.len);
	compressed = DatumGetPointer(toast_compress_datum(PointerGetDatum(block->data.data), COMPRESSION));
	if (compressed == NULL || (int) VARSIZE(compressed) > block->data.len - LEAST_SAVING(block->data.len))
	{
		if (compressed != NULL)
			pfree(compressed);
		set_head(block, BLOCK_PLAIN);
		return false;
	}
	pfree(block->data.data);
	block->data.data = compressed;
	block->data.len = block->data.maxlen = VARSIZE(compressed);
	set_head(block, BLOCK_COMPRESSED);
	return true;
}

const char *
block_stored(const LogBlock *block, uint32 *length)
{
	*length = block->data.len - HEAD_OFFSET;
	return block->data.data + HEAD_OFFSET;
}

void
block_end(LogBlock *block)
{
	pfree(block->data.data);
	memset(block, 0, sizeof(*block));
}

static const char *
decompress(const char *content, uint32 content_length, uint32 *length)
{
	struct varlena *value = palloc(VARHDRSZ + content_length);

	SET_VARSIZE_COMPRESSED(value, VARHDRSZ + content_length);
	memcpy((char *) value + VARHDRSZ, content, content_length);
	value = pg_detoast_datum(value);
	*length = VARSIZE(value) - VARHDRSZ;
	return VARDATA(value);
}

const char *
block_records(const char *stored, uint32 stored_length, uint32 *length)
{
	const char *content = stored + HEAD_LENGTH;

	if (stored_length < HEAD_LENGTH || stored[0] != CHANGE_BLOCK_VERSION ||
		(stored[1] != BLOCK_PLAIN && stored[1] != BLOCK_COMPRESSED))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("a block of the change log has an unknown form")));
	if (stored[1] == BLOCK_COMPRESSED)
		return decompress(content, stored_length - HEAD_LENGTH, length);
	*length = stored_length - HEAD_LENGTH;
	return content;
}
