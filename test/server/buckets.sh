#!/bin/bash
# Buckets that are folders: what is written is there whole or not at all, nothing leads out of a
# bucket, and only who may reaches one.
. "$(dirname "$0")/../lib.sh"

new_cluster cluster </dev/null
cluster=$DDB_WORK/cluster
buckets=$cluster/buckets
sql -o "$DDB_WORK/out" <<'END_SQL'
CREATE EXTENSION ddb;
CREATE SERVER "bucket-1" FOREIGN DATA WRAPPER ddb_bucket;
CREATE SERVER "other" FOREIGN DATA WRAPPER ddb_bucket OPTIONS (store 'folder');
CREATE ROLE reader;
CREATE ROLE stranger;
GRANT USAGE ON FOREIGN SERVER "bucket-1" TO reader;
END_SQL

# q STATEMENT: what it gives, its error included, with SQLSTATE.
q() {
	psql -X -q -A -t -v VERBOSITY=verbose -c "$1" 2>&1 | sed -e '/^LOCATION: /d' || true
}

# files: what is in the directory of buckets, with its mode.
files() {
	(cd "$buckets" && find . -mindepth 1 -printf '%m %y %P\n' | sort -k3)
}

# as_server COMMAND...: in the directory of buckets.
as_server() {
	as_server_user sh -c 'cd "$0" && "$@"' "$buckets" "$@"
}

echo "# what is written is there"
is "nothing is in a bucket that is new" "$(q "SELECT * FROM ddb.bucket_objects('bucket-1')")" ''
is "nor can it be read" "$(q "SELECT ddb.read_object('bucket-1', 'a/b') IS NULL")" t
is "nor is it an error to delete it" "$(q "SELECT ddb.delete_object('bucket-1', 'a/b')")" ''
is "none of that makes a folder" "$(files)" ''
is "the entity tag is the MD5 hash" "$(q "SELECT ddb.write_object('bucket-1', 'a/b.txt', 'hello') = md5('hello')")" t
is "it can be read" "$(q "SELECT convert_from(ddb.read_object('bucket-1', 'a/b.txt'), 'UTF8')")" hello
is "in part" "$(q "SELECT convert_from(ddb.read_object('bucket-1', 'a/b.txt', 1, 3), 'UTF8')")" ell
is "behind its end there is nothing" "$(q "SELECT ddb.read_object('bucket-1', 'a/b.txt', 5), ddb.read_object('bucket-1', 'a/b.txt', 1000)")" '\x|\x'
is "it is replaced" "$(q "SELECT ddb.write_object('bucket-1', 'a/b.txt', '') = md5('')" && q "SELECT ddb.read_object('bucket-1', 'a/b.txt')")" $'t\n\\x'
is "files and folders are the server's alone" "$(files)" "700 d bucket-1
700 d bucket-1/.ddb-unfinished
700 d bucket-1/a
600 f bucket-1/a/b.txt"
is "a large one is what was written" "$(q "SELECT ddb.write_object('bucket-1', 'a/large', decode(repeat(md5('x'), 500000), 'hex')) = md5(decode(repeat(md5('x'), 500000), 'hex'))" &&
	q "SELECT length(ddb.read_object('bucket-1', 'a/large')), md5(ddb.read_object('bucket-1', 'a/large')) = md5(decode(repeat(md5('x'), 500000), 'hex'))
		, encode(ddb.read_object('bucket-1', 'a/large', 7999999), 'hex') = right(md5('x'), 2)")" $'t\n8000000|t|t'

