#!/usr/bin/env python3
"""Random requests against small models.

Pages of Query and Scan are put together and compared with what plain SQL reads
from the same relation; update and condition expressions on nested documents are
carried out here too, on Python's lists, dicts, sets and decimals, and must come
to the same item or the same refusal. MODEL_SEED and MODEL_SECONDS change what
and how long.
"""
import base64
import decimal
import json
import os
import random
import subprocess
import sys
import time

SEED = int(os.environ.get("MODEL_SEED", random.randrange(10**9)))
SECONDS = float(os.environ.get("MODEL_SECONDS", 8))
DATABASE = "models"
chance = random.Random(SEED)
exact = decimal.Context(prec=38, traps=[decimal.Inexact, decimal.InvalidOperation], Emax=125, Emin=-130)


# ---- the server ----

class Session:
    """One psql; each statement answers with one line."""

    def __init__(self, database):
        self.psql = subprocess.Popen(
            [os.path.join(os.environ["DDB_BIN"], "psql"), "-X", "-q", "-A", "-t", "-d", database],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def line(self, statement):
        self.psql.stdin.write(statement + ";\n")
        self.psql.stdin.flush()
        answer = self.psql.stdout.readline()
        if not answer:
            sys.exit("psql has ended at: " + statement)
        return answer.rstrip("\n")

    def call(self, operation, **request):
        """The response, or {"error": ...}."""
        return json.loads(self.line(
            f"SELECT attempt('{operation}', $request${json.dumps(request)}$request$)"))

    def must(self, operation, **request):
        response = self.call(operation, **request)
        if "error" in response:
            fail(f"{operation} of {json.dumps(request)}: {response['error']}")
        return response


ATTEMPT = """CREATE FUNCTION attempt(operation text, request text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	response text;
	message text;
BEGIN
	EXECUTE format('SELECT ddb.%I($1::json)', operation) INTO response USING request;
	RETURN response;
EXCEPTION WHEN OTHERS THEN
	GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
	RETURN json_build_object('error', message);
END $$"""


def fail(words):
    print("not ok - " + words)
    sys.exit(1)


def same(what, actual, expected):
    if actual != expected:
        fail(f"{what}\n#   is       {actual}\n#   expected {expected}")


# ---- values: Python's own, and DynamoDB's JSON ----

def to_json(value):
    if value is None:
        return {"NULL": True}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, decimal.Decimal):
        return {"N": str(value)}
    if isinstance(value, bytes):
        return {"B": base64.b64encode(value).decode()}
    if isinstance(value, list):
        return {"L": [to_json(member) for member in value]}
    if isinstance(value, dict):
        return {"M": {name: to_json(member) for name, member in value.items()}}
    (kind,) = {next(iter(to_json(member))) for member in value}
    return {kind + "S": [to_json(member)[kind] for member in value]}


def from_json(typed):
    ((kind, value),) = typed.items()
    if kind == "NULL":
        return None
    if kind in ("S", "BOOL"):
        return value
    if kind == "N":
        return decimal.Decimal(value)
    if kind == "B":
        return base64.b64decode(value)
    if kind == "L":
        return [from_json(member) for member in value]
    if kind == "M":
        return {name: from_json(member) for name, member in value.items()}
    same("a set without doubles", len(set(value)), len(value))
    return frozenset(from_json({kind[0]: member}) for member in value)


def kind_of(value):
    return next(iter(to_json(value)))


def equal(one, other):
    """Python takes True for 1."""
    if kind_of(one) != kind_of(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(one[name], other[name]) for name in one)
    return one == other


def random_number():
    digits = chance.choice([1, 1, 2, 5, 20, 37, 38])
    text = "".join(chance.choice("0123456789") for _ in range(digits))
    point = chance.randrange(digits + 1)
    text = chance.choice(["", "-"]) + (text[:point] or "0") + "." + (text[point:] or "0")
    if chance.random() < 0.2:
        text += f"E{chance.randrange(-80, 80)}"
    return decimal.Decimal(text)


def small_number():
    return decimal.Decimal(chance.randrange(-5, 20)) / chance.choice([1, 1, 2, 10])


def random_string():
    return "".join(chance.choice("abé\0\u20ac\U0001f600\\\"{") for _ in range(chance.randrange(1, 6)))


