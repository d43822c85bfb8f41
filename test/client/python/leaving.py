"""Exports of a table with every type and edge value keep the rules of AWS's ImportTable; files that break them are found.

Usage: leaving.py items                 prints the items, a line of DynamoDB JSON each
       leaving.py check BUCKET MANIFEST FORMAT   the export whose manifest-summary.json has that key
       leaving.py break BUCKET MANIFEST FORMAT   breaks its files in each way that the rules know
"""

import gzip
import json
import os
import re
import sys

import import_rules

TABLE = {
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind} for name, kind in (("pk", "S"), ("sk", "N"), ("group", "S"))],
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    "GlobalSecondaryIndexes": [{"IndexName": "byGroup", "KeySchema": [{"AttributeName": "group", "KeyType": "HASH"}]}]}

NUMBERS = [
    "0", "-0", "1", "-1", "0.5", "-0.5", "100", "600", "1E-130", "-1E-130", "1E+125", "9.9999999999999999999999999999999999999E+125",
    "-9.9999999999999999999999999999999999999E+125", "12345678901234567890123456789012345678", "0.00000000000000000000000000000000000001",
    "1.0000000000000000000000000000000000001", "1e5", "00012.500"]
STRINGS = ["", "a", "h\u00e9 \u4e16\u754c \U0001F600", '"\\/\b\f\n\r\t\u0000\u001f\u007f\u0085\u2028\ufeff\uffff', "$ion_1_0 {Item:{}}", "null", "'''", "x" * 5000]


def nested(depth, value):
    for _ in range(depth):
        value = {"L": [value]} if depth % 2 else {"M": {"m": value}}
    return value


def items():
    values = [*({"S": text} for text in STRINGS), *({"N": text} for text in NUMBERS), {"B": ""}, {"B": "AP8B"}, {"BOOL": True}, {"BOOL": False},
              {"NULL": True}, {"SS": [text for text in STRINGS]}, {"NS": sorted({text for text in NUMBERS} - {"-0"})}, {"BS": ["", "AA==", "/w=="]},
              {"L": []}, {"M": {}}, {"L": [{"L": []}, {"M": {}}, {"NULL": True}]}, nested(31, {"S": "deep"}), nested(30, {"SS": ["deep"]}),
              {"M": {text[:300].replace("\0", ""): {"S": text} for text in STRINGS if text}}]
    for number, value in enumerate(values):
        yield {"pk": {"S": f"value {number}"}, "sk": {"N": str(number)}, "value": value}
    yield {"pk": {"S": "\u00e9" * 1024}, "sk": {"N": "-9.9999999999999999999999999999999999999E+125"}, "group": {"S": "g" * 2048}}
    yield {"pk": {"S": "large"}, "sk": {"N": "1E-130"}, "text": {"S": "x" * (400 * 1024 - 2 - 5 - 2 - 2 - 4)}}
    yield {"pk": {"S": "names"}, "sk": {"N": "1"}, "n" * 65535: {"S": "a"}, "it's \"a\" name\n": {"S": "b"}, "null": {"N": "1"}, "$10": {"N": "2"}, "a.b[0]": {"N": "3"}}
    for number in range(3000):
        yield {"pk": {"S": f"many {number % 50}"}, "sk": {"N": str(number / 4)}, "group": {"S": f"g{number % 3}"}}


def tell(what, good, seen=""):
    print(f"{'ok' if good else 'not ok'} - {what}", flush=True)
    if not good:
        print(f"#   {str(seen)[:1000]}", flush=True)


def read(bucket, manifest):
    objects = dict(import_rules.objects_below(bucket, os.path.dirname(manifest) + "/"))
    return objects, [(key, content) for key, content in objects.items() if "/data/" in key]


def check(bucket, manifest, form):
    objects, data = read(bucket, manifest)
    problems, count = import_rules.check_import(data, form, "GZIP", TABLE)
    tell(f"{form}: an export keeps the rules of an import", problems == [], problems)
    tell(f"{form}: of all items", count == len(list(items())), count)
    problems = import_rules.check_export(objects, manifest)
    tell(f"{form}: its manifests are as the documentation has them", problems == [], problems)


