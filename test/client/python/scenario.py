"""The clients' common scenario with boto3: the low-level client, then the resource."""

import time
from datetime import datetime, timedelta, timezone
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


def key_of(pk, sk):
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}}


def transactions(client, table):
    for number in range(4):
        client.put_item(TableName=table, Item={**key_of("tx", number), "n": {"N": "10"}})
    write = dict(TransactItems=[
        {"Put": {"TableName": table, "Item": {**key_of("tx", 9), "n": {"N": "1"}}, "ConditionExpression": "attribute_not_exists(pk)"}},
        {"Update": {"TableName": table, "Key": key_of("tx", 0), "UpdateExpression": "SET n = n + :n",
                    "ExpressionAttributeValues": {":n": {"N": "5"}}}},
        {"Delete": {"TableName": table, "Key": key_of("tx", 1)}},
        {"ConditionCheck": {"TableName": table, "Key": key_of("tx", 2), "ConditionExpression": "n = :n",
                            "ExpressionAttributeValues": {":n": {"N": "10"}}, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}},
    ])
    read = [{"Get": {"TableName": table, "Key": key_of("tx", number), "ProjectionExpression": "n"}} for number in (0, 1, 2, 9)]
    first = client.transact_write_items(**write, ClientRequestToken="boto3", ReturnConsumedCapacity="TOTAL")
    check("a transaction writes", first["ConsumedCapacity"] == [{"TableName": table, "CapacityUnits": 8.0, "WriteCapacityUnits": 8.0}])
    after = [{"Item": {"n": {"N": "15"}}}, {}, {"Item": {"n": {"N": "10"}}}, {"Item": {"n": {"N": "1"}}}]
    check("a transaction reads", client.transact_get_items(TransactItems=read)["Responses"] == after)

    again = client.transact_write_items(**write, ClientRequestToken="boto3", ReturnConsumedCapacity="TOTAL")
    check("a repeated token costs a read", again["ConsumedCapacity"] == [{"TableName": table, "CapacityUnits": 8.0, "ReadCapacityUnits": 8.0}])
    check("and does nothing", client.transact_get_items(TransactItems=read)["Responses"] == after)
    try:
        client.transact_write_items(TransactItems=write["TransactItems"][1:], ClientRequestToken="boto3")
        check("a token of another transaction", False)
    except client.exceptions.IdempotentParameterMismatchException:
        check("a token of another transaction", True)

    write["TransactItems"][3]["ConditionCheck"]["ExpressionAttributeValues"] = {":n": {"N": "11"}}
    try:
        client.transact_write_items(**write)
        check("a cancelled transaction", False)
    except client.exceptions.TransactionCanceledException as error:
        failed = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
        check("a cancelled transaction", error.response["CancellationReasons"] == [
            failed, {"Code": "None"}, {"Code": "None"}, {**failed, "Item": {**key_of("tx", 2), "n": {"N": "10"}}}])
        check("its message", error.response["Error"]["Message"] == "Transaction cancelled, please refer cancellation reasons "
              "for specific reasons [ConditionalCheckFailed, None, None, ConditionalCheckFailed]")
    check("it changes nothing", client.transact_get_items(TransactItems=read)["Responses"] == after)


