"""Attempts to get more from the endpoint than one was given, or to take it from others; the endpoint is up after each.

A worker serves most of them.
"""

import collections
import itertools
import subprocess
import threading
import time

from endpoint import (Connection, call, configure, create_key, create_table, encode, eventually, get, is_, ok, pids, presigned_path,
                      put, raw, request, signed, signed_headers, sql, until)

KB = 1024
MB = 1024 * KB
TARGET = "DynamoDB_20120810."
UNRECOGNIZED = "UnrecognizedClientException"
INVALID = "InvalidSignatureException"
ITEM = {"Item": {"pk": {"S": "bait"}}}

owner = create_key("postgres")
create_table(owner, "Bait")
put(owner, "Bait", "bait")
GET_BAIT = encode({"TableName": "Bait", "Key": {"pk": {"S": "bait"}}})


def attempt(what, refused, details=""):
    """The attempt was refused, the bait is where it was, and requests are served."""
    state = "the endpoint is down"
    for _ in range(100):
        try:
            if raw(request("GET")).status == 200:
                state = "the endpoint is up" if get(owner, "Bait", "bait").json == ITEM else "the bait has gone"
                break
        except (OSError, EOFError, AttributeError):
            time.sleep(0.1)
    ok(what, refused and state == "the endpoint is up", (details, state))
    if state == "the bait has gone":
        put(owner, "Bait", "bait")


def error(data):
    answer = raw(data)
    return answer and (answer.error[0] if answer.error else answer.status)


def refused(what, data, expected):
    found = error(data)
    attempt(what, found == expected, found)


# ---- what a signature covers ----

def resent(headers, **changes):
    return request(headers={**headers, **changes}, body=GET_BAIT)


DELETE = {"X-Amz-Target": TARGET + "DeleteItem"}
headers = signed_headers(owner, "GetItem", GET_BAIT, unsigned=["X-Amz-Target"])
refused("a request whose target is not signed", resent(headers), INVALID)
refused("its replay as DeleteItem", resent(headers, **DELETE), INVALID)
refused("the replay of one whose target is signed", resent(signed_headers(owner, "GetItem", GET_BAIT), **DELETE), INVALID)

headers = {key: value for key, value in signed_headers(owner, "GetItem", GET_BAIT).items()
           if key in ("Host", "Content-Type", "X-Amz-Target")}
path = presigned_path(owner, "GetItem", GET_BAIT, headers, unsigned=["X-Amz-Target"])
refused("a presigned request whose target is not signed", request(path=path, headers=headers, body=GET_BAIT), INVALID)
refused("its replay as DeleteItem", request(path=path, headers={**headers, **DELETE}, body=GET_BAIT), INVALID)
path = presigned_path(owner, "GetItem", GET_BAIT, headers)
refused("the replay of a presigned one whose target is signed",
        request(path=path, headers={**headers, **DELETE}, body=GET_BAIT), INVALID)
refused("a presigned request with another date in a header",
        request(path=path, headers={**headers, "X-Amz-Date": "20200101T000000Z"}, body=GET_BAIT), INVALID)

headers = signed_headers(owner, "GetItem", GET_BAIT)
for name in ("X-Amz-Anything", "x-amz-content-sha256", "X-AMZ-SECURITY-TOKEN"):
    found = error(resent(headers, **{name: "x"}))
    attempt("an added header %s" % name, found in (INVALID, UNRECOGNIZED), found)
found = raw(resent(headers, **{"X-Amz-User-Agent": "a browser", "User-Agent": "x", "X-Amzn-Trace-Id": "x",
                               "amz-sdk-invocation-id": "x", "amz-sdk-request": "attempt=1"})).status
attempt("what SDKs and proxies add unsigned is taken, and nothing else", found == 200, found)
found = raw(request(headers=signed_headers(owner, "GetItem", GET_BAIT, unsigned=["Content-Type"]), body=GET_BAIT)).status
attempt("as is a content type that is not signed", found == 200, found)
refused("a signature that does not cover the host",
        request(headers=signed_headers(owner, "GetItem", GET_BAIT, unsigned=["Host"]), body=GET_BAIT), INVALID)
refused("a signature that does not cover the date",
        request(headers=signed_headers(owner, "GetItem", GET_BAIT, unsigned=["X-Amz-Date"]), body=GET_BAIT), INVALID)
refused("a packed body, unpacked by a header that is added", resent(headers, **{"Content-Encoding": "gzip"}),
        "SerializationException")
