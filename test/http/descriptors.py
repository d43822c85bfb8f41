"""More connections than a worker may have files open, on a server with one worker."""

from endpoint import Connection, create_key, create_table, eventually, get, is_, ok, put, raw, request

eventually("the endpoint answers", lambda: raw(request("GET")).status == 200)
key = create_key("postgres")
connections = [Connection() for _ in range(500)]
is_("beside 500 connections tables are made", [create_table(key, "Table%d" % n).status for n in range(5)], [200] * 5)
is_("written", [put(key, "Table%d" % n, "a").status for n in range(5)], [200] * 5)
is_("and read", [get(key, "Table%d" % n, "a").status for n in range(5)], [200] * 5)
connections[-1].send(request("GET"))
ok("the last connection is one that is served", connections[-1].receive().status == 200)
