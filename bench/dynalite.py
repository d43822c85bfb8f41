"""dynalite as its users run it: installed from npm, items in memory, no options but the port."""

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time

import endpoint

# dynalite takes any key.
_KEY = ("AKIAIOSFODNN7EXAMPLE", "secret")


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _connect(port):
    for _ in range(100):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            connection.connect()
            return connection
        except OSError:
            time.sleep(0.1)
    sys.exit("dynalite does not start")


def _call(connection, operation, parameters):
    body = parameters.encode()
    connection.request("POST", "/", body, endpoint.signed_headers(_KEY, operation, body))
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        sys.exit("dynalite: %s" % text.decode())
    return json.loads(text)


def _load(connection, table, schema, items):
    _call(connection, "CreateTable", schema)
    while _call(connection, "DescribeTable", json.dumps({"TableName": table}))["Table"]["TableStatus"] != "ACTIVE":
        time.sleep(0.1)
    batch = []
    for item in items:
        batch.append('{"PutRequest":{"Item":%s}}' % item)
        if len(batch) == 25:
            _call(connection, "BatchWriteItem", '{"RequestItems":{"%s":[%s]}}' % (table, ",".join(batch)))
            batch = []
    if batch:
        sys.exit("the number of items is no multiple of 25")


@contextlib.contextmanager
def running(table, schema, items):
    """The port of one that has the table, with these items in DynamoDB JSON."""
    port = _free_port()
    process = subprocess.Popen([os.environ["DYNALITE"], "--port", str(port)], stdout=subprocess.DEVNULL)
    try:
        _load(_connect(port), table, schema, items)
        yield port
    finally:
        process.terminate()
        process.wait()
