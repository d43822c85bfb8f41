#!/bin/bash
# The build is free of warnings with gcc and with clang.
. "$(dirname "$0")/../lib.sh"

tar -C "$top" -c --exclude='*.o' --exclude='*.bc' --exclude='*.so' Makefile ddb.control src | tar -C "$DDB_WORK" -x
for compiler in gcc clang; do
	find "$DDB_WORK/src" -name '*.o' -delete
	output=$(make -C "$DDB_WORK" -s -j "$(nproc)" with_llvm=no CC="$compiler" PG_CONFIG="$bindir/pg_config" 2>&1) && status=0 || status=$?
	is "$compiler says nothing" "$output" ""
	is "$compiler builds" "$status" 0
done
