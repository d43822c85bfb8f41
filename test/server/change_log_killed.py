"""Kills the change log's processes and their server amid writers, and sees that each change is in the log once and in order.

The argument is the cluster's directory. An item is written under a row of the table
versions that counts its changes, so that what was committed says by itself which
records there are to be: the n-th change of an item is known by n. CHANGE_LOG_SEED makes the same
choices again.
"""
import json
import os
import random
import subprocess
import sys
import threading
import time

from libpq import Lost, Session

CLUSTER = sys.argv[1]
SEED = os.environ.get("CHANGE_LOG_SEED") or str(random.randrange(10 ** 9))
LIBRARY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib.sh")
DATABASES = ("ledger_one", "ledger_two")
ITEMS = 40
WRITERS = 3
VICTIMS = ("ddb change decoder", "ddb change writer", "ddb launcher", "server", "ddb change decoder", "client backend")
SETUP = """
CREATE EXTENSION ddb;
SELECT ddb.create_table('{"TableName": "Ledger", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]}');
CREATE TABLE versions (id text PRIMARY KEY, v integer NOT NULL);
CREATE FUNCTION change(key text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	version integer;
BEGIN
	INSERT INTO versions VALUES (key, 1) ON CONFLICT (id) DO UPDATE SET v = versions.v + 1 RETURNING v INTO version;
	IF version % 7 = 0 THEN
		PERFORM ddb.delete_item(format('{"TableName": "Ledger", "Key": {"id": {"S": "%s"}}}', key));
	ELSE
		PERFORM ddb.put_item(format('{"TableName": "Ledger", "Item": {"id": {"S": "%s"}, "v": {"N": "%s"}, "filler": {"S": "%s"}}}',
			key, version, repeat('x', version * 131 % 9000)));
	END IF;
END
$$;
"""


