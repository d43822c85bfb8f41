"""A bank whose clients move money over HTTP and in SQL while others add it up. The first argument says which part:

fill             1,000 accounts in 10 branches, and what the SQL clients run
work FILE STOP   until there is a file STOP; FILE tells where the server is while there is one:
                 the endpoint's port, PGHOST and PGPORT
"""

import collections
import json
import os
import random
import subprocess
import sys
import threading
import time
import uuid

import endpoint
from endpoint import Connection, call, create_key, is_, ok, signed, sql

BRANCHES = 10
ACCOUNTS = 100  # of a branch, within which money moves
BALANCE = 100
KEY_FILE = os.path.join(os.environ["DDB_WORK"], "key")

PROCEDURES = """
CREATE FUNCTION change(account int, amount int) RETURNS text LANGUAGE sql AS $$
    SELECT format('{"Update": {"TableName": "Bank", "Key": {"id": {"N": "%%s"}}, "UpdateExpression": "ADD balance :n",
        "ConditionExpression": "balance >= :least", "ExpressionAttributeValues": {":n": {"N": "%%s"}, ":least": {"N": "%%s"}}}}',
        account, amount, greatest(-amount, 0))
$$;

-- In one transaction each, for a second: money moves by an operation, or by plain SQL that locks in the order of operations.
CREATE PROCEDURE move(by_operation bool) LANGUAGE plpgsql AS $$
DECLARE
    finish timestamptz := clock_timestamp() + interval '1 second';
    source int;
    target int;
    moved int;
BEGIN
    WHILE clock_timestamp() < finish LOOP
        source := random() * %(all)d - 0.5;
        target := source / %(accounts)d * %(accounts)d + (source + 1 + (random() * %(others)d)::int) %% %(accounts)d;
        moved := 1 + random() * 9;
        IF by_operation THEN
            BEGIN
                PERFORM ddb.transact_write_items(format('{"TransactItems": [%%s, %%s]}', change(source, -moved), change(target, moved))::json);
            EXCEPTION WHEN OTHERS THEN
                IF SQLERRM NOT LIKE '%%ConditionalCheckFailed%%' THEN RAISE; END IF;
            END;
        ELSE
            PERFORM FROM dynamodb."Bank" WHERE id IN (source, target) ORDER BY ddb.hash(id) FOR UPDATE;
            IF (SELECT (item ->> 'balance')::int >= moved FROM dynamodb."Bank" WHERE id = source) THEN
                UPDATE dynamodb."Bank" SET item = (item::jsonb || jsonb_build_object('balance', (item ->> 'balance')::int
                    + CASE WHEN id = source THEN -moved ELSE moved END))::ddb.item
                WHERE id IN (source, target);
            END IF;
        END IF;
        COMMIT;
    END LOOP;
END
$$;

CREATE PROCEDURE audit() LANGUAGE plpgsql AS $$
DECLARE
    finish timestamptz := clock_timestamp() + interval '1 second';
    wrong json;
BEGIN
    WHILE clock_timestamp() < finish LOOP
        SELECT json_agg(b) INTO wrong FROM (
            SELECT item ->> 'branch' AS branch, count(*) AS accounts, sum((item ->> 'balance')::int) AS balance
            FROM dynamodb."Bank" GROUP BY 1) b
        WHERE accounts <> %(accounts)d OR balance <> %(accounts)d * %(balance)d;
        IF wrong IS NOT NULL THEN
            RAISE EXCEPTION 'the sum differs: %%', wrong;
        END IF;
        COMMIT;
    END LOOP;
END
$$;
"""


def fill():
    key = create_key("postgres")
    with open(KEY_FILE, "w") as file:
        json.dump(key, file)
    is_("a table is made", call(key, "CreateTable", {
        "TableName": "Bank", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}, {"AttributeName": "branch", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [{"IndexName": "branches", "KeySchema": [{"AttributeName": "branch", "KeyType": "HASH"}],
                                    "Projection": {"ProjectionType": "ALL"}}]}).status, 200)
    sql("""INSERT INTO dynamodb."Bank" (item) SELECT format('{"id": {"N": "%%s"}, "branch": {"S": "branch %%s"}, "balance": {"N": "%d"}}',
        n, n / %d)::ddb.item FROM generate_series(0, %d) n""" % (BALANCE, ACCOUNTS, BRANCHES * ACCOUNTS - 1))
    sql(PROCEDURES % {"accounts": ACCOUNTS, "others": ACCOUNTS - 2, "all": BRANCHES * ACCOUNTS, "balance": BALANCE})


class Bank:
    def __init__(self, place, stop):
        self.place = place
        self.stop = stop
        self.lock = threading.Lock()
        self.outcomes = collections.Counter()
        self.wrong = []
        with open(KEY_FILE) as file:
            self.key = tuple(json.load(file))

    @property
    def stopped(self):
        return os.path.exists(self.stop)

    def count(self, *what):
        with self.lock:
            self.outcomes[what] += 1

    def find(self):
        """Goes to where the server is; False while it is nowhere."""
        try:
            with open(self.place) as file:
                port, host, pgport = file.read().split()
        except (OSError, ValueError):
            time.sleep(0.05)
            return False
        endpoint.PORT = int(port)
        os.environ.update(PGHOST=host, PGPORT=pgport)
        return True

    def check(self, reader, items, branches):
        sums = collections.Counter()
        counts = collections.Counter()
        for item in items:
            sums[item["branch"]["S"]] += int(item["balance"]["N"])
            counts[item["branch"]["S"]] += 1
        if len(sums) != branches or set(sums.values()) != {ACCOUNTS * BALANCE} or set(counts.values()) != {ACCOUNTS}:
            self.wrong.append((reader, dict(sums), dict(counts)))