def random_scalar():
    return chance.choice([small_number, random_number, random_string, lambda: "a", lambda: True,
                          lambda: False, lambda: None, lambda: b"\x00\xff", lambda: ""])()


def random_set():
    maker = chance.choice([small_number, lambda: chance.choice("abcdef"),
                           lambda: bytes([chance.randrange(6)])])
    return frozenset(maker() for _ in range(chance.randrange(1, 5)))


def random_value(depth=3):
    roll = chance.random()
    if depth == 0 or roll < 0.45:
        return random_scalar()
    if roll < 0.6:
        return random_set()
    if roll < 0.8:
        return [random_value(depth - 1) for _ in range(chance.randrange(5))]
    return random_map(depth - 1)


NAMES = ["a", "b", "c", "d", "e"]


def random_map(depth=3):
    return {name: random_value(depth) for name in NAMES if chance.random() < 0.6}


# ---- document paths ----

class Refused(Exception):
    """The operation must end in a ValidationException."""


MISSING = object()


def random_path(item):
    """Mostly of something that is there."""
    path = [chance.choice(sorted(item) if item and chance.random() < 0.7 else NAMES)]
    value = item.get(path[0], MISSING)
    while chance.random() < 0.6:
        if isinstance(value, list) and chance.random() < 0.95:
            path.append(chance.randrange(len(value) + (chance.random() < 0.3) + (not value)))
            value = value[path[-1]] if path[-1] < len(value) else MISSING
        elif isinstance(value, dict) and chance.random() < 0.95:
            path.append(chance.choice(sorted(value) if value and chance.random() < 0.7 else NAMES))
            value = value.get(path[-1], MISSING)
        elif chance.random() < 0.1:
            path.append(chance.choice([0, "a"]))
            value = MISSING
        else:
            break
    return tuple(path)


def path_text(path):
    return "".join(f"[{part}]" if isinstance(part, int) else ("." if at else "") + part
                   for at, part in enumerate(path))


def find(value, path):
    for part in path:
        if isinstance(part, int) and isinstance(value, list) and part < len(value):
            value = value[part]
        elif isinstance(part, str) and isinstance(value, dict) and part in value:
            value = value[part]
        else:
            return MISSING
    return value


def conflict(one, other):
    """Whether paths overlap, or part at a place where one wants a list and one a map."""
    for a, b in zip(one, other):
        if isinstance(a, int) != isinstance(b, int):
            return True
        if a != b:
            return False
    return True


# ---- update expressions ----

class Expressions:
    """Expressions with their values, and what they mean."""

    def __init__(self, item):
        self.item = item
        self.values = {}

    def value(self, value):
        name = f":v{len(self.values)}"
        self.values[name] = to_json(value)
        return name

    # Each returns text and a function without arguments for the value.

    def literal(self, value):
        return self.value(value), lambda: value

    def path(self):
        path = random_path(self.item)

        def get():
            found = find(self.item, path)
            if found is MISSING:
                raise Refused
            return found
        return path_text(path), get

    def operand(self, prefer):
        roll = chance.random()
        if roll < 0.5:
            return self.literal(prefer())
        if roll < 0.8:
            return self.path()
        path = random_path(self.item)
        text, other = self.operand(prefer)

        def get():
            found = find(self.item, path)
            return other() if found is MISSING else found
        return f"if_not_exists({path_text(path)}, {text})", get

    def right_side(self):
        roll = chance.random()
        if roll < 0.3:
            return self.operand(random_value)
        if roll < 0.5:
            sign = chance.choice("+-")
            one_text, one = self.operand(small_number)
            other_text, other = self.operand(chance.choice([small_number, random_number]))
            return f"{one_text} {sign} {other_text}", lambda: arithmetic(sign, one(), other())
        one_text, one = self.operand(lambda: [random_value(1)])
        other_text, other = self.operand(lambda: [random_value(1)])

        def append():
            lists = one(), other()
            if not all(isinstance(value, list) for value in lists):
                raise Refused
            return lists[0] + lists[1]
        return f"list_append({one_text}, {other_text})", append


