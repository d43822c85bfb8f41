"""The endpoint of a standby, and of a primary server with a synchronous one. The first argument says which part:

fill              creates the table Pages, whose items change together
reads             prints the answers to all kinds of reads
refused           writes, and what only reads, on a standby
conflict CONNINFO reads on the standby whose rows the primary removes meanwhile;
                  psql connects to the primary, or by CONNINFO to the standby
waits FILE        requests while the synchronous standby is away, which is to
                  come back when FILE is there
ended             workers are ended while the synchronous standby is away
promotion         the standby becomes the primary server
"""

import json
import os
import select
import sys
import threading
import time

from endpoint import (Connection, call, create_key, create_table, eventually, get, is_, ok, pids, put, raw, request, signed,
                      sql)
from faults import long_text

KEY_FILE = os.path.join(os.environ["DDB_WORK"], "key")
ITEMS = 100


def load_key():
    with open(KEY_FILE) as file:
        return tuple(json.load(file))


def fill():
    key = create_key("postgres")
    with open(KEY_FILE, "w") as file:
        json.dump(key, file)
    create_table(key, "Pages")
    for number in range(ITEMS):
        put(key, "Pages", "item %d" % number)
    change(0)
    sql("CREATE SERVER bucket FOREIGN DATA WRAPPER ddb_bucket")
    sql("SELECT ddb.create_backup('{\"TableName\": \"Pages\", \"BackupName\": \"backup\"}')")
    eventually("there is a backup", lambda: sql("SELECT status FROM ddb.backups") == "AVAILABLE")


def change(version):
    """All items in one transaction."""
    sql("""SELECT count(ddb.update_item(json_build_object('TableName', 'Pages', 'Key', json_build_object('pk', json_build_object('S', 'item ' || n)),
        'UpdateExpression', 'SET version = :v, filling = :f', 'ExpressionAttributeValues', '{":v": {"N": "%d"}, ":f": {"S": "%s"}}'::json)))
        FROM generate_series(0, %d) n""" % (version, long_text(), ITEMS - 1))


def reads():
    key = load_key()
    name = {"TableName": "Pages"}
    one = {"pk": {"S": "item 7"}}
    for operation, parameters in (
            ("GetItem", {**name, "Key": one, "ConsistentRead": True}),
            ("BatchGetItem", {"RequestItems": {"Pages": {"Keys": [one, {"pk": {"S": "item 8"}}]}}}),
            ("Query", {**name, "KeyConditionExpression": "pk = :pk", "ExpressionAttributeValues": {":pk": one["pk"]}}),
            ("Scan", {**name, "ProjectionExpression": "pk, version"}), ("DescribeTable", name), ("ListTables", {})):
        answer = call(key, operation, parameters)
        print(operation, answer.status, answer.body.decode())


