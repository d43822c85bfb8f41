"""Kills a server and its processes amid all that writes, and sees that what was acknowledged is there.

The first argument is the cluster's directory. In each round of TORTURE_ROUNDS the
writers, index changes and key changes of ledger.py run, and two things are
killed; then all that is there is compared with what must be. TORTURE_SEED makes
the same choices again; how they fall together in time nobody can repeat.
"""

import collections
import json
import os
import random
import signal
import subprocess
import sys
import time
import traceback

from endpoint import create_key, ok
from ledger import KEYS, TABLES, Architect, Http, Locksmith, Shared, Sql, Writer, definitions
from session import Session, SqlError, call

SEED = os.environ.get("TORTURE_SEED") or str(random.randrange(10 ** 9))
ROUNDS = int(os.environ.get("TORTURE_ROUNDS") or 5)
CLUSTER = sys.argv[1]
LIBRARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib.sh")
BASE_ITEMS = 9000
HTTP_WRITERS = 4
SQL_WRITERS = 3
WRITERS = HTTP_WRITERS + SQL_WRITERS
VACUUMS = ("VACUUM", "VACUUM (FREEZE)", "VACUUM (ANALYZE)", "VACUUM (FULL)", "VACUUM (INDEX_CLEANUP ON)")
# Whole servers; a server that is recovering; the process that all others come from; and each kind of the others.
KINDS = ["server", "recovering server", "postmaster", "client backend", "ddb http", "ddb launcher", "ddb backfill", "checkpointer",
         "walwriter", "background writer", "autovacuum launcher", "autovacuum worker"]


def shell(*command):
    """Runs a function of lib.sh."""
    return subprocess.Popen(["bash", "-c", '. "$0"; "$@"', LIBRARY, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def connect(seconds=60):
    """A session, as soon as the server gives one."""
    end = time.monotonic() + seconds
    while True:
        try:
            return Session("torture")
        except (OSError, EOFError):
            if time.monotonic() > end:
                raise
            time.sleep(0.02)


# ---- Killing ----

def start():
    if shell("start_cluster", CLUSTER).wait() != 0:
        sys.exit("not ok - the server does not start")


def kill_server():
    while shell("kill_cluster", CLUSTER).wait() != 0:
        time.sleep(0.01)


def state(pid):
    """One letter, as ps has it; empty where there is no such process."""
    try:
        with open("/proc/%d/stat" % pid) as stat:
            return stat.read().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def is_there(pid):
    return state(pid) not in ("", "Z", "X")


def stop(pid):
    """Stops a process; false where it has just ended, of which a signal says nothing."""
    os.kill(pid, signal.SIGSTOP)
    while state(pid) not in ("T", "Z", "X", ""):
        time.sleep(0.001)
    return state(pid) == "T"


class Killer:
    def __init__(self, chance, architect):
        self.random = chance
        self.architect = architect
        self.kinds = []
        self.half_filled = 0  # kills of the worker with an index not yet full
        self.killed = collections.Counter()

    def next_kind(self):
        if not self.kinds:
            self.kinds = self.random.sample(KINDS, len(KINDS))
        return self.kinds.pop()

    def kill(self):
        kind = self.next_kind()
        if kind == "server":
            kill_server()
            start()
        elif kind == "recovering server":
            self.recovering_server()
        elif kind == "postmaster":
            self.postmaster()
        elif not self.process(kind):
            print("# there was no %s to be killed" % kind, flush=True)
            return
        self.killed[kind] += 1

    def recovering_server(self):
        kill_server()
        starting = shell("start_cluster", CLUSTER)
        while not os.path.exists(CLUSTER + "/data/postmaster.pid"):
            time.sleep(0.005)
        time.sleep(self.random.random() * 0.4)
        kill_server()
        starting.wait()
        start()

    def postmaster(self):
        """Its children end by themselves."""
        with open(CLUSTER + "/data/postmaster.pid") as file:
            pid = int(file.readline())
        # stopped, so that it starts no other child meanwhile
        stop(pid)
        children = [int(child) for child in subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], check=True,
                                                           stdout=subprocess.PIPE, text=True).stdout.split()]
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 60
        while any(is_there(child) for child in children) and time.monotonic() < end:
            time.sleep(0.01)
        if any(is_there(child) for child in children):
            ok("all processes end with the postmaster", False)
        kill_server()
        start()

    def process(self, kind):
        """One of a kind, when there is one; the server then restarts by itself. False if none has come."""
        session = connect()
        query = ("SELECT pid FROM pg_stat_activity WHERE backend_type = '%s'"
                 " AND (backend_type <> 'client backend' OR application_name = 'ledger') ORDER BY pid" % kind)
        end = time.monotonic() + 4
        while time.monotonic() < end:
            if kind == "ddb backfill":
                self.architect.backfill_wanted.set()
                time.sleep(self.random.random() * 0.05)
            pids = [int(row[0]) for row in session.run(query)]
            if pids:
                filling = kind == "ddb backfill" and session.value("SELECT count(*) FROM ddb.index_progress") != "0"
                try:
                    pid = self.random.choice(pids)
                    if stop(pid):
                        os.kill(pid, signal.SIGKILL)
                        session.until_closed()
                        session.close()
                        self.half_filled += filling
                        return True
                except ProcessLookupError:
                    pass
            time.sleep(0.005)
        session.close()
        return False


