"""What the tests of the HTTP endpoint share: signed requests over bare sockets.

The signatures are made here from AWS's description, so that the endpoint is
not checked by itself. DDB_HTTP_PORT is the endpoint's port; psql connects to
its server.
"""

import datetime
import hashlib
import hmac
import json
import os
import socket
import subprocess
import urllib.parse
import zlib
from time import monotonic, sleep

PORT = int(os.environ["DDB_HTTP_PORT"])
REGION = "us-east-1"


def ok(what, condition, details=""):
    print("%s - %s" % ("ok" if condition else "not ok", what), flush=True)
    if not condition and details != "":
        print("#   %s" % (details,), flush=True)


def is_(what, actual, expected):
    ok(what, actual == expected, "got %r, expected %r" % (actual, expected))


def sql(statement, *options):
    return subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *options, "-c", statement],
                          check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


def eventually(what, condition, seconds=60):
    """The condition becomes true."""
    ok(what, until(condition, seconds), "not within %d s" % seconds)


def configure(setting, text=None):
    """Sets a parameter of the server, or takes it back; the workers know when this returns."""
    sql("ALTER SYSTEM " + ("RESET %s" % setting if text is None else "SET %s = '%s'" % (setting, text)))
    subprocess.run([os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "reload")], check=True)


def until(condition, seconds=60):
    """Waits for it that long; gives whether it holds at last. Until then its requests may fail."""
    end = monotonic() + seconds
    while monotonic() < end:
        try:
            if condition():
                return True
        except (OSError, EOFError, AttributeError, subprocess.CalledProcessError):
            pass
        sleep(0.05)
    return False


