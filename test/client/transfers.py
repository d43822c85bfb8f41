"""Exports and imports, asked for by boto3, on a folder and on rclone's server of S3, with a proxy before that which makes faults.

Arguments: rclone, the directory of the cluster that PGHOST and PGPORT name, and that of the programs that write tables into files.
"""
import base64
import concurrent.futures
import datetime
import decimal
import gzip
import hashlib
import json
import os
import random
import re
import struct
import subprocess
import sys
import time

import amazon.ion.simpleion as ion
import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import zstandard
from amazon.ion.core import IonType
from amazon.ion.simple_types import IonPyList

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "server"))
import libpq  # noqa: E402
from store import Proxy, Rule, cut, drop, free_port, hang, start_store, status, store, work  # noqa: E402

rclone, cluster, exporters = sys.argv[1:4]
client = boto3.client("dynamodb", config=botocore.config.Config(retries={"max_attempts": 0}))
session = libpq.Session("postgres")
SCRIPTS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "scripts", "private-server.sh")
ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/"


def ok(what, good, seen=None):
    print(f"{'ok' if good else 'not ok'} - {what}", flush=True)
    if not good:
        print(f"# {str(seen)[:2000]}", flush=True)


def same(what, seen, wanted):
    if isinstance(seen, list) and len(seen) > 10:
        seen, wanted = [one for one in seen if one not in wanted] + [len(seen)], [one for one in wanted if one not in seen] + [len(wanted)]
    ok(what, seen == wanted, f"{repr(seen)[:900]} in place of {repr(wanted)[:900]}")


# ---- ddb ----

def execute(statement):
    result = session.execute(statement)
    if result.sqlstate:
        raise SystemExit(f"{statement[:200]}: {result.sqlstate} {result.message}")
    return result.rows


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def configure(**settings):
    for name, setting in settings.items():
        execute(f"ALTER SYSTEM SET ddb.{name} = {literal(str(setting))}")
    execute("SELECT pg_reload_conf()")
    for name, setting in settings.items():
        until(lambda: execute(f"SHOW ddb.{name}")[0][0] == str(setting), f"ddb.{name} to change")


def until(condition, what, seconds=90):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            print(f"# waited for {what}: {execute('SELECT * FROM ddb.job_progress')}", flush=True)
            return False
        time.sleep(0.05)
    return True


def read_object(bucket, key):
    return bytes.fromhex(execute(f"SELECT ddb.read_object({literal(bucket)}, {literal(key)})")[0][0][2:])


def write_object(bucket, key, content):
    execute(f"SELECT ddb.write_object({literal(bucket)}, {literal(key)}, '\\x{content.hex()}')")


def keys(bucket, prefix):
    return [row[0] for row in execute(f"SELECT key FROM ddb.bucket_objects({literal(bucket)}, {literal(prefix)})")]


def job_errors():
    return [row[0] for row in execute("SELECT error FROM ddb.job_progress WHERE error IS NOT NULL")]


SCHEMA = {"BillingMode": "PAY_PER_REQUEST",
          "AttributeDefinitions": [{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "s", "AttributeType": "B"}],
          "KeySchema": [{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "s", "KeyType": "RANGE"}]}
