#!/usr/bin/env python3
"""Random secondary indexes, read by random Queries and Scans in pages.

Keys of up to four and four attributes of all types, with values that lie at the
ends of prefixes and ranges and that many items have in common; the model has of
SQL the order in which an index must come, and chooses from it by itself. Between
two pages the item that the first one ended with is deleted. MODEL_SEED and
MODEL_SECONDS are as in models.py.
"""
import base64
import json
import os
import subprocess
import time

from models import ATTEMPT, SECONDS, SEED, Session, chance, comparable, fail, from_json, order_key, same

DATABASE = "index_models"
VALUES = {"S": ["a", "a\0", "ab", "aa", "b", "\u00e9", "\U0001f600"],
          "N": ["-10", "-1", "0", "1", "1.5", "10", "1e20"],
          "B": [base64.b64encode(value).decode() for value in (b"\0", b"\0\0", b"\1", b"\xfe", b"\xff", b"\xff\0", b"\xff\xff")]}
FUNCTIONS = {"S": "string_key", "N": "number_key", "B": "binary_key"}


class Index:
    def __init__(self, name, hash_keys, range_keys, local):
        self.name = name
        self.hash_keys = hash_keys
        self.range_keys = range_keys
        self.local = local
        self.projection = chance.choice(["ALL", "KEYS_ONLY", "INCLUDE"])

    def request(self):
        projection = {"ProjectionType": self.projection}
        if self.projection == "INCLUDE":
            projection["NonKeyAttributes"] = ["n"]
        return {"IndexName": self.name, "Projection": projection,
                "KeySchema": [{"AttributeName": key, "KeyType": "HASH"} for key in self.hash_keys] +
                             [{"AttributeName": key, "KeyType": "RANGE"} for key in self.range_keys]}


class Table:
    """Items with the attributes a0 to a6, some of which are missing; s is every item's number."""

    def __init__(self, session, name):
        self.session = session
        self.name = name
        self.kinds = {f"a{i}": chance.choice("SNB") for i in range(7)}
        self.kinds["p"] = chance.choice("SNB")
        self.kinds["s"] = "N"
        self.keys = ["p", "s"] if chance.random() < 0.7 else ["s"]
        self.indexes = self.make_indexes()
        request = {"LocalSecondaryIndexes": [index.request() for index in self.indexes if index.local],
                   "GlobalSecondaryIndexes": [index.request() for index in self.indexes if not index.local]}
        used = {key for index in self.indexes for key in index.hash_keys + index.range_keys} | set(self.keys)
        session.must("create_table", TableName=name, BillingMode="PAY_PER_REQUEST",
                     AttributeDefinitions=[{"AttributeName": key, "AttributeType": self.kinds[key]} for key in sorted(used)],
                     KeySchema=[{"AttributeName": key, "KeyType": use} for key, use in zip(self.keys, ("HASH", "RANGE"))],
                     **{member: indexes for member, indexes in request.items() if indexes})
        for i in range(chance.choice([20, 80, 200])):
            session.must("put_item", TableName=name, Item=self.random_item(i))

    def make_indexes(self):
        indexes = []
        for i in range(4):
            attributes = chance.sample([key for key in self.kinds if key in self.keys or key[0] == "a"], 7)
            hashes = chance.choice([1, 1, 1, 2, 3, 4])
            ranges = chance.randrange(5) if chance.random() < 0.5 else chance.choice([0, 1])
            indexes.append(Index(f"global{i}", attributes[:hashes], attributes[hashes:hashes + ranges], False))
        if len(self.keys) == 2:
            indexes.append(Index("local0", ["p"], [f"a{chance.randrange(7)}"], True))
        return indexes

    def random_value(self, key, count):
        kind = self.kinds[key]
        return {kind: chance.choice(VALUES[kind][:count])}

    def random_item(self, number):
        item = {key: self.random_value(key, 2 if key in ("a0", "a1", "a2") else 7) for key in self.kinds
                if key in self.keys or chance.random() < 0.9}
        item["s"] = {"N": str(number)}
        item["n"] = {"N": str(number)}
        item["text"] = {"S": "x" * chance.choice([0, 10, 3000])}
        return item

    def entries(self, index):
        """The items that the index has, in the order of a Scan."""
        columns = [f"ddb.{FUNCTIONS[self.kinds[key]]}(item, '{key}', 2048)" for key in index.hash_keys + index.range_keys + self.keys]
        hashes, ranges = columns[:len(index.hash_keys)], columns[len(index.hash_keys):-len(self.keys)]
        keys = columns[-len(self.keys):]
        order = [f"ddb.hash({', '.join(hashes)})"] + ranges + [f"ddb.hash({keys[0]})"] + keys[1:]
        where = " AND ".join(f"item ? '{key}'" for key in index.hash_keys + index.range_keys)
        return [json.loads(item) for item in json.loads(self.session.line(
            f"SELECT coalesce(json_agg(item::text ORDER BY {', '.join(order)}), '[]')::jsonb"
            f" FROM (SELECT item FROM dynamodb.\"{self.name}\" WHERE {where} OFFSET 0) i"))]

    def shown(self, index, item):
        names = set(index.hash_keys + index.range_keys + self.keys)
        if index.projection == "INCLUDE":
            names.add("n")
        return item if index.projection == "ALL" else {name: value for name, value in item.items() if name in names}