# ---- What is there ----

SETUP = """
CREATE EXTENSION IF NOT EXISTS ddb;
CREATE EXTENSION amcheck;
CREATE TABLE orders (writer int, id int, PRIMARY KEY (writer, id));
"""


def set_up(session):
    session.run(SETUP)
    for table in TABLES:
        call(session, "CreateTable", {
            "TableName": table, "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": definitions("digit"),
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            "LocalSecondaryIndexes": [{"IndexName": "ByDigit", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "digit", "KeyType": "RANGE"}]}]})
    call(session, "CreateTable", {"TableName": "Counters", "BillingMode": "PAY_PER_REQUEST",
                                  "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                                  "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]})
    # a relation with a constraint is written by PostgreSQL's executor
    session.run("ALTER TABLE dynamodb.\"Guarded\" ADD CONSTRAINT small CHECK (pg_column_size(item) < 400000)")
    session.run("""INSERT INTO dynamodb."Ledger" (item) SELECT format('{"pk": {"S": "base%%s"}, "sk": {"N": "0"},
        "digit": {"N": "%%s"}, "color": {"S": "%%s"}, "n": {"N": "0"}}', i, i %% 10, (ARRAY['red', 'green', 'blue'])[i %% 3 + 1])::ddb.item
        FROM generate_series(0, %d) i""" % (BASE_ITEMS - 1))


def read_items(session, table):
    """(table, pk, sk) -> item."""
    return {(table, pk, int(sk)): json.loads(item)
            for pk, sk, item in session.run('SELECT pk, sk, item FROM dynamodb."%s"' % table)}


def differences(found, expected):
    return ["%s is %s and should be %s" % (key, str(found.get(key))[:200], str(expected.get(key))[:200])
            for key in sorted(found.keys() | expected.keys(), key=str) if found.get(key) != expected.get(key)]


def check_items(session, writers):
    found, expected = {}, {}
    for table in TABLES:
        found.update(read_items(session, table))
    for writer, order in session.run("TABLE orders"):
        found["orders", int(writer), int(order)] = True
    for writer in writers:
        expected.update(writer.state)
    return differences(found, expected)


def check_shared(session, shared):
    """Counters have what was acknowledged, and at most what was not answered more; tickets one owner."""
    items = {pk: json.loads(item) for pk, item in session.run('SELECT pk, item FROM dynamodb."Counters"')}
    wrong = []
    for name, (sure, perhaps) in shared.counters.items():
        value = int(items.get(name, {}).get("n", {"N": "0"})["N"])
        if not sure <= value <= sure + perhaps:
            wrong.append("%s is %d, but %d were acknowledged and %d more perhaps done" % (name, value, sure, perhaps))
        if value < shared.seen[name]:
            wrong.append("%s is %d, but %d was read" % (name, value, shared.seen[name]))
        shared.counters[name] = [value, 0]
        shared.seen[name] = 0
    for name, (sure, perhaps, others) in shared.tickets.items():
        owner = items.get(name, {}).get("owner", {}).get("S")
        right = set(sure) or {*perhaps, *([] if others else [None])}
        if len(sure) > 1 or owner not in right:
            wrong.append("%s is %s's, but acknowledged to %s, not answered to %s, and told to %s that it is another's" % (
                name, owner, sure, perhaps, others))
    wrong += [name for name in items if name not in shared.counters and name not in shared.tickets]
    session.run("DELETE FROM dynamodb.\"Counters\" WHERE pk LIKE 'ticket/%'")
    shared.tickets.clear()
    return wrong