SIMPLE = {"BillingMode": "PAY_PER_REQUEST", "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "N"}],
          "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}]}


def export(table, bucket, prefix, **more):
    return client.export_table_to_point_in_time(TableArn=ARN + table, S3Bucket=bucket, S3Prefix=prefix, **more)["ExportDescription"]["ExportArn"]


def export_of(arn):
    return client.describe_export(ExportArn=arn)["ExportDescription"]


def exported(arn, state="COMPLETED"):
    until(lambda: export_of(arn)["ExportStatus"] != "IN_PROGRESS", "an export")
    return export_of(arn)["ExportStatus"] == state


def folder_of(arn):
    return export_of(arn)["ExportManifest"].rsplit("/", 1)[0]


def data_files(bucket, arn):
    """Key and content of each; all that the manifests say is true."""
    description = export_of(arn)
    folder = folder_of(arn)
    manifest = read_object(bucket, f"{folder}/manifest-files.json")
    summary = json.loads(read_object(bucket, description["ExportManifest"]))
    files = [json.loads(line) for line in manifest.splitlines()]
    contents = [read_object(bucket, file["dataFileS3Key"]) for file in files]
    for name in ["files", "summary"]:
        assert read_object(bucket, f"{folder}/manifest-{name}.checksum") == base64.b64encode(hashlib.md5(read_object(bucket, f"{folder}/manifest-{name}.json")).digest())
    for file, content in zip(files, contents):
        assert file["md5Checksum"] == base64.b64encode(hashlib.md5(content).digest()).decode(), file
    assert sum(file["itemCount"] for file in files) == description["ItemCount"] == summary["itemCount"], (files, summary)
    # those of an incremental export lie in a folder that exports share
    found = keys(bucket, folder + "/") + keys(bucket, f"{folder.rsplit('/', 1)[0]}/data/{arn.rsplit('/', 1)[1]}-")
    assert sorted(found) == sorted(
        [f"{folder}/{name}" for name in ["_started", "manifest-files.checksum", "manifest-files.json", "manifest-summary.checksum", "manifest-summary.json"]]
        + [file["dataFileS3Key"] for file in files]), found
    return [(file["dataFileS3Key"], gzip.decompress(content)) for file, content in zip(files, contents)]


def lines(bucket, arn):
    return sorted(line for _, content in data_files(bucket, arn) for line in content.splitlines())


def import_(name, bucket, prefix, schema, format="DYNAMODB_JSON", compression="GZIP", **more):
    return client.import_table(S3BucketSource={"S3Bucket": bucket, "S3KeyPrefix": prefix}, InputFormat=format, InputCompressionType=compression,
                               TableCreationParameters={"TableName": name, **schema}, **more)["ImportTableDescription"]["ImportArn"]


def import_of(arn):
    return client.describe_import(ImportArn=arn)["ImportTableDescription"]


def bulk_put(table, prefix):
    return client.start_bulk_put_items(TableName=table, InputS3Configuration={"S3Bucket": "archive", "S3KeyPrefix": prefix, "InputFormat": "DYNAMODB_JSON"},
                                       OutputS3Configuration={"S3Bucket": "archive", "S3KeyPrefix": "reports", "OutputType": ["ERROR"]})["BulkOperationDescription"]["BulkOperationArn"]


def bulk_put_of(arn):
    return client.describe_bulk_operation(BulkOperationArn=arn)["BulkOperationDescription"]


def bulk_put_ended(arn, state):
    until(lambda: bulk_put_of(arn)["BulkOperationStatus"] not in ("IN_PROGRESS", "CANCELLING"), "a bulk operation")
    return bulk_put_of(arn)["BulkOperationStatus"] == state


def imported(arn):
    """Status, records, items and errors."""
    until(lambda: import_of(arn)["ImportStatus"] != "IN_PROGRESS", "an import")
    description = import_of(arn)
    return [description[name] for name in ["ImportStatus", "ProcessedItemCount", "ImportedItemCount", "ErrorCount"]]


# ---- Every type, and every edge ----

NINES = "9" * 38
NUMBERS = ["0", "-0", "1", "-1", "1.50", "1.000", "100", "1E2", NINES, "-" + NINES, NINES + "0" * 88, "-" + NINES + "0" * 88, "9." + "9" * 37 + "E125", "1E125", "-1E125",
           "1E-130", "-1E-130", "1." + "0" * 36 + "1E-93", "0.00000000000000000000000000000000000001", "12345678901234567890.123456789012345678", "1e-5", "+7", "007", ".5"]
STRINGS = ["", "plain", "\0", "a\0b\0", "\U0010ffff", "\ue000\uffff\ufdd0", "\U0001f600 é 日本", "\"'\\/\b\f\n\r\t\x7f\x1f", "\u2028\u2029\u0085\ufeff", "null", "true", "nan", "+inf",
           "$ion_1_0", "$dynamodb_SS::[]", "{\"Item\":{}}", "'''", "}}", "2020-01-01T00:00Z", " lead and trail ", "\\u0000", "\\x41"]
BINARIES = [b"", b"\0", bytes(range(256)), b"\xff" * 1000, b"}}{{"]
NAMES = ["a", " ", "a.b", "a[0]", "null", "true", "false", "nan", "null.int", "$ion_1_0", "$1", "$dynamodb_NS", "Item", "it's", "\"", "\\", "\n", "\U0001f600",
         "S", "N", "M", "+inf", "-", "1", "ä" * 100, "'''"]


def deep(levels):
    value = {"S": "the bottom"}
    for level in range(levels - 1):
        value = {"L": [value]} if level % 2 else {"M": {"down": value}}
    return value


def edge_items():
    items = [{"p": {"S": "numbers"}, "s": {"B": b"%d" % i}, "n": {"N": number}, "in": {"L": [{"N": number}, {"M": {"n": {"N": number}}}]}} for i, number in enumerate(NUMBERS)]
    items += [{"p": {"S": "strings"}, "s": {"B": b"%d" % i}, "text": {"S": text}, "in": {"L": [{"S": text}, {"M": {"in": {"S": text}}}]}} for i, text in enumerate(STRINGS)]
    items += [{"p": {"S": text}, "s": {"B": b"key"}} for text in STRINGS if text]
    items += [{"p": {"S": "binaries"}, "s": {"B": b"%d" % i}, "bytes": {"B": binary}, "in": {"L": [{"B": binary}]}} for i, binary in enumerate(BINARIES)]
    items += [{"p": {"S": "binary keys"}, "s": {"B": binary}} for binary in BINARIES if binary]
    items += [{"p": {"S": "names"}, "s": {"B": b"%d" % i}, name: {"S": name}, "in": {"M": {name: {"NULL": True}}}} for i, name in enumerate(NAMES)]
    items += [{"p": {"S": "names"}, "s": {"B": b"all"}, **{name: {"BOOL": True} for name in NAMES}}]
    others = [
        {"SS": ["", "a", "é", "\0"]}, {"SS": ["one"]}, {"NS": ["0", "-1", "1E125", "1E-130", NINES]}, {"BS": [b"", b"\0", b"\xff\xfe"]}, {"NS": ["1.0"]},
        {"L": []}, {"M": {}}, {"L": [{"L": []}, {"M": {}}, {"NULL": True}, {"BOOL": False}]}, {"NULL": True}, {"BOOL": True}, {"BOOL": False},
        {"M": {"SS": {"S": "no set"}, "L": {"L": [{"SS": ["in a list"]}]}}}, {"L": [{"S": "mixed"}, {"N": "1"}, {"B": b"x"}]}, deep(31), deep(32)]
    items += [{"p": {"S": "others"}, "s": {"B": b"%d" % i}, "value": value} for i, value in enumerate(others)]
    items += [{"p": {"S": "k" * 2048}, "s": {"B": b"\xfe" * 1024}}, {"p": {"S": "é" * 1024}, "s": {"B": b"\0" * 1024}},
              {"p": {"S": "long name"}, "s": {"B": b"x"}, "n" * 65535: {"S": "x"}},
              {"p": {"S": "many"}, "s": {"B": b"x"}, **{f"a{i}": {"N": str(i)} for i in range(5000)}}]
    # 409,600 bytes, names included
    items += [{"p": {"S": "large"}, "s": {"B": b"x"}, "text": {"S": "\0" * (409600 - 12)}},
              {"p": {"S": "large"}, "s": {"B": b"y"}, "bits": {"B": random.Random(1).randbytes(409600 - 12)}},
              {"p": {"S": "large"}, "s": {"B": b"z"}, "list": {"L": [{"NULL": True}] * 100000}}]
    return items


def plain(value):
    """An attribute value that is equal to another exactly where theirs are: sets have no order."""
    (kind, content), = value.items()
    if kind == "L":
        return [kind, [plain(element) for element in content]]
    if kind == "M":
        return [kind, sorted((name, plain(element)) for name, element in content.items())]
    if kind in ("SS", "NS", "BS"):
        return [kind, sorted(content)]
    return [kind, content]


def plain_items(items):
    return sorted((repr(plain({"M": item})) for item in items))


def scan(table):
    return [item for page in client.get_paginator("scan").paginate(TableName=table, ConsistentRead=True) for item in page["Items"]]


def with_leaves(value, leaf):
    """The attribute value, with what is in it that is neither list nor map as leaf(kind, content) has it."""
    (kind, content), = value.items()
    if kind == "L":
        return {kind: [with_leaves(element, leaf) for element in content]}
    if kind == "M":
        return {kind: {name: with_leaves(element, leaf) for name, element in content.items()}}
    return {kind: leaf(kind, content)}


def decoded(value):
    """The attribute value in DynamoDB JSON, with its bytes as boto3 has them."""
    def leaf(kind, content):
        if kind == "B":
            return base64.b64decode(content, validate=True)
        return [base64.b64decode(element, validate=True) for element in content] if kind == "BS" else content
    return with_leaves(value, leaf)


def of_json(line):
    """The item in a line of DynamoDB JSON."""
    record = json.loads(line)
    assert list(record) == ["Item"]
    return decoded({"M": record["Item"]})["M"]


def number_text(value):
    return "0" if value == 0 else format(value.normalize(decimal.Context(prec=60)), "f")


def of_ion(value):
    """The attribute value of what amazon.ion has read."""
    annotations = [annotation.text for annotation in value.ion_annotations]
    kind = value.ion_type.name
    if kind == "LIST":
        if annotations:
            assert annotations[0].startswith("$dynamodb_")
            name = annotations[0][len("$dynamodb_"):]
            return {name: [next(iter(of_ion(element).values())) for element in value]}
        return {"L": [of_ion(element) for element in value]}
    assert not annotations, annotations
    if kind == "STRUCT":
        return {"M": {name: of_ion(element) for name, element in value.items()}}
    return {"STRING": lambda: {"S": str(value)}, "DECIMAL": lambda: {"N": number_text(value)}, "BLOB": lambda: {"B": bytes(value)},
            "BOOL": lambda: {"BOOL": bool(value)}, "NULL": lambda: {"NULL": True}}[kind]()


def same_numbers(items):
    """The items with all numbers in one form."""
    def leaf(kind, content):
        if kind == "N":
            return number_text(decimal.Decimal(content))
        return [number_text(decimal.Decimal(element)) for element in content] if kind == "NS" else content
    return [{name: with_leaves(value, leaf) for name, value in item.items()} for item in items]


def round_trips():
    print("# round trips", flush=True)
    client.create_table(TableName="Edges", **SCHEMA)
    items = edge_items()
    for item in items:
        client.put_item(TableName="Edges", Item=item)
    was = scan("Edges")
    same("every item is one", len(was), len({(item["p"]["S"], item["s"]["B"]) for item in items}))
    same("and reads as it was written", plain_items(same_numbers(was)), plain_items(same_numbers(items)))
    for bucket in ["folder", "archive"]:
        for format in ["DYNAMODB_JSON", "ION"]:
            first = export("Edges", bucket, "round", ExportFormat=format)
            ok(f"{bucket}, {format}: it is exported", exported(first), export_of(first))
            if format == "ION":
                # those with longer names and values are beyond its reader
                short = [item for item in was if item["p"]["S"] not in ("long name", "large")]
                found = [of_ion(ion.loads(line)["Item"])["M"] for line in lines(bucket, first) if len(line) < 60000 or b"many" in line]
                same("amazon.ion reads the same items", plain_items(same_numbers(found)), plain_items(same_numbers(short)))
            else:
                same("json reads the same items", plain_items([of_json(line) for line in lines(bucket, first)]), plain_items(was))
            name = f"Edges-{bucket}-{format}"
            same("it is imported", imported(import_(name, bucket, folder_of(first) + "/", SCHEMA, format)), ["COMPLETED", len(was), len(was), 0])
            same("every item is the same", plain_items(scan(name)), plain_items(was))
            second = export(name, bucket, "again", ExportFormat=format)
            ok("it is exported again", exported(second), export_of(second))
            same("line by line the same", lines(bucket, second), lines(bucket, first))


# ---- Whose a bucket is, and how it encrypts ----

OWNER = {"S3BucketOwner": "111122223333"}
KEY = {"S3SseAlgorithm": "KMS", "S3SseKmsKeyId": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"}
ENCRYPTION = "x-amz-server-side-encryption"
TERMS = ["x-amz-expected-bucket-owner", ENCRYPTION, ENCRYPTION + "-aws-kms-key-id"]


def told(request):
    """The request's terms, without those that are absent."""
    return tuple(request[2].get(name) for name in TERMS)


def all_told(proxy, method, target):
    return set(map(told, proxy.requests(method, target)))


def with_keys(handler, body):
    """The store's answer, as if it encrypted what it is told to."""
    code, headers, content = handler.ask(body)
    handler.give(code, headers + [(name, handler.headers[name]) for name in TERMS[1:] if name in handler.headers], content)


def owned(handler, body):
    """The store's answer, as if all of it were one account's."""
    if handler.headers.get(TERMS[0], "111122223333") == "111122223333":
        handler.give(*handler.ask(body))
    else:
        status(403, "Access Denied", "AccessDenied")(handler, body)


def is_signed(proxy, request):
    """Whether botocore signs it in the same way, with all that is told."""
    method, target, headers = request
    scheme, rest = headers["Authorization"].split(" ", 1)
    parts = dict(part.split("=", 1) for part in rest.split(", "))
    names = parts["SignedHeaders"].split(";")
    given = {name.lower(): value for name, value in headers.items()}
    wanted = botocore.awsrequest.AWSRequest(method, f"http://{given['host']}{target}", headers={name: given[name] for name in names})
    wanted.context["timestamp"] = given["x-amz-date"]
    signer = botocore.auth.S3SigV4Auth(botocore.credentials.Credentials("an-id", "top-secret"), "s3", "us-east-1")
    text = signer.string_to_sign(wanted, signer.canonical_request(wanted))
    return (parts["Signature"] == signer.signature(text, wanted) and parts["SignedHeaders"] == signer.signed_headers(signer.headers_to_sign(wanted))
            and all(name in names for name in TERMS if name in given))


def terms(proxy):
    print("# whose a bucket is, and how it encrypts", flush=True)
    client.create_table(TableName="Long", **SIMPLE)
    for i in range(45):
        client.put_item(TableName="Long", Item={"k": {"N": str(i)}, "bits": {"B": random.Random(i).randbytes(400000)}})
    owner = OWNER["S3BucketOwner"]
    nothing = (None, None, None)
    for name, asked, of_object in [("nothing is asked", {}, nothing), ("an owner", OWNER, (owner, None, None)),
                                   ("AES256", {"S3SseAlgorithm": "AES256"}, (None, "AES256", None)), ("KMS", {"S3SseAlgorithm": "KMS"}, (None, "aws:kms", None)),
                                   ("a key", {**OWNER, **KEY}, (owner, "aws:kms", KEY["S3SseKmsKeyId"]))]:
        proxy.on(*[Rule(method, "", with_keys if of_object[1] == "aws:kms" else owned, 10000) for method in ["PUT", "POST"]])
        prefix = name.replace(" ", "-")
        arn = export("Long", "archive", prefix, **asked)
        ok(f"{name}: it is exported", exported(arn), export_of(arn))
        of_others = (of_object[0], None, None)
        same("whole objects are asked for so", all_told(proxy, "PUT", f"{prefix}/[^?]*$"), {of_object})
        same("and long ones", all_told(proxy, "POST", "uploads="), {of_object})
        same("not their parts", all_told(proxy, "PUT", "partNumber="), {of_others})
        same("nor their ends", all_told(proxy, "POST", "uploadId="), {of_others})
        same("nor what only looks", all_told(proxy, "GET", "prefix="), {of_others})
        same("all is signed as botocore does", [seen[:2] for seen in proxy.seen if not is_signed(proxy, seen)], [])
        summary = json.loads(read_object("archive", export_of(arn)["ExportManifest"]))
        same("the summary tells it", [summary.get(member) for member in ["s3SseAlgorithm", "s3SseKmsKeyId"]], [asked.get(member) for member in ["S3SseAlgorithm", "S3SseKmsKeyId"]])
        proxy.on()
        same("an import asks for the owner alone", imported(client.import_table(
            S3BucketSource={"S3Bucket": "archive", "S3KeyPrefix": folder_of(arn) + "/", **{member: asked[member] for member in OWNER if member in asked}}, InputFormat="DYNAMODB_JSON",
            InputCompressionType="GZIP", TableCreationParameters={"TableName": f"Long-{prefix}", **SIMPLE})["ImportTableDescription"]["ImportArn"]) + [set(map(told, proxy.seen))],
            ["COMPLETED", 45, 45, 0, {of_others}])

    print("# of bulk operations", flush=True)
    write_object("archive", "bulk/a", b'{"Item":{"k":{"N":"1000"}}}\n{"Item":{"k":{"S":"none"}}}\n')
    proxy.on(*[Rule("PUT", "", with_keys, 10000)])
    arn = client.start_bulk_put_items(TableName="Long", InputS3Configuration={"S3Bucket": "archive", "S3KeyPrefix": "bulk/", "InputFormat": "DYNAMODB_JSON", **OWNER},
                                      OutputS3Configuration={"S3Bucket": "archive", "S3KeyPrefix": "told", "OutputType": ["ERROR"], **KEY})["BulkOperationDescription"]["BulkOperationArn"]
    until(lambda: client.describe_bulk_operation(BulkOperationArn=arn)["BulkOperationDescription"]["BulkOperationStatus"] != "IN_PROGRESS", "a bulk operation")
    same("its files are read as the owner's", all_told(proxy, "GET", "bulk"), {(owner, None, None)})
    same("and its reports encrypted", all_told(proxy, "PUT", "told/"), {(None, "aws:kms", KEY["S3SseKmsKeyId"])})

    print("# a store that does not agree", flush=True)
    proxy.on(*[Rule(method, "", owned, 10000) for method in ["PUT", "POST", "GET"]])
    arn = export("Long", "archive", "stranger", S3BucketOwner="999999999999")
    ok("another owner is refused", exported(arn, "FAILED") and export_of(arn)["FailureCode"] == "S3AccessDenied", export_of(arn))
    arn = client.import_table(S3BucketSource={"S3Bucket": "archive", "S3KeyPrefix": "bulk/", "S3BucketOwner": "999999999999"}, InputFormat="DYNAMODB_JSON",
                              TableCreationParameters={"TableName": "Stranger", **SIMPLE})["ImportTableDescription"]["ImportArn"]
    imported(arn)
    ok("and to an import, too", import_of(arn)["FailureCode"] == "S3AccessDenied", import_of(arn))
    proxy.on()
    arn = export("Long", "archive", "keyless", **KEY)
    ok("a store without keys is given nothing", exported(arn, "FAILED"), export_of(arn))
    ok("and that is told", "does not encrypt it by KMS" in export_of(arn)["FailureMessage"], export_of(arn))
    same("nothing stays there", keys("archive", "keyless/"), [])
    proxy.on(Rule("PUT", "keyless/.*/_started", with_keys, 100))
    arn = export("Long", "archive", "keyless", **KEY)
    ok("a long object is not begun", exported(arn, "FAILED"), export_of(arn))
    same("no part of it is sent", proxy.requests("PUT", "partNumber="), [])
    ok("and it is given up", proxy.requests("DELETE", "uploadId="), proxy.seen)
    proxy.on()

    print("# a folder", flush=True)
    for asked, code, text in [({"S3SseAlgorithm": "KMS"}, "ValidationException", "S3SseAlgorithm KMS can only be specified for a bucket in a store, where there are keys: folder"),
                              ({"S3SseKmsKeyId": "k"}, "ValidationException", "S3SseKmsKeyId can only be specified when S3SseAlgorithm is KMS"), (OWNER, "AccessDeniedException", "is not authorized")]:
        try:
            seen = export("Long", "folder", "refused", **asked)
        except client.exceptions.ClientError as error:
            seen = str(error)
        ok(f"{asked} is refused", code in seen and text in seen, seen)
    arn = export("Long", "folder", "accepted", S3SseAlgorithm="AES256", S3BucketOwner="000000000000")
    ok("what its disk does is accepted", exported(arn), export_of(arn))


# ---- What has changed between two moments ----

def set_clock(seconds):
    """The server's, ahead of the true time by so many seconds."""
    with open(os.path.join(work, "clock"), "r+b") as file:
        file.write(struct.pack("=q", seconds))


def ask(operation, **request):
    """The operation in SQL."""
    execute(f"SELECT ddb.{operation}({literal(json.dumps(request, default=lambda binary: base64.b64encode(binary).decode()))})")


def server_time():
    return float(execute("SELECT extract(epoch FROM clock_timestamp())")[0][0])


def moment(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)


IMAGES = ["Keys", "OldImage", "NewImage"]


def change_of_json(line):
    """The images that a line of an incremental export has, and the time of the write."""
    record = json.loads(line)
    images = {name: decoded({"M": record[name]})["M"] for name in IMAGES if name in record}
    assert sorted(record) == sorted(["Metadata", *images]) and list(record["Metadata"]) == ["WriteTimestampMicros"], record
    return images, int(record["Metadata"]["WriteTimestampMicros"]["N"])


def change_of_ion(line):
    """The same of a line in Ion, as amazon.ion reads it."""
    record = ion.loads(line)
    assert list(record) == ["Record"], record
    record = record["Record"]
    images = {name: of_ion(record[name])["M"] for name in IMAGES if name in record}
    assert sorted(record) == sorted(["Metadata", *images]) and list(record["Metadata"]) == ["WriteTimestampMicros"], record
    assert record["Metadata"]["WriteTimestampMicros"].ion_type.name == "DECIMAL"
    return images, int(record["Metadata"]["WriteTimestampMicros"])


def plain_changes(changes):
    """Changes that are equal to others exactly where theirs are, with all numbers in one form."""
    return sorted((repr([(name, plain({"M": same_numbers([images[name]])[0]})) for name in IMAGES if name in images]), *time) for images, *time in changes)


def key_of(item):
    return {"p": item["p"], "s": item["s"]}


def by_key(items):
    return {(item["p"]["S"], item["s"]["B"]): item for item in items}


def write_changes(items):
    """Of every kind, on a part of the items."""
    def of(partition):
        return [item for item in items if item["p"]["S"] == partition]

    for item in of("strings"):
        client.delete_item(TableName="Changed", Key=key_of(item))
    for item in of("numbers"):
        client.update_item(TableName="Changed", Key=key_of(item), UpdateExpression="SET #more = :more REMOVE #in",
                           ExpressionAttributeNames={"#more": "more", "#in": "in"}, ExpressionAttributeValues={":more": {"L": [item["n"], {"NULL": True}]}})
    for item in of("binaries"):
        client.delete_item(TableName="Changed", Key=key_of(item))
        client.put_item(TableName="Changed", Item={**key_of(item), "again": item["in"]})
    for item in of("others") + of("names"):
        client.put_item(TableName="Changed", Item={**item, "p": {"S": "inserted"}, "s": {"B": item["p"]["S"].encode() + item["s"]["B"]}})
        client.put_item(TableName="Changed", Item={**item, "p": {"S": "inserted and deleted"}})
        client.delete_item(TableName="Changed", Key={"p": {"S": "inserted and deleted"}, "s": item["s"]})
    client.transact_write_items(TransactItems=[{"Put": {"TableName": "Changed", "Item": {**key_of(item), "changed": {"BOOL": True}}}} for item in of("others")])


def changes():
    print("# what has changed", flush=True)
    # in SQL, as no client's signature is taken that is from so much later
    set_clock(-1000)
    ask("create_table", TableName="Changed", **SCHEMA)
    ask("update_continuous_backups", TableName="Changed", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    for item in edge_items():
        ask("put_item", TableName="Changed", Item=item)
    was = [decoded({"M": json.loads(row[0])})["M"] for row in execute('SELECT item FROM dynamodb."Changed"')]
    ok("the log of changes has begun", until(lambda: execute("SELECT ddb.change_log_wait()")[0][0] == "t", "the log"))
    since = int(server_time()) + 2
    set_clock(0)
    write_changes(was)
    now = scan("Changed")
    before = int(server_time()) + 1
    # windows lie in the past
    set_clock(3)
    client.delete_item(TableName="Changed", Key=key_of(now[0]))
    client.put_item(TableName="Changed", Item={"p": {"S": "later"}, "s": {"B": b"x"}})

    old, new = by_key(was), by_key(now)
    expected = []
    for key in old.keys() | new.keys():
        if key not in old or key not in new or plain({"M": old[key]}) != plain({"M": new[key]}):
            expected.append({"Keys": key_of(old.get(key) or new[key]), **({"OldImage": old[key]} if key in old else {}), **({"NewImage": new[key]} if key in new else {})})
    window = {"ExportFromTime": moment(since), "ExportToTime": moment(before)}
    seen = {}
    for bucket in ["folder", "archive"]:
        for format, read in [("DYNAMODB_JSON", change_of_json), ("ION", change_of_ion)]:
            for view in ["NEW_AND_OLD_IMAGES", "NEW_IMAGE"]:
                arn = export("Changed", bucket, "changes", ExportFormat=format, ExportType="INCREMENTAL_EXPORT",
                             IncrementalExportSpecification={**window, "ExportViewType": view})
                ok(f"{bucket}, {format}: {view} are exported", exported(arn), export_of(arn))
                found = [read(line) for line in lines(bucket, arn)]
                same("keys and images are those of the table", plain_changes((images,) for images, _ in found),
                     plain_changes(({name: change[name] for name in change if view != "NEW_IMAGE" or name != "OldImage"},) for change in expected))
                ok("written in the window", all(since * 1000000 <= time < before * 1000000 for _, time in found), found)
                seen[bucket, format, view] = plain_changes(found)
    for view in ["NEW_AND_OLD_IMAGES", "NEW_IMAGE"]:
        first = seen["folder", "DYNAMODB_JSON", view]
        ok(f"{view} are the same in all places and formats, with the time", len(first) > 80 and all(seen[each] == first for each in seen if each[2] == view), seen)

    arns = [export("Changed", "archive", "changes", ExportTime=moment(at)) for at in [since, before]]
    arn = export("Changed", "archive", "changes", ExportType="INCREMENTAL_EXPORT", IncrementalExportSpecification=window)
    ok("full exports of both moments, and the changes, into a store", all([exported(each) for each in [*arns, arn]]), [export_of(each) for each in [*arns, arn]])
    earlier, later = [[of_json(line) for line in lines("archive", each)] for each in arns]
    same("the first is the table as it was", plain_items(earlier), plain_items(was))
    table = by_key(earlier)
    for images, _ in map(change_of_json, lines("archive", arn)):
        key, = by_key([images["Keys"]])
        table.pop(key, None)
        if "NewImage" in images:
            table[key] = images["NewImage"]
    same("with the changes it is the other", plain_items(table.values()), plain_items(later))
    same("which is the table as it came to be", plain_items(later), plain_items(now))


# ---- What other programs write ----

def program(name, *arguments, directory=None, **environment):
    """What one of those that write tables into files prints."""
    result = subprocess.run([sys.executable, os.path.join(exporters, "bin", name), *arguments], cwd=directory,
                            env={**os.environ, "PYTHONPATH": exporters, **environment}, capture_output=True)
    if result.returncode != 0:
        ok(f"{name} succeeds", False, result.stderr.decode())
    return result.stdout


def pipe(content, *command):
    return subprocess.run(command, input=content, stdout=subprocess.PIPE, check=True).stdout


def imports_as(what, bucket, source, schema, content, format="DYNAMODB_JSON", compression="NONE"):
    """The file is imported, and every item is one of the source's, which are plain."""
    name = "From-" + re.sub("[^A-Za-z0-9]+", "-", what)
    write_object(bucket, name, content)
    same(f"{what}: its file is imported", imported(import_(name, bucket, name, schema, format, compression)), ["COMPLETED", len(source), len(source), 0])
    same("every item is the source's", plain_items(scan(name)), source)


def to_ion(value):
    """What amazon.ion shall write for an attribute value, as exports in Ion have it."""
    (kind, content), = value.items()
    if kind in ("SS", "NS", "BS"):
        return IonPyList.from_value(IonType.LIST, [to_ion({kind[0]: element}) for element in content], annotations=(f"$dynamodb_{kind}",))
    return {"S": lambda: content, "N": lambda: decimal.Decimal(content), "B": lambda: content, "BOOL": lambda: content, "NULL": lambda: None,
            "L": lambda: [to_ion(element) for element in content], "M": lambda: {name: to_ion(member) for name, member in content.items()}}[kind]()


def has_binary(value):
    (kind, content), = value.items()
    return kind in ("B", "BS") or any(map(has_binary, content if kind == "L" else content.values() if kind == "M" else []))


def files_of_others():
    print("# files of others", flush=True)
    endpoint = os.environ["AWS_ENDPOINT_URL_DYNAMODB"]
    host, port = endpoint.rsplit("/", 1)[1].split(":")
    # It spends half a minute on starting its threads, a second apart.
    dumps = os.path.join(work, "dumps")
    dumping = concurrent.futures.ThreadPoolExecutor().submit(
        program, "dynamodump", "--mode", "backup", "--region", "local", "--host", host, "--port", port, "--accessKey", os.environ["AWS_ACCESS_KEY_ID"],
        "--secretKey", os.environ["AWS_SECRET_ACCESS_KEY"], "--srcTable", "Edges", "--dumpPath", dumps)

    edges = scan("Edges")
    plain_edges = plain_items(edges)
    scanned = subprocess.run([os.path.join(os.path.dirname(sys.executable), "aws"), "dynamodb", "scan", "--table-name", "Edges", "--output", "json"],
                             stdout=subprocess.PIPE, check=True).stdout
    imports_as("the AWS CLI", "folder", plain_edges, SCHEMA, pipe(scanned, "jq", "-c", ".Items[] | {Item: .}"))

    # It prints items alone, and cannot print bytes.
    client.create_table(TableName="Texts", **SIMPLE)
    for i, item in enumerate(item for item in edge_items() if item["p"]["S"] != "large"):
        rest = {name: value for name, value in item.items() if name not in ("k", "s") and not has_binary(value)}
        client.put_item(TableName="Texts", Item={"k": {"N": str(i)}, **rest})
    imports_as("carica-dynamodb-dump", "folder", plain_items(scan("Texts")), SIMPLE, pipe(program("carica-dynamodb-dump", "Texts"), "sed", 's/.*/{"Item":&}/'))

    # It asks for an export, and reads that in the store.
    arn = program("carica-dynamodb-s3-export", "Edges", "archive").decode().strip()
    ok("carica-dynamodb-s3-export exports", exported(arn), arn)
    items = program("carica-dynamodb-dump-s3-export", "--procs", "1", arn, AWS_ENDPOINT_URL_S3=os.environ["AWS_ENDPOINT_URL_S3"])
    same("carica-dynamodb-dump-s3-export reads the export", plain_items([decoded({"M": json.loads(line)})["M"] for line in items.splitlines()]), plain_edges)
    imports_as("carica-dynamodb-dump-s3-export", "archive", plain_edges, SCHEMA, gzip.compress(pipe(items, "sed", 's/.*/{"Item":&}/')), compression="GZIP")

    csv = os.path.join(work, "csv")
    os.mkdir(csv)
    with open(os.path.join(csv, "config.ini"), "w") as file:
        file.write(f"[AWS]\nAWS_ACCESS_KEY_ID={os.environ['AWS_ACCESS_KEY_ID']}\nAWS_SECRET_ACCESS_KEY={os.environ['AWS_SECRET_ACCESS_KEY']}\n"
                   f"REGION=us-east-1\nENDPOINT_URL={endpoint}\n")
    with open(os.path.join(csv, "rows.csv.spec"), "w") as file:
        file.write("[CSV_SPEC]\nk=I\ntext=S\na \"name\", quoted=S\nName\u00e9=S\nlast=S\n")
    client.create_table(TableName="Rows", **SIMPLE)
    for i, text in enumerate(text for text in STRINGS if text):
        client.put_item(TableName="Rows", Item={"k": {"N": str(i)}, "text": {"S": text}, ["a \"name\", quoted", "Name\u00e9", "last"][i % 3]: {"S": text * 2}})
    program("dynamodb-csv", "--exp", "--table", "Rows", "--output", "rows.csv", directory=csv)
    with open(os.path.join(csv, "rows.csv"), "rb") as file:
        imports_as("dynamodb-csv", "folder", plain_items(scan("Rows")), SIMPLE, file.read(), "CSV")

    lines = ion.dumps([{"Item": to_ion({"M": item})} for item in edges], binary=False, sequence_as_stream=True, indent=None)
    imports_as("amazon.ion", "folder", plain_edges, SCHEMA, lines.encode(), "ION")

    dumping.result()
    pages = sorted(os.scandir(os.path.join(dumps, "Edges", "data")), key=lambda entry: entry.name)
    ok("dynamodump writes several files", len(pages) > 1, pages)
    imports_as("dynamodump", "archive", plain_edges, SCHEMA, pipe(b"", "jq", "-c", ".Items[] | {Item: .}", *[page.path for page in pages]))


# ---- Broken files ----

def record(i):
    return b'{"Item":{"k":{"N":"%d"},"text":{"S":"%s"}}}\n' % (i, b"x" * (i % 100))


def broken_files():
    print("# broken files", flush=True)
    whole = b"".join(record(i) for i in range(1, 2001))
    packed = gzip.compress(whole)
    zstd = zstandard.ZstdCompressor(write_checksum=True).compress(whole)
    flipped = bytearray(zstd)
    flipped[-1] ^= 1
    cases = [("a checksum that is wrong", packed[:-8] + b"\0\0\0\0" + packed[-4:], "GZIP", 2000), ("a length that is wrong", packed[:-4] + b"\1\0\0\0", "GZIP", 2000),
             ("a file without its end", packed[:-8], "GZIP", 2000), ("half a file", packed[:len(packed) // 2], "GZIP", None), ("rubbish behind", packed + b"rubbish", "GZIP", 2000),
             ("zstd's checksum", bytes(flipped), "ZSTD", None), ("half of zstd's", zstd[:len(zstd) // 2], "ZSTD", None), ("no compression at all", whole, "GZIP", 0),
             ("another compression", packed, "ZSTD", 0), ("one that is not named", packed, "NONE", 0), ("half a line", whole[:-20], "NONE", 1999)]
    for i, (name, content, compression, most) in enumerate(cases):
        for bucket in ["folder", "archive"]:
            write_object(bucket, f"broken{i}/a", content)
            write_object(bucket, f"broken{i}/b", {"GZIP": gzip.compress, "ZSTD": zstandard.ZstdCompressor().compress, "NONE": bytes}[compression](record(5000)))
        arns = [import_(f"Broken-{bucket}-{i}", bucket, f"broken{i}/", SIMPLE, compression=compression) for bucket in ["folder", "archive"]]
        seen = [imported(arn) for arn in arns]
        state, processed, count, errors = seen[0]
        good = state == "FAILED" and errors == 1 and processed == count + 1 and (most is None or count == most + 1) and seen[1] == seen[0]
        ok(f"{name}: {count} items, and the failure is told", good and import_of(arns[0])["FailureCode"] == "ItemValidationError", seen)
        found = sorted(int(item["k"]["N"]) for item in scan(f"Broken-folder-{i}"))
        same("what was before it is there, and the next file", found, list(range(1, count)) + [5000])


# ---- Faults ----

def faults(proxy, restart):
    print("# a store that fails", flush=True)
    client.create_table(TableName="Small", **SIMPLE)
    for i in range(1, 51):
        client.put_item(TableName="Small", Item={"k": {"N": str(i)}, "text": {"S": "x" * i}})
    was = plain_items(scan("Small"))
    configure(s3_attempts=2, s3_timeout="2s")
    plans = [("500", status(500)), ("503", status(503, "", "SlowDown")), ("507", status(507)), ("silence", hang), ("no answer", drop), ("half an answer", cut(10))]
    for i, (name, do) in enumerate(plans):
        write_object("archive", f"import{i}/a", b"".join(record(k) for k in range(1, 1501)))
        write_object("archive", f"import{i}/b", b"".join(record(k) for k in range(1501, 3001)))
    proxy.on(*[rule for i, (name, do) in enumerate(plans) for rule in [
        Rule("PUT", f"export{i}/.*/data/", do, 2), Rule("PUT", f"export{i}/.*summary.json", do, 2), Rule("GET", f"import{i}/b", do, 2), Rule("GET", f"prefix=import{i}", do, 2)]])
    exports = [export("Small", "archive", f"export{i}") for i in range(len(plans))]
    imports = [import_(f"Faults{i}", "archive", f"import{i}/", SIMPLE, compression="NONE") for i in range(len(plans))]
    ok("the errors are told while they last", until(lambda: len(job_errors()) >= len(plans), "errors", 60), job_errors())
    states = [export_of(arn)["ExportStatus"] for arn in exports] + [import_of(arn)["ImportStatus"] for arn in imports]
    ok("and nothing claims to be whole that is not", set(states) <= {"IN_PROGRESS", "COMPLETED"}, states)
    for (name, do), one, other in zip(plans, exports, imports):
        ok(f"{name}: the export is completed when the store is well again", exported(one), export_of(one))
        same("exactly", plain_items([of_json(line) for line in lines("archive", one)]), was)
        same("and so is the import", imported(other), ["COMPLETED", 3000, 3000, 0])
        same("exactly", sorted(int(item["k"]["N"]) for item in scan(import_of(other)["TableCreationParameters"]["TableName"])), list(range(1, 3001)))
    same("each fault was met", [rule.target.pattern for rule in proxy.rules if rule.times == 2], [])

    print("# a store that refuses", flush=True)
    for name, do, code in [("NoSuchBucket", status(404, "The words.", "NoSuchBucket"), "S3NoSuchBucket"), ("AccessDenied", status(403, "The words.", "AccessDenied"), "S3AccessDenied"),
                           ("InvalidRequest", status(400, "The words.", "InvalidRequest"), "UNKNOWN"), ("PermanentRedirect", status(301, "The words.", "PermanentRedirect"), "UNKNOWN"),
                           ("NotImplemented", status(501, "The words.", "NotImplemented"), "UNKNOWN")]:
        proxy.on(Rule("PUT", "denied.*/data/", do, 100), Rule("GET", "prefix=import", do, 100))
        one = export("Small", "archive", "denied")
        third = bulk_put("Small", "import0/")
        other = import_(f"Refused{name}", "archive", "import0/", SIMPLE, compression="NONE")
        ok(f"{name}: an export says so", exported(one, "FAILED") and export_of(one)["FailureCode"] == code and "ExportManifest" not in export_of(one), export_of(one))
        ok("in the store's words", re.search(rf"{name} \(\d+\): The words\.", export_of(one)["FailureMessage"]), export_of(one))
        ok("and a bulk operation", bulk_put_ended(third, "FAILED") and bulk_put_of(third)["FailureCode"] == code and name in bulk_put_of(third)["FailureMessage"], bulk_put_of(third))
        imported(other)
        seen = import_of(other)
        ok("and an import", seen["ImportStatus"] == "FAILED" and seen["FailureCode"] == code and seen["ImportedItemCount"] == 0, seen)
        ok("whose table is not taken for one", client.describe_table(TableName=f"Refused{name}")["Table"]["TableStatus"] == "CREATING")
        proxy.on()
        client.delete_table(TableName=f"Refused{name}")
        same("a retry works", imported(import_(f"Refused{name}", "archive", "import0/", SIMPLE, compression="NONE")), ["COMPLETED", 3000, 3000, 0])

    print("# a store that is gone", flush=True)
    proxy.on()
    restart(False)
    one = export("Small", "archive", "gone")
    other = import_("Gone", "archive", "import1/", SIMPLE, compression="NONE")
    ok("both are told to wait for it", until(lambda: len(job_errors()) == 2, "errors"), job_errors())
    same("and are in progress", [export_of(one)["ExportStatus"], import_of(other)["ImportStatus"]], ["IN_PROGRESS"] * 2)
    restart(True)
    ok("the export is completed when it is back", exported(one), export_of(one))
    same("and exact", plain_items([of_json(line) for line in lines("archive", one)]), was)
    same("so is the import", imported(other), ["COMPLETED", 3000, 3000, 0])
    configure(s3_attempts=8, s3_timeout="30s")


def progress(table):
    """State and error of the job about that table."""
    return execute(f"SELECT state, error FROM ddb.job_progress WHERE table_name = '{table}'")


def patience(proxy):
    print("# a store that is waited for", flush=True)
    client.create_table(TableName="Patient", **SIMPLE)
    write_object("archive", "patient/a", b"".join(record(k) for k in range(1, 1001)))

    configure(s3_attempts=1)
    proxy.on(*[Rule(method, "", status(503, "Not now.", "SlowDown"), 10000) for method in ["GET", "PUT", "DELETE", "POST"]])
    arn = bulk_put("Patient", "patient/")
    ok("what it waits for is told", until(lambda: any(state == "WAITING" and "SlowDown (503): Not now." in (error or "") for state, error in progress("Patient")), "an error"))
    proxy.on(*[Rule(method, "", hang, 10000) for method in ["GET", "PUT", "DELETE", "POST"]])
    ok("also while it is tried again", until(lambda: any(state == "RUNNING" and "Not now." in (error or "") for state, error in progress("Patient")), "a try"), progress("Patient"))
    client.cancel_bulk_operation(BulkOperationArn=arn)
    ok("it can be cancelled then", bulk_put_ended(arn, "CANCELLED"), bulk_put_of(arn))
    ok("and says that there are no reports", "There are no reports: could not" in bulk_put_of(arn)["FailureMessage"], bulk_put_of(arn))

    proxy.on(*[Rule(method, "", status(503, "Not now.", "SlowDown"), 10000) for method in ["GET", "PUT", "DELETE", "POST"]])
    arn = bulk_put("Patient", "patient/")
    until(lambda: progress("Patient")[0][1] is not None, "an error")
    execute("UPDATE ddb.jobs SET due = now() + interval '1 hour'")
    client.cancel_bulk_operation(BulkOperationArn=arn)
    ok("also between two tries", bulk_put_ended(arn, "CANCELLED"), bulk_put_of(arn))

    arn = export("Small", "archive", "patient")
    until(lambda: progress("Small")[0][1] is not None, "an error")
    execute("UPDATE ddb.jobs SET errors = 299, due = now()")
    ok("in the end it has failed", exported(arn, "FAILED"), export_of(arn))
    ok("and says why", "SlowDown (503): Not now." in export_of(arn)["FailureMessage"], export_of(arn))

    configure(s3_attempts=8, s3_timeout="10min")
    proxy.on(Rule("GET", "patient/a", hang, 100), Rule("PUT", "silent/", hang, 100))
    arns = [bulk_put("Patient", "patient/"), export("Patient", "archive", "silent")]
    ok("a store that says nothing is waited for", until(lambda: len(proxy.requests("GET", "patient/a")) + len(proxy.requests("PUT", "silent/")) == 2, "two requests"), proxy.seen)
    execute("SET lock_timeout = '30s'")
    execute("DROP TABLE dynamodb.\"Patient\"")
    execute("RESET lock_timeout")
    ok("and the table can be dropped meanwhile", True)
    ok("which ends both", bulk_put_ended(arns[0], "FAILED") and exported(arns[1], "FAILED"), arns)
    proxy.on()
    configure(s3_timeout="30s")


# ---- A disk that is full ----

def limit_files(limit):
    """No file of the server's that it opens from now on, nor of its jobs, can be larger; a disk has no room left, for whoever meets that."""
    with open(os.path.join(cluster, "data", "postmaster.pid")) as file:
        postmaster = file.readline().strip()
    jobs = [row[0] for row in execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'ddb job'")]
    for process in [postmaster, *jobs]:
        subprocess.run(["bash", "-c", '. "$0"; as_server_user "$@"', SCRIPTS, "prlimit", "--pid", process, f"--fsize={limit}:"], check=False)


def full_disk():
    print("# a disk that is full", flush=True)
    client.create_table(TableName="Bits", **SIMPLE)
    for i in range(60):
        client.put_item(TableName="Bits", Item={"k": {"N": str(i)}, "bits": {"B": random.Random(i).randbytes(409000)}})
    was = plain_items(scan("Bits"))
    limit_files(17000000)
    arn = export("Bits", "folder", "full")
    ok("an export says what it waits for", until(lambda: any("full/AWSDynamoDB" in error for error in job_errors()), "an error"), job_errors())
    same("and is in progress", export_of(arn)["ExportStatus"], "IN_PROGRESS")
    same("without half a file", [key for key in keys("folder", "full/") if "/data/" in key or "manifest" in key], [])
    limit_files("unlimited")
    ok("it is completed when there is room", exported(arn), export_of(arn))
    same("and exact", plain_items([of_json(line) for line in lines("folder", arn)]), was)
    limit_files(17000000)
    other = import_("BitsAgain", "folder", folder_of(arn) + "/", SIMPLE)
    ok("an import says what it waits for", until(lambda: len(job_errors()) == 1, "an error"), job_errors())
    same("and is in progress", import_of(other)["ImportStatus"], "IN_PROGRESS")
    same("with a table that is not taken for one", client.describe_table(TableName="BitsAgain")["Table"]["TableStatus"], "CREATING")
    limit_files("unlimited")
    same("it is completed when there is room", imported(other), ["COMPLETED", 60, 60, 0])
    same("and exact", plain_items(scan("BitsAgain")), was)


def pages(ask, size, member, arn):
    """The ARNs of a list's members, page by page; botocore checks each token against the API's model before it sends it."""
    request, arns = dict(size), []
    while True:
        page = ask(**request)
        arns.append([one[arn] for one in page[member]])
        if "NextToken" not in page:
            return arns
        request["NextToken"] = page["NextToken"]


def listed():
    print("# lists, page by page", flush=True)
    every = sorted((ARN + row[0] for row in execute("SELECT table_name || '/export/' || export FROM ddb.exports")), reverse=True)
    exports = pages(client.list_exports, {"MaxResults": 3}, "ExportSummaries", "ExportArn")
    same("exports, in the order of their ARNs", sum(exports, []), every)
    ok("on full pages", len(exports) > 2 and {len(page) for page in exports[:-1]} == {3}, exports)
    every = [ARN + row[0] for row in execute("SELECT table_name || '/import/' || import FROM ddb.imports ORDER BY import COLLATE \"C\" DESC")]
    imports = pages(client.list_imports, {"PageSize": 2}, "ImportSummaryList", "ImportArn")
    same("imports, the newest first", sum(imports, []), every)
    ok("on full pages", len(imports) > 2 and {len(page) for page in imports[:-1]} == {2}, imports)


def main():
    os.makedirs(os.path.join(store, "archive"))
    port = free_port()
    # the store takes the key of the clients as well, who have one for all
    of_clients = ["--auth-key", f"{os.environ['AWS_ACCESS_KEY_ID']},{os.environ['AWS_SECRET_ACCESS_KEY']}"]
    processes = [start_store(rclone, port, *of_clients)]

    def restart(again):
        if again:
            processes.append(start_store(rclone, port, *of_clients))
        else:
            processes[-1].terminate()
            processes[-1].wait()

    try:
        proxy = Proxy(port)
        execute("CREATE SERVER folder FOREIGN DATA WRAPPER ddb_bucket")
        execute("CREATE SERVER archive FOREIGN DATA WRAPPER ddb_bucket OPTIONS (store 's3')")
        execute("CREATE USER MAPPING FOR PUBLIC SERVER archive OPTIONS (access_key_id 'an-id', secret_access_key 'top-secret')")
        os.environ["AWS_ENDPOINT_URL_S3"] = f"http://127.0.0.1:{proxy.server_port}"
        configure(s3_endpoint=os.environ["AWS_ENDPOINT_URL_S3"], s3_timeout="30s")
        changes()
        round_trips()
        terms(proxy)
        files_of_others()
        broken_files()
        faults(proxy, restart)
        patience(proxy)
        full_disk()
        listed()
        same("no job is left", execute("SELECT count(*) FROM ddb.jobs")[0][0], "0")
        proxy.over.set()
    finally:
        for process in processes:
            process.terminate()
            process.wait()


main()
