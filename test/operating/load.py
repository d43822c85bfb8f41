"""Clients of a table, by boto3, that know what must be in it.

Usage: load.py create            makes the table
       load.py run DIR           clients read and write until there is a file DIR/stop; DIR/progress says how many
                                 writes of each were acknowledged; then everything is compared with what they were told

What was not answered may have been done. All writes can be told from each other, so that one which is carried out
late, or twice, is seen for what it is: new items are never written again, and versions only rise.
"""

import collections
import json
import os
import random
import sys
import threading
import time

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

TABLE = "Orders"
CLIENTS = 8
VERSIONED = 10  # items of each client that it changes again and again

# What a client of a service that fails over should have: time to connect again.
PATIENCE = Config(retries={"mode": "standard", "max_attempts": 12}, connect_timeout=2, read_timeout=20)


def dynamodb():
    return boto3.client("dynamodb", config=PATIENCE)


def create():
    client = dynamodb()
    client.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": kind} for name, kind in (("client", "S"), ("number", "N"), ("color", "S"))],
        KeySchema=[{"AttributeName": "client", "KeyType": "HASH"}, {"AttributeName": "number", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[{"IndexName": "ByColor", "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}],
                                 "Projection": {"ProjectionType": "ALL"}}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})


def ok(what, passed, *details):
    print("ok - %s" % what if passed else "not ok - %s" % what)
    if not passed:
        print("#  ", *details)


class Unknown(Exception):
    """Whether it was done, nobody knows."""


class Client(threading.Thread):
    def __init__(self, name):
        super().__init__()
        self.name = name
        self.random = random.Random(name)
        self.client = dynamodb()
        self.going = True
        self.number = VERSIONED
        self.acknowledged = 0
        self.gap = 0.0
        self.kinds = collections.Counter()
        self.wrong = []
        self.present = set()   # new items that must be there
        self.together = []     # new items of transactions without an answer: all or none
        self.versions = {number: 0 for number in range(VERSIONED)}  # the last that was acknowledged
        self.tried = dict(self.versions)

    def key(self, number):
        return {"client": {"S": self.name}, "number": {"N": str(number)}}

    def new_item(self):
        self.number += 1
        return {**self.key(self.number), "color": {"S": self.random.choice(("red", "green", "blue"))}}

    def call(self, operation, **parameters):
        try:
            return getattr(self.client, operation)(**parameters)
        except ClientError as error:
            name = error.response["Error"]["Code"]
            self.kinds["%s: %s" % (operation, name)] += 1
            if name == "ConditionalCheckFailedException":
                raise
            raise Unknown
        except BotoCoreError as error:
            self.kinds["%s: %s" % (operation, type(error).__name__)] += 1
            raise Unknown

    # ---- What it does; each returns the new items that it has made ----

    def put(self):
        item = self.new_item()
        self.call("put_item", TableName=TABLE, Item=item)
        return [item]

    def batch(self):
        items = [self.new_item() for _ in range(5)]
        answer = self.call("batch_write_item", RequestItems={TABLE: [{"PutRequest": {"Item": item}} for item in items]})
        return [] if answer["UnprocessedItems"] else items

    def transaction(self):
        items = [self.new_item() for _ in range(3)]
        try:
            self.call("transact_write_items", TransactItems=[{"Put": {"TableName": TABLE, "Item": item}} for item in items])
        except Unknown:
            self.together.append([int(item["number"]["N"]) for item in items])
            raise
        return items

    def update(self):
        number = self.random.randrange(VERSIONED)
        version = self.tried[number] = self.tried[number] + 1
        try:
            self.call("update_item", TableName=TABLE, Key=self.key(number), UpdateExpression="SET version = :v",
                      ConditionExpression="attribute_not_exists(version) OR version < :v",
                      ExpressionAttributeValues={":v": {"N": str(version)}})
        except ClientError:
            # the SDK has tried again what had been done
            if self.read(number) != version:
                self.wrong.append("item %d has version %s, and %d was refused" % (number, self.read(number), version))
        self.versions[number] = version
        return []

    def get(self):
        number = self.random.randrange(VERSIONED)
        version = self.read(number)
        if not self.versions[number] <= version <= self.tried[number]:
            self.wrong.append("item %d was read as version %d, not %d to %d" % (number, version, self.versions[number], self.tried[number]))

    def read(self, number):
        item = self.call("get_item", TableName=TABLE, Key=self.key(number), ConsistentRead=True).get("Item", {})
        return int(item.get("version", {"N": "0"})["N"])

    def run(self):
        last = time.monotonic()
        while self.going:
            try:
                action = self.random.choice((self.put, self.batch, self.transaction, self.update, self.update, self.get))
                made = action()
            except Unknown:
                continue
            if made is None:
                continue
            self.present.update(int(item["number"]["N"]) for item in made)
            self.acknowledged += 1
            self.gap = max(self.gap, time.monotonic() - last)
            last = time.monotonic()


def found():
    """All items, by client."""
    items = collections.defaultdict(dict)
    for page in dynamodb().get_paginator("scan").paginate(TableName=TABLE, ConsistentRead=True):
        for item in page["Items"]:
            items[item["client"]["S"]][int(item["number"]["N"])] = int(item.get("version", {"N": "0"})["N"])
    return items


def compare(clients):
    items = found()
    lost, torn, versions = [], [], []
    for client in clients:
        mine = items[client.name]
        lost += [(client.name, number) for number in client.present - set(mine)]
        torn += [(client.name, group) for group in client.together if len({number in mine for number in group}) > 1]
        versions += [(client.name, number, mine.get(number, 0), client.versions[number], client.tried[number])
                     for number in range(VERSIONED)
                     if not client.versions[number] <= mine.get(number, 0) <= client.tried[number]]
    ok("no acknowledged new item is lost", not lost, len(lost), lost[:5])
    ok("no transaction is half done", not torn, torn[:5])
    ok("no acknowledged version is lost", not versions, versions[:5])
    wrong = [text for client in clients for text in client.wrong]
    ok("no read was behind", not wrong, wrong[:5])


def run(directory):
    clients = [Client("client %d" % number) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    progress = os.path.join(directory, "progress")
    while not os.path.exists(os.path.join(directory, "stop")):
        with open(progress + ".new", "w") as file:
            print(min(client.acknowledged for client in clients), file=file)
        os.replace(progress + ".new", progress)
        time.sleep(0.2)
    for client in clients:
        client.going = False
    for client in clients:
        client.join()
    print("# %d writes were acknowledged; without one, a client was for %.1f s at the longest" %
          (sum(client.acknowledged for client in clients), max(client.gap for client in clients)))
    kinds = sum((client.kinds for client in clients), collections.Counter())
    print("# errors that clients were told: %s" % json.dumps(kinds))
    compare(clients)


{"create": create, "run": run}[sys.argv[1]](*sys.argv[2:])
