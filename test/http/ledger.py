"""Writers that know what must be there, whatever happens to the server meanwhile.

Each has keys of its own, so that it knows every one's state: what its last
acknowledged write has left. A write that was not answered has happened whole or
not at all; which of both, the writer finds out when it can connect again, and
then reads all of its own partitions as well. What all writers share, counters
and tickets, is counted.
"""

import collections
import json
import random
import threading
import time

from endpoint import Connection, signed
from session import Session, SqlError, call, literal

TABLES = ("Ledger", "Guarded")
KEYS = 30
COUNTERS = 6
COLORS = ("red", "green", "blue", "white", "black")
CONDITION_FAILED = "ConditionalCheckFailedException"
# What the server may say to a write that it has not done, with indexes coming and going and others writing.
REFUSALS = (CONDITION_FAILED, "TransactionConflictException", "TransactionCanceledException")
# What it says where the first of two equal ones is not over yet.
BUSY = ("TransactionConflictException", "TransactionCanceledException", "TransactionInProgressException")
SQLSTATES = {"ND001": CONDITION_FAILED, "ND011": "TransactionCanceledException", "ND014": "TransactionCanceledException"}


class Unanswered(Exception):
    """Whether it has happened, nobody knows."""


BROKEN = (OSError, EOFError, Unanswered)


class Shared:
    """What all writers of a run have in common."""

    def __init__(self, seed, key, writers):
        self.seed = seed
        self.key = key  # to sign with
        self.writers = writers
        self.round = 0
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.acknowledged = collections.Counter()  # operations
        self.refused = collections.Counter()
        self.wrong = []
        self.counters = collections.defaultdict(lambda: [0, 0])  # name -> surely added, perhaps added
        self.seen = collections.defaultdict(int)  # counter -> the most that HTTP has told of it, which is on disk then
        # name -> who has it surely, who perhaps, who was told that another has it
        self.tickets = collections.defaultdict(lambda: ([], set(), set()))

    def count(self, counter, sure):
        with self.lock:
            self.counters[counter][0 if sure else 1] += 1

    def report(self, *details):
        with self.lock:
            self.wrong.append(" ".join(str(detail)[:300] for detail in details))

    def take_wrong(self):
        with self.lock:
            wrong, self.wrong = self.wrong, []
        return wrong


class Http:
    """A client of the endpoint."""

    def __init__(self, shared, key=None):
        self.key = key or shared.key
        self.connection = Connection(60)

    def call(self, operation, parameters):
        """(response, None) or (None, the exception's name)."""
        self.connection.send(signed(self.key, operation, parameters))
        answer = self.connection.receive()
        if answer.status == 500:
            # a worker that ends, as with its postmaster, says so and is gone: nobody knows what was done
            self.connection.send(signed(self.key, "ListTables", {}))
            self.connection.receive()
        return (answer.json, None) if answer.status == 200 else (None, answer.error[0])

    def call_twice(self, operation, parameters):
        """Sends a request, and without waiting for its answer another that is the same, until it is answered."""
        first = self.connection
        first.send(signed(self.key, operation, parameters))
        try:
            self.connection = Connection(60)
            while True:
                response, error = self.call(operation, parameters)
                if error not in BUSY:
                    return response, error
        finally:
            first.close()

    def close(self):
        self.connection.close()


class Sql:
    """A session."""

    def __init__(self, _shared):
        self.session = Session("ledger")

    def call(self, operation, parameters):
        return self.catch(lambda: json.loads(call(self.session, operation, parameters)))

    @staticmethod
    def catch(statement):
        try:
            return statement(), None
        except SqlError as error:
            return None, SQLSTATES.get(error.code, str(error))

    def run(self, *statements):
        """In one transaction; None, or the error."""
        def all_of_them():
            self.session.run("BEGIN")
            for statement in statements:
                self.session.run(statement)
        error = self.catch(all_of_them)[1]
        if error is not None:
            self.session.run("ROLLBACK")
        return error

    def close(self):
        self.session.close()


