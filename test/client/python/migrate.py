"""Changes a table's items in all ways until a file is there, and some while longer.

Usage: migrate.py ENDPOINT PROFILE TABLE ITEMS STOP: the table has ITEMS items already, with keys from 1 on.
"""

import os
import random
import struct
import sys
import threading
import time

import boto3
from botocore.config import Config

WRITERS = 4

endpoint, profile, table, items, stop = sys.argv[1:]
items = int(items)


def key(number):
    return {"pk": {"B": struct.pack(">i", number)}, "sk": {"N": str(number % 7)}}


def item(number, chance):
    """One that has all types, or some."""
    attributes = {
        "text": {"S": "h\u00e9 \U0001F600 \u0000" + "x" * chance.randrange(300)}, "empty": {"S": ""}, "bytes": {"B": chance.randbytes(20)},
        "number": {"N": str(chance.randrange(-10**30, 10**30))}, "small": {"N": "1E-130"}, "yes": {"BOOL": chance.random() < 0.5},
        "nothing": {"NULL": True}, "strings": {"SS": [str(chance.randrange(100)), "s"]}, "binaries": {"BS": [b"", chance.randbytes(2)]},
        "numbers": {"NS": ["0.5", str(chance.randrange(1, 100))]}, "list": {"L": [{"M": {"deep": {"L": [{"N": "1.5"}]}}}, {"S": "a"}]},
        "map": {"M": {"m": {"M": {}}}}, "group": {"S": f"g{chance.randrange(5)}"}}
    names = chance.sample(sorted(attributes), chance.randrange(len(attributes) + 1))
    return {**key(number), **{name: attributes[name] for name in names}}


class Writer(threading.Thread):
    def __init__(self, number, client):
        super().__init__()
        self.random, self.client, self.count = random.Random(number), client, 0
        # Each has keys of its own, so that its transactions wait for nobody; some are of items that there are not yet.
        self.numbers = range(number + 1, items + items // 10, WRITERS)

    def some(self):
        return self.random.choice(self.numbers)

    def put(self):
        self.client.put_item(TableName=table, Item=item(self.some(), self.random))

    def update(self):
        self.client.update_item(TableName=table, Key=key(self.some()), UpdateExpression="ADD seen :one SET #g = :g REMOVE #t",
                                ExpressionAttributeNames={"#g": "group", "#t": "text"},
                                ExpressionAttributeValues={":one": {"N": "1"}, ":g": {"S": f"g{self.random.randrange(5)}"}})

    def delete(self):
        self.client.delete_item(TableName=table, Key=key(self.some()))

    def batch(self):
        put, *deleted = self.random.sample(self.numbers, 4)
        self.client.batch_write_item(RequestItems={table: [
            {"PutRequest": {"Item": item(put, self.random)}}, *({"DeleteRequest": {"Key": key(number)}} for number in deleted)]})

    def transaction(self):
        put, updated, deleted = self.random.sample(self.numbers, 3)
        self.client.transact_write_items(TransactItems=[
            {"Put": {"TableName": table, "Item": item(put, self.random)}}, {"Delete": {"TableName": table, "Key": key(deleted)}},
            {"Update": {"TableName": table, "Key": key(updated), "UpdateExpression": "SET seen = :n", "ExpressionAttributeValues": {":n": {"N": "0"}}}}])

    def again_and_again(self):
        """One item several times: gone, there, changed, gone, there."""
        number = self.some()
        for _ in range(3):
            self.client.delete_item(TableName=table, Key=key(number))
            self.client.put_item(TableName=table, Item=item(number, self.random))

    def run(self):
        while self.count < 50 or not os.path.exists(stop):
            self.random.choice((self.put, self.put, self.update, self.update, self.delete, self.batch, self.transaction, self.again_and_again))()
            self.count += 1
            time.sleep(0.02)


def main():
    session = boto3.Session(profile_name=profile)
    client = session.client("dynamodb", endpoint_url=endpoint, config=Config(retries={"max_attempts": 20}))
    writers = [Writer(number, client) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    sys.exit(0 if all(writer.count >= 50 for writer in writers) else "a writer has met an error")


main()