def arithmetic(sign, one, other):
    if not isinstance(one, decimal.Decimal) or not isinstance(other, decimal.Decimal):
        raise Refused
    try:
        result = exact.add(one, other) if sign == "+" else exact.subtract(one, other)
    except decimal.DecimalException:
        raise Refused from None
    return result


def random_update(item):
    """An update expression with its values, and what it makes of the item."""
    expressions = Expressions(item)
    clauses = {"SET": [], "REMOVE": [], "ADD": [], "DELETE": []}
    actions = []
    for _ in range(chance.randrange(1, 5)):
        path = random_path(item)
        if any(conflict(path, other) for other, _, _ in actions):
            continue
        clause = chance.choice(["SET", "SET", "SET", "REMOVE", "ADD", "DELETE"])
        # mostly where it can be done
        kind = {"ADD": (decimal.Decimal, frozenset), "DELETE": frozenset}.get(clause, object)
        old = find(item, path)
        if old is not MISSING and not isinstance(old, kind) and chance.random() < 0.9:
            clause = "REMOVE"
        text, get = path_text(path), None
        if clause == "SET":
            right, get = expressions.right_side()
            text += " = " + right
        elif clause != "REMOVE":
            value = chance.choice([random_set, small_number])() if clause == "ADD" else random_set()
            if clause == "ADD" and isinstance(old, decimal.Decimal):
                value = small_number()
            if isinstance(old, frozenset) and chance.random() < 0.7:
                value = frozenset(chance.sample(sorted(old), chance.randrange(1, len(old) + 1)))
            right, get = expressions.literal(value)
            text += " " + right
        clauses[clause].append(text)
        actions.append((path, clause, get))
    order = list(clauses)
    chance.shuffle(order)
    text = " ".join(f"{clause} {', '.join(clauses[clause])}" for clause in order if clauses[clause])
    return text, expressions.values, lambda: apply(item, actions)


def copy(value):
    if isinstance(value, list):
        return [copy(member) for member in value]
    if isinstance(value, dict):
        return {name: copy(member) for name, member in value.items()}
    return value


def apply(item, actions):
    """All is read from the old item; list indexes are the old ones, whatever is removed."""
    old, new = item, copy(item)
    writes = []
    for path, clause, get in actions:
        parent, before = find(old, path[:-1]), find(old, path)
        if not isinstance(parent, list if isinstance(path[-1], int) else dict):
            raise Refused
        value = get() if get else MISSING
        if clause == "ADD" and before is not MISSING:
            if isinstance(value, frozenset):
                if kind_of(before) != kind_of(value):
                    raise Refused
                value = before | value
            else:
                value = arithmetic("+", before, value)
        elif clause == "DELETE":
            if before is MISSING:
                continue
            if kind_of(before) != kind_of(value):
                raise Refused
            value = before - value or MISSING
        writes.append((path, value))

    removed, appended = [], []
    for path, value in writes:
        target = find(new, path[:-1])
        name = path[-1]
        if isinstance(target, dict):
            if value is MISSING:
                target.pop(name, None)
            else:
                target[name] = copy(value)
        elif value is MISSING:
            if name < len(target):
                removed.append((name, target))
        elif name < len(target):
            target[name] = copy(value)
        else:
            appended.append((name, target, value))
    for _, target, value in sorted(appended, key=lambda entry: entry[0]):
        target.append(copy(value))
    for index, target in sorted(removed, key=lambda entry: -entry[0]):
        del target[index]
    return new