def statements(client, table):
    def run(statement, *parameters, **more):
        if parameters:
            more["Parameters"] = list(parameters)
        return client.execute_statement(Statement=statement, **more)

    for number in range(25):
        run(f"INSERT INTO {table} VALUE {{'pk': ?, 'sk': ?, 'n': 0, 'set': <<'a', 'b'>>, 'list': [1, {{'x': true}}]}}",
            {"S": "ql"}, {"N": str(number)})
    try:
        run(f"INSERT INTO {table} VALUE {{'pk': 'ql', 'sk': 1}}")
        check("an inserted item is there already", False)
    except client.exceptions.DuplicateItemException as error:
        check("an inserted item is there already",
              error.response["Error"]["Message"] == "Duplicate primary key exists in table")
    check("a statement reads", run(f"SELECT * FROM {table} WHERE pk = ? AND sk = ?", {"S": "ql"}, {"N": "3"})["Items"] == [
        {**key_of("ql", 3), "n": {"N": "0"}, "set": {"SS": ["a", "b"]}, "list": {"L": [{"N": "1"}, {"M": {"x": {"BOOL": True}}}]}}])
    check("a statement updates", run(
        f"UPDATE {table} SET n = n + 7 SET list = list_append(list, ?) REMOVE \"set\" WHERE pk = 'ql' AND sk = 3 RETURNING MODIFIED NEW *",
        {"L": [{"S": "z"}]})["Items"] == [{"n": {"N": "7"}, "list": {"L": [{"N": "1"}, {"M": {"x": {"BOOL": True}}}, {"S": "z"}]}}])
    check("a statement deletes", run(f"DELETE FROM {table} WHERE pk = 'ql' AND sk = 4 RETURNING ALL OLD *")["Items"][0]["sk"] == {"N": "4"})
    try:
        run(f"UPDATE {table} SET n = 1 WHERE pk = 'ql' AND sk = 4")
        check("an updated item is not there", False)
    except client.exceptions.ConditionalCheckFailedException:
        check("an updated item is not there", True)

    pages, token = [], {}
    while token is not None:
        page = run(f"SELECT sk FROM {table} WHERE pk = ? ORDER BY sk DESC", {"S": "ql"}, Limit=10, **token)
        pages.append([int(item["sk"]["N"]) for item in page["Items"]])
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else None
    check("pages of a statement", [len(page) for page in pages] == [10, 10, 4] and
          sum(pages, []) == [number for number in range(24, -1, -1) if number != 4])

    batch = client.batch_execute_statement(Statements=[
        {"Statement": f"UPDATE {table} SET n = 2 WHERE pk = 'ql' AND sk = 0"},
        {"Statement": f"UPDATE {table} SET n = 2 WHERE pk = 'ql' AND sk = 1 AND n = 1"},
        {"Statement": f"INSERT INTO {table} VALUE {{'pk': 'ql', 'sk': 2}}"}])["Responses"]
    check("a batch with errors", batch[0] == {"TableName": table} and
          [response.get("Error", {}).get("Code") for response in batch] == [None, "ConditionalCheckFailed", "DuplicateItem"])
    batch = client.batch_execute_statement(Statements=[
        {"Statement": f"SELECT n FROM {table} WHERE pk = 'ql' AND sk = ?", "Parameters": [{"N": str(number)}]} for number in (0, 4)])["Responses"]
    check("a batch that reads", batch == [{"TableName": table, "Item": {"n": {"N": "2"}}}, {"TableName": table}])

    transaction = dict(ClientRequestToken="boto3", TransactStatements=[
        {"Statement": f"EXISTS(SELECT * FROM {table} WHERE pk = 'ql' AND sk = 0 AND n = 2)"},
        {"Statement": f"UPDATE {table} SET n = n + 1 WHERE pk = 'ql' AND sk = 1"},
        {"Statement": f"INSERT INTO {table} VALUE {{'pk': 'ql', 'sk': ?}}", "Parameters": [{"N": "100"}]}])
    client.execute_transaction(**transaction)
    client.execute_transaction(**transaction)
    read = [{"Statement": f"SELECT n FROM {table} WHERE pk = 'ql' AND sk = {number}"} for number in (1, 100)]
    check("statements in a transaction, once", client.execute_transaction(TransactStatements=read)["Responses"] ==
          [{"Item": {"n": {"N": "1"}}}, {"Item": {}}])
    try:
        client.execute_transaction(TransactStatements=transaction["TransactStatements"])
        check("statements that are cancelled", False)
    except client.exceptions.TransactionCanceledException as error:
        check("statements that are cancelled",
              [reason["Code"] for reason in error.response["CancellationReasons"]] == ["None", "None", "DuplicateItem"])