def pids():
    """The workers' processes."""
    return set(sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'ddb http'").split())


def has_read():
    """Waits until the endpoint has accepted every connection and read all that was sent over those it keeps."""
    def nothing_waits():
        with open("/proc/net/tcp") as sockets:
            rows = [row.split() for row in list(sockets)[1:]]
        # listening sockets have connections in their queues, established ones bytes
        return not any(int(row[1].split(":")[1], 16) == PORT and row[3] in ("0A", "01") and int(row[4].split(":")[1], 16)
                       for row in rows)

    return until(nothing_waits)


def create_key(role, arguments=""):
    return tuple(sql("SELECT * FROM ddb.create_access_key('%s'%s)" % (role, arguments)).split("|"))


class Response:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The exception's name, and its text."""
        try:
            body = self.json
            return body["__type"].split("#")[1], body.get("message", body.get("Message"))
        except (ValueError, KeyError):
            return None


class Connection:
    """A connection that reads answers one after the other."""

    def __init__(self, timeout=60):
        self.socket = socket.create_connection(("127.0.0.1", PORT), timeout)
        self.buffer = b""

    def send(self, data):
        self.socket.sendall(data)

    def _more(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return len(data) > 0

    def _until(self, mark):
        while mark not in self.buffer:
            if not self._more():
                raise EOFError(self.buffer)
        line, self.buffer = self.buffer.split(mark, 1)
        return line

    def _take(self, length):
        while len(self.buffer) < length:
            if not self._more():
                raise EOFError(self.buffer)
        data, self.buffer = self.buffer[:length], self.buffer[length:]
        return data

    def _chunks(self):
        body = b""
        while True:
            length = int(self._until(b"\r\n"), 16)
            body += self._take(length)
            self._take(2)
            if length == 0:
                return body

    def receive_head(self):
        head = self._until(b"\r\n\r\n").decode().split("\r\n")
        headers = {}
        for line in head[1:]:
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
        return Response(int(head[0].split()[1]), headers, b"")

    def receive(self):
        response = self.receive_head()
        if response.headers.get("transfer-encoding") == "chunked":
            response.body = self._chunks()
        else:
            response.body = self._take(int(response.headers.get("content-length", "0")))
        return response

    def closed(self):
        """Whether the other side has closed without another byte."""
        try:
            return not self._more()
        except ConnectionResetError:
            return True

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def raw(data, timeout=60):
    """Sends bytes and returns the answer, or None where the connection is closed."""
    with Connection(timeout) as connection:
        try:
            connection.send(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        try:
            return connection.receive()
        except (EOFError, ConnectionResetError):
            return None


def request(method="POST", path="/", headers=None, body=b""):
    """A request's bytes."""
    lines = ["%s %s HTTP/1.1" % (method, path)]
    headers = dict(headers or {})
    headers.setdefault("Host", "127.0.0.1:%d" % PORT)
    if body or method == "POST":
        headers.setdefault("Content-Length", str(len(body)))
    lines += ["%s: %s" % header for header in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def timestamp(offset=0):
    time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=offset)
    return time.strftime("%Y%m%dT%H%M%SZ")


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _signature(secret, time, scope, canonical):
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    text = "\n".join(["AWS4-HMAC-SHA256", time, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _quote(text):
    return urllib.parse.quote(text, safe="-_.~")


def _canonical(method, query, headers, names, body, path="/"):
    lines = [method, path, "&".join("%s=%s" % pair for pair in sorted((_quote(name), _quote(value)) for name, value in query))]
    lowered = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    lines += ["%s:%s" % (name, lowered[name]) for name in names]
    return "\n".join(lines + ["", ";".join(names), hashlib.sha256(body).hexdigest()])


def signed_headers(key, operation, body, extra=None, offset=0, scope_date=None, region=REGION,
                   service="dynamodb", terminator="aws4_request", repeat=(), unsigned=(), path="/"):
    """The headers of a request; the signature covers all but those that unsigned names."""
    time = timestamp(offset)
    headers = {"Host": "127.0.0.1:%d" % PORT, "Content-Type": "application/x-amz-json-1.0",
               "X-Amz-Target": "DynamoDB_20120810." + operation, "X-Amz-Date": time}
    headers.update(extra or {})
    names = sorted([*(name.lower() for name in headers if name not in unsigned), *repeat])
    scope = "/".join([scope_date or time[:8], region, service, terminator])
    signature = _signature(key[1], time, scope, _canonical("POST", [], headers, names, body, path))
    headers["Authorization"] = "AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s" % (
        key[0], scope, ";".join(names), signature)
    return headers


def presigned_path(key, operation, body, headers, expires=60, offset=0, more=(), unsigned=()):
    time = timestamp(offset)
    scope = "/".join([time[:8], REGION, "dynamodb", "aws4_request"])
    names = sorted(name.lower() for name in headers if name not in unsigned)
    query = [("X-Amz-Algorithm", "AWS4-HMAC-SHA256"), ("X-Amz-Credential", key[0] + "/" + scope),
             ("X-Amz-Date", time), ("X-Amz-Expires", str(expires)), ("X-Amz-SignedHeaders", ";".join(names)), *more]
    signature = _signature(key[1], time, scope, _canonical("POST", query, headers, names, body))
    return "/?" + "&".join("%s=%s" % (name, _quote(value)) for name, value in query + [("X-Amz-Signature", signature)])


def encode(parameters):
    return parameters if isinstance(parameters, bytes) else json.dumps(parameters).encode()


def signed(key, operation, parameters, **how):
    """The bytes of a signed request."""
    body = encode(parameters)
    return request(headers=signed_headers(key, operation, body, **how), body=body)


def call(key, operation, parameters, **how):
    """The answer to a signed request on a connection of its own."""
    return raw(signed(key, operation, parameters, **how))


def crc32(data):
    return str(zlib.crc32(data))


def create_table(key, name):
    return call(key, "CreateTable", {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]})


def put(key, table, pk, **more):
    return call(key, "PutItem", {"TableName": table, "Item": {"pk": {"S": pk}}, **more})


def get(key, table, pk, **more):
    return call(key, "GetItem", {"TableName": table, "Key": {"pk": {"S": pk}}}, **more)
