"""What Terraform's provider for AWS asks of an aws_dynamodb_table, replayed with boto3.

Each step is an apply: the calls that the provider makes to get from one
configuration to the next, in its order and with its waits, and then its read.
A step ends well if what is read is the configuration, which is to say that
the next plan is empty.
"""

from time import monotonic, sleep

import boto3
from botocore.exceptions import ClientError

TABLE = "terraform"
PATIENCE = 60

client = boto3.client("dynamodb")


def check(what, condition, details=""):
    print("%s - Terraform: %s" % ("ok" if condition else "not ok", what), flush=True)
    if not condition and details != "":
        print("#   %s" % (details,), flush=True)


# ---- the provider's waits: until a status is as wanted; what has none yet is waited for ----

def wait(what, status, wanted):
    end = monotonic() + PATIENCE
    while status() != wanted:
        if monotonic() > end:
            raise TimeoutError("%s is %r, not %r" % (what, status(), wanted))
        sleep(0.1)


def describe():
    try:
        return client.describe_table(TableName=TABLE)["Table"]
    except client.exceptions.ResourceNotFoundException:
        return None


def index(name):
    return next((i for i in describe().get("GlobalSecondaryIndexes", []) if i["IndexName"] == name), None)


def wait_for_table():
    wait("the table", lambda: describe()["TableStatus"], "ACTIVE")


def wait_for_warm_table():
    wait("the table's warm throughput", lambda: describe().get("WarmThroughput", {}).get("Status"), "ACTIVE")


def wait_for_index(name):
    wait("index " + name, lambda: (index(name) or {}).get("IndexStatus"), "ACTIVE")
    wait("the warm throughput of index " + name,
         lambda: (index(name) or {}).get("WarmThroughput", {}).get("Status"), "ACTIVE")


def time_to_live():
    return client.describe_time_to_live(TableName=TABLE)["TimeToLiveDescription"]


def set_time_to_live(enabled, attribute):
    client.update_time_to_live(TableName=TABLE, TimeToLiveSpecification={"Enabled": enabled, "AttributeName": attribute})
    wait("the time to live", lambda: time_to_live()["TimeToLiveStatus"], "ENABLED" if enabled else "DISABLED")


def recovery():
    found = client.describe_continuous_backups(TableName=TABLE)["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    return found["PointInTimeRecoveryStatus"] == "ENABLED" and found["RecoveryPeriodInDays"]


def set_recovery(days):
    # the provider tries again while backups are being enabled
    def change():
        try:
            client.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification={
                "PointInTimeRecoveryEnabled": bool(days), **({"RecoveryPeriodInDays": days} if days else {})})
            return True
        except client.exceptions.ContinuousBackupsUnavailableException:
            return False
    wait("backups", change, True)
    wait("recovery", recovery, days)


def wait_for_encryption():
    # no description: by a key of AWS's own, which the provider takes for ENABLED
    wait("the encryption", lambda: describe().get("SSEDescription", {}).get("Status", "ENABLED"), "ENABLED")


# ---- configurations ----

# capacities are pairs of read and write; of a global index: its keys, projection, attributes, capacity
BASE = {
    "billing_mode": "PROVISIONED", "capacity": (5, 6), "hash_key": "pk", "range_key": "sk",
    "attributes": {"pk": "S", "sk": "N", "color": "S", "size": "N"},
    "local": {"by_size": ("size", "INCLUDE", {"b", "a"})},
    "global": {"by_color": ("color", "size", "INCLUDE", {"z", "y"}, (3, 4)),
               "all_sizes": ("size", None, "ALL", set(), (1, 1))},
    "encryption": True, "class": "STANDARD_INFREQUENT_ACCESS", "protection": False,
    "maxima": None, "warm": None, "ttl": "gone", "recovery": 35, "tags": {"team": "red", "env": "test"},
}


def projection(kind, attributes):
    return {"ProjectionType": kind, **({"NonKeyAttributes": list(attributes)} if attributes else {})}


def key_schema(hash_key, range_key):
    return ([{"AttributeName": hash_key, "KeyType": "HASH"}] +
            ([{"AttributeName": range_key, "KeyType": "RANGE"}] if range_key else []))


def units(config, capacity):
    if config["billing_mode"] == "PAY_PER_REQUEST":
        return {}
    return {"ProvisionedThroughput": {"ReadCapacityUnits": capacity[0], "WriteCapacityUnits": capacity[1]}}


def definitions(config):
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in config["attributes"].items()]


def global_index(config, name):
    hash_key, range_key, kind, attributes, capacity = config["global"][name]
    return {"IndexName": name, "KeySchema": key_schema(hash_key, range_key),
            "Projection": projection(kind, attributes), **units(config, capacity)}