LINE = {"DYNAMODB_JSON": '{{"Item":{{"pk":{{"S":"a"}},"sk":{{"N":"1"}}{}}}}}', "ION": '$ion_1_0 {{Item:{{pk:"a",sk:1.{}}}}}'}
LINES = {
    "DYNAMODB_JSON": [
        # what is wrong; a whole line, or what stands behind the key; what is said of it
        ("nothing", ',"v":{"S":"b"}', None),
        ("a number of 39 digits", ',"v":{"N":"123456789012345678901234567890123456789"}', "38 digits"),
        ("a number too large", ',"v":{"N":"1E+126"}', "out of range"),
        ("a number too small", ',"v":{"L":[{"N":"1E-131"}]}', "out of range"),
        ("a word for a number", ',"v":{"N":"NaN"}', "no number"),
        ("a number without quotes", ',"v":{"N":1}', "no number"),
        ("a set with a number twice", ',"v":{"NS":["1","1.0"]}', "duplicates"),
        ("a set with a string twice", ',"v":{"SS":["a","a"]}', "duplicates"),
        ("a set with a binary twice", ',"v":{"BS":["AA==","AA=="]}', "duplicates"),
        ("an empty set", ',"v":{"SS":[]}', "empty set"),
        ("binary that is no base64", ',"v":{"B":"a"}', "no base64"),
        ("a type that there is not", ',"v":{"X":"a"}', "no type"),
        ("two types", ',"v":{"S":"a","N":"1"}', "one type"),
        ("no type", ',"v":"a"', "one type"),
        ("NULL that is false", ',"v":{"NULL":false}', "NULL is"),
        ("BOOL that is a word", ',"v":{"BOOL":"true"}', "BOOL is"),
        ("an attribute twice", ',"v":{"S":"a"},"v":{"S":"b"}', "there twice"),
        ("an attribute without a name", ',"":{"S":"a"}', "without a name"),
        ("half a surrogate pair", ',"v":{"S":"\\ud83d"}', "surrogate"),
        ("33 levels", ',"v":' + json.dumps(nested(33, {"S": "deep"})), "32 levels"),
        ("an item of 400 KB and a byte", ',"v":{"S":"' + "x" * (400 * 1024 - 2 - 1 - 2 - 2 - 1 + 1) + '"}', "an item of 409601 bytes"),
        ("an index's key of another type", ',"group":{"N":"1"}', "Type mismatch for key group"),
        ("an index's key that is empty", ',"group":{"S":""}', "empty or too long"),
        ("no sort key", '{"Item":{"pk":{"S":"a"}}}', "Missing the key sk"),
        ("a key of another type", '{"Item":{"pk":{"N":"1"},"sk":{"N":"1"}}}', "Type mismatch for key pk"),
        ("an empty key", '{"Item":{"pk":{"S":""},"sk":{"N":"1"}}}', "empty or too long"),
        ("a key of 2,049 bytes", '{"Item":{"pk":{"S":"' + "k" * 2049 + '"},"sk":{"N":"1"}}}', "empty or too long"),
        ("another member", '{"Item":{"pk":{"S":"a"},"sk":{"N":"1"}},"More":1}', "one Item"),
        ("an item as it is", '{"pk":{"S":"a"},"sk":{"N":"1"}}', "one Item"),
        ("half a line", '{"Item":{"pk":{"S":"a"},', "no JSON"),
        ("two items in a line", '{"Item":{"pk":{"S":"a"},"sk":{"N":"1"}}}{"Item":{"pk":{"S":"b"},"sk":{"N":"1"}}}', "no JSON"),
        ("an empty line", '', "no JSON")],
    "ION": [
        ("nothing", ',v:"b"', None),
        ("a number of 39 digits", ',v:123456789012345678901234567890123456789.', "38 digits"),
        ("a number too large", ',v:1d126', "out of range"),
        ("an int", ',v:1', "none of DynamoDB's"),
        ("a float", ',v:1e0', "none of DynamoDB's"),
        ("a symbol", ',v:a', "none of DynamoDB's"),
        ("a timestamp", ',v:2026-11-26T', "none of DynamoDB's"),
        ("a set with a number twice", ',v:$dynamodb_NS::[1.,1.0]', "duplicates"),
        ("a set of others", ',v:$dynamodb_NS::["1"]', "of others"),
        ("an empty set", ',v:$dynamodb_SS::[]', "empty set"),
        ("an annotation that there is not", ',v:$dynamodb_XS::["a"]', "annotations"),
        ("an attribute twice", ',v:"a",v:"b"', "there twice"),
        ("33 levels", ',v:' + "[" * 33 + "]" * 33, "32 levels"),
        ("an index's key of another type", ',group:1.', "Type mismatch for key group"),
        ("no sort key", '$ion_1_0 {Item:{pk:"a"}}', "Missing the key sk"),
        ("no version marker", '{Item:{pk:"a",sk:1.}}', "version marker"),
        ("another field", '$ion_1_0 {Item:{pk:"a",sk:1.},More:1}', "one Item"),
        ("half a line", '$ion_1_0 {Item:{pk:"a",', "no Ion")]}


