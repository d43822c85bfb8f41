"""What the benchmarks share: the server they run on, and YCSB's items."""

import os
import random
import subprocess
import sys

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

    def fields(self):
        """The ten attributes in DynamoDB JSON, without the braces around them."""
        fields = []
        for number in range(10):
            field = bytearray(self._random.randbytes(100))
            for turn, characters in enumerate(_CHARACTERS):
                field[turn::3] = field[turn::3].translate(characters)
            text = field.decode().replace("\\", "\\\\").replace('"', '\\"')
            fields.append('"field%d":{"S":"%s"}' % (number, text))
        return ",".join(fields)

    def copy_lines(self, keys):
        """COPY's lines of keys and whole items, for (partition key, sort key) of keys."""
        for partition, sort in keys:
            item = '{"pk":{"S":"%s"},"sk":{"N":"%d"},%s}' % (partition, sort, self.fields())
            yield ("%s\t%d\t%s\n" % (partition, sort, item.replace("\\", "\\\\"))).encode()


def create_ddb_table(name):
    sql("""SELECT ddb.create_table('{"TableName": "%s", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"},
                                 {"AttributeName": "sk", "AttributeType": "N"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"},
                      {"AttributeName": "sk", "KeyType": "RANGE"}]}')""" % name)


def create_plain_table(name):
    """What one has without ddb: the same item in the same notation, so that no type is lost."""
    sql("CREATE TABLE %s (pk text, sk bigint, item jsonb NOT NULL, PRIMARY KEY (pk, sk))" % name)


def print_table(titles, rows):
    """The first column to the left, the others to the right."""
    widths = [max(map(len, column)) for column in zip(titles, *rows)]
    for row in [titles] + rows:
        cells = [cell.rjust(width) for cell, width in zip(row, widths)]
        print("  ".join([row[0].ljust(widths[0])] + cells[1:]).rstrip())
    sys.stdout.flush()
