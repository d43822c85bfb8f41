"""Many requests of every kind, right and wrong, and what memory the workers have afterwards.

REQUESTS says how many. A tenth of them goes first, and brings what is allocated
once.
"""

import os
import random
import time
import zlib

from endpoint import Connection, create_key, create_table, encode, get, is_, ok, put, request, signed, signed_headers, sql

REQUESTS = int(os.environ.get("REQUESTS", "100000"))
PIPELINED = 20
CONNECTIONS = 8
NAME = {"TableName": "Memory"}


def item(number):
    return {"pk": {"S": "item %d" % (number % 1000)}, "n": {"N": str(number)}, "s": {"SS": ["a", "b"]},
            "m": {"M": {"a": {"L": [{"B": "AAEC"}, {"NULL": True}, {"BOOL": False}]}}}, "text": {"S": "x" * (number % 2000)}}


def key_of(number):
    return {"pk": {"S": "item %d" % (number % 1000)}}


# What a request is, by its number: the operation, its parameters, and how it is answered.
KINDS = [
    lambda n: ("PutItem", {**NAME, "Item": item(n), "ReturnValues": "ALL_OLD"}, 200),
    lambda n: ("GetItem", {**NAME, "Key": key_of(n), "ProjectionExpression": "m.a[0], n"}, 200),
    lambda n: ("UpdateItem", {**NAME, "Key": key_of(n), "UpdateExpression": "SET c = if_not_exists(c, :z) + :o ADD s :s",
                              "ExpressionAttributeValues": {":z": {"N": "0"}, ":o": {"N": "1"}, ":s": {"SS": ["c"]}}}, 200),
    lambda n: ("Query", {**NAME, "KeyConditionExpression": "pk = :p", "FilterExpression": "n > :o OR size(m.a) = :o",
                         "ExpressionAttributeValues": {":p": key_of(n)["pk"], ":o": {"N": "1"}}}, 200),
    lambda n: ("Scan", {**NAME, "Limit": 5}, 200),
    lambda n: ("BatchGetItem", {"RequestItems": {"Memory": {"Keys": [key_of(n), key_of(n + 1)]}}}, 200),
    lambda n: ("BatchWriteItem", {"RequestItems": {"Memory": [{"PutRequest": {"Item": item(n)}}]}}, 200),
    lambda n: ("DeleteItem", {**NAME, "Key": key_of(n)}, 200),
    lambda n: ("DescribeTable", NAME, 200),
    lambda n: ("PutItem", {**NAME, "Item": key_of(n), "ConditionExpression": "attribute_exists(nothing)"}, 400),
    lambda n: ("PutItem", {**NAME, "Item": {"pk": {"N": "1"}}}, 400),
    lambda n: ("PutItem", {**NAME, "Item": {**key_of(n), "a": {"L": [{"N": "1"}, {"N": "x"}]}}}, 400),
    lambda n: ("UpdateItem", {**NAME, "Key": key_of(n), "UpdateExpression": "SET a = b + (c"}, 400),
    lambda n: ("UpdateItem", {**NAME, "Key": key_of(n), "UpdateExpression": "SET a.b.c[3] = :v",
                              "ExpressionAttributeValues": {":v": {"N": "1"}}}, 400),
    lambda n: ("GetItem", {"TableName": "Missing", "Key": key_of(n)}, 400),
    lambda n: ("GetItem", b'{"TableName": "Memory", "Key": {"pk"', 400),
    lambda n: ("GetItem", b"[" * 1000, 400),
    lambda n: ("NoSuchOperation", {}, 400),
    lambda n: ("CreateTable", {**NAME, "BillingMode": "PAY_PER_REQUEST",
                               "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                               "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}, 400),
]


def odd_requests(key):
    """Refused before their operation, or packed."""
    body = encode({**NAME, "Key": key_of(1)})
    packed = zlib.compress(body)
    yield signed((key[0], "wrong"), "GetItem", body), 400
    yield signed(("AKIANOBODY", "wrong"), "GetItem", body), 400
    yield request(headers={"X-Amz-Target": "DynamoDB_20120810.GetItem", "Content-Type": "application/x-amz-json-1.0"}, body=body), 400
    yield request(headers={"Content-Type": "text/plain"}, body=body), 404
    yield request("GET"), 200
    yield request(headers={**signed_headers(key, "GetItem", packed, extra={"Content-Encoding": "deflate"}), "Accept-Encoding": "gzip"},
                  body=packed), 200
    yield signed(key, "Scan", {**NAME, "Limit": 50}, extra={"Accept-Encoding": "gzip"}), 200
    yield signed(key, "Scan", {**NAME, "Limit": 100}, extra={"Accept-Encoding": "gzip"}), 200
    yield request(headers=signed_headers(key, "GetItem", body, extra={"Content-Encoding": "deflate"}), body=body), 400


def batch(key, generator):
    """So many requests as go over a connection at once, and their answers' statuses."""
    odd = list(odd_requests(key))
    requests = []
    for _ in range(PIPELINED):
        number = generator.randrange(10 ** 6)
        if number % 10 == 0:
            requests.append(generator.choice(odd))
        else:
            operation, parameters, status = KINDS[number % len(KINDS)](number)
            requests.append((signed(key, operation, parameters), status))
    return b"".join(data for data, _ in requests), [status for _, status in requests]


def batches(key):
    """They are made once, as a signature is good for five minutes."""
    generator = random.Random(1)
    return [batch(key, generator) for _ in range(200)]


def run(key, count):
    """Returns the first answers that are not as they should be."""
    wrong = []
    made = 0
    signed_at = 0
    generator = random.Random(2)
    while made < count:
        if time.monotonic() - signed_at > 120:
            prepared = batches(key)
            signed_at = time.monotonic()
        connections = [Connection() for _ in range(CONNECTIONS)]
        for _ in range(50):
            sent = [generator.choice(prepared) for _ in connections]
            for connection, (data, _) in zip(connections, sent):
                connection.send(data)
            for connection, (_, statuses) in zip(connections, sent):
                found = [connection.receive().status for _ in statuses]
                if found != statuses:
                    wrong.append((found, statuses))
            made += CONNECTIONS * PIPELINED
        for connection in connections:
            connection.close()
    return wrong[:3]


def memory():
    """Of each worker, the kilobytes of its own."""
    kilobytes = []
    for pid in sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'ddb http' ORDER BY 1").split():
        with open("/proc/%s/status" % pid) as status:
            kilobytes.append(sum(int(line.split()[1]) for line in status if line.startswith("RssAnon")))
    return kilobytes


def main():
    key = create_key("postgres")
    create_table(key, "Memory")
    for number in range(1000):
        put(key, "Memory", "item %d" % number)
    is_("the first requests are answered as they should be", run(key, REQUESTS // 10), [])
    before = memory()
    began = time.monotonic()
    is_("and so are %d" % REQUESTS, run(key, REQUESTS), [])
    after = memory()
    print("# %d requests in %d s; kilobytes of the workers: %s, then %s" % (
        REQUESTS, time.monotonic() - began, " ".join(map(str, before)), " ".join(map(str, after))))
    is_("no worker has ended", len(after), len(before))
    growth = sum(after) - sum(before)
    ok("memory does not grow", growth < 2048 * len(after), growth)
    is_("the next request is answered", get(key, "Memory", "none").status, 200)


main()
