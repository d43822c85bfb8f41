"""UpdateTable and its like under writers that leave no gap between them: they wait for their turn."""

import subprocess
import threading

from endpoint import Connection, call, create_key, create_table, is_, ok, signed, sql

sql("CREATE ROLE keeper; GRANT USAGE ON SCHEMA ddb, dynamodb TO keeper; GRANT CREATE ON SCHEMA dynamodb TO keeper")
keeper = create_key("keeper")
create_table(keeper, "Busy")

# Transactions that overlap each other, so that somebody is always writing.
SCRIPT = r"""
\set id random(1, 1000000)
BEGIN;
SELECT ddb.put_item(format('{"TableName": "Busy", "Item": {"pk": {"S": "%s"}, "color": {"S": "red"}}}', :id)::json);
SELECT pg_sleep(0.02);
COMMIT;
"""


class Writer(threading.Thread):
    """Puts items over HTTP until it is told to stop."""

    def __init__(self, number):
        super().__init__()
        self.number = number
        self.statuses = set()
        self.stopping = False

    def run(self):
        with Connection() as connection:
            count = 0
            while not self.stopping:
                count += 1
                connection.send(signed(keeper, "PutItem", {"TableName": "Busy", "Item": {
                    "pk": {"S": "%d/%d" % (self.number, count % 50)}, "color": {"S": str(count)}}}))
                self.statuses.add(connection.receive().status)


def update(change):
    response = call(keeper, "UpdateTable", {
        "TableName": "Busy", "GlobalSecondaryIndexUpdates": [change],
        "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "color")]})
    return response.status if response.status == 200 else response.error


CREATE = {"Create": {"IndexName": "ByColor", "Projection": {"ProjectionType": "ALL"},
                     "KeySchema": [{"AttributeName": "color", "KeyType": "HASH"}]}}
DELETE = {"Delete": {"IndexName": "ByColor"}}

with open("busy.sql", "w", encoding="utf-8") as script:
    script.write(SCRIPT)
with subprocess.Popen(["pgbench", "--no-vacuum", "--client=6", "--time=600", "--file=busy.sql"],
                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as sessions:
    writers = [Writer(number) for number in range(4)]
    for writer in writers:
        writer.start()
    results = [update(change) for _ in range(5) for change in (CREATE, DELETE)]
    is_("an index is created and deleted, again and again", set(results), {200})
    for writer in writers:
        writer.stopping = True
        writer.join()
    is_("writers wrote meanwhile", set().union(*(writer.statuses for writer in writers)), {200})
    arn = "arn:aws:dynamodb:us-east-1:000000000000:table/Busy"
    is_("the table is tagged", call(keeper, "TagResource", {"ResourceArn": arn, "Tags": [{"Key": "a", "Value": "b"}]}).status, 200)
    ok("sessions wrote to the end", sessions.poll() is None)
    is_("the table is deleted under them", call(keeper, "DeleteTable", {"TableName": "Busy"}).status, 200)
    sessions.terminate()