echo "# listing"
q "SELECT count(ddb.write_object('other', key, 'x')) FROM unnest(ARRAY['a/b', 'a.b', 'a-b', 'a/b.c/d', 'b', 'é', 'a/b c', 'a0', '..b', '.hidden']) AS key" >/dev/null
is "in the order of bytes" "$(q "SELECT string_agg(key, '|') FROM ddb.bucket_objects('other')")" '..b|.hidden|a-b|a.b|a/b|a/b c|a/b.c/d|a0|b|é'
is "a prefix ends anywhere" "$(q "SELECT prefix, (SELECT string_agg(key, '|') FROM ddb.bucket_objects('other', prefix)) FROM unnest(ARRAY['a', 'a/', 'a/b', 'a/b.c', 'a/b.c/', 'a/b.c/d', 'a/b.c/d/', 'c', '..', 'é']) AS prefix")" "a|a-b|a.b|a/b|a/b c|a/b.c/d|a0
a/|a/b|a/b c|a/b.c/d
a/b|a/b|a/b c|a/b.c/d
a/b.c|a/b.c/d
a/b.c/|a/b.c/d
a/b.c/d|a/b.c/d
a/b.c/d/|
c|
..|..b
é|é"
is "one bucket does not show another's" "$(q "SELECT count(*), sum(size) FROM ddb.bucket_objects('bucket-1')")" '2|8000000'
q "SELECT ddb.delete_object('other', key) FROM ddb.bucket_objects('other')" >/dev/null
is "folders go with their last object" "$(files | grep other)" "700 d other
700 d other/.ddb-unfinished"

echo "# keys"
for key in '' / a/ /a a//b . .. ../a a/../b a/./b ./a a/.. $'a\nb' $'a\x7fb' "$(printf 'a%.0s' {1..1025})"; do
	for call in "read_object('other', :'key')" "write_object('other', :'key', '')" "delete_object('other', :'key')"; do
		like "no key: ${call%%(*} '${key:0:10}'" "$(psql -X -q -A -t -v VERBOSITY=verbose -v key="$key" <<<"SELECT ddb.$call" 2>&1)" '^ERROR:  22023: .* is no key in a bucket'
	done
done
for prefix in / /a a//b ../a a/../b ./a ../ a/../ $'a\nb' "$(printf 'a%.0s' {1..1025})"; do
	like "no prefix: '${prefix:0:10}'" "$(psql -X -q -A -t -v VERBOSITY=verbose -v prefix="$prefix" <<<"SELECT * FROM ddb.bucket_objects('other', :'prefix')" 2>&1)" '^ERROR:  22023: .* is no prefix in a bucket'
done
for key in .ddb-unfinished .ddb-unfinished/a; do
	like "$key is not to be had" "$(q "SELECT ddb.write_object('other', '$key', '')")" '^ERROR:  22023: '
done
like "a name that is too long for a file" "$(q "SELECT ddb.write_object('other', repeat('a', 256), '')")" "^ERROR:  22023: "
is "a long key of short names" "$(q "SELECT ddb.write_object('other', repeat('a/', 511) || 'bc', 'deep') IS NULL, convert_from(ddb.read_object('other', repeat('a/', 511) || 'bc'), 'UTF8')" &&
	q "SELECT length(key) FROM ddb.bucket_objects('other')" && q "SELECT ddb.delete_object('other', repeat('a/', 511) || 'bc')")" $'f|deep\n1024'
is "which leaves nothing" "$(files | grep other)" "700 d other
700 d other/.ddb-unfinished"
q "SELECT ddb.write_object('other', 'a/b', '')" >/dev/null
like "an object where a folder is" "$(q "SELECT ddb.write_object('other', 'a', '')")" '^ERROR:  42809: could not write "a" of the bucket "other"'
like "a folder where an object is" "$(q "SELECT ddb.write_object('other', 'a/b/c', '')")" 'ERROR:  42809: could not write "a/b/c"'
is "neither of which can be read" "$(q "SELECT ddb.read_object('other', 'a') IS NULL, ddb.read_object('other', 'a/b/c') IS NULL")" 't|t'
is "deleting these deletes nothing" "$(q "SELECT ddb.delete_object('other', 'a'), ddb.delete_object('other', 'a/b/c')" && q "SELECT key FROM ddb.bucket_objects('other')")" $'|\na/b'

echo "# names of buckets"
q 'CREATE SERVER ".." FOREIGN DATA WRAPPER ddb_bucket' >/dev/null
q 'CREATE SERVER "a/b" FOREIGN DATA WRAPPER ddb_bucket' >/dev/null
q 'CREATE SERVER ".a" FOREIGN DATA WRAPPER ddb_bucket' >/dev/null
q 'CREATE FOREIGN DATA WRAPPER postgres' >/dev/null
q 'CREATE SERVER "elsewhere" FOREIGN DATA WRAPPER postgres' >/dev/null
for name in '' . .. a/b .a elsewhere missing BUCKET-1; do
	like "no bucket: '$name'" "$(q "SELECT * FROM ddb.bucket_objects('$name')")" '^ERROR:  42704: there is no bucket'