def refused():
    key = load_key()
    name = {"TableName": "Pages"}
    one = {"pk": {"S": "item 7"}}
    arn = call(key, "DescribeTable", name).json["Table"]["TableArn"]
    backup = {"BackupArn": call(key, "ListBackups", {}).json["BackupSummaries"][0]["BackupArn"]}
    for operation, parameters in (
            ("PutItem", {**name, "Item": one}), ("DeleteItem", {**name, "Key": one}),
            ("UpdateItem", {**name, "Key": one, "UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": {"N": "1"}}}),
            ("BatchWriteItem", {"RequestItems": {"Pages": [{"PutRequest": {"Item": one}}]}}),
            ("DeleteTable", name), ("UpdateTable", {**name, "DeletionProtectionEnabled": True}),
            ("TagResource", {"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "b"}]}),
            ("UntagResource", {"ResourceArn": arn, "TagKeys": ["a"]}),
            ("UpdateTimeToLive", {**name, "TimeToLiveSpecification": {"Enabled": True, "AttributeName": "a"}}),
            ("UpdateContinuousBackups", {**name, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}),
            ("TransactWriteItems", {"TransactItems": [{"Put": {**name, "Item": one}}]}),
            ("ExecuteStatement", {"Statement": "INSERT INTO Pages VALUE {'pk': 'new'}"}),
            ("CreateBackup", {**name, "BackupName": "another"}), ("DeleteBackup", backup),
            ("RestoreTableFromBackup", {**backup, "TargetTableName": "Restored"}),
            ("ExportTableToPointInTime", {"TableArn": arn, "S3Bucket": "bucket", "ClientToken": "token"}),
            ("ImportTable", {"S3BucketSource": {"S3Bucket": "bucket"}, "InputFormat": "ION", "ClientToken": "token", "TableCreationParameters": {
                "TableName": "Imported", "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "N"}],
                "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}], "BillingMode": "PAY_PER_REQUEST"}}),
            ("StartBulkPutItems", {**name, "InputS3Configuration": {"S3Bucket": "bucket", "InputFormat": "ION"}, "ClientToken": "token",
                "OutputS3Configuration": {"S3Bucket": "bucket", "OutputType": ["ERROR"]}})):
        is_("%s on a standby" % operation, call(key, operation, parameters).error,
            ("AccessDeniedException", "This server does not accept writes now"))
    is_("CreateTable on a standby", create_table(key, "Another").error, ("AccessDeniedException", "This server does not accept writes now"))


class Scanner(threading.Thread):
    """Scans; a page is one snapshot, or there is an error."""

    def __init__(self, key, stopped):
        super().__init__()
        self.key = key
        self.stopped = stopped
        self.pages = self.errors = self.closed = 0
        self.wrong = []

    def scan(self, connection):
        connection.send(signed(self.key, "Scan", {"TableName": "Pages", "ProjectionExpression": "version"}))
        answer = connection.receive()
        if answer.status == 200:
            self.pages += 1
            versions = {item.get("version", {}).get("N") for item in answer.json["Items"]}
            if answer.json["Count"] != ITEMS or len(versions) != 1:
                self.wrong.append((answer.json["Count"], versions))
        elif answer.error == ("InternalServerError", "Internal server error"):
            self.errors += 1
        else:
            self.wrong.append((answer.status, answer.body))

    def run(self):
        while not self.stopped.is_set():
            try:
                with Connection() as connection:
                    while not self.stopped.is_set():
                        self.scan(connection)
            except (OSError, EOFError):
                self.closed += 1


def conflict(standby):
    stopped = threading.Event()
    scanners = [Scanner(load_key(), stopped) for _ in range(4)]
    workers = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'ddb http' ORDER BY 1"
    before = sql(workers, "-d", standby)
    for scanner in scanners:
        scanner.start()
    end = time.monotonic() + 120
    version = 0
    while time.monotonic() < end and sum(scanner.errors + scanner.closed for scanner in scanners) < 5:
        version += 1
        change(version)
        sql('VACUUM dynamodb."Pages"')
    stopped.set()
    for scanner in scanners:
        scanner.join()
    pages, errors, closed = (sum(getattr(scanner, name) for scanner in scanners) for name in ("pages", "errors", "closed"))
    print("# %d pages, %d errors, %d closed connections; %d changes of all items" % (pages, errors, closed, version))
    ok("replay has ended reads, and let others be", errors + closed >= 5 and pages > 0)
    is_("every page that was answered is one snapshot", [wrong for scanner in scanners for wrong in scanner.wrong][:3], [])
    is_("the standby's workers go on", sql(workers, "-d", standby), before)


def answered(connections, seconds):
    """How many of them have something to read within that time."""
    time.sleep(seconds)
    return len(select.select([connection.socket for connection in connections], [], [], 0)[0])


def waits(path):
    key = load_key()
    item = {"TableName": "Pages", "Key": {"pk": {"S": "while away"}}}
    before = {"TableName": "Pages", "Key": {"pk": {"S": "item 1"}}, "ProjectionExpression": "pk"}
    writers, readers, late, conditional = ([Connection(60) for _ in range(count)] for count in (8, 20, 20, 20))
    for writer in writers:
        writer.send(signed(key, "PutItem", {"TableName": "Pages", "Item": item["Key"]}))
    is_("no write is answered without its standby", answered(writers, 1.5), 0)
    for reader in readers:
        reader.send(signed(key, "GetItem", before))
    for reader in late:
        reader.send(signed(key, "GetItem", item))
    for writer in conditional:
        writer.send(signed(key, "PutItem", {"TableName": "Pages", "Item": item["Key"], "ConditionExpression": "attribute_not_exists(pk)"}))
    is_("the workers do not wait: they serve what tells nothing", {raw(request("GET")).status for _ in range(40)}, {200})
    print("# meanwhile %d of 20 reads of other items are answered" % answered(readers, 1.5))
    sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE backend_type = 'ddb http'")
    time.sleep(0.3)
    is_("nobody is told of the write", answered(late, 0), 0)
    is_("not by an error either", answered(conditional, 0), 0)
    is_("nor is the writer, whatever is cancelled", answered(writers, 0), 0)
    with open(path, "w"):
        pass
    is_("with the standby back, writes are answered", {writer.receive().status for writer in writers}, {200})
    is_("and those refused for it", {writer.receive().error[0] for writer in conditional}, {"ConditionalCheckFailedException"})
    is_("and reads", {json.dumps(reader.receive().json) for reader in readers}, {json.dumps({"Item": {"pk": {"S": "item 1"}}})})
    is_("those of the write, too", {json.dumps(reader.receive().json) for reader in late}, {json.dumps({"Item": item["Key"]})})


def ended():
    key = load_key()
    before = pids()
    writers = [Connection(60) for _ in range(20)]
    for number, writer in enumerate(writers):
        writer.send(signed(key, "PutItem", {"TableName": "Pages", "Item": {"pk": {"S": "ended %d" % number}}}))
    is_("writes wait for the standby", answered(writers, 1), 0)
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'ddb http'")
    is_("a worker that is ended answers none of those that wait", [writer.closed() for writer in writers], [True] * len(writers))
    eventually("workers come back", lambda: len(pids()) == len(before) and not pids() & before)


def promotion():
    key = load_key()
    before = pids()
    connections = [Connection() for _ in range(20)]

    def put_everywhere():
        for number, connection in enumerate(connections):
            connection.send(signed(key, "PutItem", {"TableName": "Pages", "Item": {"pk": {"S": "promoted %d" % number}}}))
        return {connection.receive().status for connection in connections}

    is_("before the promotion", put_everywhere(), {400})
    sql("SELECT pg_promote()")
    eventually("the same connections can write after it", lambda: put_everywhere() == {200})
    is_("what they wrote is read", get(key, "Pages", "promoted 19").json, {"Item": {"pk": {"S": "promoted 19"}}})
    is_("no worker has ended", pids(), before)


if __name__ == "__main__":
    {part.__name__: part for part in (fill, reads, refused, conflict, waits, ended, promotion)}[sys.argv[1]](*sys.argv[2:])