headers = signed_headers(owner, "GetItem", GET_BAIT, extra={"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"})
refused("a body that the signature claims not to cover", request(headers=headers, body=GET_BAIT.replace(b"bait", b"bite")), INVALID)

# ---- one head, two readings ----

headers = signed_headers(owner, "GetItem", GET_BAIT)
whole = resent(headers)
SMUGGLED = request("GET", "/health")


def closes(what, data):
    """The bytes get one error at most and the end of the connection, and what follows them is not read."""
    received = b""
    with Connection(30) as connection:
        try:
            connection.send(data + SMUGGLED)
            while True:
                more = connection.socket.recv(65536)
                received += more
                if not more:
                    break
        except ConnectionError:
            pass
        except TimeoutError:
            received += b"(and the connection stays open)"
    lines = received.split(b"\r\n")
    statuses = {line.split()[1] for line in lines if line.startswith(b"HTTP/1.1 ")}
    attempt(what, statuses <= {b"400", b"413", b"501"} and len(statuses) <= 1 and b"open" not in received, received)


def with_line(line, before=b"Host:"):
    return whole.replace(before, line + b"\r\n" + before, 1)


closes("two targets", with_line(b"X-Amz-Target: " + DELETE["X-Amz-Target"].encode()))
closes("two signatures", with_line(b"Authorization: AWS4-HMAC-SHA256 x"))
closes("two hosts", with_line(b"Host: elsewhere"))
closes("no host", whole.replace(b"Host:", b"Hast:", 1))
closes("a folded line", with_line(b"X-Note: a\r\n b"))
closes("a name made whole by a folded line", with_line(b"X-Amz-: x\r\n Target"))
closes("a line that ends in a bare LF", whole.replace(b"\r\nHost:", b"\nHost:", 1))
closes("a header behind a bare LF", with_line(b"X-Note: a\nX-Amz-Target: " + DELETE["X-Amz-Target"].encode()))
closes("a bare CR", with_line(b"X-Note: a\rX-Amz-Target: b"))
closes("a zero byte", with_line(b"X-Note: a\0b"))
closes("a blank before a colon", whole.replace(b"X-Amz-Target:", b"X-Amz-Target :", 1))
closes("a header without a name", with_line(b": x"))
closes("a blank in the address", whole.replace(b"POST / ", b"POST /a b ", 1))
length = b"Content-Length: %d" % len(GET_BAIT)
chunks = b"%x\r\n%s\r\n0\r\n\r\n" % (len(GET_BAIT), GET_BAIT)
CHUNKED = b"Transfer-Encoding: chunked"
head = whole[:-len(GET_BAIT)]
for what, line in (
        ("a length and a transfer coding", length + b"\r\n" + CHUNKED),
        ("a transfer coding and a length", CHUNKED + b"\r\n" + length),
        ("a length and a transfer coding with a blank", length + b"\r\nTransfer-Encoding : chunked"),
        ("a transfer coding with a tab", length + b"\r\nTransfer-Encoding\t: chunked"),
        ("a transfer coding without length, with a blank", b"Transfer-Encoding : chunked"),
        ("two transfer codings", CHUNKED + b"\r\nTransfer-Encoding: identity"),
        ("the same one twice", CHUNKED + b"\r\n" + CHUNKED),
        ("an unknown one", b"Transfer-Encoding: xchunked"),
        ("a packed one", b"Transfer-Encoding: gzip, chunked"),
        ("none", b"Transfer-Encoding: identity"),
        ("one in a folded line", b"Transfer-Encoding:\r\n chunked"),
        ("one behind a vertical tab", b"Transfer-Encoding: \x0bchunked"),
        ("a length behind a plus", length.replace(b": ", b": +")),
        ("two lengths in one line", length + b", " + length.split(b": ")[1]),
        ("the same length twice", length + b"\r\n" + length),
        ("two lengths", length + b"\r\nContent-Length: 0"),
        ("a hexadecimal length", length.replace(b": ", b": 0x"))):
    closes(what, head.replace(length, line, 1) + chunks)
closes("chunks in HTTP/1.0", head.replace(length, CHUNKED, 1).replace(b"HTTP/1.1", b"HTTP/1.0", 1) + chunks)
for what, size in (("a negative chunk", b"-1"), ("a chunk of 0x5 bytes", b"0x5"), ("a chunk of no size", b""),
                   ("a chunk with a blank before its size", b" 5")):
    closes(what, head.replace(length, CHUNKED, 1) + size + b"\r\nabcde\r\n0\r\n\r\n")

