"""What AWS's documentation says of files that ImportTable takes, and of the files of an export, as checks.

From the developer guide: "Amazon S3 import formats for DynamoDB", "Import format quotas and validation", "DynamoDB
table export output format", "Service, account, and table quotas", "Supported data types and naming rules".

Usage: import_rules.py BUCKET-FOLDER PREFIX FORMAT COMPRESSION TABLE.JSON, the last as TableCreationParameters.
Prints what is wrong, or how many items there are.
"""

import base64
import binascii
import gzip
import hashlib
import io
import json
import os
import re
import sys
from decimal import Decimal

import amazon.ion.simpleion as ion
import zstandard
from amazon.ion.core import IonType

OBJECTS = 50000
BYTES = 10**12  # of all objects as they are stored, in most Regions
ITEM_BYTES = 400 * 1024
DEPTH = 32
NAME_BYTES = 65535
KEY_BYTES = {"HASH": 2048, "RANGE": 1024}
DIGITS = 38
LARGEST = Decimal("9.9999999999999999999999999999999999999E+125")
SMALLEST = Decimal("1E-130")
NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
SETS = {"SS": "S", "NS": "N", "BS": "B"}


class Wrong(Exception):
    pass


def demand(condition, what):
    if not condition:
        raise Wrong(what)


# ---- A value, in DynamoDB JSON; gives its size ----

def utf8(text):
    try:
        return len(text.encode("utf-8"))
    except UnicodeEncodeError:
        raise Wrong("half a surrogate pair") from None


def number(text):
    demand(isinstance(text, str) and NUMBER.fullmatch(text), f"no number: {text!r}")
    value = Decimal(text)
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    demand(len(digits) <= DIGITS, f"more than 38 digits: {text}")
    demand(value == 0 or SMALLEST <= value.copy_abs() <= LARGEST, f"out of range: {text}")
    return value, (len(digits) + 1) // 2 + 1 + (value < 0)


def binary(text):
    demand(isinstance(text, str), "binary that is no string")
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Wrong(f"no base64: {text!r}") from None


def scalar(kind, content):
    """Its value, which equal ones share, and its size."""
    if kind == "N":
        return number(content)
    if kind == "B":
        content = binary(content)
        return content, len(content)
    demand(isinstance(content, str), f"S is {content!r}")
    return content, utf8(content)


def value_size(value, depth):
    demand(isinstance(value, dict) and len(value) == 1, f"no value of one type: {str(value)[:80]}")
    (kind, content), = value.items()
    if kind in ("S", "N", "B"):
        return scalar(kind, content)[1]
    if kind == "BOOL":
        demand(content is True or content is False, f"BOOL is {content!r}")
        return 1
    if kind == "NULL":
        demand(content is True, f"NULL is {content!r}")
        return 1
    if kind in SETS:
        demand(isinstance(content, list) and content, "an empty set")
        members = [scalar(SETS[kind], member) for member in content]
        demand(len({member for member, size in members}) == len(members), f"a set with duplicates: {str(content)[:80]}")
        return sum(size for member, size in members)
    demand(depth < DEPTH, "more than 32 levels")
    if kind == "L":
        demand(isinstance(content, list), f"L is {content!r}")
        return 3 + sum(1 + value_size(member, depth + 1) for member in content)
    demand(kind == "M" and isinstance(content, dict), f"no type: {kind}")
    return 3 + sum(1 + named_size(name, member, depth + 1) for name, member in content.items())


def named_size(name, value, depth):
    length = utf8(name)
    demand(1 <= length <= NAME_BYTES, "an attribute without a name, or with one that is too long")
    return length + value_size(value, depth)


# ---- An item ----

def key_of(item, schema, types, of_table):
    """The key's values, of which an index's may be absent; then there is no key."""
    key = []
    for element in schema:
        name = element["AttributeName"]
        if name not in item:
            demand(not of_table, f"Missing the key {name} in the item")
            return None
        (kind, content), = item[name].items()
        demand(kind == types[name], f"Type mismatch for key {name}: {kind} and not {types[name]}")
        value, size = scalar(kind, content)
        demand(kind == "N" or 1 <= size <= KEY_BYTES[element["KeyType"]], f"the key {name} is empty or too long")
        key.append(value)
    return tuple(key)


def check_item(item, table):
    """Gives its key."""
    demand(isinstance(item, dict), "Item is no map")
    size = sum(named_size(name, value, 0) for name, value in item.items())
    demand(size <= ITEM_BYTES, f"an item of {size} bytes")
    types = {attribute["AttributeName"]: attribute["AttributeType"] for attribute in table["AttributeDefinitions"]}
    for index in table.get("GlobalSecondaryIndexes", []):
        key_of(item, index["KeySchema"], types, False)
    return key_of(item, table["KeySchema"], types, True)


# ---- A line of a file; gives the item ----

def without_duplicates(pairs):
    names = [name for name, value in pairs]
    demand(len(set(names)) == len(names), f"a name that is there twice: {names}")
    return dict(pairs)


def no_constant(text):
    raise Wrong(f"no JSON: {text}")


def json_item(line):
    try:
        record = json.loads(line, object_pairs_hook=without_duplicates, parse_constant=no_constant)
    except ValueError as error:
        raise Wrong(f"no JSON: {error}") from None
    demand(isinstance(record, dict) and list(record) == ["Item"], f"no line of one Item: {line[:60]!r}")
    return record["Item"]


