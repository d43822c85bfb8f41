"""Has an endpoint do something of everything, and asks the Prometheus that scrapes it what the dashboard and the alert rules ask."""

import json
import os
import re
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request
from time import sleep

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "http"))
from endpoint import call, create_key, create_table, eventually, get, is_, ok, put, sql, until  # noqa: E402

KEY = create_key("postgres")
INTERVAL = "8s"
SECONDS = 5


def ask(path, **parameters):
    """The data of an answer of Prometheus's API; raises ValueError where it is an error."""
    try:
        with urllib.request.urlopen("%s/api/v1/%s?%s" % (os.environ["PROMETHEUS"], path, urllib.parse.urlencode(parameters)), timeout=20) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as error:
        raise ValueError(error.read()) from error


def query(expression):
    return ask("query", query=expression)["result"]


def number(expression):
    """The first row's, or None."""
    rows = query(expression)
    return float(rows[0]["value"][1]) if rows else None


def names(expression):
    """The metrics that an expression asks for."""
    return set(re.findall(r"\b(?:ddb_[a-z_]+|up)\b", re.sub(r'"[^"]*"|\{\{.*?\}\}', "", expression)))


def work():
    """Requests of all kinds, for as long as somebody asks for their rates: each series of one wants several scrapes."""
    while not over.is_set():
        for pk in "abc":
            put(KEY, "Scraped", pk)
            get(KEY, "Scraped", pk)
        put(KEY, "Scraped", "a", ConditionExpression="attribute_not_exists(pk)")
        get(KEY, "Missing", "a")
        sql("""SELECT ddb.get_item('{"TableName": "Scraped", "Key": {"pk": {"S": "a"}}}')""")
        sleep(0.1)


def prepare():
    is_("a table with a stream", call(KEY, "CreateTable", {
        "TableName": "Scraped", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}}).status, 200)
    create_table(KEY, "Expiring")
    call(KEY, "UpdateTimeToLive", {"TableName": "Expiring", "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True}})


def expressions():
    """Those of the dashboard, by panel, as Grafana would send them."""
    with open(os.environ["DASHBOARD"], encoding="utf-8") as file:
        dashboard = json.load(file)
    is_("panels have identifiers of their own", len({panel["id"] for panel in dashboard["panels"]}), len(dashboard["panels"]))
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield "%s: %s" % (panel["title"], target["legendFormat"]), \
                target["expr"].replace("$__rate_interval", INTERVAL).replace("$instance", ".*")


prepare()
eventually("Prometheus scrapes the endpoint", lambda: number("up") == 1, 60)
eventually("which tells of a log of changes", lambda: number("ddb_change_log_slot_usable") == 1, 60)
over = threading.Event()
worker = threading.Thread(target=work, daemon=True)
worker.start()
sleep(SECONDS)


def has_value(expression):
    return any(row["value"][1] != "NaN" for row in query(expression))


for panel, expression in expressions():
    until(lambda expression=expression: has_value(expression), 30)
    rows = query(expression)
    ok("the dashboard shows %s" % panel, has_value(expression), (expression, rows))
    label = re.findall(r"\{\{(\w+)\}\}", panel)
    ok("with labels that are there", all(name in row["metric"] for name in label for row in rows), (label, rows))

over.set()
worker.join()
stored = set(ask("label/__name__/values"))
rules = ask("rules")["groups"][0]["rules"]
ok("there are rules", len(rules) > 10)
for rule in rules:
    ok("rule %s asks for what there is" % rule["name"], names(rule["query"]) and names(rule["query"]) <= stored, names(rule["query"]) - stored)


def evaluated():
    return all(rule["health"] == "ok" for rule in ask("rules")["groups"][0]["rules"])


eventually("all rules can be evaluated", evaluated, 60)
is_("and find nothing wrong", query('ALERTS{alertstate="firing"}'), [])
ok("the answers are of the one server", {row["metric"]["instance"] for row in query("ddb_info")} == {"127.0.0.1:%s" % os.environ["DDB_HTTP_PORT"]})