with Connection() as connection:
    connection.send(head.replace(length, CHUNKED, 1) + b"%x;ext=\"a;b\"\r\n%s\r\n0;x\r\nX-Amz-Target: x\r\n\r\n" % (
        len(GET_BAIT), GET_BAIT) + SMUGGLED)
    answer = connection.receive()
    # libmicrohttpd 1.0 does not take them
    harmless = connection.closed() if answer.status == 400 else answer.json == ITEM and connection.receive().status == 200
    attempt("extensions of chunks and trailers change nothing, and what follows is the next request", harmless, answer.body)
refused("a request within the body of one that is refused, on its own", request(headers={"X-Amz-Target": TARGET + "GetItem"},
                                                                                body=signed(owner, "DeleteItem", GET_BAIT)), 404)

# ---- keys ----

refused("no signature", request(headers={"X-Amz-Target": TARGET + "GetItem"}), "MissingAuthenticationTokenException")
refused("a session token beside a long-term key", signed(owner, "GetItem", GET_BAIT, extra={"X-Amz-Security-Token": "x"}), UNRECOGNIZED)
headers = {name: value for name, value in signed_headers(owner, "GetItem", GET_BAIT).items()
           if name in ("Host", "Content-Type", "X-Amz-Target")}
path = presigned_path(owner, "GetItem", GET_BAIT, headers, more=[("X-Amz-Security-Token", "x")])
refused("one in a presigned request", request(path=path, headers=headers, body=GET_BAIT), UNRECOGNIZED)
refused("a stale date", signed(owner, "GetItem", GET_BAIT, offset=-400), INVALID)
refused("a date of the future", signed(owner, "GetItem", GET_BAIT, offset=400), INVALID)
refused("another day's scope", signed(owner, "GetItem", GET_BAIT, scope_date="20200101"), INVALID)
refused("another service's scope", signed(owner, "GetItem", GET_BAIT, service="s3"), INVALID)
refused("another terminator", signed(owner, "GetItem", GET_BAIT, terminator="aws4_requests"), INVALID)
refused("another secret", signed((owner[0], "x" * 40), "GetItem", GET_BAIT), INVALID)
sql("CREATE ROLE passing; GRANT USAGE ON SCHEMA dynamodb TO passing; GRANT SELECT ON dynamodb.\"Bait\" TO passing")
passing = create_key("passing")
is_("a key that may read", get(passing, "Bait", "bait").json, ITEM)
sql("SELECT ddb.set_access_key_active('%s', false)" % passing[0])
refused("a disabled key", signed(passing, "GetItem", GET_BAIT), UNRECOGNIZED)
sql("SELECT ddb.set_access_key_active('%s', true)" % passing[0])
refused("a write without the right to it", signed(passing, "DeleteItem", GET_BAIT), "AccessDeniedException")
sql("DROP OWNED BY passing; DROP ROLE passing")
refused("the key of a dropped role", signed(passing, "GetItem", GET_BAIT), UNRECOGNIZED)
sql("SELECT ddb.delete_access_key('%s')" % passing[0])
refused("a deleted key", signed(passing, "GetItem", GET_BAIT), UNRECOGNIZED)
refused("an expired one", signed(create_key("postgres", ", now() - interval '1 s'"), "GetItem", GET_BAIT), "ExpiredTokenException")


