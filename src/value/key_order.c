/*
 * key_order.c - order, hashing and sorting of the key types.
 *
 * One comparison serves all three types, and text and bytea beside them: by
 * bytes, the shorter first.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "fmgr.h"
#include "port/pg_bswap.h"
#include "utils/sortsupport.h"

#include "compat.h"
#include "value/layout.h"

static int
compare_varlenas(const struct varlena *a, const struct varlena *b)
{
	return name_compare(VARDATA_ANY(a), VARSIZE_ANY_EXHDR(a),
						VARDATA_ANY(b), VARSIZE_ANY_EXHDR(b));
}

static int
compare_arguments(FunctionCallInfo fcinfo)
{
	struct varlena *a = PG_GETARG_VARLENA_PP(0);
	struct varlena *b = PG_GETARG_VARLENA_PP(1);
	int			order = compare_varlenas(a, b);

	PG_FREE_IF_COPY(a, 0);
	PG_FREE_IF_COPY(b, 1);
	return order;
}

#define COMPARISON(name, test) \
	PG_FUNCTION_INFO_V1(name); \
	Datum \
	name(PG_FUNCTION_ARGS) \
	{ \
		PG_RETURN_BOOL(compare_arguments(fcinfo) test 0); \
	}

COMPARISON(key_eq, ==)
COMPARISON(key_ne, !=)
COMPARISON(key_lt, <)
COMPARISON(key_le, <=)
COMPARISON(key_gt, >)
COMPARISON(key_ge, >=)

PG_FUNCTION_INFO_V1(key_cmp);

Datum
key_cmp(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(compare_arguments(fcinfo));
}

PG_FUNCTION_INFO_V1(key_larger);

Datum
key_larger(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(compare_arguments(fcinfo) >= 0 ? PG_GETARG_DATUM(0) : PG_GETARG_DATUM(1));
}

PG_FUNCTION_INFO_V1(key_smaller);

Datum
key_smaller(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(compare_arguments(fcinfo) <= 0 ? PG_GETARG_DATUM(0) : PG_GETARG_DATUM(1));
}

/* Hashes of the bytes, which serve the stored values too: equal values have equal bytes. */
PG_FUNCTION_INFO_V1(bytes_hash);

Datum
bytes_hash(PG_FUNCTION_ARGS)
{
	struct varlena *key = PG_GETARG_VARLENA_PP(0);
	Datum		hash = hash_any((unsigned char *) VARDATA_ANY(key), VARSIZE_ANY_EXHDR(key));

	PG_FREE_IF_COPY(key, 0);
	PG_RETURN_DATUM(hash);
}

PG_FUNCTION_INFO_V1(bytes_hash_extended);

Datum
bytes_hash_extended(PG_FUNCTION_ARGS)
{
	struct varlena *key = PG_GETARG_VARLENA_PP(0);
	Datum		hash = hash_any_extended((unsigned char *) VARDATA_ANY(key),
										 VARSIZE_ANY_EXHDR(key), PG_GETARG_INT64(1));

	PG_FREE_IF_COPY(key, 0);
	PG_RETURN_DATUM(hash);
}

/* ---- Sorting ---- */

static int
sort_compare(Datum a, Datum b, SortSupport support pg_attribute_unused())
{
	struct varlena *left = PG_DETOAST_DATUM_PACKED(a);
	struct varlena *right = PG_DETOAST_DATUM_PACKED(b);
	int			order = compare_varlenas(left, right);

	if ((Pointer) left != DatumGetPointer(a))
		pfree(left);
	if ((Pointer) right != DatumGetPointer(b))
		pfree(right);
	return order;
}

/*
 * The first bytes as a whole number, which orders as they do; a key that is
 * shorter is filled up with zeros and then ties, to be told apart in full.
 */
static Datum
abbreviate(Datum original, SortSupport support pg_attribute_unused())
{
	struct varlena *key = PG_DETOAST_DATUM_PACKED(original);
	Datum		abbreviated = 0;

	memcpy(&abbreviated, VARDATA_ANY(key), Min(VARSIZE_ANY_EXHDR(key), sizeof(Datum)));
	if ((Pointer) key != DatumGetPointer(original))
		pfree(key);
	return DatumBigEndianToNative(abbreviated);
}

/* Abbreviating costs so little that it is never given up. */
static bool
abbreviate_abort(int count pg_attribute_unused(), SortSupport support pg_attribute_unused())
{
	return false;
}

PG_FUNCTION_INFO_V1(key_sortsupport);

Datum
key_sortsupport(PG_FUNCTION_ARGS)
{
	SortSupport support = (SortSupport) PG_GETARG_POINTER(0);

	support->comparator = sort_compare;
	if (support->abbreviate)
	{
		support->comparator = ssup_datum_unsigned_cmp;
		support->abbrev_full_comparator = sort_compare;
		support->abbrev_converter = abbreviate;
		support->abbrev_abort = abbreviate_abort;
	}
	PG_RETURN_VOID();
}
