"""Kills the worker of jobs with SIGKILL at random moments of each kind of job, and sees that each job is done once and exactly.

The argument is the cluster's directory. A writer moves money between two items by transactions all the time, so
that what is of one moment has the same sum. ROUNDS says how often each kind is killed, KIND that only kinds
with such a name are; TRANSFER_SEED makes the same choices again.
"""
import base64
import gzip
import hashlib
import json
import os
import random
import re
import signal
import sys
import threading
import time

from libpq import Lost, Session

CLUSTER = sys.argv[1]
ROUNDS = int(os.environ.get("ROUNDS", "4"))
SEED = os.environ.get("TRANSFER_SEED") or str(random.randrange(10 ** 9))
DATABASE = "transfers"
ITEMS = 30000
BAD = 30
ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/"
EXPORTS = os.path.join(CLUSTER, "buckets", "exports")
SETUP = """
CREATE EXTENSION ddb;
CREATE SERVER exports FOREIGN DATA WRAPPER ddb_bucket;
CREATE SERVER imports FOREIGN DATA WRAPPER ddb_bucket;
SELECT ddb.create_table('{"TableName": "Accounts", "BillingMode": "PAY_PER_REQUEST",
	"AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}, {"AttributeName": "owner", "AttributeType": "S"}],
	"KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
	"GlobalSecondaryIndexes": [{"IndexName": "ByOwner", "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}], "Projection": {"ProjectionType": "KEYS_ONLY"}}]}');
SELECT ddb.update_continuous_backups('{"TableName": "Accounts", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}}');
CREATE FUNCTION text_of(i integer) RETURNS text LANGUAGE sql AS $$ SELECT repeat(md5(i::text), CASE WHEN i %% 500 = 0 THEN 300 ELSE i %% 7 END) $$;
SELECT count(ddb.put_item(jsonb_build_object('TableName', 'Accounts', 'Item', jsonb_build_object('id', jsonb_build_object('N', i::text),
	'owner', jsonb_build_object('S', 'o' || i %% 100), 'money', '{"N": "100"}'::jsonb, 'text', jsonb_build_object('S', text_of(i))))))
	FROM generate_series(1, %(items)d) i;
CREATE FUNCTION move() RETURNS void LANGUAGE sql AS $$
	SELECT ddb.transact_write_items(jsonb_build_object('TransactItems', (SELECT jsonb_agg(jsonb_build_object('Update', jsonb_build_object(
		'TableName', 'Accounts', 'Key', jsonb_build_object('id', jsonb_build_object('N', id::text)), 'UpdateExpression', 'ADD money :m',
		'ExpressionAttributeValues', jsonb_build_object(':m', jsonb_build_object('N', amount::text)))))
		FROM (VALUES (1 + floor(random() * 10000), 7), (10001 + floor(random() * 10000), -7)) v (id, amount))))
$$;
""" % {"items": ITEMS}


def ok(what, good, seen=None):
    print(f"{'ok' if good else 'not ok'} - {what}", flush=True)
    if not good:
        print(f"# {str(seen)[:2000]}", flush=True)


def connect(seconds=60):
    end = time.monotonic() + seconds
    while True:
        try:
            session = Session(DATABASE)
            if session.execute("SELECT 1").sqlstate is None:
                return session
        except Lost:
            pass
        if time.monotonic() > end:
            sys.exit("not ok - the server does not come back")
        time.sleep(0.02)


def query(statement):
    """The rows, from whichever life of the server gives them; it must do no harm when it is run twice."""
    while True:
        session = connect()
        try:
            result = session.execute(statement)
        except Lost:
            continue
        finally:
            session.close()
        if result.sqlstate is None:
            return result.rows
        if result.sqlstate != "57P03":
            sys.exit(f"not ok - {statement}: {result.sqlstate} {result.message}")


def value(statement):
    return query(statement)[0][0]


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def request(operation, **members):
    return json.loads(value(f"SELECT ddb.{operation}({literal(json.dumps(members))})"))


class Writer(threading.Thread):
    def __init__(self):
        super().__init__(daemon=True)
        self.over = False
        self.moves = 0

    def run(self):
        while not self.over:
            session = connect()
            try:
                while not self.over and session.execute("SELECT move()").sqlstate is None:
                    self.moves += 1
                    time.sleep(0.005)
            except Lost:
                pass
            session.close()


