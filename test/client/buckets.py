"""Buckets in a store, rclone's server of S3, which checks signatures; a proxy before it makes faults.

Arguments: rclone, and the directory of the cluster that PGHOST and PGPORT name.
"""
import hashlib
import os
import pwd
import re
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
import libpq  # noqa: E402
from store import Proxy, Rule, answer, cut, drop, edit, free_port, hang, lost, start_store, status, store, work  # noqa: E402

rclone, cluster = sys.argv[1:3]
MEGABYTE = 1024 * 1024


def ok(what, good, seen=None):
    print(f"{'ok' if good else 'not ok'} - {what}", flush=True)
    if not good and seen is not None:
        print(f"# {str(seen)[:2000]}", flush=True)


def same(what, seen, wanted):
    ok(what, seen == wanted, f"{seen!r} in place of {wanted!r}")


# ---- ddb ----

session = libpq.Session("postgres")


def execute(statement, role=None):
    if role is not None:
        session.execute(f"SET ROLE {role}")
    result = session.execute(statement)
    if role is not None:
        session.execute("RESET ROLE")
    return result


def value(statement, role=None):
    result = execute(statement, role)
    return f"{result.sqlstate} {result.message}" if result.sqlstate else result.rows[0][0] if result.rows else None


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def write(bucket, key, content):
    return value(f"SELECT ddb.write_object('{bucket}', {literal(key)}, '\\x{content.hex()}')")


def write_large(bucket, key, megabytes):
    """Writes as many megabytes of that; gives the result."""
    return value(f"SELECT ddb.write_object('{bucket}', {literal(key)}, {large(megabytes)})")


def large(megabytes):
    return f"decode(repeat(md5('a') || md5('b'), {megabytes} * 32768), 'hex')"


def read(bucket, key, *part):
    result = value(f"SELECT ddb.read_object({', '.join([literal(bucket), literal(key), *map(str, part)])})")
    return bytes.fromhex(result[2:]) if result is not None and result.startswith("\\x") else result


def keys(bucket, prefix=""):
    result = execute(f"SELECT key, size FROM ddb.bucket_objects('{bucket}', {literal(prefix)})")
    return f"{result.sqlstate} {result.message}" if result.sqlstate else [row[0] for row in result.rows]


def delete(bucket, key):
    return value(f"SELECT ddb.delete_object('{bucket}', {literal(key)})")


def error(what, seen, sqlstate, text=""):
    ok(what, isinstance(seen, str) and seen.startswith(sqlstate) and re.search(text, seen) is not None, seen)


def configure(**settings):
    for name, setting in settings.items():
        session.execute(f"ALTER SYSTEM SET ddb.{name} = {literal(str(setting))}")
    session.execute("SELECT pg_reload_conf()")
    for name, setting in settings.items():
        for _ in range(600):
            if value(f"SHOW ddb.{name}") == str(setting):
                break
            time.sleep(0.05)
        else:
            raise SystemExit(f"ddb.{name} has not changed")


# ---- What every bucket does ----

ODD = ["a b", "a+b", "a%b", "a%20b", "a=b&c=d", "a?b", "a#b", "~a", "a'b\"c", "a;b:c@d,e$f", "(a)*[b]{c}|d^e`f!", "é/ü/日本", "<a>&amp;", "a\\b", "..a", "-"]


