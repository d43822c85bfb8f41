"""DynamoDB's JSON 1.0 protocol: what is served, and how what is not is refused."""

import gzip
import re
import zlib

from endpoint import (Connection, call, configure, crc32, create_key, create_table, get, is_, ok, put, raw, request,
                      signed, signed_headers, sql)

TARGET = {"X-Amz-Target": "DynamoDB_20120810.ListTables"}
JSON = {"Content-Type": "application/x-amz-json-1.0"}
MB = 1024 * 1024

key = create_key("postgres")

# ---- the answers' headers ----

answer = raw(request("GET"))
is_("GET is the health check", answer.body, b"healthy: dynamodb.us-east-1.amazonaws.com ")
is_("the server's name", answer.headers["server"], "ddb/" + sql("SELECT ddb.version()"))
is_("its length", answer.headers["content-length"], str(len(answer.body)))
is_("its checksum", answer.headers["x-amz-crc32"], crc32(answer.body))
ok("its request ID", re.fullmatch("[0-9A-Z]{52}", answer.headers["x-amzn-requestid"]))
ok("another request has another ID",
   raw(request("GET")).headers["x-amzn-requestid"] != answer.headers["x-amzn-requestid"])

answer = call(key, "ListTables", {})
is_("ListTables", (answer.status, answer.json), (200, {"TableNames": []}))
is_("its content type", answer.headers["content-type"], "application/x-amz-json-1.0")
is_("its checksum", answer.headers["x-amz-crc32"], crc32(answer.body))

is_("the endpoint is the one that is asked", call(key, "DescribeEndpoints", {}).json["Endpoints"],
    [{"Address": "http://" + signed_headers(key, "DescribeEndpoints", b"{}")["Host"], "CachePeriodInMinutes": 1440}])
create_table(key, "tagged")
tagged = {"ResourceArn": call(key, "DescribeTable", {"TableName": "tagged"}).json["Table"]["TableArn"]}
for operation, more in ("TagResource", {"Tags": [{"Key": "a", "Value": "b"}]}), ("UntagResource", {"TagKeys": ["a"]}):
    answer = call(key, operation, {**tagged, **more})
    is_("%s answers nothing" % operation,
        (answer.status, answer.body, answer.headers["content-length"], answer.headers["x-amz-crc32"]), (200, b"", "0", "0"))
is_("and the table is gone", call(key, "DeleteTable", {"TableName": "tagged"}).status, 200)
is_("headers of 15 KB", call(key, "ListTables", {}, extra={"X-Amz-Note": "x" * 14500}).status, 200)

# ---- what is set for the database while the workers are there ----


def alter_database(change):
    sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %%I %s', current_database()); END $$" % change)


def backups():
    return {call(key, "ListBackups", {}).json.get("message") for _ in range(20)}


def expiry(enabled):
    return call(key, "UpdateTimeToLive", {"TableName": "expiring", "TimeToLiveSpecification": {
        "AttributeName": "at", "Enabled": enabled}}).json.get("message")


is_("backups are in the database", backups(), {None})
sql("ALTER ROLE ALL SET ddb.backup_bucket = 'everywhere'")
is_("until all workers know of a bucket at once", backups(), {"The specified bucket does not exist: everywhere"})
alter_database("SET ddb.backup_bucket = nowhere")
is_("what is set for the database comes before what is set for all", backups(), {"The specified bucket does not exist: nowhere"})
alter_database("SET ddb.backup_bucket = ''''")
is_("and may be none", backups(), {None})
create_table(key, "expiring")
is_("TTL is on", expiry(True), None)
is_("it is not changed so soon", expiry(False), "Time to live has been modified multiple times within a fixed interval")
alter_database("SET ddb.ttl_change_interval = 0")
is_("but where that is set to be allowed", [expiry(on) for on in (False, True) * 8], [None] * 16)
alter_database("RESET ALL")
sql("ALTER ROLE ALL RESET ddb.backup_bucket")

# ---- health checks ----

for path, status in (("/", 200), ("/?x=y", 200), ("/health", 200), ("/ready", 200), ("/primary", 200), ("/replica", 503),
                     ("/elsewhere", 404), ("/health/x", 404), ("/favicon.ico", 404)):
    is_("GET %s" % path, raw(request("GET", path)).status, status)