# ---- What there is to be ----

def text_of(i):
    return hashlib.md5(str(i).encode()).hexdigest() * (300 if i % 500 == 0 else i % 7)


def money_is_right(rows):
    """Rows of id, money and the text's hash: of one moment, and every item once."""
    ids = [row[0] for row in rows]
    wrong = sum(1 for i, _, text in rows if text != hashlib.md5(text_of(i).encode()).hexdigest())
    return (len(rows), len(set(ids)), sum(row[1] for row in rows), wrong) == (ITEMS, ITEMS, ITEMS * 100, 0)


def rows_of(relation):
    return [(int(row[0]), int(row[1]), row[2]) for row in
            query(f"SELECT item->>'id', item->>'money', md5(item->>'text') FROM {relation}")]


def read_object(key):
    with open(os.path.join(EXPORTS, key), "rb") as file:
        return file.read()


# ---- The kinds ----

class Backup:
    name = "backup"
    at_once = 4

    def __init__(self, number):
        self.arn = request("create_backup", TableName="Accounts", BackupName=f"backup{number}")["BackupDetails"]["BackupArn"]

    def status(self):
        return request("describe_backup", BackupArn=self.arn)["BackupDescription"]["BackupDetails"]["BackupStatus"]

    def is_over(self):
        return self.status() != "CREATING"

    def check(self):
        relation = value(f"SELECT relation FROM ddb.backups WHERE backup = {literal(self.arn.rsplit('/', 1)[1])}")
        size = int(value(f"SELECT pg_total_relation_size({literal(relation)})"))
        return self.status() == "AVAILABLE" and money_is_right(rows_of(relation)), size

    def forget(self):
        request("delete_backup", BackupArn=self.arn)


class Table:
    """A new table that a job fills."""
    at_once = 1

    def is_over(self):
        return request("describe_table", TableName=self.table)["Table"]["TableStatus"] != "CREATING"

    def check(self):
        good = int(value(f"SELECT count(*) FROM ddb.check_indexes({literal(self.table)})")) == 0
        size = int(value(f"""SELECT pg_total_relation_size('dynamodb."{self.table}"')"""))
        return good and self.is_right(rows_of(f'dynamodb."{self.table}"')), size

    def forget(self):
        request("delete_table", TableName=self.table)


class Restore(Table):
    name = "restoration of a backup"
    backup = None

    def __init__(self, number):
        if Restore.backup is None:
            Restore.backup = Backup("source")
            wait_for(Restore.backup)
        self.table = f"Restored{number}"
        request("restore_table_from_backup", TargetTableName=self.table, BackupArn=Restore.backup.arn)

    def is_right(self, rows):
        return money_is_right(rows)


class Recovery(Table):
    name = "recovery to a moment"

    def __init__(self, number):
        self.table = f"Recovered{number}"
        request("restore_table_to_point_in_time", SourceTableName="Accounts", TargetTableName=self.table, RestoreDateTime=moment)

    def is_right(self, rows):
        return sorted(rows) == was


class Export:
    name = "export of now"
    at_once = 4
    more = {}

    def __init__(self, number):
        self.arn = request("export_table_to_point_in_time", TableArn=ARN + "Accounts", S3Bucket="exports", **self.more)["ExportDescription"]["ExportArn"]

    def describe(self):
        return request("describe_export", ExportArn=self.arn)["ExportDescription"]

    def is_over(self):
        return self.describe()["ExportStatus"] != "IN_PROGRESS"

    def check(self):
        description = self.describe()
        folder = "AWSDynamoDB/" + self.arn.rsplit("/", 1)[1]
        found = sorted(re.sub("^[0-9a-f]{26}", "NAME", name) for _, _, names in os.walk(os.path.join(EXPORTS, folder)) for name in names)
        files = [json.loads(line) for line in read_object(f"{folder}/manifest-files.json").splitlines()]
        summary = json.loads(read_object(f"{folder}/manifest-summary.json"))
        content = read_object(files[0]["dataFileS3Key"])
        items = [json.loads(line)["Item"] for line in gzip.decompress(content).splitlines()]
        rows = [(int(item["id"]["N"]), int(item["money"]["N"]), hashlib.md5(item["text"]["S"].encode()).hexdigest()) for item in items]
        counts = {description["ExportStatus"], description["ItemCount"], summary["itemCount"], files[0]["itemCount"]}
        good = (found == ["NAME.json.gz", "_started", "manifest-files.checksum", "manifest-files.json", "manifest-summary.checksum", "manifest-summary.json"]
                and len(files) == 1 and counts == {"COMPLETED", ITEMS}
                and files[0]["md5Checksum"] == base64.b64encode(hashlib.md5(content).digest()).decode())
        return good and self.is_right(rows), len(content)

    def is_right(self, rows):
        return money_is_right(rows)

    def forget(self):
        pass


