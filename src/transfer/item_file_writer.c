/*
 * item_file_writer.c - records into a file.
 */
#include "postgres.h"

#include "transfer/item_file_format.h"

/* So much text is gathered before it is compressed. */
#define TEXT_SIZE (64 * 1024)

struct ItemFileWriter
{
	const RecordPrinter *printer;
	Packer	   *packer;
	StringInfoData text;
};

const RecordPrinter *
record_printer(ItemFileFormat format)
{
	Assert(format != ITEM_FILE_CSV);
	return format == ITEM_FILE_ION ? &ion_printer : &json_printer;
}

ItemFileWriter *
item_file_write_begin(const ItemFileOptions *options, ItemFileWrite write, void *argument)
{
	ItemFileWriter *writer = palloc(sizeof(ItemFileWriter));

	writer->printer = record_printer(options->format);
	writer->packer = packer_begin(options->compression, write, argument);
	initStringInfo(&writer->text);
	return writer;
}

static void
flush(ItemFileWriter *writer)
{
	packer_write(writer->packer, writer->text.data, writer->text.len);
	resetStringInfo(&writer->text);
}

static void
flush_if_full(ItemFileWriter *writer)
{
	if (writer->text.len >= TEXT_SIZE)
		flush(writer);
}

void
item_file_write_item(ItemFileWriter *writer, const Value *item)
{
	writer->printer->item(&writer->text, item);
	flush_if_full(writer);
}

void
item_file_write_change(ItemFileWriter *writer, int64 write_timestamp_microseconds,
					   const Value *keys, const Value *old_item, const Value *new_item)
{
	writer->printer->change(&writer->text, write_timestamp_microseconds, keys, old_item, new_item);
	flush_if_full(writer);
}

void
item_file_write_end(ItemFileWriter *writer)
{
	flush(writer);
	packer_end(writer->packer);
	pfree(writer->text.data);
}