def every_bucket(kind, bucket):
    print(f"# {kind}")
    same("nothing is in it", keys(bucket), [])
    same("what is not there is not read", read(bucket, "a/b"), None)
    same("nor is it an error to delete it", delete(bucket, "a/b"), "")
    same("what is written has its hash", write(bucket, "a/b.txt", b"hello"), hashlib.md5(b"hello").hexdigest())
    same("it is read", read(bucket, "a/b.txt"), b"hello")
    same("in part", read(bucket, "a/b.txt", 1, 3), b"ell")
    same("behind its end there is nothing", [read(bucket, "a/b.txt", 5), read(bucket, "a/b.txt", 1000)], [b"", b""])
    same("it is replaced", [write(bucket, "a/b.txt", b""), read(bucket, "a/b.txt"), read(bucket, "a/b.txt", 3)],
         [hashlib.md5(b"").hexdigest(), b"", b""])
    same("it is deleted", [delete(bucket, "a/b.txt"), read(bucket, "a/b.txt"), keys(bucket)], ["", None, []])
    for key in ODD:
        content = key.encode()
        same(f"a key such as {key}", [write(bucket, f"odd/{key}", content), read(bucket, f"odd/{key}"), keys(bucket, f"odd/{key}")],
             [hashlib.md5(content).hexdigest(), content, [f"odd/{key}"]])
    same("they are listed in the order of their bytes", keys(bucket, "odd/"),
         sorted((f"odd/{key}" for key in ODD), key=lambda key: key.encode()))
    same("they are deleted", [{delete(bucket, f"odd/{key}") for key in ODD}, keys(bucket)], [{""}, []])
    for key in ["", "a/../b", "../a", "..", ".", "./a", "a\nb", "a" * 1025]:
        error(f"no key: {key[:10]!r}", read(bucket, key), "22023")
    value(f"SELECT count(ddb.write_object('{bucket}', 'many/' || i, 'x')) FROM generate_series(1, 1203) AS i")
    same("many are listed", keys(bucket, "many/"), sorted(f"many/{i}" for i in range(1, 1204)))
    same("and deleted", value(f"SELECT count(ddb.delete_object('{bucket}', key)) FROM ddb.bucket_objects('{bucket}', 'many/1')"), "315")
    same("which leaves the others", len(keys(bucket)), 888)
    etag = write_large(bucket, "large", 40)
    ok("a large one is written", re.fullmatch("[0-9a-f]{32}(-3)?", etag) is not None, etag)
    same("and read as it was written", value(f"SELECT ddb.read_object('{bucket}', 'large') = {large(40)}"), "t")
    same("or its end", read(bucket, "large", 40 * MEGABYTE - 3), hashlib.md5(b"b").digest()[-3:])
    same("across the border of two pieces", read(bucket, "large", 8 * MEGABYTE - 3, 6), read(bucket, "large", 32 - 3, 3) + read(bucket, "large", 0, 3))
    same("only what was written is there", value(f"SELECT sum(size) FROM ddb.bucket_objects('{bucket}', 'l')"), str(40 * MEGABYTE))
    error("who has no USAGE may not reach it", value(f"SELECT ddb.read_object('{bucket}', 'large')", "stranger"), "42501")
    delete(bucket, "large")


