"""More connections than a worker may have files open, on a server with one worker."""

import subprocess
import threading

from endpoint import Connection, create_key, create_table, eventually, get, is_, ok, put, raw, request, signed

eventually("the endpoint answers", lambda: raw(request("GET")).status == 200)
key = create_key("postgres")
connections = [Connection() for _ in range(500)]
is_("beside 500 connections tables are made", [create_table(key, "Table%d" % n).status for n in range(5)], [200] * 5)
is_("written", [put(key, "Table%d" % n, "a").status for n in range(5)], [200] * 5)
is_("and read", [get(key, "Table%d" % n, "a").status for n in range(5)], [200] * 5)
connections[-1].send(request("GET"))
ok("the last connection is one that is served", connections[-1].receive().status == 200)

# All that have a slot wait for a row; the others come when there is an answer, and none is closed.
session = subprocess.Popen(["psql", "-X", "-q", "-A", "-t"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
session.stdin.write("BEGIN; SELECT 'locked' FROM dynamodb.\"Table0\" FOR UPDATE;\n")
session.stdin.flush()
is_("a row is locked", session.stdout.readline().strip(), "locked")
waiting = []
for _ in range(100):
    waiting.append(Connection())
    waiting[-1].send(signed(key, "PutItem", {"TableName": "Table0", "Item": {"pk": {"S": "a"}, "n": {"N": "1"}}}))
session.communicate("SELECT pg_sleep(0.5);")
is_("where all connections wait, each gets an answer", {connection.receive().status for connection in waiting}, {200})
is_("and the next one", get(key, "Table0", "a").json["Item"]["n"], {"N": "1"})

# Bodies without end.
stop = threading.Event()


def flood():
    with Connection() as connection:
        try:
            connection.send(request(headers={"Content-Length": "1000000000000"}))
            while not stop.is_set():
                connection.send(bytes(65536))
        except OSError:
            pass


floods = [threading.Thread(target=flood, daemon=True) for _ in range(60)]
for thread in floods:
    thread.start()
is_("beside bodies without end", [get(key, "Table0", "a").status for _ in range(20)], [200] * 20)
stop.set()
for thread in floods:
    thread.join()