is_("why not", raw(request("GET", "/replica")).body, b"unhealthy: The server is no standby\n")
with Connection() as connection:
    connection.send(request("HEAD", "/ready"))
    answer = connection.receive_head()
    is_("HEAD", (answer.status, answer.headers["content-length"]), (200, "42"))
    connection.send(request("GET", "/ready"))
    is_("and what follows it", connection.receive().body, b"healthy: dynamodb.us-east-1.amazonaws.com ")
configure("default_transaction_read_only", "on")
is_("a server that takes no writes is no primary", raw(request("GET", "/primary")).status, 503)
is_("but ready", raw(request("GET", "/ready")).status, 200)
configure("default_transaction_read_only")
is_("until it takes them again", {raw(request("GET", "/primary")).status for _ in range(20)}, {200})

# ---- what is not served ----

for what, data in [
        ("OPTIONS without an origin", request("OPTIONS")),
        ("PUT", request("PUT")),
        ("DELETE", request("DELETE")),
        ("PATCH", request("PATCH")),
        ("a body without content type", request(body=b"hi")),
        ("another content type", request(headers={"Content-Type": "whatever"}, body=b"hi")),
        ("JSON 1.1", request(headers={"Content-Type": "application/x-amz-json-1.1"}, body=b"hi")),
        ("a longer content type", request(headers={"Content-Type": "application/jsonasdf"}, body=b"hi"))]:
    answer = raw(data)
    is_("%s is not found" % what, (answer.status, answer.body, answer.headers["x-amz-crc32"]),
        (404, b"<UnknownOperationException/>\n", "3552371480"))

for content_type, returned in [
        ("application/json", "application/json"), ("application/x-amz-json-1.0", "application/x-amz-json-1.0"),
        ("application/json;", "application/json"), ("  application/json  ;   asfd", "application/json"),
        ("application/x-amz-json-1.0;blahblah", "application/x-amz-json-1.0")]:
    answer = raw(request(headers={"Content-Type": content_type}, body=b"hi"))
    is_("no JSON as %r" % content_type, (answer.status, answer.body, answer.headers["content-type"]),
        (400, b'{"__type":"com.amazon.coral.service#SerializationException"}', returned))

UNKNOWN = b'{"__type":"com.amazon.coral.service#UnknownOperationException"}'
for what, data in [
        ("no target", request()),
        ("no target, with a body", request(headers=JSON, body=b"{}")),
        ("a target that is none", request(headers={"X-Amz-Target": "whatever"})),
        ("an operation that is none", request(headers={"X-Amz-Target": "DynamoDB_20120810.ListTable"})),
        ("another version", request(headers={"X-Amz-Target": "DynamoDB_20111205.ListTables"})),
        ("an operation of the other service", request(headers={"X-Amz-Target": "DynamoDBStreams_20120810.ListTables"})),
        ("a signed unknown operation", signed(key, "MakeCoffee", {}))]:
    answer = raw(data)
    is_(what, (answer.status, answer.body), (400, UNKNOWN))
# An operation that is least likely to come: a service of AWS's.
for target in ("DynamoDB_20120810.EnableKinesisStreamingDestination",):
    answer = raw(request(headers={"X-Amz-Target": target}))
    is_("an operation of DynamoDB's that there is not yet", (answer.status, answer.json),
        (400, {"__type": "com.amazon.coral.service#UnknownOperationException",
               "message": "ddb does not have the operation EnableKinesisStreamingDestination yet"}))
is_("one of the other service's under this one's name",
    raw(request(headers={"X-Amz-Target": "DynamoDBStreams_20120810.EnableKinesisStreamingDestination"})).body, UNKNOWN)

answer = call(key, "GetItem", b'{"TableName": ')
is_("a signed request that is no JSON", answer.body,
    b'{"__type":"com.amazon.coral.service#SerializationException"}')
answer = call(key, "GetItem", {"TableName": 1})
is_("a wrong JSON type", (answer.status, answer.json),
    (400, {"__type": "com.amazon.coral.service#SerializationException",
           "Message": "NUMBER_VALUE cannot be converted to String"}))
