"""Hostile bytes: whatever comes, the server answers others at once and loses nothing."""

import os
import random
import resource
import socket
import subprocess
import time

from endpoint import (Connection, PORT, call, configure, create_key, create_table, get, has_read, is_, ok, put, raw, request,
                      signed, signed_headers, sql, until)

MB = 1024 * 1024

# Sanitizers keep memory of their own.
SANITIZED = "DDB_SERVER_ENVIRONMENT" in os.environ

resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
key = create_key("postgres")
create_table(key, "Hostile")
put(key, "Hostile", "a")


def workers():
    return [int(pid) for pid in sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'ddb http' ORDER BY 1").split()]


def resources():
    """Descriptors and kilobytes of private memory of all workers."""
    descriptors = kilobytes = 0
    for pid in workers():
        descriptors += int(sql("SELECT count(*) FROM pg_ls_dir('/proc/%d/fd')" % pid))
        with open("/proc/%d/status" % pid) as status:
            kilobytes += sum(int(line.split()[1]) for line in status if line.startswith("RssAnon"))
    return descriptors, kilobytes


def answers(what):
    began = time.monotonic()
    answer = get(key, "Hostile", "a")
    took = time.monotonic() - began
    ok("%s: the server answers (%.1f ms)" % (what, took * 1000), answer.status == 200 and took < 20, answer)


def refused(what, data, statuses=(400, 413, 414, 431, 501, 505)):
    """The bytes get an error of HTTP's or a closed connection."""
    answer = raw(data)
    ok(what, answer is None or answer.status in statuses, answer and answer.status)


def try_all():
    host = b"Host: x\r\n"
    for line in (b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n" + host + b"\r\n", b"/ HTTP/1.1\r\n\r\n",
                 b"POST  HTTP/1.1\r\n\r\n", b"\0\0\0\0\r\n\r\n", b"GET / HTTP/1.1\r\nHost\r\n\r\n",
                 b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"):
        with Connection(0.3) as connection:
            connection.send(line)
            try:
                connection.receive()
            except (EOFError, OSError, ValueError, IndexError):
                pass
    refused("a request line of 1 MB", b"GET /" + b"a" * MB + b" HTTP/1.1\r\n" + host + b"\r\n")
    refused("a header of 1 MB", b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * MB + b"\r\n\r\n")
    refused("100,000 headers", b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 100000 + b"\r\n")
    answer = raw(b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a: b\r\n" * 300 + b"\r\n")
    ok("300 headers", answer is not None)
    refused("a length that is no number", request(headers={"Content-Length": "x"}))
    refused("a negative length", request(headers={"Content-Length": "-1"}))
    refused("a length beyond 64 bits", request(headers={"Content-Length": "9" * 30}))
    with Connection() as connection:
        connection.send(request(headers={"Content-Length": "2", "content-length": "3"}, body=b"{} ") + request("GET"))
        is_("two lengths", connection.receive().status, 400)
        ok("after which nothing is read", connection.closed())
    refused("a chunk without length", request(headers={"Transfer-Encoding": "chunked"}) + b"xyz\r\n\r\n")
    refused("a chunk longer than announced",
            request(headers={"Transfer-Encoding": "chunked", "X-Amz-Target": "x"}) + b"1\r\nabcdef\r\n0\r\n\r\n")
    refused("a chunk of 2^64 bytes", request(headers={"Transfer-Encoding": "chunked"}) + b"FFFFFFFFFFFFFFFFF\r\n")

    with Connection() as connection:
        connection.send(request(headers={"Content-Length": "1000"}, body=b"short"))
    with Connection() as connection:
        connection.send(signed(key, "ListTables", {})[:-1])
    with Connection() as connection:
        connection.send(signed(key, "ListTables", {}) + b"garbage behind the body\r\n\r\n")
        is_("a body followed by more", connection.receive().status, 200)
    with Connection() as connection:
        connection.send(signed(key, "Scan", {"TableName": "Hostile"}) * 50)


def random_bytes(seed):
    generator = random.Random(seed)
    valid = signed(key, "PutItem", {"TableName": "Hostile", "Item": {"pk": {"S": "r"}, "n": {"N": "1"}}})
    for number in range(300):
        if number % 3 == 0:
            data = generator.randbytes(generator.randrange(1, 2000))
        else:
            data = bytearray(valid)
            for _ in range(generator.randrange(1, 6)):
                data[generator.randrange(len(data))] = generator.randrange(256)
        with Connection(0.05) as connection:
            try:
                connection.send(bytes(data))
                connection.receive()
            except (EOFError, OSError, ValueError, IndexError):
                pass


def half_open(count):
    """Connections that begin a request and say no more."""
    connections = []
    for _ in range(count):
        connection = socket.socket()
        connection.setblocking(False)
        try:
            connection.connect(("127.0.0.1", PORT))
        except BlockingIOError:
            pass
        connections.append(connection)
    has_read()
    for connection in connections:
        try:
            connection.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
        except OSError:
            pass
    # of what has not been read yet nobody knows that it is not a whole request
    has_read()
    return connections


def is_open(connection):
    """Whether the server has not closed it."""
    try:
        return connection.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


def ask(*connections):
    """All at once; gives the statuses that come."""
    for connection in connections:
        connection.send(signed(key, "ListTables", {}))
    return {connection.receive().status for connection in connections}


def never_reads():
    """A client that asks for much and takes nothing."""
    connection = Connection()
    connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.socket.setblocking(False)
    try:
        for _ in range(200):
            connection.socket.send(signed(key, "Scan", {"TableName": "Hostile"}))
    except BlockingIOError:
        pass
    return connection


def crowds():
    """More connections than there are slots."""
    known = [Connection() for _ in range(50)]
    is_("connections that have had an answer", ask(*known), {200})
    connections = half_open(1500)
    for _ in range(20):
        answers("beside 1,500 half-open connections")
    is_("those that have had an answer are kept", ask(*known), {200})
    until(lambda: sum(is_open(connection) for connection in connections) < 1000)
    kept = [connection for connection in connections if is_open(connection)]
    ok("half-open ones made room for the others", len(kept) < 1000, len(kept))
    ok("the oldest first", kept[:1] != connections[:1] and is_open(connections[-1]))
    for connection in connections + known:
        connection.close()
    time.sleep(1)
    answers("after them")
    known = []
    answered = set()
    for _ in range(1500):
        known.append(Connection())
        answered |= ask(known[-1])
    is_("1,500 connections, one after the other, are answered", answered, {200})
    ok("those that were idle for longest were closed", known[0].closed())
    is_("others go on", ask(known[-1]), {200})
    for connection in known:
        connection.close()
    time.sleep(1)


def bodies():
    """More bodies at once than a worker keeps."""
    configure("ddb.http_body_limit", "64kB")
    connections = [Connection() for _ in range(200)]
    headers = {**signed_headers(key, "PutItem", b""), "Content-Length": "60001"}
    for connection in connections:
        connection.send(request(headers=headers, body=b" " * 60000))
    has_read()
    answers("beside 200 bodies that are not complete")
    for connection in connections:
        connection.send(b" ")
    is_("those that there was no room for are told so", {connection.receive().status for connection in connections}, {400, 503})
    is_("there is room again", ask(*connections), {200})
    for connection in connections:
        connection.close()
    configure("ddb.http_body_limit")


# a first round brings what is allocated once
try_all()
random_bytes(0)
bodies()
crowds()
pids = workers()
before = resources()

for round_ in range(3):
    try_all()
    random_bytes(round_ + 1)
answers("after malformed requests")
bodies()

put(key, "Hostile", "b", )
call(key, "PutItem", {"TableName": "Hostile", "Item": {"pk": {"S": "big"}, "text": {"S": "x" * 390000}}})
slow = [never_reads() for _ in range(20)]
answers("beside clients that never read")
for connection in slow:
    connection.close()

crowds()

# a connection that was closed here is noticed there soon
until(lambda: resources()[0] <= before[0] + 8)
descriptors, kilobytes = resources()
print("# descriptors %d, then %d; private memory %d kB, then %d kB" % (before[0], descriptors, before[1], kilobytes))
is_("no worker has ended", workers(), pids)
ok("no descriptor is lost", descriptors <= before[0] + 8, descriptors - before[0])
if not SANITIZED:
    ok("no memory is lost", kilobytes - before[1] < 20 * 1024, kilobytes - before[1])
