"""GET /metrics, what pg_stat_activity shows of a worker, and the log of slow requests."""

import gzip
import json
import os
import re
import threading

import exposition
from endpoint import (Connection, call, configure, create_key, create_table, eventually, get, is_, ok, pids, put, raw, request, signed, sql)
from exposition import value
from session import Session, SqlError

LOG = os.path.join(os.environ["DDB_WORK"], "cluster", "server.log")
key = create_key("postgres")


def is_refused(setting, text):
    try:
        Session().run("ALTER SYSTEM SET %s = '%s'" % (setting, text))
    except SqlError as error:
        return error.code == "22023"
    return False


def ask(headers=None, path="/metrics", method="GET", body=b""):
    return raw(request(method, path, headers=headers, body=body))


def metrics(timeout=60):
    answer = raw(request("GET", "/metrics"), timeout)
    if answer is None:
        raise EOFError
    if answer.status != 200:
        raise OSError(answer.body)
    return exposition.parse(answer.body.decode())


def table(families, what, name):
    return value(families, "ddb_table_%s_total" % what, table=name)


# ---- What is counted ----

eventually("all workers are there", lambda: len(pids()) == 4)
create_table(key, "Counted")
sql("SELECT ddb.reset_stats()")
put(key, "Counted", "a")
put(key, "Counted", "a", ConditionExpression="attribute_not_exists(pk)")
for _ in range(3):
    call(key, "GetItem", {"TableName": "Counted", "Key": {"pk": {"S": "a"}}, "ConsistentRead": True})
get(key, "Missing", "a")
call(("AKIAAAAAAAAAAAAAAAAA", "x"), "GetItem", {})
raw(request(headers={"Content-Type": "whatever"}, body=b"hi"))
sql("""SELECT ddb.get_item('{"TableName": "Counted", "Key": {"pk": {"S": "b"}}}')""")

answer = ask()
is_("metrics", (answer.status, answer.headers["content-type"]), (200, "text/plain; version=0.0.4; charset=utf-8"))
families = exposition.parse(answer.body.decode())


def requests(operation, exception="", source="http", status="200"):
    return value(families, "ddb_requests_total", source=source, operation=operation, status=status, exception=exception)


is_("requests that succeeded", (requests("PutItem"), requests("GetItem"), requests("GetItem", source="sql", status="")), (1, 3, 1))
is_("and those that did not", (requests("PutItem", "ConditionalCheckFailedException", status="400"),
                               requests("GetItem", "ResourceNotFoundException", status="400"),
                               requests("GetItem", "UnrecognizedClientException", status="400")), (1, 1, 1))
is_("and those that were for no operation", requests("none", status="404"), 1)
is_("how long they took", value(families, "ddb_request_duration_seconds_count", operation="GetItem"), 5)
ok("together", 0 < value(families, "ddb_request_duration_seconds_sum", operation="GetItem") < 60)
is_("bytes that came", value(families, "ddb_request_bytes_total", operation="none"), 2)
ok("bytes that left", value(families, "ddb_response_bytes_total", operation="PutItem") > 2)
is_("of a table: requests, errors, conditions that did not hold",
    [table(families, what, "Counted") for what in ("requests", "errors", "conditional_failures", "conflicts")], [6, 1, 1, 0])
is_("its capacity", [table(families, what, "Counted") for what in ("consumed_read_units", "consumed_write_units")], [3.5, 2])
is_("its items", [table(families, what, "Counted") for what in ("items_read", "items_written")], [3, 1])
is_("no table that is not there", table(families, "requests", "Missing"), None)
is_("the release", value(families, "ddb_info", version=sql("SELECT ddb.version()")), 1)
is_("workers", (value(families, "ddb_http_workers"), value(families, "ddb_standby")), (4, 0))
ok("their time", value(families, "ddb_http_worker_busy_seconds_total") > 0)
ok("connections", value(families, "ddb_http_connections_total") > 8)
is_("commits", value(families, "ddb_http_commits_total"), 1)
ok("flushes", value(families, "ddb_http_wal_flushes_total") >= 1)
is_("the catalogs are read", value(families, "ddb_database_metrics_up"), 1)
is_("nothing is filled, overdue or waiting", [value(families, name) for name in (
    "ddb_indexes_filling", "ddb_expiry_overdue_items", "ddb_expiry_overdue_seconds")] +
    [value(families, "ddb_jobs", state=state) for state in ("waiting", "running", "failed")], [0] * 6)