def statements_until(stop, statements):
    """A session that commits the statements again and again."""
    psql = subprocess.Popen(["psql", "-X", "-q"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    while not stop.is_set():
        psql.stdin.write(statements * 20)
        psql.stdin.flush()
    psql.stdin.close()
    psql.wait()


def keys_and_roles_change():
    """A good key is good in every moment, and a key is as it was made to be, whatever else changes."""
    sql("CREATE ROLE changing; GRANT USAGE ON SCHEMA dynamodb TO changing; GRANT SELECT ON dynamodb.\"Bait\" TO changing")
    changing, other = create_key("changing"), create_key("changing")
    stop = threading.Event()
    threads = [threading.Thread(target=statements_until, args=(stop, statements)) for statements in (
        "ALTER ROLE changing CONNECTION LIMIT 1; ALTER ROLE changing CONNECTION LIMIT 2;\n",
        "SELECT ddb.create_access_key('changing', now()); DELETE FROM ddb.access_keys WHERE valid_until IS NOT NULL;\n")]
    for thread in threads:
        thread.start()
    found = collections.Counter()
    connections = [Connection() for _ in range(8)]
    end = time.monotonic() + 3
    while time.monotonic() < end:
        for connection in connections:
            connection.send(signed(changing, "GetItem", GET_BAIT) * 8)
        for connection in connections * 8:
            answer = connection.receive()
            found[answer.status, answer.error] += 1
    late = set()
    for _ in range(20):
        sql("SELECT ddb.set_access_key_active('%s', false)" % other[0])
        late.add(call(other, "GetItem", GET_BAIT).error[0])
        sql("SELECT ddb.set_access_key_active('%s', true)" % other[0])
        late.add(call(other, "GetItem", GET_BAIT).status)
    stop.set()
    for thread in threads:
        thread.join()
    for connection in connections:
        connection.close()
    attempt("a good key while keys and roles change", set(found) == {(200, None)}, found)
    attempt("a key that is disabled and enabled meanwhile", late == {UNRECOGNIZED, 200}, late)


keys_and_roles_change()

# ---- bodies ----

def private_memory():
    """Kilobytes, of all workers."""
    total = 0
    for pid in pids():
        with open("/proc/%s/status" % pid) as status:
            total += sum(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
    return total


def send_slowly(connections, data):
    """As much as each takes at once; gives what is left for each."""
    left = []
    for connection in connections:
        rest = memoryview(data)
        connection.socket.settimeout(0.5)
        try:
            while rest:
                rest = rest[connection.socket.send(rest):]
        except OSError:
            pass
        left.append(bytes(rest))
    time.sleep(0.3)
    return left


def bodies(what, headers, expected, body=bytes(8 * MB), count=24):
    """Many large bodies at once, of which the last byte does not come; then it does."""
    before = private_memory()
    connections = [Connection() for _ in range(count)]
    data = request(headers={**headers, "Content-Length": str(len(body))}, body=body)
    left = send_slowly(connections, data[:-1])
    grown = private_memory() - before
    attempt("%s: %d of %d MB cost little memory" % (what, count, len(body) // MB), grown < 40 * KB, "%d kB" % grown)
    found = set()
    for connection, rest in zip(connections, left):
        connection.socket.settimeout(60)
        connection.send(rest + data[-1:])
        answer = connection.receive()
        found.add(answer.error[0] if answer.error else answer.status)
        connection.close()
    attempt("%s: they are told why" % what, found == {expected}, found)


json_headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": TARGET + "PutItem"}
bodies("bodies without a signature", json_headers, "MissingAuthenticationTokenException")
bodies("bodies for another path's content type", {}, 404)
bodies("bodies of an unknown key", signed_headers(("AKIAUNKNOWN", "x"), "PutItem", b""), UNRECOGNIZED)
bodies("bodies of a deleted key", signed_headers(passing, "PutItem", b""), UNRECOGNIZED)
bodies("bodies with a stale date", signed_headers(owner, "PutItem", b"", offset=-400), INVALID)
bodies("bodies of another service", signed_headers(owner, "PutItem", b"", service="s3"), INVALID)
bodies("bodies whose target is not signed", signed_headers(owner, "PutItem", b"", unsigned=["X-Amz-Target"]), INVALID)
bodies("bodies for an operation that is none", {**json_headers, "X-Amz-Target": TARGET + "Nothing"}, "UnknownOperationException")
bodies("small bodies without a signature", json_headers, "MissingAuthenticationTokenException", body=b"{" + b" " * 60000 + b"}", count=250)

with Connection() as connection:
    connection.send(request(headers={**json_headers, "Content-Length": str(8 * MB), "Expect": "100-continue"}))
    answer = connection.receive()
    attempt("who asks before sending a large body need not send it", answer.status == 400 and connection.closed(), answer.status)
with Connection() as connection:
    connection.send(request(headers={**json_headers, "Content-Length": str(10 ** 15), "Expect": "100-continue"}))
    answer = connection.receive()
    attempt("nor one that is too large", answer.status == 413, answer.status)
with Connection() as connection:
    head = request(headers={**json_headers, "Transfer-Encoding": "chunked"}).replace(b"Content-Length: 0\r\n", b"")
    before = private_memory()
    send_slowly([connection], head + (b"10000\r\n" + bytes(65536) + b"\r\n") * 256)
    attempt("chunks without end and without a signature", private_memory() - before < 20 * KB, private_memory() - before)
slow = [Connection() for _ in range(40)]
for connection in slow:
    connection.send(request(headers={**json_headers, "Content-Length": "1000"}))
for _ in range(20):
    for connection in slow:
        connection.send(b" ")
attempt("bodies that come byte by byte hold nobody up", all(get(owner, "Bait", "bait").status == 200 for _ in range(20)))
for connection in slow:
    connection.close()
body = encode({"TableName": "Bait", "Item": {"pk": {"S": "large"}, "text": {"S": "x" * 300000}}})
is_("a large body that is signed is served", call(owner, "PutItem", body).status, 200)

# ---- code of users ----

sql("CREATE ROLE author; GRANT USAGE ON SCHEMA ddb, dynamodb TO author; GRANT CREATE ON SCHEMA dynamodb, public TO author")
author = create_key("author")
create_table(author, "Code")
numbers = itertools.count()
AS_AUTHOR = ("-c", "SET client_min_messages = error", "-c", "SET ROLE author")


def have_code(body):
    sql('CREATE TRIGGER code BEFORE INSERT ON dynamodb."Code" FOR EACH ROW EXECUTE FUNCTION public.code()', *AS_AUTHOR,
        "-c", 'DROP TRIGGER IF EXISTS code ON dynamodb."Code"',
        "-c", "CREATE OR REPLACE FUNCTION public.code() RETURNS trigger LANGUAGE plpgsql AS $code$%s$code$" % body)


def run_code():
    """Another item each time: one that is there already would not be written."""
    return raw(signed(author, "PutItem", {"TableName": "Code", "Item": {"pk": {"S": "item %d" % next(numbers)}}}))


def count_code():
    return sql('SELECT count(*) FROM dynamodb."Code"')


SWALLOW = """BEGIN LOOP BEGIN PERFORM pg_sleep(100); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; RETURN NEW; END"""
NESTED = """BEGIN LOOP BEGIN LOOP BEGIN PERFORM pg_sleep(100);
    EXCEPTION WHEN query_canceled OR others THEN NULL; END; END LOOP;
    EXCEPTION WHEN query_canceled OR others THEN NULL; END; END LOOP; RETURN NEW; END"""
IN_HANDLER = """BEGIN BEGIN PERFORM pg_sleep(100); EXCEPTION WHEN query_canceled THEN LOOP PERFORM pg_sleep(100); END LOOP; END; RETURN NEW; END"""
BUSY = """BEGIN LOOP BEGIN LOOP PERFORM 1; END LOOP; EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; RETURN NEW; END"""

configure("ddb.http_statement_timeout", "1s")
for what, code in (("a trigger that swallows its cancellation", SWALLOW), ("one that waits in its handler", IN_HANDLER),
                   ("one that is busy all the time", BUSY)):
    before = pids()
    have_code(code)
    connections = [Connection(60) for _ in range(2)]
    for connection in connections:
        connection.send(signed(author, "PutItem", {"TableName": "Code", "Item": {"pk": {"S": "swallowed"}}}))
        time.sleep(0.1)
    time.sleep(0.2)
    others = [Connection(60) for _ in range(16)]
    for connection in others:
        connection.send(signed(owner, "GetItem", GET_BAIT))
    found = {connection.receive().status for connection in connections}
    attempt("%s is ended" % what, found == {500}, found)
    found = {connection.receive().status for connection in others}
    attempt("%s: all others are answered, and no worker ends" % what, found == {200} and pids() == before, (found, pids() - before))

have_code(NESTED)
before = pids()
culprit = Connection(60)
culprit.send(signed(author, "PutItem", {"TableName": "Code", "Item": {"pk": {"S": "nested"}}}))
time.sleep(0.5)
# more than libmicrohttpd takes at once
others = [Connection(60) for _ in range(64)]
for connection in others:
    connection.send(signed(owner, "GetItem", GET_BAIT))
answer = culprit.receive()
found = [connection.receive().status for connection in others]
until(lambda: len(before - pids()) == 1)
attempt("a trigger that swallows it twice ends with its worker", answer.status == 500 and len(before - pids()) == 1,
        (answer.status, before - pids()))
attempt("all others are answered, some with an error", 200 in found and set(found) <= {200, 500}, found)
eventually("another worker comes", lambda: len(pids()) == len(before))
is_("nothing of it is left", count_code(), "0")
configure("ddb.http_statement_timeout")
have_code("BEGIN RETURN NEW; END")

INJECTIONS = ['"},"admin":true,"x":{"y":"', '{"pk":{"S":"a"}},"message":"forged"', "{}}", '{"a":"b"}', '[1]', 'null', '"text"', "\\\"'",
              '{"pk":{"S":"a"}', '{"pk":{"S":"a\nb"}}', '{"pk":{"S":"\\ud800"}}', "}" * 1000]
for number in range(1, 14):
    sqlstate = "ND%03d" % number
    answers = []
    # the first one and the eleventh may have an item or reasons
    for detail in INJECTIONS if number in (1, 11) else INJECTIONS[:2]:
        have_code("BEGIN RAISE EXCEPTION USING ERRCODE = '%s', MESSAGE = %s, DETAIL = %s; END" % (
            sqlstate, "'\"},{' || chr(1) || '\\\\\"'", "'%s'" % detail.replace("'", "''")))
        answer = run_code()
        try:
            members = set(answer.json) - {"__type", "message", "Message"}
            answers.append(members <= {"CancellationReasons"} if detail == "[1]" else members == set())
        except ValueError:
            answers.append(answer.body)
    attempt("DETAIL of a trigger's error as %s" % sqlstate, all(found is True for found in answers), answers)
answers = []
for detail in INJECTIONS:
    have_code("BEGIN RAISE EXCEPTION USING ERRCODE = 'ND001', MESSAGE = 'x', DETAIL = '%s'; END" % detail.replace("'", "''"))
    answer = call(author, "BatchExecuteStatement", {"Statements": [{"Statement": "INSERT INTO \"Code\" VALUE {'pk': 'batch'}"}]})
    try:
        answers.append(set(answer.json["Responses"][0]["Error"]) == {"Code", "Message"})
    except (ValueError, KeyError):
        answers.append(answer.body)
attempt("DETAIL of a trigger's error in a batch of statements", all(found is True for found in answers), answers)
have_code("BEGIN RETURN NEW; END")
sql("""INSERT INTO dynamodb."Code" (item) VALUES ('{"pk": {"S": "seen"}}')""")
sql('ALTER TABLE dynamodb."Code" FORCE ROW LEVEL SECURITY', *AS_AUTHOR,
    "-c", """CREATE FUNCTION public.policy() RETURNS boolean LANGUAGE plpgsql AS
             $$BEGIN RAISE EXCEPTION USING ERRCODE = 'ND001', MESSAGE = 'x', DETAIL = '{}},{"Code":"None"'; END$$""",
    "-c", 'CREATE POLICY policy ON dynamodb."Code" USING (public.policy())', "-c", 'ALTER TABLE dynamodb."Code" ENABLE ROW LEVEL SECURITY')
answer = call(author, "TransactGetItems", {"TransactItems": [{"Get": {"TableName": "Code", "Key": {"pk": {"S": "seen"}}}}]})
try:
    found = answer.status, answer.json.get("CancellationReasons")
except ValueError:
    found = answer.body
attempt("DETAIL of a policy's error in a transaction", found in ((400, None), (400, [{"Code": "ConditionalCheckFailed", "Message": "x"}])), found)
sql('ALTER TABLE dynamodb."Code" DISABLE ROW LEVEL SECURITY', *AS_AUTHOR, "-c", 'DROP POLICY policy ON dynamodb."Code"')
sql('DELETE FROM dynamodb."Code"')
have_code("""BEGIN RAISE EXCEPTION USING ERRCODE = '%s', MESSAGE = 'x', DETAIL = '{"pk":{"S":"a"}}'; END"""
          % "ND001")
attempt("an item as such a DETAIL is an item", run_code().json.get("Item", {"pk": {"S": "a"}}) == {"pk": {"S": "a"}})

for statement in ("SET ROLE postgres", "SET SESSION AUTHORIZATION postgres", "RESET ROLE", "RESET SESSION AUTHORIZATION",
                  "SET LOCAL ROLE postgres", "PERFORM set_config('role', 'postgres', false)",
                  "PERFORM set_config('session_authorization', 'postgres', true)", "ALTER ROLE author SUPERUSER",
                  "PERFORM pg_read_file('PG_VERSION')", "COPY public.anything FROM PROGRAM 'id'", "LISTEN x",
                  "PERFORM pg_terminate_backend(pg_backend_pid())", "PERFORM pg_cancel_backend(pg_backend_pid())",
                  "PERFORM pg_terminate_backend(pid) FROM pg_stat_activity",
                  "PERFORM count(*) FROM ddb.access_keys", "SET ddb.http_auth = trust", "COMMIT", "ROLLBACK", "SAVEPOINT a",
                  "EXECUTE 'PREPARE TRANSACTION ''x'''", "LOAD '/tmp/x'",
                  "ALTER SYSTEM SET ddb.http_auth = trust", "SET session_replication_role = replica", "VACUUM"):
    have_code("BEGIN %s; RETURN NEW; END" % statement)
    before = pids()
    found = [run_code().status for _ in range(2)]
    attempt("a trigger's %s" % statement, set(found) <= {400, 500} and pids() == before, found)
is_("nothing of it has come through", (sql("SELECT rolsuper FROM pg_roles WHERE rolname = 'author'"), count_code()), ("f", "0"))

NOTE = """IF coalesce(current_setting('attack.trace', true), '') <> '' OR current_setting('search_path') = 'nowhere' OR current_user <> 'author'
    OR EXISTS (SELECT FROM pg_prepared_statements) OR EXISTS (SELECT FROM pg_cursors WHERE name = 'held')
    OR EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()) OR to_regclass('pg_temp.temporary') IS NOT NULL
    OR current_setting('statement_timeout') <> '0' THEN RAISE 'left'; END IF;"""
for what, code in (
        ("SET", "SET attack.trace = 'x'; SET search_path = nowhere; SET statement_timeout = 1"),
        ("SET in a function that fails", "SET attack.trace = 'x'; SET search_path = nowhere; RAISE 'x'"),
        ("a held cursor", "EXECUTE 'DECLARE held CURSOR WITH HOLD FOR SELECT pg_sleep(0)'"),
        ("a prepared statement", "EXECUTE 'PREPARE prepared AS SELECT 1'"),
        ("a temporary table", "EXECUTE 'CREATE TEMPORARY TABLE temporary (a integer)'"),
        ("an advisory lock", "PERFORM pg_advisory_lock(1)"),
        ("DISCARD and UNLISTEN", "UNLISTEN *; NOTIFY x"),
        ("a function's own SET", "PERFORM set_config('attack.trace', 'x', false)")):
    have_code("BEGIN %s; RETURN NULL; END" % code)
    for _ in range(4):
        run_code()
    have_code("BEGIN %s RETURN NULL; END" % NOTE)
    found = {run_code().status for _ in range(12)}
    attempt("%s leaves nothing to the next request" % what, found == {200}, found)
have_code("""BEGIN
    IF current_user = 'author' THEN
        PERFORM setseed(0.25), nextval('public.numbered');
        RETURN NULL;
    END IF;
    IF random()::text = '%s' THEN RAISE 'left'; END IF;
    PERFORM lastval();
    RAISE 'left';
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    RETURN NULL;
END""" % sql("SELECT random()", "-c", "CREATE SEQUENCE public.numbered", "-c", "GRANT ALL ON SEQUENCE public.numbered TO PUBLIC",
             "-c", "SELECT setseed(0.25)").split()[-1])
found = set()
for _ in range(12):
    run_code()
    found.add(raw(signed(owner, "PutItem", {"TableName": "Code", "Item": {"pk": {"S": "item %d" % next(numbers)}}})).status)
attempt("setseed() and nextval() leave nothing to another role's request", found == {200}, found)
have_code("BEGIN RETURN NEW; END")

# ---- paths and methods ----

for path in ("/", "//", "/./", "/a/..", "/a/../", "///."):
    found = raw(signed(owner, "GetItem", GET_BAIT).replace(b"POST / ", b"POST %s " % path.encode())).status
    attempt("the path %s is the one that is signed" % path, found == 200, found)
for path in ("/a", "/..a", "/%2e%2e/a", "/a%2F..", "/..%2F"):
    refused("the path %s is another" % path, whole.replace(b"POST / ", b"POST %s " % path.encode()), INVALID)
for path in ("/admin", "/health/", "/healthz", "/%68ealth", "//health", "/..", "/primary/x"):
    answer = raw(request("GET", path))
    attempt("GET %s" % path, answer.status == 404, answer.status)
for method in ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "get", "POSTX"):
    answer = raw(whole.replace(b"POST", method.encode(), 1))
    attempt("%s" % method, answer is None or answer.status in (400, 404, 405, 501), answer and answer.status)