class ExportOfThePast(Export):
    name = "export of the past"

    def __init__(self, number):
        self.more = {"ExportTime": moment}
        super().__init__(number)

    def is_right(self, rows):
        return sorted(rows) == was


class Import(Table):
    name = "import"

    def __init__(self, number):
        self.table = f"Imported{number}"
        self.arn = request("import_table", S3BucketSource={"S3Bucket": "imports", "S3KeyPrefix": "files/"}, InputFormat="DYNAMODB_JSON",
                           InputCompressionType="GZIP", TableCreationParameters={
                               "TableName": self.table, "BillingMode": "PAY_PER_REQUEST",
                               "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "N"}, {"AttributeName": "owner", "AttributeType": "S"}],
                               "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                               "GlobalSecondaryIndexes": [{"IndexName": "ByOwner", "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
                                                           "Projection": {"ProjectionType": "KEYS_ONLY"}}]})["ImportTableDescription"]["ImportArn"]

    def is_right(self, rows):
        description = request("describe_import", ImportArn=self.arn)["ImportTableDescription"]
        counts = [description[name] for name in ["ImportStatus", "ProcessedItemCount", "ImportedItemCount", "ErrorCount"]]
        failures = query(f"SELECT count(*), count(DISTINCT (key, item_index)) FROM ddb.import_failures WHERE table_name = {literal(self.table)}")[0]
        return counts == ["FAILED", ITEMS + BAD, ITEMS, BAD] and [int(count) for count in failures] == [BAD, BAD] and money_is_right(rows)


def write_imports():
    """Three files, with some records that are no items."""
    lines = [json.dumps({"Item": {"id": {"N": str(i)}, "owner": {"S": f"o{i % 100}"}, "money": {"N": "100"}, "text": {"S": text_of(i)}}}) for i in range(1, ITEMS + 1)]
    for i in range(BAD):
        lines.insert(random.randrange(len(lines)), '{"Item":{"owner":{"S":"nobody"}}}')
    for i in range(3):
        content = gzip.compress("\n".join(lines[i::3]).encode(), 1)
        query(f"SELECT ddb.write_object('imports', 'files/{i}', '\\x{content.hex()}')")


# ---- Killing ----

def wait_for(job, seconds=120):
    end = time.monotonic() + seconds
    while not job.is_over():
        if time.monotonic() > end:
            print(f"# {query('SELECT * FROM ddb.job_progress')}", flush=True)
            return False
        time.sleep(0.05)
    return True


def job_worker():
    rows = query("SELECT pid FROM pg_stat_activity WHERE backend_type = 'ddb job' AND state = 'active'")
    return int(rows[0][0]) if rows else None


def is_job_worker(process):
    """Whether that number is still that of one of this server's."""
    try:
        with open(f"/proc/{process}/cmdline") as command, open(f"/proc/{process}/stat") as stat, \
                open(os.path.join(CLUSTER, "data", "postmaster.pid")) as postmaster:
            return "ddb job" in command.read() and stat.read().rsplit(")", 1)[1].split()[1] == postmaster.readline().strip()
    except OSError:
        return False