CATALOGS = (
    ("a table without its relation", "SELECT name FROM ddb.tables t LEFT JOIN pg_class c ON c.oid = t.relation WHERE c.oid IS NULL"),
    ("a table whose relation has another name", "SELECT t.name FROM ddb.tables t JOIN pg_class c ON c.oid = t.relation WHERE c.relname <> t.name"),
    ("an index without its relation or table", "SELECT i.name FROM ddb.indexes i LEFT JOIN pg_class c ON c.oid = i.relation"
     " LEFT JOIN ddb.tables t ON t.relation = i.table_relation WHERE c.oid IS NULL OR t.name IS NULL"),
    ("a relation that is none's", "SELECT c.relname FROM pg_class c JOIN pg_am a ON a.oid = c.relam AND a.amname = 'ddb'"
     " WHERE c.relkind = 'r' AND c.oid NOT IN (SELECT relation FROM ddb.tables) AND c.oid NOT IN (SELECT relation FROM ddb.indexes)"),
    ("a backfill of no index", "SELECT relation FROM ddb.backfills WHERE relation NOT IN (SELECT relation FROM ddb.indexes WHERE status = 'CREATING')"),
    ("an index that is not active", "SELECT name, status FROM ddb.indexes WHERE status <> 'ACTIVE'"),
    ("a relation without a valid primary index", "SELECT c.relname FROM pg_class c JOIN pg_am a ON a.oid = c.relam AND a.amname = 'ddb'"
     " WHERE c.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_index x WHERE x.indrelid = c.oid AND x.indisunique AND x.indisvalid)"),
    ("a lock that nobody holds", "SELECT locktype, mode FROM pg_locks WHERE pid IS NULL"),
)


def check_catalogs(session, architect):
    wrong = ["%s: %s" % (what, row) for what, query in CATALOGS for row in session.run(query)]
    listed = set(json.loads(call(session, "ListTables", {}))["TableNames"])
    if listed != {*TABLES, "Counters", *architect.tables}:
        wrong.append("tables are %s" % sorted(listed))
    for name, puts in architect.tables.items():
        there = {key[2] for key in read_items(session, name)}
        if not puts <= there <= {0, 1, 2}:
            wrong.append("table %s has the items %s and should have %s" % (name, there, puts))
        call(session, "DescribeTable", {"TableName": name})
    return wrong


def check_indexes(session):
    return [str(row) for row in session.run("SELECT * FROM ddb.check_indexes()")]


def wait_for_indexes(session):
    """What is being created is so within two minutes."""
    end = time.monotonic() + 120
    while session.value("SELECT count(*) FROM ddb.indexes WHERE status = 'CREATING'") != "0":
        if time.monotonic() > end:
            return ["still being filled: %s" % session.run("TABLE ddb.index_progress")]
        time.sleep(0.05)
    return []


def check_files(session):
    """B-trees have an entry for each row, in order; and each page of each heap is right."""
    wrong = []
    for name, oid in session.run("""SELECT i.indexrelid::regclass, i.indexrelid::oid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
            WHERE c.relam = (SELECT oid FROM pg_am WHERE amname = 'btree') AND n.nspname IN ('dynamodb', 'ddb', 'public')"""):
        try:
            session.run("SELECT bt_index_parent_check(%s, true)" % oid)
        except SqlError as error:
            wrong.append("%s: %s" % (name, error))
    # amcheck takes no other access method than heap, whose pages ours are
    session.run("BEGIN; SET LOCAL allow_system_table_mods = on; UPDATE pg_class SET relam = (SELECT oid FROM pg_am WHERE amname = 'heap')"
                " WHERE relkind = 'r' AND relam = (SELECT oid FROM pg_am WHERE amname = 'ddb')")
    wrong += ["%s: %s" % (row[0], row[1:]) for row in session.run("""SELECT c.oid::regclass, v.* FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace, verify_heapam(c.oid) v
        WHERE c.relkind = 'r' AND n.nspname IN ('dynamodb', 'ddb', 'public')""")]
    session.run("ROLLBACK")
    return wrong


def check_log(position):
    """What should never stand in a server's log; returns it, and where the log ends."""
    with open(CLUSTER + "/server.log", errors="replace") as log:
        log.seek(position)
        lines = log.read().splitlines()
        position = log.tell()
    signs = ("PANIC", "TRAP:", "AddressSanitizer", "runtime error", "signal 11", "signal 6", "signal 7", "signal 8", "XX000", "XX001", "XX002",
             "could not read block", "invalid page", "unexpected data beyond", "corrupt")
    # what PostgreSQL says where a recovery was interrupted
    usual = "This probably means that some data is corrupted and you will have to use the last backup for recovery."
    return [line for line in lines if any(sign in line for sign in signs) and usual not in line], position


