"""More tables than have places of their own in what is counted; and the extension is dropped at last."""

import exposition
from endpoint import Connection, create_key, is_, ok, request, signed, sql
from exposition import value

PLACES = 1023
MORE = 40

key = create_key("postgres")
connection = Connection()


def metrics():
    connection.send(request("GET", "/metrics"))
    return exposition.parse(connection.receive().body.decode())


def tables(families):
    return {dict(labels)["table"]: number for (_, labels), number in families["ddb_table_requests_total"].samples.items()}


def get(name):
    connection.send(signed(key, "GetItem", {"TableName": name, "Key": {"pk": {"S": "a"}}}))
    return connection.receive().status


def create(first, last):
    sql("""DO $$ BEGIN
        FOR i IN %d .. %d LOOP
            PERFORM ddb.create_table(format('{"TableName": "many%%s", "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}], "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}]}', i));
            COMMIT;
            PERFORM ddb.get_item(format('{"TableName": "many%%s", "Key": {"pk": {"S": "a"}}}', i));
        END LOOP; END $$""" % (first, last))


# The tables of former tests have no place any more once they are gone.
before = len(tables(metrics()))
create(1, PLACES + MORE)
families = metrics()
counted = tables(families)
is_("there are no more labels than places", len(counted), PLACES + 1)
is_("the others are one", counted["(other)"], before + MORE)
is_("what has no place is counted", get("many%d" % (PLACES + MORE)), 200)
is_("there", tables(metrics())["(other)"], before + MORE + 1)
is_("SQL says so", sql("SELECT requests FROM ddb.table_stats WHERE table_name IS NULL"), str(before + MORE + 1))
sql("CREATE ROLE anybody")
is_("to who may see all statistics", sql("SET ROLE anybody; SELECT count(*) FROM ddb.table_stats"), "0")
sql("SELECT count(*) FROM (SELECT ddb.delete_table('{\"TableName\": \"many' || i || '\"}') FROM generate_series(1, 50) i) d")
is_("a table that is gone is not told of", len(tables(metrics())), PLACES + 1 - 50)
is_("and gives its place", get("many%d" % (PLACES + MORE)), 200)
is_("to one that had none", tables(metrics()).get("many%d" % (PLACES + MORE)), 1)

sql("SET client_min_messages = error; DROP EXTENSION ddb CASCADE")
is_("without the extension nothing is served", get("many100"), 503)
families = metrics()
ok("but that is told", value(families, "ddb_database_metrics_up") == 0 and
   value(families, "ddb_requests_total", source="http", operation="GetItem", status="503", exception="ServiceUnavailableException") == 1)
ok("and no table", "ddb_table_requests_total" not in families)
connection.close()