def credentials(proxy):
    print("# credentials")
    error("without any there is no bucket", keys("archive"), "55000", "no credentials")
    file = os.path.join(work, "credentials")
    with open(file, "w") as credentials_file:
        credentials_file.write("# a comment\n[default]\naws_access_key_id=nobody\naws_secret_access_key = nothing\n"
                               "[archive]\naws_access_key_id = file-id\naws_secret_access_key=the-file-secret\n")
    os.chmod(file, 0o644)
    if os.getuid() == 0:
        os.chown(file, pwd.getpwnam("postgres").pw_uid, -1)
    configure(s3_credentials_file=file)
    error("a file that others can read is refused", keys("archive"), "55000", "cannot be used")
    os.chmod(file, 0o600)
    same("one that only the server reads serves", write("archive", "from-file", b"x") is not None and keys("archive"), ["from-file"])
    error("a bucket without a section has the default's", keys("missing"), "42501", "InvalidAccessKeyId")
    execute("CREATE USER MAPPING FOR reader SERVER archive OPTIONS (access_key_id 'an-id', secret_access_key 'wrong')")
    execute("GRANT USAGE ON FOREIGN SERVER archive TO reader")
    error("a role's own go before", value("SELECT ddb.read_object('archive', 'from-file')", "reader"), "42501", "SignatureDoesNotMatch")
    same("and are its own", read("archive", "from-file"), b"x")
    execute("CREATE USER MAPPING FOR PUBLIC SERVER archive OPTIONS (access_key_id 'an-id', secret_access_key 'top-secret')")
    execute("DROP USER MAPPING FOR reader SERVER archive")
    same("everybody's serve who has none", value("SELECT ddb.read_object('archive', 'from-file')", "reader"), "\\x78")
    same("who may not see them", value("SELECT count(umoptions) FROM pg_user_mappings", "reader"), "0")
    same("nor where the file is", value("SHOW ddb.s3_credentials_file", "reader")[:5], "42501")
    proxy.on()
    execute("ALTER USER MAPPING FOR PUBLIC SERVER archive OPTIONS (ADD session_token 'a-token')")
    same("a session's token is sent", [read("archive", "from-file"), proxy.requests("GET")[0][2].get("x-amz-security-token")], [b"x", "a-token"])
    signed = proxy.requests("GET")[0][2]["Authorization"]
    ok("and signed", "x-amz-security-token" in signed and "x-amz-content-sha256" in signed, signed)
    execute("ALTER USER MAPPING FOR PUBLIC SERVER archive OPTIONS (DROP session_token)")
    for options in ["access_key_id 'a'", "secret_access_key 'a'", "access_key_id 'a/b', secret_access_key 'c'", "password 'a'",
                    "access_key_id E'a\\r\\nX-Amz-Acl: public', secret_access_key 'c'", "access_key_id 'a', secret_access_key E'top-secret\\n'",
                    "access_key_id 'a', secret_access_key 'b', session_token E'c\\r\\nX-More: d'"]:
        execute("SET log_min_error_statement = panic")
        seen = value(f"CREATE USER MAPPING FOR stranger SERVER archive OPTIONS ({options})")
        execute("RESET log_min_error_statement")
        error(f"no credentials: {options[:40]!r}", seen, "HV0")
        ok("and the error tells none", "top-secret" not in seen, seen)
    error("a region has plain characters", value("CREATE SERVER x FOREIGN DATA WRAPPER ddb_bucket OPTIONS (store 's3', region 'a:b')"), "HV024")
    error("a folder has no region", value("CREATE SERVER x FOREIGN DATA WRAPPER ddb_bucket OPTIONS (region 'a')"), "HV00D")
    for address in ["ftp://localhost/", "http://user@localhost/", "http://localhost/?a=b", "localhost"]:
        error(f"no endpoint: {address}", value(f"ALTER SYSTEM SET ddb.s3_endpoint = '{address}'"), "22023")
    delete("archive", "from-file")


