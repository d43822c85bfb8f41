#!/bin/bash
# A copy of a checkout, with all that "make run" has left in it, does nothing to the server of the original.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../checkout.sh"

# movies CHECKOUT: how many its server has, and 0 where none answers.
movies() {
	(. "$checkouts/$1/.run/env" && psql -X -A -t -c 'SELECT count(*) > 0 FROM dynamodb."Movies"' 2>&1) || true
}
# copy FROM TO: as `cp -a` would, which takes sockets along.
copy() {
	cp -a "$checkouts/$1" "$checkouts/$2" 2>/dev/null || true
}
# A name that is short, and one so long that .run is a link into /var/tmp.
for name in short "$(printf 'long%.0s' {1..14})"; do
	what=${name:0:5}
	new_checkout "$name"
	in_checkout "$name" make run || true
	is "$what: make run gives a server" "$(movies "$name")" t

	copy "$name" "$name.stop"
	in_checkout "$name.stop" make stop || true
	is "$what: make stop in a copy leaves it" "$(movies "$name")" t
	in_checkout "$name.stop" make clean || true
	is "$what: so does make clean" "$(movies "$name")" t

	copy "$name" "$name.run"
	in_checkout "$name.run" make run || true
	is "$what: make run in a copy gives another server" "$(movies "$name.run")" t
	is "$what: of its own" "$(comm -12 <(grep -o 'PGPORT=[0-9]*' "$checkouts/$name/.run/env") <(grep -o 'PGPORT=[0-9]*' "$checkouts/$name.run/.run/env"))" ""
	in_checkout "$name.run" make clean || true
	is "$what: which make clean removes alone" "$(movies "$name")" t

	in_checkout "$name" make stop || true
	like "$what: make stop stops its own" "$(movies "$name")" 'Connection refused|No such file'
	mv "$checkouts/$name" "$checkouts/$name.moved"
	in_checkout "$name.moved" make run || true
	is "$what: a checkout that has moved has its data still" "$(movies "$name.moved")" t
	mv "$checkouts/$name.moved" "$checkouts/$name"
	in_checkout "$name" make clean || true
	is "$what: and make clean stops and removes it" "$(ls -A "$checkouts/$name" | grep -x .run || true)" ""
done
is "nothing is left in /var/tmp" "$(grep -lsx "$checkouts/.*" /var/tmp/ddb.*/checkout || true)" ""