class Client:
    """Does step() again and again, through crashes of the server, until all are to stop."""

    def __init__(self, shared, number, connect):
        self.shared = shared
        self.number = number
        self.connect = connect
        self.random = random.Random("%s/%s" % (shared.seed, number))
        self.peer = None

    def work(self):
        until = None
        while self.peer is None or not self.shared.stopped.is_set():
            try:
                if self.peer is None:
                    self.peer = self.connect(self.shared)
                    self.recover()
                else:
                    self.step()
            except TimeoutError as error:
                self.shared.report("no answer within a minute", self.number, repr(error))
                return
            except BROKEN:
                self.leave()
                time.sleep(0.03)
            if self.shared.stopped.is_set():
                until = until or time.monotonic() + 60
                if time.monotonic() > until:
                    self.shared.report("no connection within a minute", self.number)
                    return
        self.leave()

    def leave(self):
        if self.peer is not None:
            self.peer.close()
        self.peer = None

    def start(self):
        def run():
            try:
                self.work()
            except Exception as error:  # pylint: disable=broad-except
                self.shared.report(repr(error), self.number)
                raise
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        return thread


class Writer(Client):
    def __init__(self, shared, number, connect, base):
        super().__init__(shared, number, connect)
        self.state = dict(base)  # (table, pk, sk) -> item, or ("orders", writer, id) -> True; what is absent is not there
        self.base = sorted(key for key in base if key[1].startswith("base"))
        self.name = "w%d" % number
        self.pending = None  # key -> what it is if the write that got no answer has happened
        self.pending_counter = None
        self.pending_request = None  # of TransactWriteItems, which may be sent again
        self.version = 0
        self.orders = 0

    # ---- What is there ----

    def read_key(self, key):
        table, pk, sk = key
        response, error = self.peer.call("GetItem", {
            "TableName": table, "Key": {"pk": {"S": pk}, "sk": {"N": str(sk)}}, "ConsistentRead": True})
        if error is not None:
            raise Unanswered(error)
        return response.get("Item")

    def read_own(self):
        found = {}
        for table in TABLES:
            request = {"TableName": table, "KeyConditionExpression": "pk = :pk", "ConsistentRead": True,
                       "ExpressionAttributeValues": {":pk": {"S": self.name}}}
            while True:
                response, error = self.peer.call("Query", request)
                if error is not None:
                    raise Unanswered(error)
                for item in response["Items"]:
                    found[table, self.name, int(item["sk"]["N"])] = item
                if "LastEvaluatedKey" not in response:
                    break
                request["ExclusiveStartKey"] = response["LastEvaluatedKey"]
        if isinstance(self.peer, Sql):
            for (order,) in self.peer.session.run("SELECT id FROM orders WHERE writer = %d" % self.number):
                found["orders", self.number, int(order)] = True
        return found

    def recover(self):
        """After a crash: settles whether the pending write has happened, and looks at all that one partition holds."""
        found = self.read_own()
        if self.pending is not None:
            actual = {key: found.get(key) if key[1] in (self.name, self.number) else self.read_key(key) for key in self.pending}
            before = {key: self.state.get(key) for key in self.pending}
            happened = actual == self.pending
            if not happened and actual != before:
                self.shared.report("half done, or something else", self.number, actual, before, self.pending)
            if happened:
                self.apply(self.pending)
                if self.pending_counter is not None:
                    self.shared.count(self.pending_counter, True)
            self.pending = self.pending_counter = None
            self.compare(found)
            self.send_again(happened)
        else:
            self.compare(found)

    def send_again(self, happened):
        """A transaction with the token of one that got no answer is done where that was not, and else not again."""
        request, self.pending_request = self.pending_request, None
        if request is None or self.random.random() < 0.3:
            return
        parameters, changes, counter = request
        if happened:
            changes, counter = {}, None
        self.attempt("transaction with an old token", changes, lambda: self.peer.call("TransactWriteItems", parameters), counter)

    def compare(self, found):
        """What is there is what must be; goes on with what is there."""
        expected = {key: value for key, value in self.state.items() if key[1] in (self.name, self.number)}
        for key in expected.keys() | found.keys():
            if expected.get(key) != found.get(key):
                self.shared.report("round", self.shared.round, key, "is", found.get(key), "and should be", expected.get(key))
                self.apply({key: found.get(key)})

    def apply(self, changes):
        for key, value in changes.items():
            if value is None:
                self.state.pop(key, None)
            else:
                self.state[key] = value

    # ---- Writes ----

    def attempt(self, kind, changes, send, counter=None):
        """Does what makes these changes, by a function that gives (response, error); returns that."""
        self.pending, self.pending_counter = changes, counter
        response, error = send()
        self.pending = self.pending_counter = None
        with self.shared.lock:
            if error is None:
                self.shared.acknowledged[kind] += 1
            else:
                self.shared.refused[kind, error.split(":")[0]] += 1
        if error is None:
            self.apply(changes)
            if counter is not None:
                self.shared.count(counter, True)
        elif error not in REFUSALS and not error.startswith(("40P01", "40001", "55P03")):
            self.shared.report(kind, "failed:", error)
        return response, error

    def send(self, kind, operation, parameters, changes):
        return self.attempt(kind, changes, lambda: self.peer.call(operation, parameters))

    def any_key(self):
        return self.random.choice(TABLES), self.name, self.random.randrange(KEYS)

    def new_item(self, key):
        self.version += 1
        length = self.random.choice([self.random.randrange(100)] * 7 + [self.random.randrange(1500)] * 2 + [self.random.randrange(20000)])
        item = {"pk": {"S": key[1]}, "sk": {"N": str(key[2])}, "n": {"N": str(self.version)},
                "digit": {"N": str(self.random.randrange(10))}, "text": {"S": self.random.randbytes(length).hex()}}
        if self.random.random() < 0.8:
            item["color"] = {"S": self.random.choice(COLORS)}
        return item

    @staticmethod
    def request(key):
        return {"TableName": key[0], "Key": {"pk": {"S": key[1]}, "sk": {"N": str(key[2])}}}

    def check_old(self, kind, key, old, response, error):
        if error is None and response.get("Attributes") != old:
            self.shared.report(kind, key, "has replaced", response.get("Attributes"), "and should have", old)

    def put(self):
        key = self.any_key()
        item, old = self.new_item(key), self.state.get(key)
        self.check_old("put", key, old, *self.send("put", "PutItem", {"TableName": key[0], "Item": item, "ReturnValues": "ALL_OLD"}, {key: item}))

    def delete(self):
        key = self.any_key()
        old = self.state.get(key)
        self.check_old("delete", key, old, *self.send("delete", "DeleteItem", {**self.request(key), "ReturnValues": "ALL_OLD"}, {key: None}))

    def updated(self, key, color, digit):
        """The update's parameters, and what it makes of the item."""
        item = dict(self.state.get(key) or {"pk": {"S": key[1]}, "sk": {"N": str(key[2])}})
        item["n"] = {"N": str(int(item.get("n", {"N": "0"})["N"]) + 1)}
        item["digit"] = {"N": digit}
        values = {":one": {"N": "1"}, ":d": {"N": digit}}
        expression = "SET digit = :d"
        if color is not None:
            item["color"] = {"S": color}
            expression += ", color = :c"
            values[":c"] = {"S": color}
        return {**self.request(key), "UpdateExpression": expression + " ADD n :one", "ExpressionAttributeValues": values}, item

    def update(self):
        key = self.any_key()
        parameters, item = self.updated(key, self.random.choice((None,) + COLORS), str(self.random.randrange(10)))
        self.send("update", "UpdateItem", parameters, {key: item})

    def update_conditionally(self):
        """By the version that it has, or by another."""
        key = self.any_key()
        right = self.random.random() < 0.6
        version = int((self.state.get(key) or {}).get("n", {"N": "0"})["N"]) + (0 if right else 1)
        parameters, item = self.updated(key, self.random.choice(COLORS), "7")
        parameters["ConditionExpression"] = "n = :v" if key in self.state else "attribute_not_exists(n)" if right else "n = :v"
        if ":v" in parameters["ConditionExpression"]:
            parameters["ExpressionAttributeValues"][":v"] = {"N": str(version)}
        _, error = self.send("conditional update", "UpdateItem", parameters, {key: item} if right else {})
        if (error == CONDITION_FAILED) == right or (error is None and not right):
            self.shared.report("condition judged wrongly:", key, parameters, error, self.state.get(key))

    def update_base(self):
        """Adds to an item from before the writers: what is lost once is missing for ever."""
        key = self.random.choice(self.base)
        parameters, item = self.updated(key, None, str(self.random.randrange(10)))
        self.send("update of an old item", "UpdateItem", parameters, {key: item})

    def batch(self):
        changes, requests = {}, collections.defaultdict(list)
        for _ in range(self.random.randrange(2, 12)):
            key = self.any_key()
            if key in changes:
                continue
            if self.random.random() < 0.7:
                changes[key] = self.new_item(key)
                requests[key[0]].append({"PutRequest": {"Item": changes[key]}})
            else:
                changes[key] = None
                requests[key[0]].append({"DeleteRequest": {"Key": self.request(key)["Key"]}})
        self.send("batch", "BatchWriteItem", {"RequestItems": requests}, changes)

    def add(self):
        """To one of the counters, which all writers share."""
        counter = "counter%d" % self.random.randrange(COUNTERS)
        request = {"TableName": "Counters", "Key": {"pk": {"S": counter}}}
        values = {":one": {"N": "1"}}
        if self.random.random() < 0.5:
            request.update(UpdateExpression="ADD n :one", ExpressionAttributeValues=values)
        else:
            response, error = self.peer.call("GetItem", {**request, "ConsistentRead": True})
            if error is not None:
                return
            old = response.get("Item", {}).get("n")
            if old and isinstance(self.peer, Http):
                with self.shared.lock:
                    self.shared.seen[counter] = max(self.shared.seen[counter], int(old["N"]))
            request.update(UpdateExpression="SET n = :new",
                           ExpressionAttributeValues={":new": {"N": str(int(old["N"]) + 1 if old else 1)}})
            if old:
                request["ExpressionAttributeValues"][":old"] = old
            request["ConditionExpression"] = "n = :old" if old else "attribute_not_exists(n)"
        try:
            self.attempt("count", {}, lambda: self.peer.call("UpdateItem", request), counter)
        except BROKEN:
            self.pending = self.pending_counter = None
            self.shared.count(counter, False)
            raise

    def take_ticket(self):
        """One of those that all writers want, and one of them gets."""
        name = "ticket/%d/%d" % (self.shared.round, self.random.randrange(200))
        with self.shared.lock:
            sure, perhaps, others = self.shared.tickets[name]
        try:
            _, error = self.attempt("ticket", {}, lambda: self.peer.call("PutItem", {
                "TableName": "Counters", "Item": {"pk": {"S": name}, "owner": {"S": self.name}},
                "ConditionExpression": "attribute_not_exists(pk)"}))
        except BROKEN:
            self.pending = None
            perhaps.add(self.name)
            raise
        if error is None:
            sure.append(self.name)
        elif error == CONDITION_FAILED and isinstance(self.peer, Http):
            others.add(self.name)

    def transact(self):
        """Items of both tables and a counter, all together."""
        first, second = self.any_key(), self.any_key()
        if first == second:
            return
        counter = "counter%d" % self.random.randrange(COUNTERS)
        item = self.new_item(first)
        changes = {first: item}
        actions = [{"Put": {"TableName": first[0], "Item": item}},
                   {"Update": {"TableName": "Counters", "Key": {"pk": {"S": counter}}, "UpdateExpression": "ADD n :one",
                               "ExpressionAttributeValues": {":one": {"N": "1"}}}}]
        if self.random.random() < 0.6:
            parameters, changes[second] = self.updated(second, self.random.choice(COLORS), "5")
            actions.append({"Update": parameters})
        else:
            changes[second] = None
            actions.append({"Delete": self.request(second)})
        if self.random.random() < 0.2:
            actions.append({"ConditionCheck": {"TableName": "Counters", "Key": {"pk": {"S": "nobody"}}, "ConditionExpression": "attribute_exists(pk)"}})
            changes, counter = {}, None
        self.random.shuffle(actions)
        parameters = {"TransactItems": actions, "ClientRequestToken": "%s/%s" % (self.name, self.version)}
        self.pending_request = (parameters, changes, counter) if changes else None
        if changes and isinstance(self.peer, Http) and self.random.random() < 0.2:
            kind, send = "transaction sent twice", self.peer.call_twice
        else:
            kind, send = "transaction of items", self.peer.call
        _, error = self.attempt(kind, changes, lambda: send("TransactWriteItems", parameters), counter)
        self.pending_request = None
        if error is None and not changes:
            self.shared.report("a transaction whose condition does not hold was done:", parameters)

    # ---- Only from SQL ----

    def transaction(self):
        """Items of both tables, a row of an ordinary one and a counter, all together or rolled back."""
        first, second = self.any_key(), self.any_key()
        self.orders += 1
        item = self.new_item(first)
        changes = {first: item, ("orders", self.number, self.orders): True}
        statements = ["INSERT INTO orders VALUES (%d, %d)" % (self.number, self.orders),
                      "SELECT ddb.put_item(%s)" % literal(json.dumps({"TableName": first[0], "Item": item}))]
        if second != first:
            if self.random.random() < 0.5:
                parameters, changes[second] = self.updated(second, self.random.choice(COLORS), "3")
                statements.append("SELECT ddb.update_item(%s)" % literal(json.dumps(parameters)))
            else:
                changes[second] = None
                statements.append("SELECT ddb.delete_item(%s)" % literal(json.dumps(self.request(second))))
        counter = "counter%d" % self.random.randrange(COUNTERS)
        statements.append("SELECT ddb.update_item(%s)" % literal(json.dumps({
            "TableName": "Counters", "Key": {"pk": {"S": counter}}, "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}}})))
        self.finish("transaction", changes, statements, counter)

    def plain_sql(self):
        """INSERT, UPDATE and DELETE of the relation itself."""
        key = self.any_key()
        item = self.new_item(key)
        where = "pk = %s AND sk = '%d'" % (literal(key[1]), key[2])
        new = literal(json.dumps(item))
        if key not in self.state:
            statements = ['INSERT INTO dynamodb."%s" (item) VALUES (%s)' % (key[0], new)]
        elif self.random.random() < 0.7:
            statements = ['UPDATE dynamodb."%s" SET item = %s WHERE %s' % (key[0], new, where)]
        else:
            item = None
            statements = ['DELETE FROM dynamodb."%s" WHERE %s' % (key[0], where)]
        self.finish("plain SQL", {key: item}, statements, None)

    def finish(self, kind, changes, statements, counter):
        """Statements that get no answer were never committed, so only COMMIT leaves a doubt."""
        error = self.peer.run(*statements)
        if error is not None:
            self.attempt(kind, {}, lambda: (None, error))
        elif self.random.random() < 0.3:
            self.peer.session.run("ROLLBACK")
            self.shared.acknowledged["rollback"] += 1
        else:
            self.attempt(kind, changes, lambda: self.peer.catch(lambda: self.peer.session.run("COMMIT")), counter)

    def step(self):
        ways = [self.put, self.put, self.update, self.update, self.update_conditionally, self.delete, self.batch,
                self.update_base, self.update_base, self.add, self.take_ticket, self.transact, self.transact]
        if isinstance(self.peer, Sql):
            ways += [self.transaction, self.transaction, self.plain_sql, self.plain_sql]
        self.random.choice(ways)()


class Architect(Client):
    """Creates and deletes indexes and tables, now over HTTP and now from SQL."""

    def __init__(self, shared, number):
        super().__init__(shared, number, lambda shared: (Http if self.random.random() < 0.5 else Sql)(shared))
        self.tables = {}  # name -> the keys that were put into it
        self.indexes = set()  # (table, index)
        self.active = set()  # those of them that have been seen to be so
        self.pending = None  # ("table" or "index", name, whether it is there afterwards)
        self.count = 0
        self.backfill_wanted = threading.Event()

    def present(self, kind):
        rows = self.catalog(
            "SELECT name FROM ddb.tables WHERE name LIKE 'Table%'" if kind == "table" else
            "SELECT t.name, i.name FROM ddb.indexes i JOIN ddb.tables t ON t.relation = i.table_relation"
            " WHERE t.name IN ('Ledger', 'Guarded') AND i.kind = 'GLOBAL'")
        return {row[0] if kind == "table" else tuple(row) for row in rows}

    def see_active(self):
        """An index that was once ACTIVE stays so."""
        active = {tuple(row) for row in self.catalog(
            "SELECT t.name, i.name FROM ddb.indexes i JOIN ddb.tables t ON t.relation = i.table_relation WHERE i.status = 'ACTIVE'")}
        if self.active & self.indexes - active:
            self.shared.report("round", self.shared.round, "no more ACTIVE:", self.active & self.indexes - active)
        self.active = active & self.indexes

    @staticmethod
    def catalog(statement):
        session = Session("architect")
        try:
            return session.run(statement)
        finally:
            session.close()

    def recover(self):
        if self.pending is not None:
            kind, name, _ = self.pending
            self.settle(kind, name, name in self.present(kind))
            self.pending = None
        for kind, expected in (("table", set(self.tables)), ("index", self.indexes)):
            present = self.present(kind)
            if present != expected:
                self.shared.report("round", self.shared.round, kind, "is there and should not be:", present - expected,
                                   "should be and is not:", expected - present)
                for name in present ^ expected:
                    self.settle(kind, name, name in present)
        self.see_active()

    def settle(self, kind, name, there):
        if kind == "index":
            (self.indexes.add if there else self.indexes.discard)(name)
        elif there:
            self.tables.setdefault(name, set())
        else:
            self.tables.pop(name, None)

    def attempt(self, kind, name, there, send):
        self.pending = (kind, name, there)
        _, error = send()
        self.pending = None
        what = "%s %s" % ("create" if there else "delete", kind)
        with self.shared.lock:
            if error is None:
                self.shared.acknowledged[what] += 1
            else:
                self.shared.refused[what, error.split(":")[0]] += 1
        if error is None:
            self.settle(kind, name, there)
        return error

    def change_index(self):
        table = self.random.choice(TABLES)
        if self.backfill_wanted.is_set():
            table = "Ledger"
        of_table = sorted(index for index in self.indexes if index[0] == table)
        if len(of_table) >= 2 or (of_table and self.random.random() < 0.3):
            name = self.random.choice(of_table)
            update, definitions = {"Delete": {"IndexName": name[1]}}, None
        else:
            self.count += 1
            name = (table, "Index%d" % self.count)
            update, definitions = self.new_index(name[1])
        request = {"TableName": table, "GlobalSecondaryIndexUpdates": [update]}
        if definitions is not None:
            request["AttributeDefinitions"] = definitions
        if self.attempt("index", name, definitions is not None, lambda: self.peer.call("UpdateTable", request)) is None and definitions:
            self.backfill_wanted.clear()

    def new_index(self, name):
        keys = self.random.choice([["color"], ["color", "digit"], ["digit", "sk"], ["digit"]])
        projection = self.random.choice([{"ProjectionType": "ALL"}, {"ProjectionType": "KEYS_ONLY"},
                                         {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["n"]}])
        return ({"Create": {"IndexName": name, "Projection": projection,
                            "KeySchema": [{"AttributeName": key, "KeyType": use} for key, use in zip(keys, ("HASH", "RANGE"))]}},
                definitions(*keys))

    def create_table(self):
        self.count += 1
        name = "Table%d" % self.count
        request = {"TableName": name, "BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": definitions(),
                   "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]}
        if self.random.random() < 0.6:
            request["AttributeDefinitions"] = definitions("color")
            request["GlobalSecondaryIndexes"] = [{"IndexName": "ByColor", "Projection": {"ProjectionType": "ALL"},
                                                  "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}]}]
        if self.attempt("table", name, True, lambda: self.peer.call("CreateTable", request)) is not None:
            return
        for number in range(3):
            item = {"pk": {"S": name}, "sk": {"N": str(number)}, "color": {"S": "red"}}
            if self.peer.call("PutItem", {"TableName": name, "Item": item})[1] is None:
                self.tables[name].add(number)

    def delete_table(self):
        name = self.random.choice(sorted(self.tables))
        if isinstance(self.peer, Sql) and self.random.random() < 0.5:
            self.attempt("table", name, False, lambda: self.peer.catch(lambda: self.peer.session.run('DROP TABLE dynamodb."%s"' % name)))
        else:
            self.attempt("table", name, False, lambda: self.peer.call("DeleteTable", {"TableName": name}))

    def step(self):
        if self.random.random() < 0.1:
            self.leave()
        elif self.backfill_wanted.is_set() or self.random.random() < 0.5:
            self.change_index()
        elif len(self.tables) >= 6 or (self.tables and self.random.random() < 0.4):
            self.delete_table()
        else:
            self.create_table()
        self.see_active()
        self.shared.stopped.wait(self.random.random() * 0.1)


class Locksmith(Client):
    """Makes access keys, disables and deletes them."""

    def __init__(self, shared, number):
        super().__init__(shared, number, Sql)
        self.keys = {}  # id -> (secret, whether it is good; None: nobody knows)
        self.deleted = set()  # asked for, be it done or not

    def recover(self):
        pass

    def is_good(self, key):
        """What the endpoint says, as it comes back after a crash."""
        http = Http(self.shared, key)
        try:
            _, error = http.call("ListTables", {})
        finally:
            http.close()
        if error not in (None, "UnrecognizedClientException"):
            raise Unanswered(error)
        return error is None

    def check(self, name):
        secret, expected = self.keys[name]
        good = self.is_good((name, secret))
        if expected is not None and good != expected:
            self.shared.report("round", self.shared.round, "access key", name, "is good:", good, "and should be:", expected)
        self.keys[name] = (secret, good)

    def change(self, name, statement, good):
        """Doubtful until it is answered."""
        secret = self.keys[name][0]
        self.keys[name] = (secret, None)
        self.peer.session.run(statement)
        self.keys[name] = (secret, good)
        self.shared.acknowledged["access key"] += 1

    def delete(self, name):
        again = name in self.deleted
        self.deleted.add(name)
        try:
            self.change(name, "SELECT ddb.delete_access_key('%s')" % name, False)
        except SqlError:
            if not again:
                raise
            # it was done when no answer came
            self.keys[name] = (self.keys[name][0], False)
        self.check(name)
        del self.keys[name]

    def step(self):
        name = self.random.choice(sorted(self.keys)) if self.keys else None
        chance = self.random.random()
        if name is None or (chance < 0.3 and len(self.keys) < 12):
            name, secret = self.peer.session.run("SELECT * FROM ddb.create_access_key('postgres')")[0]
            self.keys[name] = (secret, True)
        elif chance < 0.4 or name in self.deleted:
            self.delete(name)
        else:
            good = chance > 0.7
            self.change(name, "SELECT ddb.set_access_key_active('%s', %s)" % (name, str(good).lower()), good)
            if self.random.random() < 0.5:
                self.check(name)
        self.shared.stopped.wait(self.random.random() * 0.1)


def definitions(*more):
    kinds = {"pk": "S", "sk": "N", "color": "S", "digit": "N"}
    return [{"AttributeName": name, "AttributeType": kinds[name]} for name in sorted({"pk", "sk", *more})]