def shell(*command):
    """Runs a function of lib.sh."""
    return subprocess.run(["bash", "-c", '. "$0"; "$@"', LIBRARY, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode


def connect(database, seconds=60):
    end = time.monotonic() + seconds
    while True:
        try:
            return Session(database)
        except Lost:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def query(database, statement, seconds=60):
    """The rows, from whichever life of the server gives them."""
    end = time.monotonic() + seconds
    while True:
        try:
            session = connect(database)
            result = session.execute(statement)
            session.close()
            if result.sqlstate is None:
                return result.rows
            error = result.message
        except Lost as lost:
            error = str(lost)
        if time.monotonic() > end:
            sys.exit(f"not ok - {statement}: {error}")
        time.sleep(0.05)


class Writer(threading.Thread):
    def __init__(self, database, number, stop):
        super().__init__(daemon=True)
        self.database, self.number, self.stop = database, number, stop
        self.choice = random.Random(f"{SEED} {database} {number}")
        self.name = f"{database} {number}"

    def statements(self):
        """A transaction of one of several kinds, which may end in any way."""
        keys = sorted(self.choice.sample(range(ITEMS), self.choice.choice((1, 1, 1, 2, 5))))
        changes = [f"SELECT change('item {key}')" for key in keys]
        kind = self.choice.randrange(8)
        if kind == 0:
            return ["BEGIN", *changes, "ROLLBACK"]
        if kind == 1:
            return ["BEGIN", changes[0], "SAVEPOINT s", *[f"SELECT change('item {key}')" for key in keys], "ROLLBACK TO s", *changes[1:], "COMMIT"]
        if kind == 2:
            return ["BEGIN ISOLATION LEVEL REPEATABLE READ", *changes, "COMMIT"]
        if kind == 3:
            name = f"{self.name} {self.choice.randrange(10 ** 9)}"
            return ["BEGIN", *changes, f"PREPARE TRANSACTION '{name}'", f"COMMIT PREPARED '{name}'"]
        if kind == 4:
            return ["SET synchronous_commit = off", "BEGIN", *changes, "COMMIT", "RESET synchronous_commit"]
        return ["BEGIN", *changes, "COMMIT"]

    def finish_prepared(self):
        """What was prepared before the connection was lost has its rows locked against the others."""
        for row in query(self.database, f"SELECT gid FROM pg_prepared_xacts WHERE gid LIKE '{self.name} %'"):
            try:
                session = connect(self.database)
                session.execute(f"COMMIT PREPARED '{row[0]}'")
                session.close()
            except Lost:
                self.finish_prepared()

    def run(self):
        session = connect(self.database)
        while not self.stop.is_set():
            try:
                for statement in self.statements():
                    session.execute(statement)
                if session.status() != 0:
                    session.execute("ROLLBACK")
                time.sleep(self.choice.random() * 0.02)
            except Lost:
                session.close()
                self.finish_prepared()
                session = connect(self.database)
        session.close()


# ---- Killing ----

def kill_victim(kind, choice):
    if kind == "server":
        shell("kill_cluster", CLUSTER)
        if shell("start_cluster", CLUSTER) != 0:
            sys.exit("not ok - the server does not start")
        return
    rows = query("postgres", f"SELECT pid FROM pg_stat_activity WHERE backend_type = '{kind}' AND pid <> pg_backend_pid()")
    if not rows:
        return
    signal = choice.choice(("-9", "-TERM"))
    shell("as_server_user", "kill", signal, choice.choice(rows)[0])


# ---- Judging ----

def kind_of(version):
    if version % 7 == 0:
        return "REMOVE"
    return "INSERT" if version % 7 == 1 else "MODIFY"


def version_of(image):
    return int(image["v"]["N"]) if image else None


def records_by_item(database):
    rows = query(database, "SELECT shard_id, r FROM ddb.shards, ddb.change_records(shard_id) r WHERE label IS NOT NULL")
    numbers = [json.loads(row[1])["dynamodb"]["SequenceNumber"] for row in rows]
    problems = [] if len(numbers) == len(set(numbers)) else ["two records have one number"]
    items = {}
    last = {}
    for shard, text in rows:
        record = json.loads(text)
        number = record["dynamodb"]["SequenceNumber"]
        if last.get(shard, "") >= number:
            problems.append(f"a shard is not in order at {number}")
        last[shard] = number
        items.setdefault(record["dynamodb"]["Keys"]["id"]["S"], []).append((number, shard, record))
    for found in items.values():
        found.sort(key=lambda entry: entry[0])
    return items, problems


def judge_item(key, found, began, ended):
    """The records of an item are those of all its versions from some one on, that is not behind the first after the stream began."""
    problems = []
    version = ended - len(found)
    if version > began:
        problems.append(f"{key}: {len(found)} records, {ended - began} at least were to be there")
    if len({shard for _, shard, _ in found}) > 1:
        problems.append(f"{key}: in several shards")
    for _, _, record in found:
        version += 1
        change = record["dynamodb"]
        old, new = version_of(change.get("OldImage")), version_of(change.get("NewImage"))
        wanted = (kind_of(version), None if kind_of(version) == "INSERT" else version - 1,
                  None if kind_of(version) == "REMOVE" else version)
        if (record["eventName"], old, new) != wanted:
            problems.append(f"{key}: {record['eventName']} {old} {new} where {wanted} was to be")
            break
    return problems


def judge(database, began):
    query(database, "SELECT 1 / ddb.change_log_wait('60 seconds')::integer")
    ended = {row[0]: int(row[1]) for row in query(database, "SELECT id, v FROM versions")}
    items, problems = records_by_item(database)
    for key, version in ended.items():
        problems += judge_item(key, items.get(key, []), began.get(key, 0), version)
    if query(database, "SELECT count(*) FROM ddb.shards WHERE ended_by IS NOT NULL") != [["0"]]:
        problems.append("a shard has ended")
    count = sum(len(found) for found in items.values())
    print(f"# {database}: {count} records", *problems[:10], sep="\n#   ")
    print(f"{'not ok' if problems or count == 0 else 'ok'} - {database} has each change once and in order")


def begin_stream(database):
    """Switches the stream on while transactions are open; gives what was committed when it was."""
    query(database, """INSERT INTO ddb.streams (relation, label, table_name, view_type, status, key_schema, created)
		SELECT relation, 'L', name, 'NEW_AND_OLD_IMAGES', 'ENABLING', '[{"AttributeName": "id", "AttributeType": "S", "KeyType": "HASH"}]', now() FROM ddb.tables""")
    end = time.monotonic() + 60
    while query(database, "SELECT status FROM ddb.streams") != [["ENABLED"]]:
        if time.monotonic() > end:
            sys.exit(f"not ok - the stream of {database} is not ENABLED within a minute")
        time.sleep(0.05)
    return {row[0]: int(row[1]) for row in query(database, "SELECT id, v FROM versions")}


def main():
    print(f"# CHANGE_LOG_SEED={SEED}")
    choice = random.Random(SEED)
    stop = threading.Event()
    for database in DATABASES:
        query("postgres", f"CREATE DATABASE {database}")
        query(database, SETUP)
    writers = [Writer(database, number, stop) for database in DATABASES for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    began = {database: begin_stream(database) for database in DATABASES}
    for round_number in range(int(os.environ.get("CHANGE_LOG_ROUNDS") or 6)):
        time.sleep(choice.random() * 2)
        kind = VICTIMS[round_number % len(VICTIMS)]
        kill_victim(kind, choice)
    time.sleep(1)
    stop.set()
    for writer in writers:
        writer.join()
    for database in DATABASES:
        judge(database, began[database])


main()
