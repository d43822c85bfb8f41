"""What the benchmarks share: the server they run on, YCSB's items, and pgbench."""

import glob
import os
import random
import statistics
import subprocess
import sys

SECONDS = int(os.environ.get("BENCH_SECONDS", "2"))
ROUNDS = 5
ALL_PROCESSORS = os.sched_getaffinity(0)
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def on_private_server():
    """Starts this program again through bench/run unless that has started it."""
    if "BENCH_BIN" not in os.environ:
        run = os.path.join(TOP, "bench", "run")
        os.execv(run, [run, os.path.basename(sys.argv[0])])


def program(name):
    return os.path.join(os.environ["BENCH_BIN"], name)


def sql(statements, source=None):
    """Runs statements, with COPY's data from the byte strings of source, and returns the bare rows."""
    command = [program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statements]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    if source is not None:
        for line in source:
            process.stdin.write(line)
    process.stdin.close()
    output = process.stdout.read().decode()
    if process.wait() != 0:
        sys.exit("psql has failed")
    return output.splitlines()


# YCSB's RandomByteIterator: a blank plus 5 or 6 random bits or plus bits of 95, by turns.
_CHARACTERS = [bytes(32 + (byte & mask) for byte in range(256)) for mask in (31, 63, 95)]


class Items:
    """Random items as YCSB's core workload has them: field0 to field9 of 100 characters."""

    def __init__(self, seed):
        self._random = random.Random(seed)

    def fields(self, count=10):
        """The ten attributes in DynamoDB JSON, or only some, without the braces around them."""
        fields = []
        for number in range(count):
            field = bytearray(self._random.randbytes(100))
            for turn, characters in enumerate(_CHARACTERS):
                field[turn::3] = field[turn::3].translate(characters)
            text = field.decode().replace("\\", "\\\\").replace('"', '\\"')
            fields.append('"field%d":{"S":"%s"}' % (number, text))
        return ",".join(fields)

    def document(self, partition, sort, count=10):
        """A whole item in DynamoDB JSON, with so many attributes besides its key."""
        return '{"pk":{"S":"%s"},"sk":{"N":"%d"},%s}' % (partition, sort, self.fields(count))

    def copy_lines(self, keys):
        """COPY's lines of keys and whole items, for (partition key, sort key) of keys."""
        for partition, sort in keys:
            item = self.document(partition, sort).replace("\\", "\\\\")
            yield ("%s\t%d\t%s\n" % (partition, sort, item)).encode()


def table_request(name):
    """CreateTable's request for a table with a partition key and a sort key."""
    return """{"TableName": "%s", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"},
                                 {"AttributeName": "sk", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                      {"AttributeName": "sk", "KeyType": "RANGE"}]}""" % name


def create_ddb_table(name):
    sql("SELECT ddb.create_table('%s')" % table_request(name))


def create_plain_table(name):
    """What one has without ddb: the same item in the same notation, so that no type is lost."""
    sql("CREATE TABLE %s (pk text, sk bigint, item jsonb NOT NULL, PRIMARY KEY (pk, sk))" % name)


def server_cpu():
    """Seconds that the server's processes have worked, those that have ended included."""
    postmaster = int(sql("SELECT pg_read_file('postmaster.pid')")[0])
    ticks = 0
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name) as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(name) == postmaster:
            ticks += sum(map(int, fields[11:15]))
        elif int(fields[1]) == postmaster:
            ticks += sum(map(int, fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def print_table(titles, rows):
    """The first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(titles, *rows)]
    for row in [titles] + rows:
        cells = [cell.rjust(width) for cell, width in zip(row, widths)]
        print("  ".join([row[0].ljust(widths[0])] + cells[1:]).rstrip())
    sys.stdout.flush()


def write_script(name, text):
    path = os.path.join(os.environ["BENCH_FILES"], name)
    with open(path, "w") as file:
        file.write(text)
    return path


def keep_together(connections):
    """A single client and its backend never work at the same time, but waking the other processor
    takes longer than many an operation: where the scheduler happens to put the two would decide
    the result. So both are started on one processor."""
    processors = {min(ALL_PROCESSORS)} if connections == 1 else ALL_PROCESSORS
    os.sched_setaffinity(0, processors)
    os.sched_setaffinity(int(sql("SELECT pg_read_file('postmaster.pid')")[0]), processors)


def measure(script, variables, connections):
    """One run of pgbench: transactions a second, and p50 and p99 in milliseconds."""
    log = os.path.join(os.environ["BENCH_FILES"], "log")
    command = [program("pgbench"), "-n", "-M", "prepared", "-f", script, "-T", str(SECONDS),
               "-c", str(connections), "-j", str(min(connections, 2)), "-l", "--log-prefix", log]
    for name, value in variables.items():
        command += ["-D", "%s=%s" % (name, value)]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    throughput = next(float(line.split()[2]) for line in output.splitlines() if line.startswith("tps"))

    latencies = []
    for path in glob.glob(log + ".*"):
        with open(path) as file:
            latencies += [int(line.split()[2]) for line in file]
        os.remove(path)
    latencies.sort()
    return (throughput, *(latencies[len(latencies) * percent // 100] / 1000 for percent in (50, 99)))


def compare(operation, variables, connections_list):
    """The operation's rows of the table: both sides by turns, and the median of the rounds.

    An operation is its name, pgbench's commands that choose random values, and either side's
    statement; variables are values for both."""
    name, settings, ddb, plain = operation
    scripts = [write_script("ddb.sql", settings + ddb), write_script("plain.sql", settings + plain)]
    rows = []
    for connections in connections_list:
        keep_together(connections)
        rounds = [[measure(script, variables, connections) for script in scripts] for _ in range(ROUNDS)]
        sides = [[statistics.median(values) for values in zip(*side)] for side in zip(*rounds)]
        ratio = statistics.median(ours[0] / theirs[0] for ours, theirs in rounds)
        rows.append([name, str(connections), "%.0f" % sides[0][0], "%.0f" % sides[1][0], "%.2f" % ratio,
                     *("%.3f" % sides[side][which] for side in (0, 1) for which in (1, 2))])
    return rows


def print_comparisons(operations, variables, connections_list):
    """The table of all operations."""
    rows = [row for operation in operations
            for row in compare(operation, variables, connections_list)]
    print_table(["operation", "connections", "ddb", "plain SQL", "ddb/plain",
                 "ddb p50", "p99", "plain p50", "p99"], rows)
