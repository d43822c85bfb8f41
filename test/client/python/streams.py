"""Writes changes of movies to a table with a stream, reads the stream with boto3, and compares.

Usage: streams.py create               makes the table, and prints the stream's ARN
       streams.py write MOVIES.JSON    changes items, and prints what has become of each; then ends the stream
       streams.py errors ARN           has the service refuse what it is to refuse
       streams.py read ARN             prints the records of the stream up to its end, shards in parallel
       streams.py compare WRITTEN READ
"""

import json
import os
import random
import sys
import threading
import time
from decimal import Decimal

import boto3
from boto3.dynamodb.types import TypeSerializer
from botocore.config import Config
from botocore.exceptions import ClientError

TABLE = "Changes"
WRITERS = 4
CHANGES = 250  # of each writer

output = threading.Lock()


def dynamodb():
    return boto3.client("dynamodb", config=Config(retries={"max_attempts": 20}))


def tell(record):
    with output:
        print(json.dumps(record, sort_keys=True), flush=True)


def create():
    client = dynamodb()
    client.create_table(
        TableName=TABLE, BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "year", "AttributeType": "N"}, {"AttributeName": "title", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "year", "KeyType": "HASH"}, {"AttributeName": "title", "KeyType": "RANGE"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    client.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})
    print(client.describe_table(TableName=TABLE)["Table"]["LatestStreamArn"])


class Writer(threading.Thread):
    """Changes the movies that are its own, so that the order of each one's changes is known."""

    def __init__(self, number, movies):
        super().__init__()
        self.random = random.Random(number)
        self.movies = movies
        self.items = {}
        self.client = dynamodb()

    def note(self, movie, new):
        key = json.dumps(self.key(movie), sort_keys=True)
        old = self.items.get(key)
        if new != old:
            tell({"event": "INSERT" if old is None else "REMOVE" if new is None else "MODIFY",
                  "keys": self.key(movie), "old": old, "new": new})
        self.items[key] = new

    def key(self, movie):
        return {"year": movie["year"], "title": movie["title"]}

    def put(self, movie):
        self.client.put_item(TableName=TABLE, Item=movie)
        self.note(movie, movie)

    def delete(self, movie):
        self.client.delete_item(TableName=TABLE, Key=self.key(movie))
        self.note(movie, None)

    def update(self, movie):
        answer = self.client.update_item(
            TableName=TABLE, Key=self.key(movie), UpdateExpression="ADD seen :one",
            ExpressionAttributeValues={":one": {"N": "1"}}, ReturnValues="ALL_NEW")
        self.note(movie, answer["Attributes"])

    def batch(self, movie):
        other = self.random.choice([m for m in self.movies if m is not movie])
        self.client.batch_write_item(RequestItems={TABLE: [
            {"PutRequest": {"Item": movie}}, {"DeleteRequest": {"Key": self.key(other)}}]})
        self.note(movie, movie)
        self.note(other, None)

    def transaction(self, movie):
        other = self.random.choice([m for m in self.movies if m is not movie])
        self.client.transact_write_items(TransactItems=[
            {"Put": {"TableName": TABLE, "Item": movie}},
            {"Put": {"TableName": TABLE, "Item": {**other, "together": {"BOOL": True}}}}])
        self.note(movie, movie)
        self.note(other, {**other, "together": {"BOOL": True}})

    def run(self):
        for movie in self.movies:
            self.put(movie)
        for _ in range(CHANGES):
            change = self.random.choice([self.put, self.delete, self.update, self.update, self.batch, self.transaction])
            change(self.random.choice(self.movies))


def write(path):
    with open(path, encoding="utf-8") as file:
        movies = [TypeSerializer().serialize(movie)["M"] for movie in json.load(file, parse_float=Decimal)]
    movies = movies[:100]
    writers = [Writer(number, movies[number::WRITERS]) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    client = dynamodb()
    client.update_table(TableName=TABLE, StreamSpecification={"StreamEnabled": False})
    client.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})


