"""Prints one session's statements: tables and indexes that come and go, by
operations and by DDL, in transactions of every isolation level.

Usage: catalog_isolation.py SEED TRANSACTIONS
"""
import json
import random
import sys

seed, transactions = int(sys.argv[1]), int(sys.argv[2])
rand = random.Random(seed)

TABLES = ["Red", "Green", "Blue"]
INDEXES = ["byA", "byB"]
SCHEMAS = ["dynamodb", "side"]
LEVELS = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"]


def call(operation, **request):
    return "SELECT count(ddb.%s($$%s$$));" % (operation, json.dumps(request))


def definitions(*names):
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def index(name):
    return {"IndexName": name, "Projection": {"ProjectionType": "ALL"},
            "KeySchema": [{"AttributeName": name[-1], "KeyType": "HASH"}]}


def create_table(table):
    indexes = rand.sample(INDEXES, rand.randint(0, 2))
    request = dict(TableName=table, BillingMode="PAY_PER_REQUEST",
                   AttributeDefinitions=definitions("id", *[name[-1] for name in indexes]),
                   KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    if indexes:
        request["GlobalSecondaryIndexes"] = [index(name) for name in indexes]
    return call("create_table", **request)


def create_index(table):
    name = rand.choice(INDEXES)
    return call("update_table", TableName=table, AttributeDefinitions=definitions(name[-1]),
                GlobalSecondaryIndexUpdates=[{"Create": index(name)}])


def delete_index(table):
    return call("update_table", TableName=table,
                GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": rand.choice(INDEXES)}}])


def put_item(table):
    item = {name: {"S": str(rand.randint(1, 20))} for name in ("id", "A", "B")}
    return call("put_item", TableName=table, Item=item)


def query(table):
    name = rand.choice(INDEXES)
    return call("query", TableName=table, IndexName=name, KeyConditionExpression="#k = :v",
                ExpressionAttributeNames={"#k": name[-1]}, ExpressionAttributeValues={":v": {"S": "1"}})


def relation(table):
    name = rand.choice([table, table + "/" + rand.choice(INDEXES), "other" + str(rand.randint(1, 3))])
    return '%s."%s"' % (rand.choice(SCHEMAS), name)


STATEMENTS = [
    (8, create_table),
    (3, lambda table: call("delete_table", TableName=table)),
    (5, create_index),
    (3, delete_index),
    (2, lambda table: call("tag_resource", ResourceArn="arn:aws:dynamodb:us-east-1:000000000000:table/" + table,
                           Tags=[{"Key": "a", "Value": str(rand.random())}])),
    (2, lambda table: call("update_table", TableName=table, TableClass=rand.choice(
        ["STANDARD", "STANDARD_INFREQUENT_ACCESS"]))),
    (6, put_item),
    (3, query),
    (2, lambda table: call("describe_table", TableName=table)),
    (1, lambda table: call("list_tables")),
    (2, lambda table: "DROP TABLE %s;" % relation(table)),
    (1, lambda table: "DROP TABLE %s CASCADE;" % relation(table)),
    (2, lambda table: 'ALTER TABLE %s RENAME TO "other%d";' % (relation(table), rand.randint(1, 3))),
    (2, lambda table: "ALTER TABLE %s SET SCHEMA %s;" % (relation(table), rand.choice(SCHEMAS))),
    (1, lambda table: "DROP SCHEMA side CASCADE;"),
    (3, lambda table: "CREATE SCHEMA IF NOT EXISTS side;"),
    (1, lambda table: "TRUNCATE %s;" % relation(table)),
]


def statement():
    choice = rand.choices(STATEMENTS, weights=[weight for weight, _ in STATEMENTS])[0][1]
    return choice(rand.choice(TABLES))


def transaction(number):
    yield "BEGIN ISOLATION LEVEL %s;" % rand.choice(LEVELS)
    if rand.random() < 0.6:
        yield "SELECT pg_sleep(%.3f);" % (rand.random() / 50)
    for _ in range(rand.randint(1, 3)):
        if rand.random() < 0.25:
            yield "SAVEPOINT s;"
            yield statement()
            yield rand.choice(["ROLLBACK TO s;", "RELEASE s;"])
        else:
            yield statement()
    ending = rand.random()
    if ending < 0.1:
        name = "ddb_%d_%d" % (seed, number)
        yield "PREPARE TRANSACTION '%s';" % name
        yield "%s PREPARED '%s';" % (rand.choice(["COMMIT", "ROLLBACK"]), name)
    else:
        yield "ROLLBACK;" if ending < 0.25 else "COMMIT;"


for number in range(transactions):
    if rand.random() < 0.3:
        print(statement())
    else:
        print("\n".join(transaction(number)))