def comparison_holds(operator, value, bounds):
    value, bounds = order_key(from_json(value)), [order_key(from_json(bound)) for bound in bounds]
    return {"=": lambda: value == bounds[0], "<": lambda: value < bounds[0], "<=": lambda: value <= bounds[0],
            ">": lambda: value > bounds[0], ">=": lambda: value >= bounds[0],
            "BETWEEN": lambda: bounds[0] <= value <= bounds[1],
            "begins_with": lambda: value.startswith(bounds[0])}[operator]()


def condition_text(key, operator, values, bounds):
    names = []
    for bound in bounds:
        names.append(f":v{len(values)}")
        values[names[-1]] = bound
    if operator == "BETWEEN":
        return f"{key} BETWEEN {names[0]} AND {names[1]}"
    if operator == "begins_with":
        return f"begins_with({key}, {names[0]})"
    return f"{key} {operator} {names[0]}"


def random_conditions(table, index, entries):
    """(key, operator, bounds): equalities of an item that is there, and a range behind them."""
    model = chance.choice(entries) if entries else table.random_item(0)
    equal = chance.randrange(len(index.range_keys) + 1)
    conditions = [(key, "=", [model.get(key) or table.random_value(key, 7)])
                  for key in index.hash_keys + index.range_keys[:equal]]
    if equal < len(index.range_keys) and chance.random() < 0.7:
        key = index.range_keys[equal]
        operator = chance.choice(["<", "<=", ">", ">=", "BETWEEN"] + ["begins_with"] * (table.kinds[key] != "N"))
        bounds = sorted([table.random_value(key, 7), chance.choice([model.get(key), None]) or table.random_value(key, 7)],
                        key=lambda bound: order_key(from_json(bound)))
        conditions.append((key, operator, bounds if operator == "BETWEEN" else bounds[:1]))
    chance.shuffle(conditions)
    return conditions


def read_pages(table, operation, request):
    """The items of all pages; items that a page ended with are deleted, and put back in the end."""
    items, deleted, request = [], [], dict(request)
    while True:
        response = table.session.must(operation, **request)
        items += response["Items"]
        last = response.get("LastEvaluatedKey")
        if last is None:
            break
        if not response["ScannedCount"]:
            fail(f"{operation} makes no headway: {json.dumps(request)}")
        request["ExclusiveStartKey"] = last
        if chance.random() < 0.3:
            gone = table.session.must("delete_item", TableName=table.name, ReturnValues="ALL_OLD",
                                      Key={key: last[key] for key in table.keys})
            deleted.append(gone["Attributes"])
    for item in deleted:
        table.session.must("put_item", TableName=table.name, Item=item)
    return items


def check_index(table, index):
    entries = table.entries(index)
    request = {"TableName": table.name, "IndexName": index.name}
    if chance.random() < 0.7:
        request["Limit"] = chance.choice([1, 2, 3, 7, 50])
    shown = lambda item: table.shown(index, item)
    if index.local and chance.random() < 0.3:
        request["Select"] = "ALL_ATTRIBUTES"
        shown = lambda item: item

    if chance.random() < 0.3:
        segments = chance.choice([1, 1, 2, 5])
        items = [item for segment in range(segments)
                 for item in read_pages(table, "scan", {**request, "Segment": segment, "TotalSegments": segments})]
    else:
        conditions = random_conditions(table, index, entries)
        values = {}
        request["KeyConditionExpression"] = " AND ".join(condition_text(key, operator, values, bounds)
                                                         for key, operator, bounds in conditions)
        request["ExpressionAttributeValues"] = values
        entries = [item for item in entries
                   if all(comparison_holds(operator, item[key], bounds) for key, operator, bounds in conditions)]
        if chance.random() < 0.5:
            request["ScanIndexForward"] = False
            entries.reverse()
        items = read_pages(table, "query", request)
    same(f"the numbers of items of {json.dumps(request)}", [item["s"]["N"] for item in items],
         [item["s"]["N"] for item in entries])
    same(f"the items of {json.dumps(request)}", comparable(items), comparable(shown(item) for item in entries))
    return len(items)


def main():
    print(f"# seed {SEED}")
    subprocess.run([os.path.join(os.environ["DDB_BIN"], "createdb"), DATABASE], check=True)
    session = Session(DATABASE)
    session.psql.stdin.write(f"CREATE EXTENSION ddb;\n{ATTEMPT};\n")
    until = time.time() + SECONDS
    tables = reads = items = 0
    while time.time() < until:
        tables += 1
        table = Table(session, f"Indexed{tables}")
        for _ in range(10):
            for index in table.indexes:
                items += check_index(table, index)
                reads += 1
        same(f"check_indexes of {table.name}", session.line(f"SELECT count(*) FROM ddb.check_indexes('{table.name}')"), "0")
    print(f"# {reads} reads of the indexes of {tables} tables, {items} items")
    print("ok - pages of indexes together are what the model reads, in order, each item once")


if __name__ == "__main__":
    main()