is_("there is no log of changes", value(families, "ddb_change_log_lag_seconds"), None)
is_("SQL says the same", sql("SELECT calls, errors, exceptions FROM ddb.operation_stats WHERE source = 'http' AND operation = 'PutItem'"),
    '2|1|{"ConditionalCheckFailedException": 1}')

# A write that meets another transaction's lock ends as a conflict, after tries that do not count.
locker = Session()
locker.run("BEGIN")
locker.run("SELECT FROM dynamodb.\"Counted\" WHERE pk = 'a' FOR UPDATE")
configure("ddb.http_lock_timeout", "200ms")
eventually("a write that waits for another transaction", lambda: put(key, "Counted", "a", Item={"pk": {"S": "a"}, "v": {"S": "v"}}).error[0] ==
           "TransactionConflictException")
locker.run("COMMIT")
families = metrics()
is_("is a conflict of its table's", table(families, "conflicts", "Counted"), requests("PutItem", "TransactionConflictException", status="400"))
ok("and was tried several times", value(families, "ddb_http_retries_total") >= 1)
is_("but consumed nothing", table(families, "consumed_write_units", "Counted"), 2)

# ---- What the catalogs know ----

configure("ddb.http_lock_timeout")
call(key, "UpdateTimeToLive", {"TableName": "Counted", "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True}})
eventually("the items that expire are found by an index of their own", lambda: value(metrics(), "ddb_indexes_filling") == 0, 60)
# an item that is due when it is locked, however long that takes
for seconds in (2, 10, 50):
    sql("""SELECT ddb.put_item(json_build_object('TableName', 'Counted', 'Item', json_build_object('pk', '{"S": "due"}'::json, 'g', '{"S": "g"}'::json,
        'ttl', json_build_object('N', (extract(epoch FROM now())::bigint + %d)::text))))""" % seconds)
    locker.run("BEGIN")
    if locker.run("SELECT pk FROM dynamodb.\"Counted\" WHERE pk = 'due' FOR UPDATE"):
        break
    locker.run("ROLLBACK")
eventually("an item that cannot be deleted is overdue", lambda: value(metrics(), "ddb_expiry_overdue_items") == 1, 120)
eventually("since some time", lambda: value(metrics(), "ddb_expiry_overdue_seconds") > 0)
is_("of one table", value(metrics(), "ddb_expiry_tables"), 1)
before = value(metrics(), "ddb_expired_items_total")
index = {
    "TableName": "Counted", "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "g", "AttributeType": "S"}],
    "GlobalSecondaryIndexUpdates": [{"Create": {"IndexName": "ByG", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                                                "Projection": {"ProjectionType": "ALL"}}}]}
# the expiry worker may be at the table for longer than a request waits
eventually("an index is asked for", lambda: call(key, "UpdateTable", index).status == 200, 60)
eventually("an index that meets a locked item is being filled", lambda: value(metrics(), "ddb_indexes_filling") == 1 and
           value(metrics(), "ddb_indexes_filling_seconds") > 0, 60)
locker.run("ROLLBACK")
eventually("once it can, the item is deleted", lambda: value(metrics(), "ddb_expired_items_total") > before, 90)
eventually("and the index is full", lambda: value(metrics(), "ddb_indexes_filling") == 0, 60)

answer = call(key, "CreateTable", {
    "TableName": "Streamed", "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}], "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}})
is_("a table with a stream", answer.status, 200)
eventually("has a log of changes", lambda: value(metrics(), "ddb_change_log_slot_usable") == 1, 60)
families = metrics()
ok("whose lag is known", value(families, "ddb_change_log_lag_seconds") >= 0 and
   value(families, "ddb_change_log_lag_limit_bytes") == 16 * 1024 ** 3 and value(families, "ddb_change_log_holes_total") == 0)
call(key, "UpdateTable", {"TableName": "Streamed", "StreamSpecification": {"StreamEnabled": False}})

# ---- What the dashboard and the alert rules ask for ----

WATCHING = os.path.join(os.path.dirname(__file__), "..", "..", "monitoring")


def served(families):
    """Of each metric, the labels that its samples have."""
    return {name: {label for labels in [labels for sample, labels in family.samples if sample == name] for label, _ in labels}
            for family_name, family in families.items() for name in {family_name, *(sample for sample, _ in family.samples)}}


with open(os.path.join(WATCHING, "ddb-dashboard.json"), encoding="utf-8") as file:
    queries = [target["expr"] for panel in json.load(file)["panels"] for target in panel.get("targets", [])]
with open(os.path.join(WATCHING, "alerts.yml"), encoding="utf-8") as file:
    queries += re.findall(r"expr: (.*(?:\n {10,}.*)*)", file.read())
ok("there are queries", len(queries) > 50)
there = served(families)
for text in queries:
    for name, matchers in re.findall(r"\b(ddb_[a-z_]+)(?:\{(.*?)\})?", text):
        labels = set(re.findall(r"(\w+)=", matchers)) - {"instance"}
        if name not in there or not labels <= there[name]:
            ok("%s with %s is served" % (name, labels), False, text)
    grouped = {label for group in re.findall(r"by \(([^)]*)\)", text) for label in group.split(", ")} - {"instance"}
    known = set().union(*(there.get(name, set()) for name in re.findall(r"\bddb_[a-z_]+", text)))
    ok("%.60s groups by what there is" % text, grouped <= known, grouped - known)

# ---- Who may ask ----

is_("with a query", ask(path="/metrics?x=y").status, 200)
is_("another path", ask(path="/metrics/x").status, 404)
with Connection() as connection:
    connection.send(request("HEAD", "/metrics"))
    answer = connection.receive_head()
    ok("HEAD of it", answer.status == 200 and int(answer.headers["content-length"]) > 1000)
    connection.send(request("GET", "/metrics", body=b"x" * 100000))
    answer = connection.receive()
    is_("a body of no use", answer.status, 200)
    connection.send(request("GET", "/metrics", headers={"Accept-Encoding": "gzip"}))
    answer = connection.receive()
    is_("packed", answer.headers["content-encoding"], "gzip")
    ok("which unpacks", exposition.parse(gzip.decompress(answer.body).decode()))
is_("POST is for operations", ask(method="POST", headers={"Content-Type": "application/x-amz-json-1.0"}, body=b"{}").status, 400)
is_("PUT is for nothing", ask(method="PUT").status, 404)

for name in ("Forwarded", "Via", "X-Forwarded-For", "X-Real-IP", "origin", "Sec-Fetch-Site"):
    answer = ask({name: "http://example.com"})
    ok("not with %s" % name, answer.status == 403 and b"ddb_" not in answer.body and "access-control-allow-origin" not in answer.headers,
       (answer.status, answer.headers))
for addresses, status in (("10.0.0.0/8", 403), ("", 403), ("::1, 127.0.0.2", 403), ("128.0.0.0/1", 403), ("fe80::/10", 403),
                          ("127.0.0.0/31", 200), ("10.1.2.3 ,127.0.0.1", 200), ("0.0.0.0/0", 200), ("::ffff:127.0.0.1", 200)):
    configure("ddb.http_metrics_addresses", addresses)
    is_("from this machine where '%s' may" % addresses, {ask().status for _ in range(12)}, {status})
for addresses in ("localhost", "10.0.0.0/33", "10.0.0", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "::/129", ",", "127.0.0.1,,::1"):
    ok("no list of addresses: '%s'" % addresses, is_refused("ddb.http_metrics_addresses", addresses))
configure("ddb.http_metrics_addresses", "127.0.0.1")
is_("again", {ask().status for _ in range(12)}, {200})

# ---- Labels ----

hostile = 'a"b\\c\nd} 1 {é'
sql("UPDATE ddb.tables SET name = E'a\"b\\\\c\\nd} 1 {é' WHERE name = 'Counted'")
families = metrics()
ok("a name that is no DynamoDB name is one label all the same", table(families, "requests", hostile) is not None)
sql("UPDATE ddb.tables SET name = 'Counted' WHERE relation = 'dynamodb.\"Counted\"'::regclass")
ok("and by its own name", table(metrics(), "requests", "Counted") is not None)

# ---- Who works at what ----

create_table(key, "Slow")
sql("""CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_advisory_xact_lock_shared(7); RETURN NEW; END $$;
    CREATE TRIGGER wait BEFORE INSERT ON dynamodb."Slow" FOR EACH ROW EXECUTE FUNCTION wait()""")
configure("ddb.http_lock_timeout", "5min")
configure("ddb.http_statement_timeout", "5min")
sql("""ALTER FUNCTION wait() SET lock_timeout = '5min'""")
locker.run("SELECT pg_advisory_lock(7)")
writer = threading.Thread(target=put, args=(key, "Slow", "secret key"))
writer.start()
eventually("pg_stat_activity shows operation and table", lambda: sql(
    "SELECT state, query FROM pg_stat_activity WHERE backend_type = 'ddb http' AND wait_event = 'advisory'") == "active|PutItem Slow")
is_("since when", sql("SELECT query_start <= now() AND state_change <= now() FROM pg_stat_activity WHERE query = 'PutItem Slow'"), "t")
# a connection may be that worker's, which does not answer now
eventually("a worker is busy", lambda: value(metrics(timeout=1), "ddb_http_workers_busy") >= 1)
locker.run("SELECT pg_advisory_unlock(7)")
writer.join()
eventually("then none is", lambda: sql(
    "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'ddb http' AND state <> 'idle'") == "0")

# ---- The log of slow requests ----

TRACE = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
CANARY = "canary-4711"
sql("CREATE ROLE \"odd \"\"role\"")
sql("GRANT SELECT, INSERT, UPDATE ON dynamodb.\"Counted\" TO \"odd \"\"role\"")
odd = create_key('odd "role')


def log():
    with open(LOG, encoding="utf-8") as file:
        return file.read().split("\n")


def line_of(answer):
    """The line of the log about the request with this answer; None if there is none."""
    lines = [line for line in log() if "request_id=" + answer.headers["x-amzn-requestid"] in line]
    return lines[0] if len(lines) == 1 else None


ok("nothing is logged unless it is wanted", line_of(get(key, "Counted", "a")) is None)
configure("ddb.http_log_min_duration", "0")
eventually("with 0 everything is", lambda: all(line_of(get(key, "Counted", "a")) for _ in range(12)))
answer = call(odd, "PutItem", {"TableName": "Counted", "Item": {"pk": {"S": CANARY}}}, extra={"traceparent": TRACE})
is_("what is said of a write", re.sub(r"duration=[0-9.]+ ms", "duration=N ms", line_of(answer).split("LOG:  ")[1]),
    'slow HTTP request: operation=PutItem table="Counted" role="odd \\"role" status=200 duration=N ms tries=1 items=1 '
    'request_bytes=62 response_bytes=2 request_id=%s traceparent=%s' % (answer.headers["x-amzn-requestid"], TRACE))
answer = call(odd, "UpdateItem", {"TableName": "Counted", "Key": {"pk": {"S": CANARY}}, "UpdateExpression": "SET v = :v",
                                  "ConditionExpression": "v = :v", "ExpressionAttributeValues": {":v": {"S": CANARY}}})
ok("of one that fails", " table=\"Counted\" " in line_of(answer) and " status=400 exception=ConditionalCheckFailedException " in line_of(answer), line_of(answer))
answer = call(key, "BatchGetItem", {"RequestItems": {"Counted": {"Keys": [{"pk": {"S": CANARY}}, {"pk": {"S": "a"}}]}, "Slow": {"Keys": [{"pk": {"S": CANARY}}]}}})
ok("of several tables", re.search(r'table="(Counted|Slow)" tables=2 .* items=2 ', line_of(answer)), line_of(answer))
for name in (CANARY, "Counted\nLOG:  forged", "Counted\" role=\"x"):
    answer = get(key, name, "a")
    ok("a table that is not there is not named: %r" % name, " table=" not in line_of(answer) and " role=\"postgres\" " in line_of(answer), line_of(answer))
answer = call(("AKIAAAAAAAAAAAAAAAAA", "x"), "GetItem", {})
ok("a request of nobody's", " role=" not in line_of(answer) and " exception=UnrecognizedClientException " in line_of(answer), line_of(answer))
for trace in (TRACE.upper(), TRACE + "-x", TRACE[:-1], "ff" + TRACE[2:], "00-" + "0" * 32 + TRACE[35:], TRACE[:36] + "0" * 16 + TRACE[52:],
              TRACE.replace("4bf9", "4bg9"), TRACE.replace("-", " "), "x" * 2000, "", "é" + TRACE[1:]):
    answer = call(key, "GetItem", {"TableName": "Counted", "Key": {"pk": {"S": "a"}}}, extra={"Traceparent": trace.encode().decode("latin-1")})
    ok("no trace: %.60r" % trace, "traceparent" not in line_of(answer), line_of(answer))
answer = call(key, "GetItem", {"TableName": "Counted", "Key": {"pk": {"S": "a"}}}, extra={"Traceparent": "cc" + TRACE[2:] + "-more"})
ok("a trace of a later version", line_of(answer).endswith(" traceparent=cc" + TRACE[2:]), line_of(answer))
twice = signed(key, "GetItem", {"TableName": "Counted", "Key": {"pk": {"S": "a"}}})
twice = twice.replace(b"\r\n\r\n", ("\r\ntraceparent: %s\r\ntraceparent: %s\r\n\r\n" % (TRACE, TRACE)).encode(), 1)
ok("nor two", "traceparent" not in line_of(raw(twice)))
configure("ddb.http_log_min_duration", "20s")
eventually("what is swift is not logged then", lambda: not any(line_of(get(key, "Counted", "a")) for _ in range(12)))
configure("ddb.http_log_min_duration", "-1")

# An error in the log, too, says for which request it was.
sql("""CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE division_by_zero; END $$;
    CREATE TRIGGER fail BEFORE INSERT ON dynamodb."Slow" FOR EACH ROW EXECUTE FUNCTION fail()""")
answer = put(key, "Slow", "x")
is_("an error of the server's", answer.status, 500)
ok("names the request", any("HTTP request %s, PutItem" % answer.headers["x-amzn-requestid"] in line for line in log()))
ok("no key or value is in the log", not any(CANARY in line or "secret key" in line for line in log()))

# ---- Without catalogs ----

locker.run("BEGIN")
locker.run("LOCK ddb.jobs IN ACCESS EXCLUSIVE MODE")
families = metrics()
ok("where catalogs are locked, the rest is told", value(families, "ddb_database_metrics_up") == 0 and
   value(families, "ddb_requests_total", source="http", operation="GetItem", status="200", exception="") > 0 and
   "ddb_table_requests_total" not in families)
locker.run("ROLLBACK")
is_("afterwards all is", value(metrics(), "ddb_database_metrics_up"), 1)
locker.close()