def check_updates(session, until):
    rounds = refusals = 0
    item = random_map()
    while time.time() < until:
        rounds += 1
        if rounds % 20 == 0:
            item = random_map()
        session.must("put_item", TableName="Document", Item=to_json({**item, "id": "x"})["M"])
        text, values, result = random_update(item)
        request = {"TableName": "Document", "Key": {"id": {"S": "x"}}, "UpdateExpression": text,
                   "ReturnValues": chance.choice(["ALL_NEW", "ALL_OLD"])}
        if values:
            request["ExpressionAttributeValues"] = values
        response = session.call("update_item", **request)
        try:
            expected = result()
        except Refused:
            expected = None
        what = f"{text} with {json.dumps(values)} on {json.dumps(to_json(item)['M'])}"
        if expected is None:
            refusals += 1
            if not response.get("error", "").startswith("ValidationException: "):
                fail(f"{what} is not refused: {json.dumps(response)}")
            expected = item
        elif "error" in response:
            fail(f"{what}: {response['error']}\n#   expected {json.dumps(to_json(expected)['M'])}")
        else:
            returned = from_json({"M": response["Attributes"]})
            del returned["id"]
            if not equal(returned, expected if request["ReturnValues"] == "ALL_NEW" else item):
                fail(f"{what} returns {json.dumps(response)}")
        stored = from_json({"M": session.must("get_item", TableName="Document",
                                              Key={"id": {"S": "x"}})["Item"]})
        del stored["id"]
        if not equal(stored, expected):
            fail(f"{what}\n#   stored   {json.dumps(to_json(stored)['M'])}"
                 f"\n#   expected {json.dumps(to_json(expected)['M'])}")
        item = stored
    print(f"# {rounds} updates, {refusals} of them to be refused")
    print("ok - updates of nested documents do what the model does")


# ---- condition expressions ----

ORDERED = (str, decimal.Decimal, bytes)


def order_key(value):
    return value.encode() if isinstance(value, str) else value


def compare(operator, one, other):
    """What is missing is unequal to everything, and in no order with it."""
    if one is MISSING or other is MISSING:
        return operator == "<>"
    if operator in ("=", "<>"):
        return equal(one, other) == (operator == "=")
    if kind_of(one) != kind_of(other) or not isinstance(one, ORDERED):
        return False
    one, other = order_key(one), order_key(other)
    return {"<": one < other, "<=": one <= other, ">": one > other, ">=": one >= other}[operator]


def contains(value, part):
    if value is MISSING or part is MISSING:
        return False
    if isinstance(value, (str, bytes)):
        return kind_of(value) == kind_of(part) and part in value
    if isinstance(value, list):
        return any(equal(member, part) for member in value)
    return isinstance(value, frozenset) and kind_of(part) == kind_of(value)[0] and part in value


def random_condition(expressions, depth=3):
    """Text, and the truth."""
    item = expressions.item
    roll = chance.random()
    if depth and roll < 0.35:
        one_text, one = random_condition(expressions, depth - 1)
        other_text, other = random_condition(expressions, depth - 1)
        if roll < 0.18:
            return f"({one_text} AND {other_text})", one and other
        return f"({one_text} OR {other_text})", one or other
    if depth and roll < 0.45:
        text, truth = random_condition(expressions, depth - 1)
        return f"NOT {text}", not truth

    path = random_path(item)
    value = find(item, path)
    left = path_text(path)

    def literal(kinds=(object,)):
        if value is not MISSING and isinstance(value, kinds) and chance.random() < 0.6:
            return value
        while True:
            other = random_value(1)
            if isinstance(other, kinds) and not isinstance(other, bool):
                return other

    form = chance.randrange(8)
    if form == 0:
        operator = chance.choice(["=", "<>"])
        other = literal()
        return f"{left} {operator} {expressions.value(other)}", compare(operator, value, other)
    if form == 1:
        operator = chance.choice(["<", "<=", ">", ">="])
        other = literal(ORDERED)
        return f"{left} {operator} {expressions.value(other)}", compare(operator, value, other)
    if form == 2:
        operator = chance.choice(["=", "<>", "<", "<=", ">", ">="])
        other_path = random_path(item)
        if other_path == path:
            other_path = ("f",)
        return (f"{left} {operator} {path_text(other_path)}",
                compare(operator, value, find(item, other_path)))
    if form == 3:
        return f"attribute_exists({left})", value is not MISSING
    if form == 4:
        kind = chance.choice(["S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS"])
        return (f"attribute_type({left}, {expressions.value(kind)})",
                value is not MISSING and kind_of(value) == kind)
    if form == 5:
        choices = [literal() for _ in range(chance.randrange(1, 4))]
        return (f"{left} IN ({', '.join(map(expressions.value, choices))})",
                any(compare("=", value, choice) for choice in choices))
    if form == 6:
        part = literal((str,))
        if isinstance(value, (list, frozenset)) and value and chance.random() < 0.7:
            part = chance.choice(sorted(value, key=repr))
        return f"contains({left}, {expressions.value(part)})", contains(value, part)
    bounds = sorted([literal((decimal.Decimal,)), small_number()])
    return (f"{left} BETWEEN {expressions.value(bounds[0])} AND {expressions.value(bounds[1])}",
            compare(">=", value, bounds[0]) and compare("<=", value, bounds[1]))