def encryption(config):
    return {"Enabled": True, "SSEType": "KMS"} if config["encryption"] else {"Enabled": False}


# ---- create, read, update, delete ----

def create(config):
    client.create_table(
        TableName=TABLE, BillingMode=config["billing_mode"], KeySchema=key_schema(config["hash_key"], config["range_key"]),
        AttributeDefinitions=definitions(config), **units(config, config["capacity"]),
        LocalSecondaryIndexes=[
            {"IndexName": name, "KeySchema": key_schema(config["hash_key"], range_key), "Projection": projection(kind, attributes)}
            for name, (range_key, kind, attributes) in config["local"].items()],
        GlobalSecondaryIndexes=[global_index(config, name) for name in config["global"]],
        SSESpecification=encryption(config), TableClass=config["class"],
        DeletionProtectionEnabled=config["protection"],
        Tags=[{"Key": key, "Value": value} for key, value in config["tags"].items()])
    wait_for_table()
    wait_for_warm_table()
    for name in config["global"]:
        wait_for_index(name)
    if config["ttl"]:
        set_time_to_live(True, config["ttl"])
    if config["recovery"]:
        set_recovery(config["recovery"])


def keys_of(schema):
    keys = {element["KeyType"]: element["AttributeName"] for element in schema}
    return keys["HASH"], keys.get("RANGE")


def capacity_of(description):
    found = description["ProvisionedThroughput"]
    return found["ReadCapacityUnits"], found["WriteCapacityUnits"]


def projection_of(description):
    found = description["Projection"]
    return found["ProjectionType"], set(found.get("NonKeyAttributes", []))


def pair(description, member, names):
    return tuple(description[member].get(name) for name in names) if member in description else None


def read():
    table = describe()
    return {
        "billing_mode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        "capacity": capacity_of(table), "hash_key": keys_of(table["KeySchema"])[0], "range_key": keys_of(table["KeySchema"])[1],
        "attributes": {d["AttributeName"]: d["AttributeType"] for d in table["AttributeDefinitions"]},
        "local": {i["IndexName"]: (keys_of(i["KeySchema"])[1], *projection_of(i)) for i in table.get("LocalSecondaryIndexes", [])},
        "global": {i["IndexName"]: (*keys_of(i["KeySchema"]), *projection_of(i), capacity_of(i))
                   for i in table.get("GlobalSecondaryIndexes", [])},
        "encryption": table.get("SSEDescription", {}).get("Status") == "ENABLED",
        "class": table.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
        "protection": table["DeletionProtectionEnabled"],
        "maxima": pair(table, "OnDemandThroughput", ("MaxReadRequestUnits", "MaxWriteRequestUnits")),
        "warm": pair(table, "WarmThroughput", ("ReadUnitsPerSecond", "WriteUnitsPerSecond")),
        "ttl": time_to_live().get("AttributeName", ""),
        "recovery": recovery(),
        "tags": {tag["Key"]: tag["Value"] for tag in client.list_tags_of_resource(ResourceArn=table["TableArn"])["Tags"]},
    }


def update_indexes(old, new):
    """The actions for what differs: an index of other keys or projection is made anew."""
    deleted = [name for name in old["global"] if name not in new["global"] or old["global"][name][:4] != new["global"][name][:4]]
    created = [name for name in new["global"] if name not in old["global"] or name in deleted]
    changed = [name for name in new["global"] if name not in created and old["global"][name] != new["global"][name]]
    return deleted, changed, created


def update_table(**changes):
    client.update_table(TableName=TABLE, **changes)