class Client(threading.Thread):
    def __init__(self, bank, name, work):
        super().__init__()
        self.bank = bank
        self.client = name
        self.work = work

    def run(self):
        while not self.bank.stopped:
            if not self.bank.find():
                continue
            try:
                self.work(self)
            except (OSError, EOFError):
                self.bank.count(self.client, "connection closed")
                time.sleep(0.05)
            except Exception as error:  # pylint: disable=broad-except
                self.bank.wrong.append((self.client, repr(error)))
                raise

    def call(self, connection, operation, parameters):
        connection.send(signed(self.bank.key, operation, parameters))
        answer = connection.receive()
        error = answer.error[0] if answer.status != 200 else "done"
        if error == "TransactionCanceledException":
            error = " and ".join(sorted({reason["Code"] for reason in answer.json["CancellationReasons"]} - {"None"}))
        self.bank.count(self.client, error)
        if error not in ("done", "ConditionalCheckFailed", "TransactionConflict", "InternalServerError", "AccessDeniedException"):
            self.bank.wrong.append((self.client, answer.status, answer.body))
        return answer.json if error == "done" else None


def change(account, amount):
    return {"Update": {"TableName": "Bank", "Key": {"id": {"N": str(account)}}, "UpdateExpression": "ADD balance :n",
                       "ConditionExpression": "balance >= :least",
                       "ExpressionAttributeValues": {":n": {"N": str(amount)}, ":least": {"N": str(max(-amount, 0))}}}}


def move(client):
    """From one account to one or more others of its branch, with a token as SDKs send it."""
    with Connection() as connection:
        while not client.bank.stopped:
            branch = random.randrange(BRANCHES)
            source, *targets = random.sample(range(branch * ACCOUNTS, (branch + 1) * ACCOUNTS), random.randint(2, 4))
            amount = random.randint(1, 9)
            actions = [change(source, -amount * len(targets)), *(change(target, amount) for target in targets)]
            random.shuffle(actions)
            client.call(connection, "TransactWriteItems", {"TransactItems": actions, "ClientRequestToken": str(uuid.uuid4())})


def read_branch(client):
    with Connection() as connection:
        while not client.bank.stopped:
            branch = random.randrange(BRANCHES)
            answer = client.call(connection, "TransactGetItems", {"TransactItems": [
                {"Get": {"TableName": "Bank", "Key": {"id": {"N": str(branch * ACCOUNTS + n)}}}} for n in range(ACCOUNTS)]})
            if answer is not None:
                client.bank.check(client.client, [response["Item"] for response in answer["Responses"]], 1)


def scan(client):
    with Connection() as connection:
        while not client.bank.stopped:
            answer = client.call(connection, "Scan", {"TableName": "Bank", "ConsistentRead": True})
            if answer is not None:
                client.bank.check(client.client, answer["Items"], BRANCHES)


def query_index(client):
    with Connection() as connection:
        while not client.bank.stopped:
            answer = client.call(connection, "Query", {
                "TableName": "Bank", "IndexName": "branches", "KeyConditionExpression": "branch = :b",
                "ExpressionAttributeValues": {":b": {"S": "branch %d" % random.randrange(BRANCHES)}}})
            if answer is not None:
                client.bank.check(client.client, answer["Items"], 1)


BROKEN = ("server closed the connection", "could not connect", "connection to server", "SSL SYSCALL", "the database system is",
          "terminating connection", "read-only transaction", "could not receive data")


def run_sql(statement):
    """A client that calls a procedure again and again; what it raises is wrong unless the server has gone."""
    def work(client):
        result = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement], stderr=subprocess.PIPE,
                                text=True, check=False)
        broken = any(words in result.stderr for words in BROKEN)
        client.bank.count(client.client, "done" if result.returncode == 0 else "connection closed" if broken else "failed")
        if result.returncode != 0 and not broken:
            client.bank.wrong.append((client.client, result.stderr))
        if broken:
            time.sleep(0.05)
    return work


CLIENTS = [("TransactWriteItems", move, 16), ("TransactGetItems", read_branch, 2), ("Scan", scan, 1), ("Query of the index", query_index, 1),
           ("SQL operation", run_sql("CALL move(true)"), 2), ("SQL update", run_sql("CALL move(false)"), 2),
           ("SQL sum", run_sql("CALL audit()"), 1)]


def work(place, stop):
    bank = Bank(place, stop)
    clients = [Client(bank, name, does) for name, does, count in CLIENTS for _ in range(count)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    for (name, outcome), count in sorted(bank.outcomes.items()):
        print("# %s: %s %d" % (name, outcome, count))
    bank.find()
    sql("CALL audit()")
    is_("the sum never differed, and nothing else was wrong", bank.wrong[:3], [])
    ok("each client has done its part", all(bank.outcomes[name, "done"] > 0 for name, _, _ in CLIENTS))
    is_("the index agrees with its table", sql("SELECT * FROM ddb.check_indexes()"), "")


if __name__ == "__main__":
    {"fill": fill, "work": work}[sys.argv[1]](*sys.argv[2:])