answer = call(key, "GetItem", {"TableName": "a"})
is_("a failed validation", answer.json["__type"], "com.amazon.coral.validate#ValidationException")
answer = get(key, "missing", "a")
is_("a missing table", (answer.status, answer.json),
    (400, {"__type": "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",
           "message": "Requested resource not found"}))

# ---- CORS ----

answer = raw(request("OPTIONS", headers={"Origin": "whatever", "Access-Control-Request-Headers": "a, b, c",
                                         "Access-Control-Request-Method": "d"}))
is_("a preflight", (answer.status, answer.body), (200, b""))
is_("its headers", [answer.headers.get("access-control-" + name) for name in
                    ("allow-origin", "allow-headers", "allow-methods", "max-age")], ["*", "a, b, c", "d", "172800"])
ok("what it may read is said", "x-amzn-RequestId" in answer.headers.get("access-control-expose-headers", ""))
is_("an origin is allowed", raw(request(headers={"Origin": "whatever"})).headers["access-control-allow-origin"], "*")
ok("without one nothing is said", "access-control-allow-origin" not in raw(request()).headers)

# ---- bodies ----

create_table(key, "Things")
is_("PutItem", put(key, "Things", "a").json, {})
is_("GetItem", get(key, "Things", "a").json, {"Item": {"pk": {"S": "a"}}})
answer = put(key, "Things", "a", ConditionExpression="attribute_not_exists(pk)",
             ReturnValuesOnConditionCheckFailure="ALL_OLD")
is_("a condition that fails", (answer.status, answer.json),
    (400, {"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
           "message": "The conditional request failed", "Item": {"pk": {"S": "a"}}}))

body = b'{"TableName": "Things", "Key": {"pk": {"S": "a"}}}'
for encoding, packed in (("gzip", gzip.compress(body)), ("deflate", zlib.compress(body)), ("identity", body)):
    is_("a request's body as %s" % encoding,
        call(key, "GetItem", packed, extra={"Content-Encoding": encoding}).json, {"Item": {"pk": {"S": "a"}}})
is_("a torn gzip body", call(key, "GetItem", gzip.compress(body)[:-9], extra={"Content-Encoding": "gzip"}).error[0],
    "SerializationException")
is_("an unknown encoding", call(key, "GetItem", body, extra={"Content-Encoding": "br"}).error[0],
    "SerializationException")
is_("a body that unpacks to more than 16 MB",
    call(key, "GetItem", gzip.compress(b" " * (17 * MB)), extra={"Content-Encoding": "gzip"}).status, 413)
for size, status in ((16 * MB, 200), (16 * MB + 1, 413)):
    is_("a body that unpacks to %d bytes" % size,
        call(key, "GetItem", zlib.compress(body.ljust(size)), extra={"Content-Encoding": "deflate"}).status, status)
is_("a gzip body that is called deflate",
    call(key, "GetItem", gzip.compress(body), extra={"Content-Encoding": "deflate"}).json, {"Item": {"pk": {"S": "a"}}})
is_("a gzip body of several members", call(key, "GetItem", gzip.compress(body[:10]) + gzip.compress(b"") + gzip.compress(body[10:]),
                                          extra={"Content-Encoding": "gzip"}).json, {"Item": {"pk": {"S": "a"}}})
for encoding, packed in (("gzip", gzip.compress(body)), ("deflate", zlib.compress(body))):
    is_("something behind a %s body" % encoding,
        call(key, "GetItem", packed + b"}}}", extra={"Content-Encoding": encoding}).error[0], "SerializationException")
is_("a body that is packed and empty", call(key, "GetItem", gzip.compress(b""), extra={"Content-Encoding": "gzip"}).error[0],
    "SerializationException")

