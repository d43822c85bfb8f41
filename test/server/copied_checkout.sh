#!/bin/bash
# A copy of a checkout, with all that "make run" has left in it, does nothing to the server of the original.
. "$(dirname "$0")/../lib.sh"

unset PGHOST PGPORT PGUSER PGDATABASE
place=$(mktemp -d /var/tmp/ddb.copied.XXXXXX)
chmod 755 "$place"
clean_up() {
	local checkout
	for checkout in "$place"/*/; do
		"$checkout/scripts/stop" --remove || true
	done
	rm -rf "$place"
}
trap clean_up EXIT

# command_in CHECKOUT COMMAND...: what a user does there.
command_in() {
	(cd "$place/$1" && shift && exec env -u MAKEFLAGS -u MAKELEVEL "$@" >"$DDB_WORK/log" 2>&1 </dev/null) || sed 's/^/#   /' "$DDB_WORK/log"
}
# movies CHECKOUT: how many its server has, and 0 where none answers.
movies() {
	(. "$place/$1/.run/env" && psql -X -A -t -c 'SELECT count(*) > 0 FROM dynamodb."Movies"' 2>&1) || true
}
# copy FROM TO: as `cp -a` would, which takes sockets along.
copy() {
	cp -a "$place/$1" "$place/$2" 2>/dev/null || true
}
# original NAME: a checkout of that name, built and running.
original() {
	mkdir "$place/$1"
	tar -C "$top" --exclude=./.git --exclude=./.run --exclude=./.test --exclude=./.bench -c . | tar -C "$place/$1" -x
	command_in "$1" make run
}

# A name that is short, and one so long that .run is a link into /var/tmp.
for name in short "$(printf 'long%.0s' {1..14})"; do
	what=${name:0:5}
	original "$name"
	is "$what: make run gives a server" "$(movies "$name")" t

	copy "$name" "$name.stop"
	command_in "$name.stop" make stop
	is "$what: make stop in a copy leaves it" "$(movies "$name")" t
	command_in "$name.stop" make clean
	is "$what: so does make clean" "$(movies "$name")" t

	copy "$name" "$name.run"
	command_in "$name.run" make run
	is "$what: make run in a copy gives another server" "$(movies "$name.run")" t
	is "$what: of its own" "$(comm -12 <(grep -o 'PGPORT=[0-9]*' "$place/$name/.run/env") <(grep -o 'PGPORT=[0-9]*' "$place/$name.run/.run/env"))" ""
	command_in "$name.run" make clean
	is "$what: which make clean removes alone" "$(movies "$name")" t

	command_in "$name" make stop
	like "$what: make stop stops its own" "$(movies "$name")" 'Connection refused|No such file'
	mv "$place/$name" "$place/$name.moved"
	command_in "$name.moved" make run
	is "$what: a checkout that has moved has its data still" "$(movies "$name.moved")" t
	mv "$place/$name.moved" "$place/$name"
	command_in "$name" make clean
	is "$what: and make clean stops and removes it" "$(ls -A "$place/$name" | grep -x .run || true)" ""
done
is "nothing is left in /var/tmp" "$(grep -lsx "$place/.*" /var/tmp/ddb.*/checkout || true)" ""