class ShardReader(threading.Thread):
    def __init__(self, client, arn, shard):
        super().__init__()
        self.client = client
        self.arn = arn
        self.shard = shard

    def run(self):
        iterator = self.client.get_shard_iterator(
            StreamArn=self.arn, ShardId=self.shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while iterator is not None:
            answer = self.client.get_records(ShardIterator=iterator)
            for record in answer["Records"]:
                change = record["dynamodb"]
                tell({"event": record["eventName"], "keys": change["Keys"], "old": change.get("OldImage"),
                      "new": change.get("NewImage"), "sequence": change["SequenceNumber"], "shard": self.shard})
            iterator = answer.get("NextShardIterator")
            if not answer["Records"]:
                time.sleep(0.2)


def read(arn):
    """A shard is read when its parent has been, as the order of changes asks for."""
    client = boto3.client("dynamodbstreams", config=Config(retries={"max_attempts": 20}))
    assert arn in [stream["StreamArn"] for stream in client.list_streams(TableName=TABLE)["Streams"]]
    readers = {}
    while True:
        description = client.describe_stream(StreamArn=arn)["StreamDescription"]
        for shard in description["Shards"]:
            parent = readers.get(shard.get("ParentShardId"))
            if shard["ShardId"] not in readers and (parent is None or not parent.is_alive()):
                readers[shard["ShardId"]] = ShardReader(client, arn, shard["ShardId"])
                readers[shard["ShardId"]].start()
        if description["StreamStatus"] == "DISABLED" and not any(reader.is_alive() for reader in readers.values()) \
                and len(readers) == len(description["Shards"]):
            return
        time.sleep(0.2)


def by_item(path):
    items = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            items.setdefault(json.dumps(record["keys"], sort_keys=True), []).append(record)
    return items


def refused(what, function, error, **request):
    try:
        function(**request)
        print("not ok - boto3: %s" % what)
    except ClientError as answer:
        code = answer.response["Error"]["Code"]
        print("%s - boto3: %s" % ("ok" if code == error else "not ok", what))


def errors(arn):
    client = boto3.client("dynamodbstreams")
    shard = client.describe_stream(StreamArn=arn, Limit=1)["StreamDescription"]["Shards"][0]["ShardId"]
    refused("a stream that there is not", client.describe_stream, "ResourceNotFoundException",
            StreamArn=arn[:-len("2026-11-26T13:45:00.123")] + "2001-01-01T00:00:00.000")
    refused("a shard that there is not", client.get_shard_iterator, "ResourceNotFoundException",
            StreamArn=arn, ShardId=shard[:-1] + "x", ShardIteratorType="LATEST")
    refused("an iterator of nobody's", client.get_records, "ValidationException", ShardIterator=arn + "|1|AAAA")
    refused("a moment in the future", client.get_shard_iterator, "ValidationException", StreamArn=arn, ShardId=shard,
            ShardIteratorType="AT_TIMESTAMP", Timestamp=time.time() + 3600)
    iterator = client.get_shard_iterator(StreamArn=arn, ShardId=shard, ShardIteratorType="AT_TIMESTAMP",
                                         Timestamp=time.time())["ShardIterator"]
    print("%s - boto3: a moment" % ("ok" if client.get_records(ShardIterator=iterator)["Records"] == [] else "not ok"))


def without_place(record):
    return {name: record[name] for name in ("event", "keys", "old", "new")}


def compare(written, read):
    who = os.path.basename(read)
    written, read = by_item(written), by_item(read)
    for what, condition in (
            ("there is something to read", sum(map(len, written.values())) > 1000),
            ("the same items", written.keys() == read.keys()),
            ("of each item each record once and in order, with its images",
             all([without_place(record) for record in read.get(key, [])] == records for key, records in written.items())),
            ("sequence numbers rise", all([record["sequence"] for record in records] ==
                                          sorted({record["sequence"] for record in records}) for records in read.values()))):
        print("%s - %s: %s" % ("ok" if condition else "not ok", who, what))


if __name__ == "__main__":
    {"create": create, "write": write, "errors": errors, "read": read, "compare": compare}[sys.argv[1]](*sys.argv[2:])