done
like "options are checked" "$(q "CREATE SERVER x FOREIGN DATA WRAPPER ddb_bucket OPTIONS (path '/etc')")" '^ERROR:  HV00D: '
like "a store is one of those known" "$(q "CREATE SERVER x FOREIGN DATA WRAPPER ddb_bucket OPTIONS (store 'disk')")" '^ERROR:  HV024: '
like "a bucket is no table's source" "$(q 'CREATE FOREIGN TABLE t (a text) SERVER "other"' && q 'SELECT * FROM t')" 'foreign-data wrapper "ddb_bucket" has no handler'

echo "# who may"
like "a stranger may not list" "$(q "SET ROLE stranger; SELECT * FROM ddb.bucket_objects('bucket-1')")" '^ERROR:  42501: permission denied for the bucket "bucket-1"'
like "nor read" "$(q "SET ROLE stranger; SELECT ddb.read_object('bucket-1', 'a/b.txt')")" '^ERROR:  42501: '
like "nor write" "$(q "SET ROLE stranger; SELECT ddb.write_object('bucket-1', 'a/b.txt', '')")" '^ERROR:  42501: '
like "nor delete" "$(q "SET ROLE stranger; SELECT ddb.delete_object('bucket-1', 'a/b.txt')")" '^ERROR:  42501: '
like "nor make a bucket" "$(q 'SET ROLE stranger; CREATE SERVER mine FOREIGN DATA WRAPPER ddb_bucket')" 'permission denied for foreign-data wrapper ddb_bucket'
like "nor see where buckets are" "$(q 'SET ROLE stranger; SHOW ddb.bucket_directory')" '^ERROR:  42501: '
is "who has USAGE reads and writes" "$(q "SET ROLE reader; SELECT ddb.write_object('bucket-1', 'mine', 'm') IS NOT NULL, convert_from(ddb.read_object('bucket-1', 'mine'), 'UTF8')")" 't|m'
like "in that bucket alone" "$(q "SET ROLE reader; SELECT * FROM ddb.bucket_objects('other')")" '^ERROR:  42501: '
like "and cannot change where it is" "$(q 'SET ROLE reader; ALTER SERVER "bucket-1" OPTIONS (ADD store '"'folder')")" 'must be owner of foreign server bucket-1'
q 'REVOKE USAGE ON FOREIGN SERVER "bucket-1" FROM reader' >/dev/null
like "until it is revoked" "$(q "SET ROLE reader; SELECT ddb.read_object('bucket-1', 'mine')")" '^ERROR:  42501: '
q 'ALTER SERVER other OWNER TO stranger' >/dev/null
like "a bucket's owner must be one who may make it" "$(q "SET ROLE stranger; SELECT ddb.read_object('other', 'a/b')")" '^ERROR:  42501: '
q 'SET ROLE stranger; ALTER SERVER other RENAME TO "bucket-2"; GRANT USAGE ON FOREIGN SERVER "bucket-2" TO reader' >/dev/null
like "who else may rename it and let others in" "$(q "SET ROLE reader; SELECT ddb.write_object('bucket-2', 'a', '')")" '^ERROR:  42501: '
q 'ALTER SERVER "bucket-2" RENAME TO other; GRANT USAGE ON FOREIGN DATA WRAPPER ddb_bucket TO stranger' >/dev/null
is "as here" "$(q "SET ROLE stranger; SELECT ddb.read_object('other', 'a/b')")" '\x'
q 'ALTER SERVER other OWNER TO postgres; REVOKE USAGE ON FOREIGN DATA WRAPPER ddb_bucket FROM stranger' >/dev/null