def kill_worker(longest):
    """Whether there was one."""
    end = time.monotonic() + longest
    while (process := job_worker()) is None and time.monotonic() < end:
        time.sleep(0.01)
    if process is None:
        return False
    witness = connect()
    time.sleep(random.uniform(0, longest))
    if not is_job_worker(process):
        witness.close()
        return False
    os.kill(process, signal.SIGKILL)
    # what is asked before the postmaster has noticed would be lost with an answer; one that was about to end is not missed
    end = time.monotonic() + 2
    try:
        while time.monotonic() < end:
            witness.execute("SELECT pg_sleep(0.01)")
    except Lost:
        return True
    witness.close()
    return False


def finish(kind, job, most, faults):
    if not wait_for(job):
        faults.append(f"{kind.name} is not over")
        return
    good, size = job.check()
    if not good:
        faults.append(f"{kind.name} is wrong: {vars(job)}")
    elif size > most:
        faults.append(f"{kind.name} takes {size} bytes in place of {most // 2}: {vars(job)}")
    else:
        job.forget()


def kill(kind):
    begun = time.monotonic()
    job = kind(0)
    wait_for(job)
    duration = time.monotonic() - begun
    good, size = job.check()
    ok(f"{kind.name}: exact when nobody is killed", good, vars(job))
    job.forget()
    kills, jobs, faults = 0, 0, []
    begun = time.monotonic()
    while kills < ROUNDS and not faults:
        several = [kind(jobs + i) for i in range(1, kind.at_once + 1)]
        jobs += len(several)
        last = time.monotonic()
        while kills < ROUNDS and not several[-1].is_over() and time.monotonic() < last + 60:
            if kill_worker(duration):
                kills, last = kills + 1, time.monotonic()
        for job in several:
            finish(kind, job, size * 2, faults)
    ok(f"{kind.name}: exact after {kills} kills in {jobs} jobs", not faults, faults)
    print(f"# {kind.name}: {duration:.1f} s and {size} bytes undisturbed, {time.monotonic() - begun:.0f} s for the kills", flush=True)


def latest():
    """The last moment to which the table can be restored, in seconds."""
    description = request("describe_continuous_backups", TableName="Accounts")["ContinuousBackupsDescription"]
    return description["PointInTimeRecoveryDescription"].get("LatestRestorableDateTime", 0)


def wait_for_moment(seconds):
    while latest() <= seconds:
        time.sleep(0.1)


def orphans():
    """Files of the database that no relation has, but for what the making of an empty one leaves."""
    query("CHECKPOINT")
    folder = os.path.join(CLUSTER, "data", "base", value("SELECT oid FROM pg_database WHERE datname = current_database()"))
    known = {int(row[0]) for row in query("SELECT pg_relation_filenode(oid) FROM pg_class WHERE pg_relation_filenode(oid) IS NOT NULL")}
    sizes = {name: os.stat(os.path.join(folder, name)).st_size for name in os.listdir(folder) if name.isdigit() and int(name) not in known}
    return {name: size for name, size in sizes.items() if size > 8192}


print(f"# TRANSFER_SEED={SEED}", flush=True)
random.seed(SEED)
Session("postgres").execute(f"CREATE DATABASE {DATABASE}")
setup = connect()
result = setup.execute(SETUP)
if result.sqlstate:
    sys.exit(f"not ok - {result.message}")
write_imports()
wait_for_moment(0)
was = sorted(rows_of('dynamodb."Accounts"'))
moment = float(value("SELECT extract(epoch FROM clock_timestamp())"))
time.sleep(0.1)
writer = Writer()
writer.start()
wait_for_moment(moment)
for kind in [Backup, Restore, Recovery, Export, ExportOfThePast, Import]:
    if re.search(os.environ.get("KIND", ""), kind.name):
        kill(kind)
writer.over = True
writer.join()
ok("the writer has gone on", writer.moves > 0, writer.moves)
ok("no job is left", value("SELECT count(*) FROM ddb.jobs") == "0", query("SELECT * FROM ddb.jobs"))
unfinished = [name for bucket in ["exports", "imports"] if os.path.exists(os.path.join(CLUSTER, "buckets", bucket, ".ddb-unfinished"))
              for name in os.listdir(os.path.join(CLUSTER, "buckets", bucket, ".ddb-unfinished"))]
ok("no half file is left in a bucket", not unfinished, unfinished)
ok("nor a relation's file", not orphans(), orphans())