def faults(proxy):
    print("# faults that pass")
    write("archive", "small", b"small")
    for name, fault in [("500", status(500)), ("503 SlowDown", status(503, "", "SlowDown")), ("429", status(429)),
                        ("no answer", drop), ("no answer to what was done", lost), ("silence", hang),
                        ("400 RequestTimeout", status(400, "", "RequestTimeout"))]:
        times = 1 if fault is hang else 2
        if fault is hang:
            configure(s3_timeout="2s")
        proxy.on(*(Rule(method, "/archive", fault, times) for method in ["GET", "PUT", "DELETE"]))
        same(f"{name}: it is written, read, listed, deleted", [write("archive", "try", b"again"), read("archive", "try"), keys("archive"), delete("archive", "try")],
             [hashlib.md5(b"again").hexdigest(), b"again", ["small", "try"], ""])
        # a slow store is silent for so long by itself
        same("after so many tries", [min(len(proxy.requests(method)), times + 1) if fault is hang else len(proxy.requests(method)) for method in ["PUT", "DELETE"]],
             [times + 1, times + 1])
    configure(s3_timeout="30s")
    write_large("archive", "large", 20)
    proxy.on(Rule("GET", "/large", cut(3 * MEGABYTE + 17)), Rule("GET", "/large", cut(1000)), Rule("GET", "/large", drop))
    same("a broken read goes on", value(f"SELECT ddb.read_object('archive', 'large') = {large(20)}"), "t")
    ranges = [seen[2]["Range"] for seen in proxy.requests("GET")]
    same("where it was", ranges[:4], [f"bytes={first}-{8 * MEGABYTE - 1}" for first in
                                      [0, 3 * MEGABYTE + 17, 3 * MEGABYTE + 1017, 3 * MEGABYTE + 1017]])
    ok("of the same object", all("If-Match" in seen[2] for seen in proxy.requests("GET")[1:]), proxy.requests("GET"))
    for name, rule in [("a part that is lost", Rule("PUT", "partNumber=2", lost)), ("a part that fails", Rule("PUT", "partNumber=1", status(500), 2)),
                       ("an upload whose end is not heard", Rule("POST", "uploadId=", lost)),
                       ("one whose end fails first", Rule("POST", "uploadId=", answer(b"  <Error><Code>InternalError</Code></Error>")))]:
        proxy.on(rule)
        etag = write_large("archive", "parts", 40)
        ok(f"{name} is written", re.fullmatch(r"[0-9a-f]{32}(-3)?", etag) is not None, etag)
        same("whole", value(f"SELECT ddb.read_object('archive', 'parts') = {large(40)}"), "t")
        delete("archive", "parts")

    print("# faults that do not pass")
    configure(s3_attempts=3)
    for name, fault, text in [("500", status(500), "500"), ("503", status(503, "", "SlowDown"), "SlowDown"), ("no answer", drop, "")]:
        proxy.on(*(Rule(method, "/archive", fault, 100) for method in ["GET", "PUT", "DELETE", "POST"]))
        for what, seen in [("read", read("archive", "small")), ("written", write("archive", "small", b"x")), ("deleted", delete("archive", "small")),
                           ("listed", keys("archive"))]:
            error(f"{name}: it is not {what}", seen, "58030", text)
        same("after that many tries", len(proxy.requests("PUT")), 3)
    proxy.on()
    same("what was there still is", read("archive", "small"), b"small")
    elsewhere = Proxy(proxy.backend)
    elsewhere.on()
    for code in [301, 302, 307, 308]:
        there = f"http://127.0.0.1:{elsewhere.server_port}/archive/small"
        proxy.on(*(Rule(method, "/archive", answer(b"<Error><Code>PermanentRedirect</Code></Error>", code, Location=there), 100) for method in ["GET", "PUT"]))
        error(f"{code} is not followed", read("archive", "small"), "38000", "PermanentRedirect")
        error("nor written after", write("archive", "small", b"x"), "38000")
    same("nobody else has been asked", elsewhere.seen, [])
    elsewhere.shutdown()
    for name, fault, sqlstate in [("an unknown bucket", status(404, "", "NoSuchBucket"), "42704"), ("AccessDenied", status(403, "", "AccessDenied"), "42501"),
                                  ("a full store", status(507), "53100"), ("what is not understood", status(400, "", "InvalidArgument"), "38000"), ("what it cannot do", status(501, "", "NotImplemented"), "38000"),
                                  ("a session that has ended", status(400, "", "ExpiredToken"), "58030"), ("a store that is being mended", status(521), "58030"),
                                  ("a quota that is used up", status(403, "", "QuotaExceeded"), "53100"), ("a new bucket", status(307, "", "TemporaryRedirect"), "55000")]:
        proxy.on(*(Rule(method, "/archive", fault, 100) for method in ["GET", "PUT"]))
        error(name, read("archive", "small"), sqlstate)
        error("when it is written", write("archive", "small", b"x"), sqlstate)
        same("is not tried again", len(proxy.requests("PUT")), 1)
    proxy.on(Rule("GET", "/archive", status(400, "", "a%0d%0aLOG: x&#10;y")))
    seen = read("archive", "small")
    ok("a code that is none is not repeated", seen.startswith("38000") and "LOG" not in seen and "\n" not in seen, seen)
    for text, good in [("What is \"wrong\", said by a store: 90 \u20ac.", True), ("a\nLOG:  x", False), ("\x7f", False), ("", False)]:
        proxy.on(Rule("GET", "/archive", status(400, text, "InvalidRequest")))
        seen = read("archive", "small")
        ok("a store's words are told where they are of one line", seen.endswith("InvalidRequest (400): " + text if good else "InvalidRequest (400)"), seen)
    proxy.on(Rule("GET", "/archive", status(400, "\u20ac" * 1000, "InvalidRequest")))
    error("and their beginning is enough", read("archive", "small"), "38000", ": " + "\u20ac" * 85 + "$")
    proxy.on(Rule("GET", "/archive", status(403, "top-secret " + "x" * 100000, "AccessDenied")))
    error("a long error is one", read("archive", "small"), "42501", "AccessDenied")

    proxy.on(Rule("PUT", "partNumber=2", status(403, "", "AccessDenied"), 100))
    error("an upload that fails", write_large("archive", "parts", 40), "42501")
    same("is given up", [len(proxy.requests("DELETE", "uploadId=")), keys("archive", "parts")], [1, []])
    proxy.on(Rule("PUT", "partNumber=2", hang, 100))
    canceller = threading.Thread(target=cancel_when, args=(lambda: proxy.requests("PUT", "partNumber=2"), value("SELECT pg_backend_pid()")))
    canceller.start()
    error("an upload that is interrupted", write_large("archive", "parts", 40), "57014")
    canceller.join()
    same("is given up, too", [len(proxy.requests("DELETE", "uploadId=")), keys("archive", "parts")], [1, []])
    proxy.on(Rule("POST", "uploadId=", status(404, "", "NoSuchUpload"), 100))
    error("an upload that somebody gave up", write_large("archive", "parts", 40), "55000", "NoSuchUpload")
    proxy.on(Rule("POST", "uploadId=", status(500)), Rule("POST", "uploadId=", status(404, "", "NoSuchUpload"), 100))
    write("archive", "parts", b"old")
    error("an older object is not taken for it", write_large("archive", "parts", 40), "55000", "NoSuchUpload")
    delete("archive", "parts")
    configure(s3_attempts=8)