def recovery(client, table):
    def restorable():
        return client.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]

    def wait_until(moment):
        while restorable().get("LatestRestorableDateTime", datetime.min.replace(tzinfo=timezone.utc)) < moment:
            time.sleep(0.1)

    backups = client.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification={
        "PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7})["ContinuousBackupsDescription"]
    check("recovery is on", backups["ContinuousBackupsStatus"] == backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED")
    # boto3 sends whole seconds
    wait_until(datetime.now(timezone.utc))
    moment = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(seconds=1)
    wait_until(moment)
    items = client.scan(TableName=table)["Items"]
    client.delete_item(TableName=table, Key=key_of("tx", 0))
    client.put_item(TableName=table, Item=key_of("tx", 100))
    restored = client.restore_table_to_point_in_time(
        SourceTableName=table, TargetTableName="boto3_restored", RestoreDateTime=moment)["TableDescription"]
    check("a table is restored", (restored["TableStatus"], restored["RestoreSummary"]["RestoreDateTime"]) == ("CREATING", moment))
    client.get_waiter("table_exists").wait(TableName="boto3_restored", WaiterConfig={"Delay": 1})
    check("to what it was", client.scan(TableName="boto3_restored")["Items"] == items)
    try:
        client.restore_table_to_point_in_time(SourceTableName=table, TargetTableName="boto3_too_early",
                                              RestoreDateTime=moment - timedelta(days=1))
        check("a moment before recovery", False)
    except client.exceptions.InvalidRestoreTimeException:
        check("a moment before recovery", True)
    client.update_continuous_backups(TableName="boto3_restored", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    client.delete_table(TableName="boto3_restored")
    kept = client.list_backups(TableName="boto3_restored", BackupType="SYSTEM")["BackupSummaries"]
    check("a deleted table leaves a backup", [b["BackupName"] for b in kept] == ["boto3_restored$DeletedTableBackup"])
    client.delete_backup(BackupArn=kept[0]["BackupArn"])
    client.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False})


def backups(client, table):
    arn = client.create_backup(TableName=table, BackupName="boto3-backup")["BackupDetails"]["BackupArn"]
    items = client.scan(TableName=table)["Items"]
    while client.describe_backup(BackupArn=arn)["BackupDescription"]["BackupDetails"]["BackupStatus"] == "CREATING":
        time.sleep(0.1)
    description = client.describe_backup(BackupArn=arn)["BackupDescription"]
    check("a backup is made", (description["BackupDetails"]["BackupStatus"], description["SourceTableDetails"]["ItemCount"]) ==
          ("AVAILABLE", len(items)))
    check("and listed", arn in [b["BackupArn"] for b in client.list_backups(TableName=table)["BackupSummaries"]])
    restored = client.restore_table_from_backup(TargetTableName="boto3_backup", BackupArn=arn)["TableDescription"]
    check("a table is restored from it", restored["RestoreSummary"]["SourceBackupArn"] == arn)
    client.get_waiter("table_exists").wait(TableName="boto3_backup", WaiterConfig={"Delay": 1})
    check("with what it holds", client.scan(TableName="boto3_backup")["Items"] == items)
    client.delete_table(TableName="boto3_backup")
    client.delete_backup(BackupArn=arn)
    try:
        client.describe_backup(BackupArn=arn)
        check("a backup is deleted", False)
    except client.exceptions.BackupNotFoundException:
        check("a backup is deleted", True)
    try:
        client.describe_export(ExportArn=arn.replace("/backup/", "/export/"))
        check("an export that is not there", False)
    except client.exceptions.ExportNotFoundException:
        check("an export that is not there", True)
    try:
        client.describe_import(ImportArn=arn.replace("/backup/", "/import/"))
        check("an import that is not there", False)
    except client.exceptions.ImportNotFoundException:
        check("an import that is not there", True)


def exports(client, table):
    arn = client.describe_table(TableName=table)["Table"]["TableArn"]
    specification = {
        "KeyConditionExpression": "pk = :p", "FilterExpression": "#b = :b", "ProjectionExpression": "pk, #b",
        "ExpressionAttributeNames": {"#b": "binary"},
        "ExpressionAttributeValues": {":p": ITEM["pk"], ":b": {"B": b"\x00\xff\x10"}}}
    export = client.export_table_to_point_in_time(TableArn=arn, S3Bucket="boto3-exports",
                                                  FilterSpecification=specification)["ExportDescription"]
    while client.describe_export(ExportArn=export["ExportArn"])["ExportDescription"]["ExportStatus"] == "IN_PROGRESS":
        time.sleep(0.1)
    description = client.describe_export(ExportArn=export["ExportArn"])["ExportDescription"]
    check("an export of what a filter lets through", (description["ExportStatus"], description["ItemCount"], description["ExportType"]) ==
          ("COMPLETED", 1, "FULL_EXPORT"))
    check("shows the filter", description["FilterSpecification"] == specification)
    now = datetime.now(timezone.utc)
    changes = {"ExportFromTime": now - timedelta(minutes=30), "ExportToTime": now, "ExportViewType": "NEW_IMAGE"}
    try:
        client.export_table_to_point_in_time(TableArn=arn, S3Bucket="boto3-exports", ExportType="INCREMENTAL_EXPORT",
                                             IncrementalExportSpecification=changes)
        check("changes of a table without recovery", False)
    except client.exceptions.PointInTimeRecoveryUnavailableException:
        check("changes of a table without recovery", True)
    client.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    try:
        client.export_table_to_point_in_time(TableArn=arn, S3Bucket="boto3-exports", ExportType="INCREMENTAL_EXPORT",
                                             IncrementalExportSpecification=changes)
        check("changes before recovery", False)
    except client.exceptions.InvalidExportTimeException:
        check("changes before recovery", True)
    client.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False})


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
    transactions(client, table)
    statements(client, table)
    recovery(client, table)
    backups(client, table)
    exports(client, table)
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