def break_files(bucket, manifest, form):
    objects, data = read(bucket, manifest)
    (key, content), *others = data
    text = gzip.decompress(content)

    def found(what, objects_of_import, said, compression="GZIP"):
        problems, _ = import_rules.check_import(objects_of_import, form, compression, TABLE)
        good = any(said in problem for problem in problems) if said else problems == []
        tell(f"{form}: {what} is found" if said else f"{form}: {what} is wrong", good, problems)

    for what, end, said in LINES[form]:
        line = end if end.startswith(("{", "$", "[")) or not end else LINE[form].format(end)
        found(what, [(key, content), ("broken", gzip.compress((line + "\n").encode("utf-8", "surrogatepass")))], said)
    found("a file that is cut off", [(key, content[:-20])], "no GZIP")
    found("a byte of a file that is another", [(key, content[:-6] + bytes([content[-6] ^ 1]) + content[-5:])], "no GZIP")
    found("a file that is not packed", [(key, text)], "no GZIP")
    found("a file that is packed", [(key, content)], "no UTF-8", "NONE")
    found("a byte that is no UTF-8", [(key, gzip.compress(text.replace(b"large", b"larg\xff", 1)))], "no UTF-8")
    found("a last line without an end", [(key, gzip.compress(text[:-1]))], "no end")
    found("an item that is there twice", [*data, ("again", gzip.compress(text.splitlines(True)[0]))], "there twice")
    found("a file of another format", [(key, gzip.compress(b'pk,sk\na,1\n'))], "no JSON" if form == "DYNAMODB_JSON" else "version marker")
    found("no file", [], "no objects")
    found("more than 50,000 files", [(str(number), gzip.compress(b"")) for number in range(50001)], "50001 objects")

    def found_in_export(what, name, change, said):
        changed = {key: change(value) if re.search(name, key) else value for key, value in objects.items()}
        problems = import_rules.check_export({key: value for key, value in changed.items() if value is not None}, manifest)
        tell(f"{form}: {what} is found", any(said in problem for problem in problems), problems)

    found_in_export("a data file that is another", "/data/", lambda value: gzip.compress(gzip.decompress(value) + b"{}\n"), "the checksum of")
    found_in_export("a data file that is missing", "/data/", lambda value: None, "is missing")
    found_in_export("a manifest that is another", "manifest-files.json", lambda value: value.replace(b"\n", b" \n"), "the checksum of manifest-files")
    found_in_export("a number of items that is another", "manifest-summary.json",
                    lambda value: re.sub(rb'"itemCount": ?([0-9]+)', rb'"itemCount":1', value), "the number of items")


if sys.argv[1] == "items":
    for made in items():
        print(json.dumps({"Item": made}))
else:
    {"check": check, "break": break_files}[sys.argv[1]](*sys.argv[2:])