def cancel_when(condition, process):
    other = libpq.Session("postgres")
    for _ in range(1200):
        if condition():
            break
        time.sleep(0.05)
    other.execute(f"SELECT pg_cancel_backend({process})")
    other.close()


def answers(proxy):
    print("# answers that lie")
    def ranges(change):
        return lambda code, headers, content: (code, [(name, change(setting) if name == "Content-Range" else setting) for name, setting in headers], content)

    for name, rule in [
            ("the whole in place of a part", Rule("GET", "/large", answer(b"x" * 1000))),
            ("another part", Rule("GET", "/large", edit(ranges(lambda text: text.replace("bytes 8388608-", "bytes 8388609-"))))),
            ("another size", Rule("GET", "/large", edit(ranges(lambda text: re.sub("/.*", "/20971521", text))))),
            ("no range", Rule("GET", "/large", edit(ranges(lambda text: "bytes */5")))),
            ("a range that is none", Rule("GET", "/large", edit(ranges(lambda text: "bytes 8388608--1/-1")))),
            ("more than was asked for", Rule("GET", "/large", answer(b"x" * (9 * MEGABYTE), 206, Content_Range="bytes 8388608-16777215/20971520"))),
            ("nothing", Rule("GET", "/large", answer(b"", 206, Content_Range="bytes 8388608-16777215/20971520")))]:
        proxy.on(Rule("GET", "/large", edit(lambda *whole: whole)), rule)
        error(name, read("archive", "large"), "08P01")
    proxy.on(Rule("GET", "/large", edit(lambda *whole: whole)),
             Rule("GET", "/large", edit(lambda code, headers, content: (code, [(name, '"other"' if name.lower() == "etag" else setting) for name, setting in headers], content))))
    error("another object", read("archive", "large"), "08P01")
    proxy.on(Rule("GET", "/large", edit(lambda *whole: whole)), Rule("GET", "/large", status(412, "", "PreconditionFailed")))
    error("an object that has changed", read("archive", "large"), "55000", "has changed")
    proxy.on(Rule("GET", "/large", edit(lambda *whole: whole)), Rule("GET", "/large", status(404, "", "NoSuchKey")))
    error("an object that is deleted meanwhile", read("archive", "large"), "55000", "was deleted")

    page = "<ListBucketResult>%s<Contents><Key>small</Key><Size>5</Size></Contents></ListBucketResult>"
    for name, text in [
            ("no document", "hello"), ("another document", "<html><body>Sign in</body></html>"), ("an empty one", ""), ("one that is cut off", (page % "")[:-8]), ("tags that cross", "<a><b></a></b>"),
            ("a document type", "<!DOCTYPE a [<!ENTITY b 'c'>]>" + page % ""), ("an unknown entity", page % "<a>&b;</a>"),
            ("a depth without end", "<a>" * 100000), ("a name without end", "<" + "a" * 100000), ("bytes that are no text", "<a>\udcff</a>"),
            ("U+0000", page % "<a>&#0;</a>"), ("half a character", page % "<a>&#xD800;</a>"), ("a number too large", page % "<a>&#99999999999;</a>"),
            ("a list that does not go on", page % "<IsTruncated>true</IsTruncated>"), ("an attribute without end", "<a b='"), ("a comment without end", "<!--"),
            ("raw text without end", "<a><![CDATA[")]:
        proxy.on(Rule("GET", "list-type", answer(text.encode(errors="surrogateescape"))))
        error(name, keys("archive"), "08P01")
    proxy.on(Rule("GET", "list-type", answer((page % "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>").encode()), 100))
    error("a list that begins anew", keys("archive"), "08P01")
    proxy.on(Rule("GET", "list-type", answer(b"x" * (9 * MEGABYTE))))
    error("a list that is too long", keys("archive"), "08P01")
    text = ("\ufeff<?xml version='1.0'?><!-- a > --><s:ListBucketResult xmlns:s='a>b'><s:Contents><s:Key>&lt;a&#x20;&#98;<![CDATA[<&c>]]></s:Key><s:Owner><s:Key>no</s:Key></s:Owner>"
            "<s:Size>5</s:Size><s:Empty/></s:Contents><Contents><Key>folder/</Key><Size>0</Size></Contents><Contents><Key>a//b</Key><Size>0</Size></Contents></s:ListBucketResult>")
    proxy.on(Rule("GET", "list-type", answer(text.encode())))
    same("all of XML that a store may use is read", keys("archive"), ["<a b<&c>", "a//b"])
    proxy.on(Rule("GET", "list-type", answer((page % "").encode())))
    same("what does not have the prefix is not listed", keys("archive", "other"), [])
    for name, rule in [("an upload without a name", Rule("POST", "uploads=", answer(b"<InitiateMultipartUploadResult/>"))),
                       ("a part without a tag", Rule("PUT", "partNumber=1", answer(b"")))]:
        proxy.on(rule)
        error(name, write_large("archive", "parts", 40), "08P01")


