"""Faults around the endpoint. The first argument says which part to do:

extension      DROP EXTENSION, and CREATE EXTENSION, while requests run
disk COMMAND   the tables' disk gets full, and has room again after COMMAND
crash FILE     requests until the server goes; notes in FILE what was acknowledged,
               and makes FILE.begun when something is
verify FILE    all of that is there, and writes are taken again
"""

import json
import random
import subprocess
import sys
import time

from endpoint import Connection, create_key, eventually, get, is_, ok, pids, put, signed, sql
from load import Load, create_table


def answers(key, operation, parameters, count=40):
    """The distinct answers on so many connections, which are more than there are workers."""
    result = set()
    connections = [Connection() for _ in range(count)]
    for connection in connections:
        connection.send(signed(key, operation, parameters))
    for connection in connections:
        answer = connection.receive()
        result.add((answer.status, answer.body.decode()))
        connection.close()
    return result


def names(found):
    return {(status, body.split("#")[1].split('"')[0] if "#" in body else "") for status, body in found}


def report(load):
    print("# answers: %s" % ", ".join("%s %s %d" % (*name, count) for name, count in sorted(load.outcomes.items())))
    is_("no answer is wrong", load.wrong[:3], [])


def extension():
    key = create_key("postgres")
    create_table(key, "Faults")
    before = pids()
    get_a = {"TableName": "Faults", "Key": {"pk": {"S": "0/1"}}}
    with Load(key, "Faults") as load:
        for number in range(3):
            time.sleep(0.7)
            old = load.generation.key
            load.end_generation()
            sql("DROP EXTENSION ddb CASCADE")
            is_("without the extension (%d)" % number, names(answers(old, "GetItem", get_a)), {(503, "ServiceUnavailableException")})
            sql("CREATE EXTENSION ddb")
            is_("keys went with it (%d)" % number, names(answers(old, "GetItem", get_a)), {(400, "UnrecognizedClientException")})
            key = create_key("postgres")
            is_("and so did tables (%d)" % number, names(answers(key, "GetItem", get_a)), {(400, "ResourceNotFoundException")})
            is_("they can be created again (%d)" % number, create_table(key, "Faults").status, 200)
            load.begin_generation(key)
        time.sleep(0.7)
        served = load.outcomes["PutItem", "OK"]
        eventually("requests are served again", lambda: load.outcomes["PutItem", "OK"] > served)
    report(load)
    ok("no worker has ended", before <= pids())


def long_text():
    """8 KB that do not get smaller."""
    return "".join(random.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", k=8192))


def check_items(what, acknowledged):
    items = dict(line.split("|") for line in sql("SELECT pk, item ->> 'value' FROM dynamodb.\"Faults\"").splitlines())
    print("# %d items were acknowledged, %d are there" % (len(acknowledged), len(items)))
    lost = [name for name, values in acknowledged.items() if items.get(name) not in values]
    ok(what, len(acknowledged) > 20 and not lost, lost[:5])
    is_("the index agrees with its table", sql("SELECT * FROM ddb.check_indexes()"), "")


def disk(*make_room):
    key = create_key("postgres")
    create_table(key, "Faults")
    before = pids()
    with Load(key, "Faults", names=10 ** 9, text=long_text()) as load:
        eventually("the disk gets full", lambda: load.outcomes["PutItem", "InternalServerError"] > 100, 180)
        read = load.outcomes["GetItem", "OK"]
        eventually("reads go on", lambda: load.outcomes["GetItem", "OK"] > read + 100)
        subprocess.run(make_room, check=True)
        written = load.outcomes["PutItem", "OK"]
        eventually("with room again, writes do", lambda: load.outcomes["PutItem", "OK"] > written + 100)
    report(load)
    is_("the error is DynamoDB's", [json.loads(body) for body in load.errors],
        [{"__type": "com.amazonaws.dynamodb.v20120810#InternalServerError", "message": "Internal server error"}])
    is_("no other error than of writes", {name for name in load.outcomes if name[1] != "OK"}, {("PutItem", "InternalServerError")})
    is_("no worker has ended", pids(), before)
    check_items("every acknowledged write is there", load.acknowledged())


def crash(path):
    key = create_key("postgres")
    create_table(key, "Faults")
    with Load(key, "Faults", names=10 ** 9, text=long_text()) as load:
        eventually("requests are served", lambda: load.outcomes["PutItem", "OK"] > 100)
        open(path + ".begun", "w").close()
        eventually("the server goes", lambda: load.outcomes["connection", "closed"] > 0, 180)
    report(load)
    with open(path, "w") as file:
        json.dump((key, load.acknowledged()), file)


def verify(path):
    with open(path) as file:
        key, acknowledged = json.load(file)
    check_items("every acknowledged write is there", acknowledged)
    eventually("writes are taken again", lambda: put(key, "Faults", "after").status == 200)
    is_("and read", get(key, "Faults", "after").json, {"Item": {"pk": {"S": "after"}}})


if __name__ == "__main__":
    {"extension": extension, "disk": disk, "crash": crash, "verify": verify}[sys.argv[1]](*sys.argv[2:])