echo "# nothing leads out"
secret=$DDB_WORK/secret
as_server_user mkdir "$cluster/buckets/../outside"
echo secret >"$secret"
chmod 644 "$secret"
as_server ln -s "$secret" other/link
as_server ln -s "$cluster/outside" other/way
as_server ln -s a other/inside
as_server mkfifo other/fifo
as_server touch other/one
as_server ln other/one other/two
python3 -c 'import socket, os; os.chdir("'"$buckets"'/other"); socket.socket(socket.AF_UNIX).bind("socket")'
as_server ln -s "$cluster/outside" linked
q 'CREATE SERVER linked FOREIGN DATA WRAPPER ddb_bucket' >/dev/null
like "a symbolic link is not read" "$(q "SELECT ddb.read_object('other', 'link')")" '^DETAIL:  There is a symbolic link'
like "nor followed" "$(q "SELECT ddb.read_object('other', 'way/x')")" '^ERROR:  42809: '
like "nor one within the bucket" "$(q "SELECT ddb.read_object('other', 'inside/b')")" '^ERROR:  42809: '
like "nor written behind" "$(q "SELECT ddb.write_object('other', 'way/x', 'x')")" '^ERROR:  42809: '
like "nor deleted" "$(q "SELECT ddb.delete_object('other', 'link')")" '^ERROR:  42809: '
like "nor deleted behind" "$(q "SELECT ddb.delete_object('other', 'way/x')")" '^ERROR:  42809: '
like "a pipe is not waited for" "$(q "SELECT ddb.read_object('other', 'fifo')")" '^ERROR:  42809: '
like "a socket is no object" "$(q "SELECT ddb.read_object('other', 'socket')")" '^ERROR:  42809: '
like "a file of two names may be one from elsewhere" "$(q "SELECT ddb.read_object('other', 'one')")" '^ERROR:  42809: '
like "a bucket is no link" "$(q "SELECT ddb.read_object('linked', 'x')")" '^ERROR:  42809: the bucket "linked" is not a directory'
like "nor when it is written" "$(q "SELECT ddb.write_object('linked', 'x', 'x')")" '^ERROR:  42809: the bucket "linked" is not a directory'
like "nor when it is listed" "$(q "SELECT * FROM ddb.bucket_objects('linked')")" '^ERROR:  42809: '
is "links and the like are not listed" "$(q "SELECT string_agg(key, '|') FROM ddb.bucket_objects('other')")" 'a/b|one|two'
is "writing replaces a link, not what it leads to" "$(q "SELECT ddb.write_object('other', 'link', 'x') IS NOT NULL" && cat "$secret")" $'t\nsecret'
is "nothing has got out" "$(ls -A "$cluster/outside")" ''

echo "# what is not finished"
as_server sh -c 'echo half >other/.ddb-unfinished/0123 && echo half >bucket-1/.ddb-unfinished/4567'
is "it is not listed" "$(q "SELECT string_agg(key, '|') FROM ddb.bucket_objects('bucket-1')")" 'a/b.txt|a/large|mine'
q "SELECT ddb.write_object('other', 'next', '')" >/dev/null
is "the next writer removes it" "$(files | grep unfinished/)" '644 f bucket-1/.ddb-unfinished/4567'
q "SELECT ddb.write_object('other', 'way/x', '')" >/dev/null
is "an error leaves nothing" "$(files | grep unfinished/)" '644 f bucket-1/.ddb-unfinished/4567'

# killed: a session that has written a part of a large object.
python3 - <<END_PYTHON
import os, signal, sys, threading, time
sys.path.insert(0, "$top/test/server")
import libpq

unfinished = "$buckets/other/.ddb-unfinished"


def attempt(session, statement):
    try:
        return session.execute(statement)
    except libpq.Lost:
        return None


def size_of(name):
    try:
        return os.stat(os.path.join(unfinished, name)).st_size
    except FileNotFoundError:
        # it is finished by now
        return 0


# it is slow enough to be seen at work: each object is on disk before the next one
session = libpq.Session("postgres")
process = int(session.execute("SELECT pg_backend_pid()").rows[0][0])
thread = threading.Thread(target=attempt, args=(session, """DO \$\$ BEGIN FOR i IN 1..1000000 LOOP
    PERFORM ddb.write_object('other', 'killed', decode(repeat(md5('x'), 250000), 'hex')); END LOOP; END \$\$"""))
thread.start()
while not any(size_of(name) > 0 for name in os.listdir(unfinished)):
    time.sleep(0.001)
os.kill(process, signal.SIGSTOP)
other = libpq.Session("postgres")
before = set(os.listdir(unfinished))
written = other.execute("SELECT ddb.write_object('other', 'beside', 'x')").sqlstate is None
kept = before == set(os.listdir(unfinished))
print("ok - another writer leaves it what it is writing" if written and kept else f"not ok - what is being written is not left alone: {before}")
os.kill(process, signal.SIGKILL)
thread.join()
# Until the postmaster knows of it, it lets in whom it then ends.
while os.path.exists(f"/proc/{process}"):
    time.sleep(0.02)