def check_conditions(session, until):
    rounds = 0
    while time.time() < until:
        item = random_map()
        session.must("put_item", TableName="Document", Item=to_json({**item, "id": "x"})["M"])
        for _ in range(10):
            expressions = Expressions(item)
            text, truth = random_condition(expressions)
            request = {"TableName": "Document", "FilterExpression": text, "Select": "COUNT"}
            if expressions.values:
                request["ExpressionAttributeValues"] = expressions.values
            response = session.must("scan", **request)
            same(f"{text} with {json.dumps(expressions.values)} on {json.dumps(to_json(item)['M'])}",
                 response["Count"] == 1, truth)
            rounds += 1
    print(f"# {rounds} conditions")
    print("ok - conditions on nested documents are as true as the model says")


# ---- numbers ----

def check_numbers(session, until):
    rounds = 0
    while time.time() < until:
        one, other = random_number(), random_number()
        sign = chance.choice("+-")
        session.must("put_item", TableName="Document", Item={"id": {"S": "n"}, "n": to_json(one)})
        response = session.call("update_item", TableName="Document", Key={"id": {"S": "n"}},
                                UpdateExpression=f"SET n = n {sign} :n", ReturnValues="UPDATED_NEW",
                                ExpressionAttributeValues={":n": to_json(other)})
        try:
            expected = arithmetic(sign, one, other)
        except Refused:
            same(f"{one} {sign} {other} is refused", "Attributes" in response, False)
        else:
            if "error" in response:
                fail(f"{one} {sign} {other}: {response['error']}")
            text = format(expected.normalize(exact), "f") if expected else "0"
            same(f"{one} {sign} {other}", response["Attributes"]["n"]["N"], text)
        order = session.line(f"SELECT sign(ddb.number_cmp('{one}', '{other}'))")
        same(f"the order of {one} and {other}", int(order), (one > other) - (one < other))
        rounds += 1
    session.must("delete_item", TableName="Document", Key={"id": {"S": "n"}})
    print(f"# {rounds} sums and comparisons of numbers")
    print("ok - numbers add, print and compare as decimals do")


# ---- pages ----

def make_table(session, name, sort_kind):
    keys = [("p", "S", "HASH")] + ([("s", sort_kind, "RANGE")] if sort_kind else [])
    session.must("create_table", TableName=name, BillingMode="PAY_PER_REQUEST",
                 AttributeDefinitions=[{"AttributeName": key, "AttributeType": kind} for key, kind, _ in keys],
                 KeySchema=[{"AttributeName": key, "KeyType": use} for key, _, use in keys])
    makers = {"S": lambda: random_string(),
              "N": lambda: chance.choice([small_number, random_number])(),
              "B": lambda: bytes(chance.choice([0, 1, 127, 254, 255]) for _ in range(chance.randrange(1, 4)))}
    for _ in range(chance.choice([0, 1, 60, 150])):
        item = {"p": f"p{chance.randrange(12)}" if sort_kind else f"p{chance.randrange(1000)}",
                "v": small_number(), "fill": "x" * chance.choice([0, 10, 300, 20000, 60000])}
        if sort_kind:
            item["s"] = makers[sort_kind]()
        session.must("put_item", TableName=name, Item=to_json(item)["M"])
    return makers.get(sort_kind)


def sql_items(session, name, where, order):
    return json.loads(session.line(
        f"SELECT coalesce(json_agg(item::text ORDER BY {order}), '[]')::jsonb FROM dynamodb.\"{name}\" WHERE {where}"))


def read_pages(session, operation, request):
    """The items of all pages one after the other."""
    items, scanned, request = [], 0, dict(request)
    while True:
        response = session.must(operation, **request)
        page = response["Items"]
        same("Count", response["Count"], len(page))
        if response["ScannedCount"] > request.get("Limit", 10**9):
            fail(f"{operation} reads more than Limit: {json.dumps(request)}")
        if "FilterExpression" not in request:
            same("ScannedCount", response["ScannedCount"], len(page))
        items += page
        scanned += response["ScannedCount"]
        if "LastEvaluatedKey" not in response:
            return items, scanned
        if not response["ScannedCount"]:
            fail(f"{operation} makes no headway: {json.dumps(request)}")
        request["ExclusiveStartKey"] = response["LastEvaluatedKey"]