def ion_value(value):
    kind, annotations = value.ion_type, [annotation.text for annotation in value.ion_annotations]
    if kind is IonType.LIST and annotations:
        demand(len(annotations) == 1 and annotations[0].startswith("$dynamodb_") and annotations[0][10:] in SETS, f"annotations {annotations}")
        members = [ion_value(member) for member in value]
        wanted = SETS[annotations[0][10:]]
        demand(all(list(member) == [wanted] for member in members), f"a {annotations[0]} of others")
        return {annotations[0][10:]: [member[wanted] for member in members]}
    demand(not annotations, f"annotations {annotations}")
    if kind is IonType.STRING:
        return {"S": str(value)}
    if kind is IonType.DECIMAL:
        return {"N": str(Decimal(value))}
    if kind is IonType.BLOB:
        return {"B": base64.b64encode(bytes(value)).decode()}
    if kind is IonType.BOOL:
        return {"BOOL": bool(value)}
    if kind is IonType.NULL:
        return {"NULL": True}
    if kind is IonType.LIST:
        return {"L": [ion_value(member) for member in value]}
    demand(kind is IonType.STRUCT, f"Ion's type {kind} is none of DynamoDB's")
    return {"M": ion_struct(value)}


def ion_struct(value):
    return without_duplicates([(name, ion_value(member)) for name, member in value.items()])


def ion_item(line):
    demand(line.startswith("$ion_1_0 "), f"no version marker: {line[:60]!r}")
    try:
        record = ion.loads(line, single_value=True, text_buffer_size_limit=4 * ITEM_BYTES)
    except Wrong:
        raise
    except Exception as error:  # the parser has many
        raise Wrong(f"no Ion: {error}") from None
    demand(record.ion_type is IonType.STRUCT and list(record) == ["Item"], f"no line of one Item: {line[:60]!r}")
    return ion_struct(record["Item"])


ITEM_OF = {"DYNAMODB_JSON": json_item, "ION": ion_item}


# ---- A file ----

def unpacked(content, compression):
    try:
        if compression == "GZIP":
            return gzip.decompress(content)
        if compression == "ZSTD":
            return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(content), read_across_frames=True).read()
        return content
    except (OSError, EOFError, ValueError, zstandard.ZstdError) as error:
        raise Wrong(f"no {compression}: {error}") from None


def lines_of(content, compression):
    try:
        text = unpacked(content, compression).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Wrong(f"no UTF-8: {error}") from None
    demand(not text or text.endswith("\n"), "the last line has no end")
    return text.split("\n")[:-1]


def check_import(objects, form, compression, table):
    """Of objects, (key, content) each: the problems, and how many items there are."""
    problems, keys, count, size, number = [], set(), 0, 0, 0
    for number, (name, content) in enumerate(objects, 1):
        size += len(content)
        try:
            lines = lines_of(content, compression)
        except Wrong as wrong:
            problems.append(f"{name}: {wrong}")
            continue
        for place, line in enumerate(lines, 1):
            try:
                key = check_item(ITEM_OF[form](line), table)
                demand(key not in keys, f"a key that is there twice: {key}")
                keys.add(key)
                count += 1
            except Wrong as wrong:
                problems.append(f"{name}:{place}: {wrong}")
    for condition, problem in ((number > 0, "no objects"), (number <= OBJECTS, f"{number} objects"), (size <= BYTES, f"{size} bytes")):
        if not condition:
            problems.append(problem)
    return problems, count


def objects_below(bucket, prefix):
    for folder, _, names in sorted(os.walk(bucket)):
        for name in sorted(names):
            path = os.path.join(folder, name)
            key = os.path.relpath(path, bucket)
            if key.startswith(prefix):
                with open(path, "rb") as file:
                    yield key, file.read()


# ---- The manifests of an export ----

SUMMARY = {
    "version", "exportArn", "startTime", "endTime", "tableArn", "tableId", "exportTime", "s3Bucket", "s3Prefix",
    "s3SseAlgorithm", "s3SseKmsKeyId", "manifestFilesS3Key", "billedSizeBytes", "itemCount", "outputFormat"}


def md5(content):
    return base64.b64encode(hashlib.md5(content).digest()).decode()


def check_export(objects, manifest):
    """Of a bucket's objects as a dict: what is wrong with the export whose manifest-summary.json has that key."""
    problems = []

    def demand(condition, what):
        if not condition:
            problems.append(what)

    folder = os.path.dirname(manifest)
    for name in ("manifest-summary", "manifest-files"):
        demand(objects[f"{folder}/{name}.checksum"].decode() == md5(objects[f"{folder}/{name}.json"]), f"the checksum of {name}")
    summary = json.loads(objects[manifest])
    demand(SUMMARY <= set(summary), f"the summary has no {SUMMARY - set(summary)}")
    demand(summary["manifestFilesS3Key"] == f"{folder}/manifest-files.json", "manifestFilesS3Key")
    files = [json.loads(line) for line in objects[f"{folder}/manifest-files.json"].decode().splitlines()]
    for file in files:
        demand(set(file) == {"itemCount", "md5Checksum", "etag", "dataFileS3Key"}, f"the members {set(file)}")
        content = objects.get(file["dataFileS3Key"])
        demand(content is not None, f"{file['dataFileS3Key']} is missing")
        if content is not None:
            demand(file["md5Checksum"] == md5(content), f"the checksum of {file['dataFileS3Key']}")
            demand(file["itemCount"] == gzip.decompress(content).count(b"\n"), f"the items of {file['dataFileS3Key']}")
    demand(sum(file["itemCount"] for file in files) == summary["itemCount"], "the number of items")
    data = {key for key in objects if key.startswith(f"{folder}/data/")}
    demand(data == {file["dataFileS3Key"] for file in files}, "data files that no manifest names")
    return problems


def main():
    bucket, prefix, form, compression, table = sys.argv[1:]
    with open(table, encoding="utf-8") as file:
        problems, count = check_import(objects_below(bucket, prefix), form, compression, json.load(file))
    print("\n".join(problems) or f"{count} items")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