class Report:
    """One line for each thing that is checked, over all rounds."""

    def __init__(self):
        self.wrong = collections.OrderedDict()

    def add(self, what, wrong):
        self.wrong.setdefault(what, [])
        if wrong:
            print("# %s: NOT" % what, *wrong[:5], sep="\n#   ", flush=True)
            self.wrong[what] += wrong

    def check(self, what, function, *arguments):
        """Of what gives a list of what is wrong; an error is, too."""
        try:
            self.add(what, function(*arguments))
        except SqlError as error:
            self.add(what, [str(error)])

    def finish(self):
        for what, wrong in self.wrong.items():
            ok(what, not wrong, "%d times, the first: %s" % (len(wrong), wrong[:1]))


def verify(report, shared, writers, architect, locksmith, number):
    session = connect()
    report.add("writers never found another answer than the right one", shared.take_wrong())
    report.check("what was acknowledged is there, whole, and nothing else", check_items, session, writers)
    report.check("counters and tickets have no write more or less", check_shared, session, shared)
    report.check("every index gets filled", wait_for_indexes, session)
    report.check("indexes agree with their tables", check_indexes, session)
    report.check("catalogs and relations agree", check_catalogs, session, architect)
    report.check("amcheck finds nothing", check_files, session)
    for name in list(locksmith.keys):
        locksmith.check(name)
    report.add("access keys are as they were acknowledged", shared.take_wrong())
    report.check("VACUUM works", session.run, VACUUMS[number % len(VACUUMS)])
    report.check("after it indexes agree, too", check_indexes, session)
    report.check("after it all is as it was", check_items, session, writers)
    session.close()


def run_round(number, shared, clients, killer, report, position):
    shared.round = number
    shared.stopped.clear()
    threads = [client.start() for client in clients]
    before = dict(killer.killed)
    for _ in range(2):
        time.sleep(0.3 + killer.random.random())
        killer.kill()
    time.sleep(0.3)
    shared.stopped.set()
    for thread in threads:
        thread.join()
    writers, (architect, locksmith) = clients[:WRITERS], clients[WRITERS:]
    verify(report, shared, writers, architect, locksmith, number)
    signs, position = check_log(position)
    report.add("the log has nothing that it should not", signs)
    print("# round %d: killed %s; %d operations acknowledged so far" % (
        number, ", ".join(kind for kind in killer.killed if killer.killed[kind] != before.get(kind, 0)), sum(shared.acknowledged.values())), flush=True)
    return position


def main():
    print("# seed %s, %d rounds; the same again: TORTURE_SEED=%s make torture ROUNDS=%d" % (SEED, ROUNDS, SEED, ROUNDS), flush=True)
    session = connect()
    set_up(session)
    shared = Shared(SEED, create_key("postgres"), WRITERS)
    base = read_items(session, "Ledger")
    session.close()
    writers = [Writer(shared, number, Http if number < HTTP_WRITERS else Sql,
                      {key: item for key, item in base.items() if int(key[1][4:]) % WRITERS == number}) for number in range(WRITERS)]
    architect, locksmith = Architect(shared, WRITERS), Locksmith(shared, WRITERS + 1)
    killer = Killer(random.Random(SEED), architect)
    report = Report()
    position = 0
    for number in range(1, ROUNDS + 1):
        position = run_round(number, shared, [*writers, architect, locksmith], killer, report, position)
    print("# killed: %s" % ", ".join("%s %d" % pair for pair in sorted(killer.killed.items())))
    print("# with an index half filled: %d" % killer.half_filled)
    print("# acknowledged: %s" % ", ".join("%s %d" % pair for pair in sorted(shared.acknowledged.items())))
    print("# refused: %s" % ", ".join("%s %s %d" % (*name, count) for name, count in sorted(shared.refused.items())))
    ok("every writer has written", all(len(writer.state) > KEYS and writer.version > 20 for writer in writers))
    ok("every kind of operation was acknowledged", len(shared.acknowledged) >= 17, sorted(shared.acknowledged))
    report.finish()


try:
    main()
except (OSError, EOFError) as lost:
    traceback.print_exc()
    sys.exit("not ok - the server has gone, or gives no answer: %r" % lost)
