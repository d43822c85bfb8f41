"""Bulk operations with boto3: the bucket "files" has what is put."""

import time

import boto3

TABLE = "bulk"
INPUT = {"S3Bucket": "files", "S3KeyPrefix": "in/items", "InputFormat": "DYNAMODB_JSON"}
OUTPUT = {"S3Bucket": "files", "S3KeyPrefix": "out", "OutputType": ["ERROR", "CONDITION_CHECK_FAILURE"]}
ENDED = ("COMPLETED", "COMPLETED_WITH_ERRORS", "CANCELLED", "FAILED")


def check(what, condition):
    print("%s - boto3: %s" % ("ok" if condition else "not ok", what))


def start(client, **more):
    request = {"TableName": TABLE, "InputS3Configuration": INPUT, "OutputS3Configuration": OUTPUT, **more}
    return client.start_bulk_put_items(**request)["BulkOperationDescription"]


def end_of(client, arn):
    while True:
        description = client.describe_bulk_operation(BulkOperationArn=arn)["BulkOperationDescription"]
        if description["BulkOperationStatus"] in ENDED:
            return description
        time.sleep(0.1)


def refused(what, exception, call):
    try:
        call()
        check(what, False)
    except exception:
        check(what, True)


client = boto3.client("dynamodb")
client.create_table(
    TableName=TABLE, BillingMode="PAY_PER_REQUEST",
    AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}, {"AttributeName": "sk", "AttributeType": "N"}],
    KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}])
client.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})

begun = start(client, ClientToken="first", PerformanceTier="ACCELERATED", MaxWriteRequestUnits=100000)
check("it is in progress", begun["BulkOperationStatus"] == "IN_PROGRESS")
check("it says what was asked for", (begun["InputS3Configuration"], begun["OutputS3Configuration"], begun["ClientToken"],
                                     begun["PerformanceTier"], begun["MaxWriteRequestUnits"]) ==
      ({**INPUT, "InputCompressionType": "NONE"}, OUTPUT, "first", "ACCELERATED", 100000))
ended = end_of(client, begun["BulkOperationArn"])
check("it is completed", (ended["BulkOperationStatus"], ended["ProcessedItemCount"], ended["FailedItemCount"]) == ("COMPLETED", 3000, 0))
check("with its table", ended["TableDetails"] == [{"TableName": TABLE, "TableId": client.describe_table(TableName=TABLE)["Table"]["TableId"]}])
check("and its times", begun["StartTime"] == ended["StartTime"] <= ended["EndTime"])
check("and all of its bytes", ended["ProcessedInputBytes"] == ended["TotalInputBytes"] > 0)
usage = ended["BulkOperationUsage"][0]
check("and its usage", usage["TableName"] == TABLE and usage["BulkPutBytes"] == usage["Table"]["BulkPutBytes"] > 0)
items = [item for page in client.get_paginator("scan").paginate(TableName=TABLE) for item in page["Items"]]
check("all items are there", sorted(int(item["pk"]["S"]) for item in items) == list(range(1, 3001)))
check("the token gives the same", start(client, ClientToken="first", PerformanceTier="ACCELERATED",
                                        MaxWriteRequestUnits=100000)["BulkOperationArn"] == begun["BulkOperationArn"])
refused("another request of the token", client.exceptions.IdempotentParameterMismatchException,
        lambda: start(client, ClientToken="first"))

condition = end_of(client, start(client, InputS3Configuration={**INPUT, "S3KeyPrefix": "in/condition"})["BulkOperationArn"])
check("a condition that does not hold", (condition["BulkOperationStatus"], condition["ProcessedItemCount"],
                                         condition["FailedItemCount"]) == ("COMPLETED", 1, 0))

slow = start(client, MaxWriteRequestUnits=1024)["BulkOperationArn"]
check("it is cancelled", client.cancel_bulk_operation(BulkOperationArn=slow)["BulkOperationStatus"] == "CANCELLING")
cancelled = end_of(client, slow)
check("before long", (cancelled["BulkOperationStatus"], cancelled["FailureCode"]) == ("CANCELLED", "Cancelled"))

listed = [s for page in client.get_paginator("list_bulk_operations").paginate(PaginationConfig={"PageSize": 1})
          for s in page["BulkOperationsSummaryList"]]
check("all are listed, the newest first", [s["BulkOperationArn"] for s in listed] ==
      [slow, condition["BulkOperationArn"], begun["BulkOperationArn"]])
check("with status and times", listed[0]["BulkOperationStatus"] == "CANCELLED" and listed[0]["StartTime"] <= listed[0]["EndTime"])
refused("a table that is not there", client.exceptions.ResourceNotFoundException, lambda: start(client, TableName="nowhere"))
refused("an operation that is not there", client.exceptions.ResourceNotFoundException,
        lambda: client.describe_bulk_operation(BulkOperationArn=slow[:-1] + "x"))
