"""Who may come in: Signature Version 4, access keys, roles."""

import json

from endpoint import (Connection, call, create_key, create_table, encode, get, is_, ok, presigned_path, put, raw, request,
                      signed, signed_headers, sql, timestamp)

INVALID = "InvalidSignatureException"
INCOMPLETE = "IncompleteSignatureException"
UNRECOGNIZED = ("UnrecognizedClientException", "The security token included in the request is invalid.")
MISMATCH = (INVALID, "The request signature we calculated does not match the signature you provided. "
            "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
LIST = {"X-Amz-Target": "DynamoDB_20120810.ListTables"}

key = create_key("postgres")
create_table(key, "Things")
put(key, "Things", "a")

# ---- what is missing ----

def error(data):
    answer = raw(data)
    return answer.error if answer.status == 400 else answer.status


MISSING = ("MissingAuthenticationTokenException", "Request is missing Authentication Token")
is_("no signature", error(request(headers=LIST)), MISSING)
is_("half a scheme", error(request(headers={**LIST, "Authorization": "AWS4"})), MISSING)
is_("another scheme", error(request(headers={**LIST, "Authorization": "Basic eDp5"})), MISSING)
is_("a query without algorithm",
    error(request(path="/?X-Amz-Credential=a&X-Amz-Signature=b&X-Amz-SignedHeaders=c&X-Amz-Date=d", headers=LIST)), MISSING)
is_("header and query", error(request(path="/?X-Amz-Algorithm", headers={**LIST, "Authorization": "X"})),
    (INVALID, "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."))
is_("a header without parameters", error(request(headers={**LIST, "Authorization": "AWS4-"})),
    (INCOMPLETE, "Authorization header requires 'Credential' parameter. "
     "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. "
     "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-"))
is_("a query without parameters", error(request(path="/?X-Amz-Algorithm", headers=LIST)),
    (INCOMPLETE, "".join("AWS query-string parameters must include '%s'. " % name for name in (
        "X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date")) +
     "Re-examine the query-string parameters."))

# ---- what is wrong ----

def refused(**how):
    return call(key, "ListTables", {}, **how).error


is_("an unknown key", call(("AKIAAAAAAAAAAAAAAAAA", "x"), "ListTables", {}).error, UNRECOGNIZED)
is_("an absurd key", call(("A" * 2000, "x"), "ListTables", {}).error, UNRECOGNIZED)
is_("a wrong secret", call((key[0], key[1][:-1]), "ListTables", {}).error, MISMATCH)
name, text = refused(offset=-330)
ok("a signature 5 minutes old", name == INVALID and text.startswith("Signature expired: ") and text.endswith(" - 5 min.)"), text)
name, text = refused(offset=330)
ok("a signature of the future", name == INVALID and text.startswith("Signature not yet current: "), text)
is_("a signature 4 minutes old", call(key, "ListTables", {}, offset=-240).status, 200)
is_("a long header signed", call(key, "ListTables", {}, extra={"A": "x" * 10000}).status, 200)
is_("a long header named so often that it is work", refused(extra={"A": "x" * 6000}, repeat=["a"] * 3000), MISMATCH)
is_("another service", refused(service="s3"), (INVALID, "Credential should be scoped to correct service: 'dynamodb'. "))
is_("another terminator", refused(terminator="aws5_request"),
    (INVALID, "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'."))
name, text = refused(scope_date="20200101")
ok("another day in the scope", name == INVALID and text.startswith("Date in Credential scope does not match"), text)
is_("any region will do", call(key, "ListTables", {}, region="eu-central-1").status, 200)

whole = signed(key, "GetItem", {"TableName": "Things", "Key": {"pk": {"S": "a"}}})
is_("the request as signed", raw(whole).json, {"Item": {"pk": {"S": "a"}}})
for uri in ("http://127.0.0.1", "http://127.0.0.1/", "HTTPS://x:1/"):
    is_("with the whole URI %s" % uri, raw(whole.replace(b"POST /", b"POST " + uri.encode())).status, 200)
is_("with the whole URI and another path", error(whole.replace(b"POST / ", b"POST http://127.0.0.1/a ")), MISMATCH)
is_("with the whole URI and another query", error(whole.replace(b"POST / ", b"POST http://127.0.0.1?a=b ")), MISMATCH)
is_("with another body", error(whole.replace(b'"S": "a"', b'"S": "b"')), MISMATCH)
is_("with another operation", error(whole.replace(b"GetItem", b"DeleteItem")), MISMATCH)
is_("with another query", error(whole.replace(b"POST / ", b"POST /?a=b ")), MISMATCH)
is_("with another path", error(whole.replace(b"POST / ", b"POST /a ")), MISMATCH)
headers = signed_headers(key, "ListTables", b"{}")
for what, header in (
        ("another algorithm", headers["Authorization"].replace("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1")),
        ("a short credential", headers["Authorization"].replace("/aws4_request", "")),
        ("a long credential", headers["Authorization"].replace("/aws4_request", "/aws4_request/x")),
        ("a parameter without value", headers["Authorization"].replace("Signature=", "Signature"))):
    is_(what, error(request(headers={**headers, "Authorization": header}, body=b"{}"))[0], INCOMPLETE)
is_("a time that is none", error(request(headers={**headers, "X-Amz-Date": "yesterday"}, body=b"{}"))[0], INCOMPLETE)
is_("a signed header that is missing",
    error(request(headers={**headers, "Authorization": headers["Authorization"].replace("SignedHeaders=", "SignedHeaders=a;")},
                  body=b"{}"))[0], INVALID)
is_("a signature that does not cover the host",
    error(request(headers={**headers, "Authorization": headers["Authorization"].replace("host;", "")}, body=b"{}"))[0], INVALID)
is_("blanks in a signed header's value", call(key, "ListTables", {}, extra={"X-Note": "  a   b "}).status, 200)
is_("as many headers as fit, signed",
    call(key, "ListTables", {}, extra={"X-%03d" % number: "1" for number in range(150)}).status, 200)

# ---- presigned ----

body = encode({"TableName": "Things", "Key": {"pk": {"S": "a"}}})
headers = {"Host": request().decode().split("Host: ")[1].split("\r\n")[0], "Content-Type": "application/x-amz-json-1.0",
           "X-Amz-Target": "DynamoDB_20120810.GetItem"}


def presigned(**how):
    return raw(request(path=presigned_path(key, "GetItem", body, headers, **how), headers=headers, body=body))


is_("a presigned request", presigned().json, {"Item": {"pk": {"S": "a"}}})
is_("with parameters whose names begin with another's", presigned(more=[("a", "1"), ("a-b", "2"), ("a1", "3")]).status, 200)
is_("within its time", presigned(offset=-1000, expires=2000).status, 200)
is_("after it", presigned(offset=-1000, expires=500).error[0], INVALID)
is_("for longer than a week", presigned(expires=604801).error[0], INCOMPLETE)
path = presigned_path(key, "GetItem", body, headers)
is_("with another signature", error(request(path=path[:-1] + ("0" if path[-1] != "0" else "1"), headers=headers, body=body)), MISMATCH)

# ---- keys ----

other = create_key("postgres")
is_("another key", call(other, "ListTables", {}).status, 200)
connection = Connection()
statuses = []
for credentials in (key, key, other, key, (key[0], other[1]), key, other, other, (other[0], key[1]), other):
    connection.send(signed(credentials, "ListTables", b"{}"))
    statuses.append(connection.receive().status)
is_("keys in turns, and in disguise", statuses, [200, 200, 200, 200, 400, 200, 200, 200, 400, 200])
sql("SELECT ddb.set_access_key_active('%s', false)" % other[0])
is_("a disabled key", call(other, "ListTables", {}).error, UNRECOGNIZED)
sql("SELECT ddb.set_access_key_active('%s', true)" % other[0])
is_("an enabled key", call(other, "ListTables", {}).status, 200)
sql("SELECT ddb.delete_access_key('%s')" % other[0])
is_("a deleted key", call(other, "ListTables", {}).error, UNRECOGNIZED)
is_("an expired key", call(create_key("postgres", ", now() - interval '1 s'"), "ListTables", {}).error[0], "ExpiredTokenException")
is_("a key that will expire", call(create_key("postgres", ", now() + interval '1 h'"), "ListTables", {}).status, 200)

# ---- roles ----

sql("CREATE ROLE reader; CREATE ROLE writer; CREATE ROLE passing")
sql("GRANT USAGE ON SCHEMA ddb, dynamodb TO reader, writer, passing")
sql('GRANT SELECT ON dynamodb."Things" TO reader, passing; GRANT ALL ON dynamodb."Things" TO writer')
reader, writer, passing = create_key("reader"), create_key("writer"), create_key("passing")
is_("a reader reads", get(reader, "Things", "a").status, 200)
answer = put(reader, "Things", "b")
is_("but does not write", (answer.status, answer.json["__type"]), (400, "com.amazon.coral.service#AccessDeniedException"))
is_("a writer writes", put(writer, "Things", "b").status, 200)
is_("nobody but owners drops", call(writer, "DeleteTable", {"TableName": "Things"}).error[0], "AccessDeniedException")
is_("nor creates", create_table(writer, "Others").error[0], "AccessDeniedException")
for _ in range(20):
    call(reader, "PutItem", {"TableName": "Things", "Item": {"pk": {"S": "c"}}})
    call(key, "PutItem", {"TableName": "Things", "Item": {"pk": {"S": "c"}}, "ConditionExpression": "attribute_exists(x)"})
is_("after errors a request is still its own role's", put(reader, "Things", "c").error[0], "AccessDeniedException")
sql("DROP OWNED BY passing; DROP ROLE passing")
is_("the key of a dropped role", get(passing, "Things", "a").error, UNRECOGNIZED)
# ---- row-level security ----

create_table(key, "Shared")
sql('GRANT ALL ON dynamodb."Shared" TO reader, writer; ALTER TABLE dynamodb."Shared" ENABLE ROW LEVEL SECURITY')
sql("""CREATE POLICY own ON dynamodb."Shared" USING (item ->> 'owner' = current_user)""")


def write(who, pk, owner, **more):
    return call(who, "PutItem", {"TableName": "Shared", "Item": {"pk": {"S": pk}, "owner": {"S": owner}}, **more})


def seen(who, operation, request, member="Items"):
    return [item["pk"]["S"] for item in call(who, operation, {"TableName": "Shared", **request}).json[member]]


for pk, who, owner in (("1", reader, "reader"), ("2", writer, "writer"), ("3", key, "nobody")):
    is_("%s writes its own" % owner, write(who, pk, owner).status, 200)
is_("a reader sees what is its own", seen(reader, "Scan", {}), ["1"])
is_("a writer, over the same connection's worker, its own", seen(writer, "Scan", {}), ["2"])
ok("a superuser all", sorted(seen(key, "Scan", {})) == ["1", "2", "3"])
is_("another's item is as if absent", get(reader, "Shared", "2").json, {})
is_("by key", call(reader, "BatchGetItem", {"RequestItems": {"Shared": {"Keys": [{"pk": {"S": "1"}}, {"pk": {"S": "2"}}]}}}).json["Responses"]["Shared"],
    [{"pk": {"S": "1"}, "owner": {"S": "reader"}}])
answer = write(reader, "2", "reader", ReturnValues="ALL_OLD")
is_("another's item is not replaced", (answer.status, answer.error),
    (400, ("AccessDeniedException", "User: reader is not authorized to perform this operation on resource: "
           "arn:aws:dynamodb:us-east-1:000000000000:table/Shared because no row-level security policy allows it")))
is_("nor is an item made another's", write(reader, "1", "writer").error[0], "AccessDeniedException")
is_("another's item is not deleted",
    call(reader, "DeleteItem", {"TableName": "Shared", "Key": {"pk": {"S": "2"}}, "ReturnValues": "ALL_OLD"}).json, {})
is_("all is as it was", get(key, "Shared", "2").json["Item"]["owner"], {"S": "writer"})
sql("""ALTER POLICY own ON dynamodb."Shared" USING (item ->> 'owner' IN (SELECT rolname FROM pg_roles WHERE pg_has_role(oid, 'MEMBER')))""")
sql("GRANT writer TO reader")
ok("a changed policy holds at once", sorted(seen(reader, "Scan", {})) == ["1", "2"])
sql("REVOKE writer FROM reader")
is_("and so does a role's change", seen(reader, "Scan", {}), ["1"])

sql("CREATE ROLE trickster; GRANT USAGE ON SCHEMA ddb, dynamodb TO trickster; GRANT CREATE ON SCHEMA dynamodb TO trickster")
trickster = create_key("trickster")
create_table(trickster, "Trap")
for what, statement, refusal in (
        ("RESET ROLE", "RESET ROLE", True), ("SET ROLE", "SET ROLE postgres", True),
        ("SET SESSION AUTHORIZATION", "SET SESSION AUTHORIZATION postgres", True),
        ("SET", "SET search_path = nowhere", False)):
    sql("""CREATE OR REPLACE FUNCTION public.trap() RETURNS trigger LANGUAGE plpgsql AS
           $$BEGIN %s; RETURN NEW; END$$""" % statement)
    sql('DROP TRIGGER IF EXISTS trap ON dynamodb."Trap"; CREATE TRIGGER trap BEFORE INSERT ON dynamodb."Trap" '
        'FOR EACH ROW EXECUTE FUNCTION public.trap()', "-c", "SET client_min_messages = error")
    is_("a trigger's %s" % what, put(trickster, "Trap", "x" + what).status, 400 if refusal else 200)
for _ in range(8):
    sql("""CREATE OR REPLACE FUNCTION public.trap() RETURNS trigger LANGUAGE plpgsql AS
           $$BEGIN IF current_setting('search_path') = 'nowhere' THEN RAISE 'leaked'; END IF; RETURN NEW; END$$""")
    if put(trickster, "Trap", "y").status != 200:
        ok("a trigger's setting is forgotten", False)
        break
else:
    ok("a trigger's setting is forgotten", True)

# ---- SQL functions ----

def fails(statement, role):
    try:
        sql("SET ROLE %s; %s" % (role, statement))
        return False
    except Exception:
        return True


ok("secrets are not for everybody", fails("SELECT * FROM ddb.access_keys", "reader"))
sql("CREATE ROLE everything; GRANT pg_read_all_data, pg_write_all_data TO everything")
is_("nor for who may read all data", sql("SET ROLE everything; SELECT count(*) FROM ddb.access_keys"), "0")
ok("nor keys to be made by who may write it", fails("INSERT INTO ddb.access_keys VALUES ('AKIAFORGED', 'x', 'postgres')", "everything"))
ok("or to be changed", fails("UPDATE ddb.access_keys SET role = 'postgres'", "everything"))
ok("or deleted", fails("DELETE FROM ddb.access_keys", "everything"))
is_("they are as they were", get(reader, "Things", "a").status, 200)
is_("one's own keys are listed", sql("SET ROLE reader; SELECT access_key_id FROM ddb.access_key_list"), reader[0])
ok("keys are not for everybody to make", fails("SELECT ddb.create_access_key('reader')", "reader"))
sql("GRANT EXECUTE ON FUNCTION ddb.create_access_key, ddb.delete_access_key TO reader")
ok("who may make keys makes their own", not fails("SELECT ddb.create_access_key('reader')", "reader"))
ok("but not another role's", fails("SELECT ddb.create_access_key('writer')", "reader"))
ok("nor deletes it", fails("SELECT ddb.delete_access_key('%s')" % writer[0], "reader"))
ok("an unknown key cannot be deleted", fails("SELECT ddb.delete_access_key('nothing')", "postgres"))
ok("a role that is none gets no key", fails("SELECT ddb.create_access_key('nobody')", "postgres"))

# ---- chosen keys ----

LONG = "0123456789abcdef0123456789abcdef"
chosen = create_key("reader", ", access_key_id => 'orders-service_1', secret_access_key => '%s'" % LONG)
is_("a chosen key is as chosen", chosen, ("orders-service_1", LONG))
is_("and signs", get(chosen, "Things", "a").status, 200)
ok("once", fails("SELECT ddb.create_access_key('reader', access_key_id => 'orders-service_1')", "postgres"))
half = create_key("reader", ", access_key_id => 'half'")
is_("what is not chosen is random", (half[0], len(half[1])), ("half", 40))
is_("the one and the other", [len(part) for part in create_key("reader", ", secret_access_key => '%s'" % LONG)], [20, 32])
is_("both sign", get(half, "Things", "a").status, 200)
longest = create_key("reader", ", access_key_id => repeat('x', 128), secret_access_key => repeat('~', 128)")
is_("the longest sign", get(longest, "Things", "a").status, 200)
for what, arguments in (
        ("a short secret", "'b', '%s'" % LONG[1:]), ("an empty secret", "'b', '', true"), ("an empty identifier", "'', '%s'" % LONG),
        ("a long secret", "'b', repeat('x', 129)"), ("a long identifier", "repeat('x', 129), '%s'" % LONG),
        ("a slash in an identifier", "'a/b', '%s'" % LONG), ("a blank in a secret", "'b', '%s x'" % LONG),
        ("a letter of no ASCII in a secret", "'b', '%s\u00e9'" % LONG)):
    ok("%s is refused" % what, fails("SELECT ddb.create_access_key('reader', NULL, %s)" % arguments, "postgres"))
is_("and makes no key", call(("b", LONG[1:]), "ListTables", {}).error, UNRECOGNIZED)
dummy = create_key("reader", ", access_key_id => 'dummy', secret_access_key => 'dummy', trust => true")
is_("a short one is taken where trust is meant", get(dummy, "Things", "a").status, 200)
is_("and checked like all", call(("dummy", "dummx"), "ListTables", {}).error, MISMATCH)
ok("a chosen key is for one's own roles", fails("SELECT ddb.create_access_key('writer', access_key_id => 'mine')", "reader"))
ok("nor is another's taken over", fails("SELECT ddb.create_access_key('reader', access_key_id => '%s')" % writer[0], "reader"))
is_("no secret in a dump's reach", sql("SELECT has_table_privilege('writer', 'ddb.access_keys', 'SELECT')"), "f")
