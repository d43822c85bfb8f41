#!/usr/bin/env python3
"""Compares the shapes of ddb's requests, JSON on standard input, with the API model in botocore."""
import json
import re
import sys

from botocore.loaders import Loader

models = [Loader().load_service_model(service, "service-2", "2012-08-10") for service in ("dynamodb", "dynamodbstreams")]
shapes = {}  # of the service whose operation is compared

# The model lets these be left out of the replica of another account's table, which ddb does not make.
REQUIRED_HERE = {"CreateTable.AttributeDefinitions", "CreateTable.KeySchema"}
KINDS = {"string": "string", "enum": "string", "integer": "integer", "long": "long", "boolean": "boolean",
         "timestamp": "timestamp",
         "structure": "structure", "list": "list", "map": "map"}
faults = []


# Where the constraints are not the model's: the end of a path, constraints, and the reason.
CONSTRAINTS_HERE = [
    (r"\.Statement", {"maximum": None}, "a statement that is too long has words of its own"),
    (r"\.(Tags\[\]\.(Key|Value)|TagKeys\[\])", {"minimum": None, "maximum": None}, "what is wrong with a tag has words of its own"),
    (r"\.(ResourceArn|StreamArn|ExclusiveStartStreamArn)", {"minimum": None, "maximum": None}, "an ARN of another form has words of its own"),
    (r"BatchWriteItem\.RequestItems", {"minimum": None}, "that it is empty is told before all else"),
    (r"(CreateTable|LocalSecondaryIndex(es|Override)\[\])\.KeySchema", {"maximum": 2}, "only global indexes have more attributes"),
    (r"\.KMSMasterKeyId", {"minimum": 1}, "an empty name is no key's"),
    (r"(DescribeStream|ListStreams)\.Limit", {"maximum": 100}, "the model has it in the documentation only"),
    (r"GetRecords\.Limit", {"maximum": 1000}, "the model has it in the documentation only"),
]


def compare_constraints(path, ours, theirs):
    """A table's name where its ARN may stand has the name's constraints here, and the ARN's in the model."""
    if ours.get("or_table_arn"):
        return
    wanted = {here: theirs.get(there) for here, there in (("pattern", "pattern"), ("minimum", "min"), ("maximum", "max"))}
    for end, constraints, _ in CONSTRAINTS_HERE:
        if re.search(end + "$", path):
            wanted.update(constraints)
    for constraint, value in wanted.items():
        if ours.get(constraint) != value:
            faults.append(f"{path}: {constraint} {ours.get(constraint)} here, {value} in the model")


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
    compare_constraints(path, ours, theirs)
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
    model = next(model for model in models if operation in model["operations"])
    shapes = model["shapes"]
    compare(operation, ours, model["operations"][operation]["input"]["shape"])
for fault in faults:
    print("# " + fault)
print(("not ok" if faults else "ok") + " - the shapes of requests have the members, kinds, values and constraints of the API's model")