call(key, "PutItem", {"TableName": "Things", "Item": {"pk": {"S": "long"}, "text": {"S": "abc" * 5000}}})
answer = get(key, "Things", "long", extra={"Accept-Encoding": "identity, gzip"})
is_("an answer as gzip", answer.headers.get("content-encoding"), "gzip")
is_("its checksum is over what is sent", answer.headers["x-amz-crc32"], crc32(answer.body))
ok("it is shorter", len(answer.body) < 1000)
is_("and the same", gzip.decompress(answer.body), get(key, "Things", "long").body)
for accepted, expected in (
        ("identity", None), ("gzip;q=0", None), ("br", None), ("", None), ("*", "gzip"), ("*;q=0", None), ("deflate", "deflate"),
        ("gzip, deflate", "gzip"), ("deflate, gzip", "gzip"), ("gzip;q=0.5, deflate", "deflate"), ("gzip;q=0.5, deflate;q=0.7, br;q=1", "deflate"),
        ("gzip;q=0, *", "deflate"), ("gzip;q=0.001", "gzip"), ("gzip;q=0.000", None), ("GZIP; q=1.0", "gzip"), ("identity;q=0.5, gzip;q=0.4", None),
        ("identity;q=0, *", "gzip"), ("xgzip, gzipx", None), ("gzip;q=", None), (",,gzip,,", "gzip"), ("gzip;level=1;q=0, deflate", "deflate")):
    answer = get(key, "Things", "long", extra={"Accept-Encoding": accepted})
    is_("Accept-Encoding: %s" % accepted, answer.headers.get("content-encoding"), expected)
    ok("and its body", {None: bytes, "gzip": gzip.decompress, "deflate": zlib.decompress}[expected](answer.body) ==
       get(key, "Things", "long").body)
for length, packed in ((3900, False), (4100, True)):
    call(key, "PutItem", {"TableName": "Things", "Item": {"pk": {"S": "length"}, "text": {"S": "a" * length}}})
    is_("an answer of some %d bytes is packed" % length,
        "content-encoding" in get(key, "Things", "length", extra={"Accept-Encoding": "gzip"}).headers, packed)

headers = signed_headers(key, "GetItem", body)
chunked = request(headers={**headers, "Transfer-Encoding": "chunked"}).replace(b"Content-Length: 0\r\n", b"")
chunked += b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (body[:1], body[1:20], body[20:])) + b"0\r\n\r\n"
is_("a body in chunks", raw(chunked).json, {"Item": {"pk": {"S": "a"}}})

with Connection() as connection:
    whole = request(headers={**headers, "Expect": "100-continue"}, body=body)
    connection.send(whole[:-len(body)])
    is_("Expect: 100-continue", connection.receive().status, 100)
    connection.send(body)
    is_("and what follows", connection.receive().json, {"Item": {"pk": {"S": "a"}}})

with Connection() as connection:
    connection.send(b"".join(signed(key, "PutItem", {"TableName": "Things", "Item": {"pk": {"S": "p%d" % number}}}) +
                             signed(key, "GetItem", {"TableName": "Things", "Key": {"pk": {"S": "p%d" % number}}})
                             for number in range(50)))
    answers = [connection.receive() for _ in range(100)]
    is_("100 requests at once on one connection, in order",
        [answer.json for answer in answers],
        [expected for number in range(50) for expected in ({}, {"Item": {"pk": {"S": "p%d" % number}}})])

with Connection() as connection:
    for byte in signed(key, "GetItem", body):
        connection.send(bytes([byte]))
    is_("a request byte by byte", connection.receive().json, {"Item": {"pk": {"S": "a"}}})

answer = raw(request(body=b"a" * (16 * MB)))
is_("a body of 16 MB is read", answer.status, 404)
answer = raw(request(body=b"a" * (16 * MB + 1)))
is_("a longer one is not", (answer.status, answer.headers.get("transfer-encoding")), (413, "chunked"))

# ---- a server without the extension ----

sql("DROP EXTENSION ddb CASCADE", "-c", "SET client_min_messages = error")
is_("without the extension", call(key, "ListTables", {}).status, 503)
for path, status in (("/", 503), ("/health", 200), ("/ready", 503), ("/primary", 503), ("/replica", 503)):
    is_("GET %s without it" % path, raw(request("GET", path)).status, status)
is_("why", raw(request("GET")).body,
    b'unhealthy: The extension ddb does not exist in the database of ddb.http_database, "postgres"\n')
sql("CREATE EXTENSION ddb")
key = create_key("postgres")
is_("with it again", call(key, "ListTables", {}).json, {"TableNames": []})
is_("GET /", raw(request("GET")).status, 200)
