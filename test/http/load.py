"""Clients that keep the endpoint busy, and know what a right answer is.

Each client has items of its own, so that it knows what a read must find: the
last write that was acknowledged, or a later one whose answer it did not get.
"""

import collections
import threading

from endpoint import Connection, call, signed

STATUSES = (200, 400, 500, 503)


def create_table(key, name):
    """With an index of the values."""
    return call(key, "CreateTable", {
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "value", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "GlobalSecondaryIndexes": [{"IndexName": "values", "KeySchema": [{"AttributeName": "value", "KeyType": "HASH"}],
                                    "Projection": {"ProjectionType": "ALL"}}]})


class Generation:
    """One life of the table, with the key to sign with; or the time between two lives, which has no number."""

    def __init__(self, key, number):
        self.key = key
        self.number = number


class Client(threading.Thread):
    def __init__(self, load, number):
        super().__init__()
        self.load = load
        self.number = number
        self.acknowledged = {}  # name -> (generation, value)
        self.uncertain = collections.defaultdict(set)  # name -> values of writes without an answer
        self.count = 0

    def wrong(self, *details):
        self.load.wrong.append(details)

    def call(self, connection, generation, operation, parameters):
        connection.send(signed(generation.key, operation, parameters))
        answer = connection.receive()
        if answer.status not in STATUSES or (answer.status != 200 and answer.error is None):
            self.wrong(operation, answer.status, answer.body)
        name = answer.error[0] if answer.status != 200 else "OK"
        with self.load.lock:
            self.load.outcomes[operation, name] += 1
            if answer.status == 500:
                self.load.errors.add(answer.body)
        return answer

    def put(self, connection, generation, name):
        value = "%s/%d/%d" % (generation.number, self.number, self.count)
        self.uncertain[name].add(value)
        answer = self.call(connection, generation, "PutItem", {
            "TableName": self.load.table, "Item": {"pk": {"S": name}, "value": {"S": value}, "text": {"S": self.load.text}}})
        self.uncertain[name].discard(value)
        if answer.status == 200:
            self.acknowledged[name] = (generation, value)
            self.uncertain[name].clear()

    def get(self, connection, generation, name):
        answer = self.call(connection, generation, "GetItem", {
            "TableName": self.load.table, "Key": {"pk": {"S": name}}, "ConsistentRead": True})
        if answer.status == 200 and self.load.generation is generation:
            self.check(generation, name, answer.json.get("Item", {}).get("value", {}).get("S"))

    def check(self, generation, name, value):
        """A read that found the value, with the generation the same before and after."""
        if generation.number is None:
            return
        of, last = self.acknowledged.get(name, (None, None))
        right = set(self.uncertain[name])
        right.add(last if of is generation else None)
        if value not in right or (value is not None and not value.startswith("%d/" % generation.number)):
            self.wrong("read", name, value, right)

    def query(self, connection, generation, name):
        answer = self.call(connection, generation, "Query", {
            "TableName": self.load.table, "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": {"S": name}},
            "ConsistentRead": True})
        if answer.status == 200 and self.load.generation is generation:
            items = answer.json["Items"]
            self.check(generation, name, items[0]["value"]["S"] if items else None)

    def query_index(self, connection, generation, name):
        """Of the item's last value: an index is never stale."""
        of, value = self.acknowledged.get(name, (None, None))
        if of is not generation or self.uncertain[name]:
            return
        answer = self.call(connection, generation, "Query", {
            "TableName": self.load.table, "IndexName": "values", "KeyConditionExpression": "#v = :v",
            "ExpressionAttributeNames": {"#v": "value"}, "ExpressionAttributeValues": {":v": {"S": value}}})
        if answer.status == 200 and self.load.generation is generation:
            found = [item["pk"]["S"] for item in answer.json["Items"]]
            if found != [name]:
                self.wrong("index", name, value, found)

    def work(self, connection):
        while not self.load.stopping:
            generation = self.load.generation
            self.count += 1
            name = "%d/%d" % (self.number, self.count % self.load.names)
            self.put(connection, generation, name)
            self.get(connection, generation, name)
            self.query_index(connection, generation, name)
            self.query(connection, generation, "%d/%d" % (self.number, self.count * 7 % self.load.names))

    def run(self):
        while not self.load.stopping:
            try:
                with Connection(30) as connection:
                    self.work(connection)
            except (OSError, EOFError):
                with self.load.lock:
                    self.load.outcomes["connection", "closed"] += 1
                self.load.stopped.wait(0.02)
            except Exception as error:  # pylint: disable=broad-except
                self.wrong(repr(error))
                raise


class Load:
    """Clients at work, until the end of the with statement."""

    def __init__(self, key, table, clients=8, names=50, text=""):
        self.generation = Generation(key, 0)
        self.lives = 1
        self.table = table
        self.names = names
        self.text = text
        self.lock = threading.Lock()
        self.stopped = threading.Event()
        self.outcomes = collections.Counter()  # (operation, OK or exception) -> number
        self.errors = set()  # bodies of status 500
        self.wrong = []
        self.clients = [Client(self, number) for number in range(clients)]

    @property
    def stopping(self):
        return self.stopped.is_set()

    def end_generation(self):
        self.generation = Generation(self.generation.key, None)

    def begin_generation(self, key):
        self.generation = Generation(key, self.lives)
        self.lives += 1

    def acknowledged(self):
        """What must be there now: of each item, the values that it may have."""
        return {name: [value, *client.uncertain[name]]
                for client in self.clients for name, (generation, value) in client.acknowledged.items()
                if generation is self.generation}

    def __enter__(self):
        for client in self.clients:
            client.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        for client in self.clients:
            client.join()