def interrupts(proxy):
    print("# interrupts")
    for name, statement, rule in [("a read", "SELECT ddb.read_object('archive', 'small')", Rule("GET", "/archive", hang, 100)),
                                  ("a write", "SELECT ddb.write_object('archive', 'x', 'y')", Rule("PUT", "/archive", hang, 100)),
                                  ("a pause", "SELECT ddb.read_object('archive', 'small')", Rule("GET", "/archive", status(500), 100))]:
        proxy.on(rule)
        session.execute("SET statement_timeout = '300ms'")
        error(f"{name} can be cancelled", value(statement), "57014")
        session.execute("RESET statement_timeout")
    proxy.on()
    same("and all goes on", read("archive", "small"), b"small")

    # the killed one's upload is left
    proxy.on(Rule("PUT", "partNumber=2", hang, 100))
    other = libpq.Session("postgres")
    process = int(other.execute("SELECT pg_backend_pid()").rows[0][0])
    thread = threading.Thread(target=lambda: attempt(other, f"SELECT ddb.write_object('archive', 'killed/x', {large(40)})"))
    thread.start()
    while not proxy.requests("PUT", "partNumber=2"):
        time.sleep(0.05)
    seen = value(f"SELECT query || wait_event_type FROM pg_stat_activity WHERE pid = {process}")
    ok("who waits for a store is seen waiting, and no credentials", seen.endswith("Extension") and "secret" not in seen, seen)
    execute("DROP SERVER \"missing\" CASCADE")
    os.kill(process, signal.SIGKILL)
    thread.join()
    # until the postmaster knows of it, it lets in whom it then ends
    while os.path.exists(f"/proc/{process}"):
        time.sleep(0.02)
    reconnect()
    proxy.on()
    value("SELECT ddb.clean_bucket('archive', 'killed/y')")
    same("what a killed writer leaves is not looked for elsewhere", len(proxy.requests("DELETE", "uploadId=")), 0)
    value("SELECT ddb.clean_bucket('archive', 'killed/')")
    same("where it was it is given up", len(proxy.requests("DELETE", "uploadId=")), 1)
    proxy.on()
    value("SELECT ddb.clean_bucket('archive', '')")
    same("and is gone", [len(proxy.requests("DELETE", "uploadId=")), keys("archive", "killed/")], [0, []])


