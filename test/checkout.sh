# Checkouts in a folder of their own, in which programs run what users do; sourced after lib.sh.
#
# Sets checkouts, the folder, which is removed with its servers at the end.

unset PGHOST PGPORT PGUSER PGDATABASE
checkouts=$(mktemp -d /var/tmp/ddb.checkouts.XXXXXX)
chmod 755 "$checkouts"
remove_checkouts() {
	local checkout
	for checkout in "$checkouts"/*/; do
		"$checkout/scripts/stop" --remove || true
	done
	rm -rf "$checkouts"
}
trap remove_checkouts EXIT

# new_checkout NAME: one with this one's files, built as far as this one is.
new_checkout() {
	mkdir "$checkouts/$1"
	tar -C "$top" --exclude=./.git --exclude=./.run --exclude=./.test --exclude=./.bench --exclude=./.packages -c . | tar -C "$checkouts/$1" -x
}

# in_checkout NAME COMMAND...: as a user would run it there; what it prints is in $DDB_WORK/log, and shown where it fails.
in_checkout() {
	(cd "$checkouts/$1" && shift && exec env -u MAKEFLAGS -u MAKELEVEL -u MAKEOVERRIDES "$@" >"$DDB_WORK/log" 2>&1 </dev/null) || {
		sed 's/^/#   /' "$DDB_WORK/log"
		return 1
	}
}