def comparable(items):
    return [json.dumps(item, sort_keys=True) for item in items]


def check_pages_of(session, name, sort_kind, new_sort):
    order = "ddb.hash(p), s" if sort_kind else "ddb.hash(p)"
    request = {"TableName": name}
    where = "true"
    if chance.random() < 0.5:
        request["Limit"] = chance.choice([1, 2, 3, 7, 11, 50, 1000])
    if chance.random() < 0.4:
        bound = small_number()
        request["FilterExpression"] = "v < :v"
        request["ExpressionAttributeValues"] = {":v": to_json(bound)}
        where = f"(item -> 'v')::numeric < {bound}"

    everything = "true"
    operation = "scan"
    if sort_kind and chance.random() < 0.6:
        operation = "query"
        everything = f"p = 'p{chance.randrange(12)}'"
        values = request.setdefault("ExpressionAttributeValues", {})
        values[":p"] = {"S": everything.split("'")[1]}
        request["KeyConditionExpression"] = "p = :p"
        operator = chance.choice(["", "", "<", "<=", ">", ">=", "BETWEEN"])
        bounds = sorted([new_sort(), new_sort()], key=order_key)
        if operator:
            sides = [f"ddb.{sort_kind_name(sort_kind)}_key({quote_json({'s': bound})}::ddb.item, 's', 1024)"
                     for bound in bounds]
            values[":a"] = to_json(bounds[0])
            if operator == "BETWEEN":
                values[":b"] = to_json(bounds[1])
                request["KeyConditionExpression"] += " AND s BETWEEN :a AND :b"
                everything += f" AND s >= {sides[0]} AND s <= {sides[1]}"
            else:
                request["KeyConditionExpression"] += f" AND s {operator} :a"
                everything += f" AND s {operator} {sides[0]}"
        if chance.random() < 0.5:
            request["ScanIndexForward"] = False
            order = "s DESC"
        else:
            order = "s"

    expected = [json.loads(text) for text in sql_items(session, name, f"{everything} AND {where}", order)]
    all_read = len(sql_items(session, name, everything, order))
    if operation == "scan" and chance.random() < 0.5:
        segments = chance.choice([2, 3, 16])
        items, scanned = [], 0
        for segment in range(segments):
            part, count = read_pages(session, "scan",
                                     {**request, "Segment": segment, "TotalSegments": segments})
            items += part
            scanned += count
    else:
        items, scanned = read_pages(session, operation, request)
    same(f"the items of {operation} {json.dumps(request)}", comparable(items), comparable(expected))
    same(f"ScannedCount of {operation} {json.dumps(request)}", scanned, all_read)


def sort_kind_name(kind):
    return {"S": "string", "N": "number", "B": "binary"}[kind]


def quote_json(item):
    return "'" + json.dumps(to_json(item)["M"]).replace("'", "''") + "'"


def check_pages(session, until):
    rounds = tables = 0
    while time.time() < until:
        sort_kind = chance.choice(["S", "N", "B", None])
        tables += 1
        name = f"Pages{tables}"
        new_sort = make_table(session, name, sort_kind)
        for _ in range(15):
            check_pages_of(session, name, sort_kind, new_sort)
            rounds += 1
    print(f"# {rounds} reads of {tables} tables")
    print("ok - pages of Query and Scan together are what SQL reads, in order, each item once")


def main():
    print(f"# seed {SEED}")
    subprocess.run([os.path.join(os.environ["DDB_BIN"], "createdb"), DATABASE], check=True)
    session = Session(DATABASE)
    session.psql.stdin.write(f"CREATE EXTENSION ddb;\n{ATTEMPT};\n")
    session.must("create_table", TableName="Document", BillingMode="PAY_PER_REQUEST",
                 AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                 KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    for check in (check_numbers, check_conditions, check_updates, check_pages):
        check(session, time.time() + SECONDS / 4)


if __name__ == "__main__":
    main()