def update(old, new):
    deleted, changed, created = update_indexes(old, new)
    for name in deleted:
        update_table(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": name}}])
        wait("index " + name, lambda: index(name), None)
    if old["class"] != new["class"]:
        update_table(TableClass=new["class"])
        wait_for_table()

    changes = {}
    if (old["billing_mode"], old["capacity"]) != (new["billing_mode"], new["capacity"]):
        changes.update(BillingMode=new["billing_mode"], **units(new, new["capacity"]))
    if old["protection"] != new["protection"]:
        changes.update(DeletionProtectionEnabled=new["protection"])
    if old["maxima"] != new["maxima"] and new["maxima"]:
        changes.update(OnDemandThroughput=dict(zip(("MaxReadRequestUnits", "MaxWriteRequestUnits"), new["maxima"])))
    if new["billing_mode"] == "PROVISIONED" and changed:
        changes.update(GlobalSecondaryIndexUpdates=[
            {"Update": {"IndexName": name, **units(new, new["global"][name][4])}} for name in changed])
    if changes:
        update_table(**changes)
        wait_for_table()
        wait_for_warm_table()
        for name in changed:
            wait_for_index(name)

    for name in created:
        update_table(AttributeDefinitions=definitions(new), GlobalSecondaryIndexUpdates=[{"Create": global_index(new, name)}])
        wait_for_index(name)
    if old["encryption"] != new["encryption"]:
        update_table(SSESpecification=encryption(new))
        wait_for_encryption()
    if old["ttl"] != new["ttl"]:
        set_time_to_live(bool(new["ttl"]), new["ttl"] or old["ttl"])
    if old["recovery"] != new["recovery"]:
        set_recovery(new["recovery"])
    if old["tags"] != new["tags"]:
        update_tags(old["tags"], new["tags"])
    if new["warm"] and old["warm"] != new["warm"]:
        update_table(WarmThroughput=dict(zip(("ReadUnitsPerSecond", "WriteUnitsPerSecond"), new["warm"])))
        wait_for_table()
        wait_for_warm_table()


def update_tags(old, new):
    arn = describe()["TableArn"]
    removed = [key for key in old if key not in new]
    if removed:
        client.untag_resource(ResourceArn=arn, TagKeys=removed)
    updated = [{"Key": key, "Value": value} for key, value in new.items() if old.get(key) != value]
    if updated:
        client.tag_resource(ResourceArn=arn, Tags=updated)
    wait("the tags", lambda: read()["tags"], new)


def delete():
    try:
        client.delete_table(TableName=TABLE)
    except client.exceptions.ResourceNotFoundException as error:
        if not error.response["Error"]["Message"].startswith("Requested resource not found: Table: "):
            raise
    wait("the table", describe, None)


# ---- the steps ----

def check_read(what, config):
    """What a configuration does not set is as it was found."""
    found = read()
    wanted = {name: found[name] if value is None else value for name, value in config.items()}
    differences = {name: (found[name], wanted[name]) for name in wanted if found[name] != wanted[name]}
    check(what, not differences, differences)
    return wanted


def apply(what, old, **changes):
    new = {**old, "maxima": None, "warm": None, **changes}
    try:
        update(old, new)
    except (ClientError, TimeoutError) as error:
        check(what, False, error)
        return old
    return check_read(what, new)


def main():
    create(BASE)
    state = check_read("a table is created", BASE)
    check("warm throughput is what is provisioned", state["warm"] == BASE["capacity"], state["warm"])
    client.put_item(TableName=TABLE, Item={"pk": {"S": "a"}, "sk": {"N": "1"}, "color": {"S": "red"}, "size": {"N": "2"}})

    state = apply("capacities, of the table and of an index", state, capacity=(7, 8),
                  **{"global": {**state["global"], "by_color": ("color", "size", "INCLUDE", {"z", "y"}, (5, 5))}})
    state = apply("tags", state, tags={"team": "blue", "cost center": "1/2"})
    state = apply("another period of recovery", state, recovery=7)
    state = apply("no recovery", state, recovery=False)
    state = apply("the class and the encryption", state, **{"class": "STANDARD", "encryption": False})
    state = apply("an index is projected otherwise", state,
                  **{"global": {**state["global"], "by_color": ("color", "size", "ALL", set(), (5, 5))}})
    found = client.query(TableName=TABLE, IndexName="by_color", KeyConditionExpression="color = :c",
                         ExpressionAttributeValues={":c": {"S": "red"}})
    check("and holds the items", found["Count"] == 1, found)
    state = apply("paid by request, with maxima", state, billing_mode="PAY_PER_REQUEST", capacity=(0, 0), maxima=(100, 200),
                  **{"global": {name: (*index[:4], (0, 0)) for name, index in state["global"].items()}})
    check("warm throughput is that of such a table", state["warm"] == (12000, 4000), state["warm"])
    state = apply("more is warm", state, warm=(13000, 5000))
    state = apply("an index less, with its attribute", state, attributes={"pk": "S", "sk": "N", "size": "N"},
                  **{"global": {"all_sizes": state["global"]["all_sizes"]}})
    state = apply("provisioned again", state, billing_mode="PROVISIONED", capacity=(3, 3),
                  **{"global": {"all_sizes": ("size", None, "ALL", set(), (2, 2))}})
    check("without maxima", state["maxima"] is None, state["maxima"])
    state = apply("items expire no longer", state, ttl="")
    state = apply("they expire by another attribute", state, ttl="size")
    state = apply("protected", state, protection=True)
    try:
        delete()
        check("a protected table stays", False)
    except ClientError as error:
        check("a protected table stays", "currently protected against deletion" in str(error), error)
    state = apply("not protected", state, protection=False)
    delete()
    check("deleted, and again", describe() is None and delete() is None)


main()
