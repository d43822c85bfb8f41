/*
 * stored.c - values as varlena datums.
 */
#include "postgres.h"

#include "fmgr.h"

#include "compat.h"
#include "value/layout.h"

#define VERSION_SHIFT 4
#define TAG_MASK 0x0F

Value
value_from_datum(Datum datum)
{
	struct varlena *stored = PG_DETOAST_DATUM_PACKED(datum);
	const uint8 *data = (const uint8 *) VARDATA_ANY(stored);
	uint32		length = VARSIZE_ANY_EXHDR(stored);
	Value		value;

	if (length == 0 || data[0] >> VERSION_SHIFT != STORED_VALUE_VERSION ||
		(data[0] & TAG_MASK) >= ENTRY_TAGS)
		ereport(ERROR,
				(errcode(ERRCODE_DATA_CORRUPTED),
				 errmsg("attribute value has an unknown stored form")));
	value.data = (const char *) data + 1;
	value.length = length - 1;
	value_set_tag(&value, (EntryTag) (data[0] & TAG_MASK));
	return value;
}

Datum
value_to_datum(const Value *value)
{
	uint32		length = value->type == VALUE_BOOLEAN ? 0 : value->length;
	struct varlena *stored = palloc(VARHDRSZ + 1 + length);
	char	   *data = VARDATA(stored);

	SET_VARSIZE(stored, VARHDRSZ + 1 + length);
	data[0] = (char) (STORED_VALUE_VERSION << VERSION_SHIFT | value_tag(value));
	memcpy(data + 1, value->data, length);
	return PointerGetDatum(stored);
}
