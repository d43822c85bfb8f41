#!/usr/bin/env python3
"""Compares the shapes of ddb's requests, JSON on standard input, with the API model in botocore."""
import json
import sys

from botocore.loaders import Loader

model = Loader().load_service_model("dynamodb", "service-2", "2012-08-10")
shapes = model["shapes"]

# The model lets these be left out of the replica of another account's table, which ddb does not make.
REQUIRED_HERE = {"CreateTable.AttributeDefinitions", "CreateTable.KeySchema"}
KINDS = {"string": "string", "enum": "string", "integer": "integer", "long": "long", "boolean": "boolean",
         "timestamp": "timestamp",
         "structure": "structure", "list": "list", "map": "map"}
faults = []


def is_attribute_value(name):
    return name == "AttributeValue"


def is_attribute_map(name):
    shape = shapes[name]
    return shape["type"] == "map" and is_attribute_value(shape["value"]["shape"])


def compare(path, ours, name):
    theirs = shapes[name]
    kind = ours["kind"]
    if kind == "unsupported":
        return
    if kind == "value" or kind == "attributes":
        if not (is_attribute_value(name) if kind == "value" else is_attribute_map(name)):
            faults.append(f"{path}: {kind} here, {name} in the model")
        return
    if KINDS[kind] != theirs["type"]:
        faults.append(f"{path}: {kind} here, {theirs['type']} in the model")
        return
    if kind == "enum" and sorted(ours["values"]) != sorted(theirs.get("enum", [])):
        faults.append(f"{path}: {ours['values']} here, {theirs.get('enum')} in the model")
    if kind == "list":
        compare(path + "[]", ours["element"], theirs["member"]["shape"])
    if kind == "map":
        compare(path + ".*", ours["element"], theirs["value"]["shape"])
    if kind == "structure":
        compare_members(path, ours["members"], theirs)


def compare_members(path, ours, theirs):
    for name in sorted(set(ours) ^ set(theirs["members"])):
        faults.append(f"{path}.{name}: only {'here' if name in ours else 'in the model'}")
    for name in sorted(set(ours) & set(theirs["members"])):
        inner = f"{path}.{name}"
        if ours[name]["required"] and name not in theirs.get("required", []) and inner not in REQUIRED_HERE:
            faults.append(f"{inner}: required here only")
        compare(inner, ours[name]["shape"], theirs["members"][name]["shape"])


for operation, ours in json.load(sys.stdin).items():
    compare(operation, ours, model["operations"][operation]["input"]["shape"])
for fault in faults:
    print("# " + fault)
print(("not ok" if faults else "ok") + " - the shapes of requests have the members, kinds and values of the API's model")
