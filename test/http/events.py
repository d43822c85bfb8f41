"""Events in the server's life. The first argument says which part to do:

session        what can be tried on a running server
write FILE     puts items from many connections until the server goes, and
               notes in FILE which were acknowledged; makes FILE.begun when
               some are
verify FILE    all of those are there
trust          requests without a signature
handshakes     over TLS, some that go no further
"""

import json
import os
import resource
import select
import subprocess
import sys
import threading
import time

from endpoint import (Connection, call, configure, create_key, create_table, encode, eventually, get, is_, ok, pids, put, raw,
                      request, signed, sql, until)

resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
KEY_FILE = os.path.join(os.environ["DDB_WORK"], "key")


def load_key():
    if not os.path.exists(KEY_FILE):
        with open(KEY_FILE, "w") as file:
            json.dump(create_key("postgres"), file)
        create_table(json.load(open(KEY_FILE)), "Events")
    with open(KEY_FILE) as file:
        return tuple(json.load(file))


def start_psql(statements):
    """A session that keeps its transaction open until its input is closed."""
    session = subprocess.Popen(["psql", "-X", "-q", "-A", "-t"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    session.stdin.write(statements + "\n\\echo ready\n")
    session.stdin.flush()
    while session.stdout.readline() not in ("ready\n", ""):
        pass
    return session


def locked_out(key):
    """What waits for a lock goes on when it is released, and lets others go on meanwhile."""
    # a request waits as long as both let it
    for setting in ("ddb.http_lock_timeout", "ddb.http_statement_timeout"):
        configure(setting, "5min")
    put(key, "Events", "locked")
    locker = start_psql("""BEGIN; SELECT ddb.update_item('{"TableName": "Events", "Key": {"pk": {"S": "locked"}},
        "UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"N": "1"}}}');""")
    add = {"TableName": "Events", "Key": {"pk": {"S": "locked"}}, "UpdateExpression": "ADD a :a", "ReturnValues": "UPDATED_NEW",
           "ExpressionAttributeValues": {":a": {"N": "1"}}}
    waiting = [Connection(300) for _ in range(20)]
    for connection in waiting:
        connection.send(signed(key, "UpdateItem", add))
    others = [Connection(300) for _ in range(20)]
    served = set()
    for _ in range(50):
        for connection in others:
            connection.send(signed(key, "PutItem", {"TableName": "Events", "Item": {"pk": {"S": "another"}}}))
        served |= {connection.receive().status for connection in others}
    is_("others are served", served, {200})
    is_("while those that need the lock wait", select.select([connection.socket for connection in waiting], [], [], 0)[0], [])
    crowd = [Connection(300) for _ in range(1500)]
    is_("more connections than there are slots are served", [crowd[-1].send(request("GET")), crowd[-1].receive().status], [None, 200])
    locker.stdin.write("COMMIT;\n")
    locker.stdin.close()
    locker.wait()
    answers = [connection.receive() for connection in waiting]
    for connection in crowd:
        connection.close()
    is_("then each of those that waited is done once",
        sorted(json.dumps(answer.json) for answer in answers), sorted('{"Attributes": {"a": {"N": "%d"}}}' % sum for sum in range(2, 22)))
    for setting in ("ddb.http_lock_timeout", "ddb.http_statement_timeout"):
        configure(setting)


def session(key):
    put(key, "Events", "locked")
    locker = start_psql("""BEGIN; SELECT ddb.update_item('{"TableName": "Events", "Key": {"pk": {"S": "locked"}},
        "UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"S": "x"}}}');""")
    began = time.monotonic()
    answer = call(key, "DeleteItem", {"TableName": "Events", "Key": {"pk": {"S": "locked"}}})
    took = time.monotonic() - began
    is_("a write of an item that another transaction holds", answer.error,
        ("TransactionConflictException", "Transaction is ongoing for the item"))
    ok("it waited for ddb.http_lock_timeout", 0.9 < took < 30, took)
    workers = pids()
    statements = [{"Statement": "UPDATE Events SET a = 1 WHERE pk = 'free'"}, {"Statement": "UPDATE Events SET a = 1 WHERE pk = 'locked'"}]
    answer = call(key, "BatchExecuteStatement", {"Statements": statements})
    is_("a batch of statements, one of which needs it", answer.error, ("TransactionConflictException", "Transaction is ongoing for the item"))
    answer = call(key, "ExecuteTransaction", {"TransactStatements": statements[1:]})
    is_("and a transaction of that", [reason["Code"] for reason in answer.json["CancellationReasons"]], ["TransactionConflict"])
    is_("after which the same workers go on", pids(), workers)
    locker.stdin.close()
    locker.wait()
    is_("afterwards it succeeds", call(key, "DeleteItem", {"TableName": "Events", "Key": {"pk": {"S": "locked"}}}).status, 200)

    locked_out(key)

    sql("""CREATE FUNCTION public.dawdle() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(100); RETURN NEW; END$$;
        CREATE TRIGGER dawdle BEFORE INSERT ON dynamodb."Events" FOR EACH ROW
        WHEN (NEW.item ->> 'pk' = 'slow') EXECUTE FUNCTION public.dawdle()""")
    configure("ddb.http_statement_timeout", "300ms")
    answer = put(key, "Events", "slow")
    is_("a request that takes too long", (answer.status, answer.json),
        (500, {"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "Internal server error"}))
    workers = pids()
    answer = call(key, "BatchExecuteStatement", {"Statements": [{"Statement": "INSERT INTO Events VALUE {'pk': 'slow'}"}]})
    is_("and a statement of a batch that does", answer.status, 500)
    is_("has the workers go on", pids(), workers)
    configure("ddb.http_statement_timeout")

    with Connection() as connection:
        connection.send(signed(key, "PutItem", {"TableName": "Events", "Item": {"pk": {"S": "slow"}}}))
        until(lambda: sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE backend_type = 'ddb http' AND wait_event = 'PgSleep'"))
        is_("a request that is cancelled", connection.receive().status, 500)
        connection.send(signed(key, "ListTables", {}))
        is_("its connection goes on", connection.receive().status, 200)
    sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE backend_type = 'ddb http'")
    is_("a cancellation between requests changes nothing", get(key, "Events", "a").status, 200)

    sql('DROP TRIGGER dawdle ON dynamodb."Events"')
    old = pids()
    with Connection() as connection:
        sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'ddb http'")
        ok("a worker's end closes its connections", connection.closed())
    eventually("workers come back by themselves", lambda: len(pids()) == len(old) and not pids() & old)
    eventually("and serve", lambda: get(key, "Events", "a").status == 200)

    sql("ALTER TABLE dynamodb.\"Events\" ADD CONSTRAINT short CHECK (length((item ->> 'text')) < 5)")
    answer = call(key, "PutItem", {"TableName": "Events", "Item": {"pk": {"S": "c"}, "text": {"S": "too long"}}})
    is_("a constraint of the relation", (answer.status, answer.error[0]), (400, "ValidationException"))

    for number in range(30):
        put(key, "Events", "counted%d" % number)
    eventually("the statistics collector learns of writes",
               lambda: int(sql("SELECT n_tup_ins FROM pg_stat_user_tables WHERE relname = 'Events'")) >= 30)


def write(key, path):
    acknowledged = []

    def client(number):
        try:
            with Connection() as connection:
                for count in range(10 ** 9):
                    name = "%d/%d" % (number, count)
                    connection.send(signed(key, "PutItem", {"TableName": "Events", "Item": {"pk": {"S": name}}}))
                    if connection.receive().status != 200:
                        return
                    acknowledged.append(name)
                    if count == 20:
                        open(path + ".begun", "w").close()
        except (OSError, EOFError):
            pass

    threads = [threading.Thread(target=client, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with open(path, "w") as file:
        json.dump(acknowledged, file)


def verify(path):
    with open(path) as file:
        acknowledged = set(json.load(file))
    present = set(sql('SELECT pk FROM dynamodb."Events"').split())
    print("# %d writes were acknowledged before the crash" % len(acknowledged))
    ok("every acknowledged write is there", len(acknowledged) > 20 and acknowledged <= present,
       len(acknowledged - present))


def trust():
    eventually("a request without signature is its role's",
               lambda: raw(request(headers={"X-Amz-Target": "DynamoDB_20120810.ListTables"}, body=b"")).status == 400)
    body = encode({})
    is_("trust lists tables", raw(request(headers={"X-Amz-Target": "DynamoDB_20120810.ListTables",
                                                   "Content-Type": "application/x-amz-json-1.0"}, body=body)).status, 200)


def processor_seconds():
    """What the workers have used so far."""
    ticks = 0
    for pid in pids():
        with open("/proc/%s/stat" % pid) as stat:
            ticks += sum(map(int, stat.read().split(")")[1].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def handshakes():
    connections = [Connection() for _ in range(40)]
    for number, connection in enumerate(connections):
        connection.send(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[:1 + number % 11])
    time.sleep(0.5)
    before = processor_seconds()
    time.sleep(2)
    used = processor_seconds() - before
    ok("handshakes that go no further keep no worker busy (%.2f s in 2 s)" % used, used < 0.5, used)
    for connection in connections:
        connection.close()


def main():
    part = sys.argv[1]
    if part == "trust":
        trust()
    elif part == "handshakes":
        handshakes()
    elif part == "verify":
        verify(sys.argv[2])
        key = load_key()
        eventually("the endpoint serves again", lambda: get(key, "Events", "a").status == 200)
    elif part == "write":
        write(load_key(), sys.argv[2])
    else:
        session(load_key())


main()
