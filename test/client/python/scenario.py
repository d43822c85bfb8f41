"""The clients' common scenario with boto3: the low-level client, then the resource."""

from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import Binary
from botocore.config import Config


def check(what, condition):
    print("%s - boto3: %s" % ("ok" if condition else "not ok", what))


ITEM = {
    "pk": {"S": "every type"}, "sk": {"N": "1"}, "string": {"S": "h\u00e9\u0000llo \U0001f600"},
    "number": {"N": "-12345678901234567890.123456789"}, "binary": {"B": b"\x00\xff\x10"}, "true": {"BOOL": True},
    "null": {"NULL": True}, "map": {"M": {"list": {"L": [{"S": ""}, {"M": {}}, {"L": []}]}}},
    "strings": {"SS": ["a", "b"]}, "numbers": {"NS": ["1", "2.5"]}, "binaries": {"BS": [b"\x00", b"\x01"]},
}

SCHEMA = dict(
    BillingMode="PAY_PER_REQUEST",
    AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}],
    KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}])


def low_level():
    client = boto3.client("dynamodb")
    table = "boto3_client"
    client.create_table(TableName=table, **SCHEMA)
    client.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
    check("a table is made", table in client.list_tables()["TableNames"])

    client.put_item(TableName=table, Item=ITEM)
    key = {"pk": ITEM["pk"], "sk": ITEM["sk"]}
    found = client.get_item(TableName=table, Key=key)["Item"]
    for name in ("strings", "numbers", "binaries"):
        kind = next(iter(found[name]))
        found[name][kind].sort()
    check("every type comes back", found == ITEM)
    seeker = boto3.client("dynamodb", config=Config(endpoint_discovery_enabled=True))
    check("a client that asks for its endpoint stays", "Item" in seeker.get_item(TableName=table, Key=key))

    try:
        client.update_item(TableName=table, Key=key, UpdateExpression="SET a = :a", ConditionExpression="attribute_exists(b)",
                           ExpressionAttributeValues={":a": {"N": "1"}}, ReturnValuesOnConditionCheckFailure="ALL_OLD")
        check("a condition that fails", False)
    except client.exceptions.ConditionalCheckFailedException as error:
        check("a condition that fails", error.response["Item"]["pk"] == ITEM["pk"])
    try:
        client.get_item(TableName="missing", Key=key)
        check("a missing table", False)
    except client.exceptions.ResourceNotFoundException as error:
        check("a missing table", error.response["Error"]["Message"] == "Requested resource not found")
    try:
        client.put_item(TableName=table, Item={"pk": {"S": "x"}})
        check("a missing key", False)
    except client.exceptions.ClientError as error:
        check("a missing key", error.response["Error"]["Code"] == "ValidationException")

    for start in range(0, 100, 25):
        answer = client.batch_write_item(RequestItems={table: [
            {"PutRequest": {"Item": {"pk": {"S": "many"}, "sk": {"N": str(number)}, "text": {"S": "x" * 1000}}}}
            for number in range(start, start + 25)]})
        check("a batch is written", answer["UnprocessedItems"] == {})
    pages = list(client.get_paginator("query").paginate(
        TableName=table, KeyConditionExpression="pk = :p", ExpressionAttributeValues={":p": {"S": "many"}},
        PaginationConfig={"PageSize": 30}))
    check("a query in pages", [len(page["Items"]) for page in pages] == [30, 30, 30, 10])
    check("in order", [int(item["sk"]["N"]) for page in pages for item in page["Items"]] == list(range(100)))
    client.delete_table(TableName=table)
    client.get_waiter("table_not_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
    check("the table is gone", table not in client.list_tables()["TableNames"])


def resource():
    table = boto3.resource("dynamodb").create_table(TableName="boto3_resource", **SCHEMA)
    table.wait_until_exists()
    item = {"pk": "a", "sk": Decimal(1), "map": {"list": [Decimal("1.5"), "x", None, True]},
            "binary": Binary(b"\x00\xff"), "set": {"a", "b"}}
    table.put_item(Item=item)
    check("the resource's item comes back", table.get_item(Key={"pk": "a", "sk": 1})["Item"] == item)
    with table.batch_writer() as batch:
        for number in range(60):
            batch.put_item(Item={"pk": "b", "sk": number, "n": number})
    answer = table.query(KeyConditionExpression=Key("pk").eq("b") & Key("sk").between(10, 19),
                         FilterExpression=Attr("n").ne(15))
    check("the resource's query", [int(found["sk"]) for found in answer["Items"]] == [10, 11, 12, 13, 14, 16, 17, 18, 19])
    table.delete()


low_level()
resource()
