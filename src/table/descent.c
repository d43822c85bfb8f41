/*
 * descent.c - descending a B-tree by hand.
 */
#include "postgres.h"

#include "compat.h"
#include "table/descent.h"

BTScanInsert
descent_key(Relation index, const Datum *values, int count)
{
	BTScanInsert key = _bt_mkscankey(index, NULL);

	key->keysz = count;
	key->anynullkeys = false;
	for (int i = 0; i < count; i++)
	{
		key->scankeys[i].sk_flags &= ~SK_ISNULL;
		key->scankeys[i].sk_argument = values[i];
	}
	return key;
}

static inline OffsetNumber
middle_of(OffsetNumber low, OffsetNumber high)
{
	return low + (high - low) / 2;
}

static inline void
prefetch_entry(Page page, OffsetNumber low, OffsetNumber high)
{
	if (low < high)
		__builtin_prefetch(PageGetItem(page, PageGetItemId(page, middle_of(low, high))));
}

/*
 * The page's first entry that is not less than the key.  Entries lie scattered
 * over a page that is seldom in the processor's cache, so both that may be
 * compared next are fetched while one is compared.
 */
static OffsetNumber
find_offset(Relation index, BTScanInsert key, Page page)
{
	OffsetNumber low = P_FIRSTDATAKEY(BTPageGetOpaque(page));
	OffsetNumber high = OffsetNumberNext(PageGetMaxOffsetNumber(page));

	while (low < high)
	{
		OffsetNumber middle = middle_of(low, high);

		prefetch_entry(page, low, middle);
		prefetch_entry(page, OffsetNumberNext(middle), high);
		if (_bt_compare(index, key, page, middle) > 0)
			low = OffsetNumberNext(middle);
		else
			high = middle;
	}
	return low;
}

Buffer
descent_begin(Relation index, BTScanInsert key, Snapshot snapshot, OffsetNumber *offset)
{
	Buffer		buffer;
	BTStack		stack = bt_search_compat(index, key, &buffer, snapshot);

	_bt_freestack(stack);
	if (BufferIsValid(buffer))
		*offset = find_offset(index, key, BufferGetPage(buffer));
	return buffer;
}

bool
descent_may_find(Relation index, const Datum *values, int count)
{
	BTScanInsert key = descent_key(index, values, count);
	OffsetNumber offset;
	Buffer		buffer = descent_begin(index, key, NULL, &offset);
	bool		result = false;

	if (BufferIsValid(buffer))
	{
		Page		page = BufferGetPage(buffer);

		if (offset > PageGetMaxOffsetNumber(page))
			result = !P_RIGHTMOST(BTPageGetOpaque(page));
		else
			result = _bt_compare(index, key, page, offset) == 0;
		_bt_relbuf(index, buffer);
	}
	pfree(key);
	return result;
}