def attempt(other, statement):
    try:
        other.execute(statement)
    except libpq.Lost:
        pass


def reconnect():
    global session
    for _ in range(600):
        try:
            session = libpq.Session("postgres")
            if session.execute("SELECT NOT pg_is_in_recovery()").rows:
                return
        except libpq.Lost:
            time.sleep(0.1)
    raise SystemExit("the server does not come back")


def tls(proxy, port):
    print("# TLS")
    certificate = os.path.join(work, "certificate.pem")
    process = start_store(rclone, port, "--cert", certificate, "--key", os.path.join(work, "key.pem"))
    try:
        configure(s3_endpoint=f"https://localhost:{port}/")
        error("a certificate that nobody vouches for is refused", read("archive", "small"), "38000", "certificate")
        configure(s3_ca_file=certificate)
        same("with one that somebody does it is read", read("archive", "small"), b"small")
        configure(s3_endpoint=f"https://127.0.0.1:{port}/")
        error("not by another name", read("archive", "small"), "38000")
    finally:
        process.terminate()
        process.wait()
    configure(s3_attempts=2)
    error("a store that is gone", read("archive", "small"), "58030")
    configure(s3_endpoint="")
    error("a server without a store has no such buckets", read("archive", "small"), "55000", "no store")


def main():
    os.makedirs(os.path.join(store, "archive"))
    port, tls_port = free_port(), free_port()
    process = start_store(rclone, port)
    try:
        proxy = Proxy(port)
        execute("CREATE SERVER folder FOREIGN DATA WRAPPER ddb_bucket")
        execute("CREATE SERVER archive FOREIGN DATA WRAPPER ddb_bucket OPTIONS (store 's3', region 'eu-central-1')")
        execute("CREATE SERVER missing FOREIGN DATA WRAPPER ddb_bucket OPTIONS (store 's3')")
        configure(s3_endpoint=f"http://127.0.0.1:{proxy.server_port}", s3_timeout="30s")
        every_bucket("a folder", "folder")
        credentials(proxy)
        proxy.on()
        every_bucket("a bucket in a store", "archive")
        delete_all = value("SELECT count(ddb.delete_object('archive', key)) FROM ddb.bucket_objects('archive')")
        same("all can be deleted", [delete_all, keys("archive")], ["888", []])
        execute("CREATE USER MAPPING FOR PUBLIC SERVER missing OPTIONS (access_key_id 'an-id', secret_access_key 'top-secret')")
        error("a bucket that the store has not", keys("missing"), "42704", "NoSuchBucket")
        faults(proxy)
        answers(proxy)
        interrupts(proxy)
        proxy.over.set()
        tls(proxy, tls_port)
    finally:
        process.terminate()
        process.wait()


main()