END_PYTHON
wait_until "SELECT NOT pg_is_in_recovery()"
like "what was there before it was killed is whole" "$(q "SELECT string_agg(DISTINCT size::text, ' ') FROM ddb.bucket_objects('other', 'killed')")" '^(4000000)?$'
q "SELECT ddb.clean_bucket('other', '')" >/dev/null
is "what it was writing can be removed" "$(files | grep other/.ddb-unfinished/)" ''

echo "# several at once"
pids=()
for i in 1 2 3 4; do
	sql -o /dev/null -c "SELECT count(ddb.write_object('other', 'race/a/b/' || $i, repeat('$i', 100000)::bytea)), count(ddb.delete_object('other', 'race/a/b/' || $i)),
		count(ddb.write_object('other', 'race/same', repeat('$i', 300000)::bytea)) FROM generate_series(1, 100)" &
	pids+=($!)
done
for pid in "${pids[@]}"; do
	wait "$pid" || echo "not ok - a writer ended with an error"
done
is "an object that several write is one of theirs" "$(q "SELECT string_agg(key || ' ' || size, '|') FROM ddb.bucket_objects('other', 'race/')" &&
	q "SELECT replace(encode(ddb.read_object('other', 'race/same'), 'escape'), left(encode(ddb.read_object('other', 'race/same', 0, 1), 'escape'), 1), '') = ''")" $'race/same 300000\nt'
pids=()
for i in 1 2 3; do
	sql -o /dev/null -c "DO \$\$ BEGIN FOR i IN 1..200 LOOP
		PERFORM ddb.write_object('other', 'swap/x/y', 'x'); PERFORM ddb.delete_object('other', 'swap/x/y');
	EXCEPTION WHEN wrong_object_type THEN NULL; END LOOP; END \$\$" 2>/dev/null &
	pids+=($!)
done
as_server sh -c 'mkdir -p other/swap; for i in $(seq 300); do ln -sfn "$1" other/swap/x 2>/dev/null; rm -f other/swap/x; rmdir other/swap/x 2>/dev/null; mkdir other/swap 2>/dev/null; done; true' - "$cluster/outside"
for pid in "${pids[@]}"; do wait "$pid" || true; done
is "a link that comes and goes leads nowhere" "$(ls -A "$cluster/outside")" ''
as_server rm -rf other/swap
is "nothing is left of it" "$(files | grep other/.ddb-unfinished/)" ''

echo "# a disk that gets full"
q "SELECT ddb.write_object('other', 'full', 'old')" >/dev/null
export top
like "what does not fit is not written" "$(psql -X -q -A -t -v VERBOSITY=verbose 2>&1 <<'END_SQL'
SELECT pg_backend_pid() AS process \gset
\setenv PROCESS :process
\! bash -c '. "$top/scripts/private-server.sh" && as_server_user prlimit --pid "$PROCESS" --fsize=2000000:'
SELECT ddb.write_object('other', 'full', decode(repeat(md5('x'), 250000), 'hex'));
END_SQL
)" '^ERROR:  53100: could not write "full" of the bucket "other"'
is "what was there still is, and nothing else" "$(q "SELECT convert_from(ddb.read_object('other', 'full'), 'UTF8')" && files | grep other/.ddb-unfinished/)" old

echo "# settings"
like "the directory is an absolute path" "$(q "ALTER SYSTEM SET ddb.bucket_directory = 'relative'")" '^ERROR:  22023: '
like "a session cannot change it" "$(q "SET ddb.bucket_directory = '/tmp'")" 'cannot be changed now'
stop_cluster "$cluster"
echo "ddb.bucket_directory = ''" >>"$cluster/data/postgresql.conf"
start_cluster "$cluster"
like "without one there are no folders" "$(q "SELECT ddb.read_object('other', 'a/b')")" '^ERROR:  55000: the bucket "other" has no place'
is "a dump has the buckets" "$(pg_dump -s | grep -cE '^CREATE SERVER (other|"bucket-1") ')" 2
stop_cluster "$cluster"
