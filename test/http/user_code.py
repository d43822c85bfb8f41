"""What a trigger's function may do in a request: as its role and no other, and without a trace for the next request."""

import itertools

from endpoint import Connection, create_key, create_table, is_, ok, signed, sql

sql("CREATE ROLE author; GRANT USAGE ON SCHEMA ddb, dynamodb TO author; GRANT CREATE ON SCHEMA dynamodb, public TO author")
author = create_key("author")
create_table(author, "Code")
sql("CREATE TABLE public.seen (what text, role name DEFAULT current_user); GRANT INSERT ON public.seen TO author")
numbers = itertools.count()
as_author = ("-c", "SET ROLE author")
sql("""CREATE FUNCTION public.note(what text) RETURNS integer LANGUAGE plpgsql AS
       $$BEGIN INSERT INTO public.seen VALUES (what); RETURN 1; END$$""", *as_author)


def have_code(body, trigger="TRIGGER code BEFORE INSERT"):
    sql("DROP TRIGGER IF EXISTS code ON dynamodb.\"Code\"", "-c", "SET client_min_messages = error", *as_author)
    sql("""CREATE OR REPLACE FUNCTION public.code() RETURNS trigger LANGUAGE plpgsql AS
           $code$BEGIN %s; RETURN NEW; END$code$""" % body, *as_author)
    sql("CREATE %s ON dynamodb.\"Code\" %s FOR EACH ROW EXECUTE FUNCTION public.code()" % (
        trigger, "" if "BEFORE" in trigger else "DEFERRABLE INITIALLY DEFERRED"), *as_author)


def run(count):
    """So many connections, more than there are workers; returns the distinct answers' statuses."""
    connections = [Connection() for _ in range(count)]
    statuses = set()
    for connection in connections:
        connection.send(signed(author, "PutItem", {"TableName": "Code", "Item": {"pk": {"S": str(next(numbers))}}}))
        statuses.add(connection.receive().status)
        connection.close()
    return statuses


def seen():
    result = sql("SELECT DISTINCT what, role FROM public.seen ORDER BY 1")
    sql("TRUNCATE public.seen")
    return result


# ---- whose rights ----

for what, body, trigger in (
        ("a trigger", "PERFORM public.note('it')", "TRIGGER code BEFORE INSERT"),
        ("a deferred trigger", "PERFORM public.note('it')", "CONSTRAINT TRIGGER code AFTER INSERT"),
        ("a cursor WITH HOLD", "EXECUTE 'DECLARE held CURSOR WITH HOLD FOR SELECT public.note(''it'')'", "TRIGGER code BEFORE INSERT"),
        ("a cursor of a deferred trigger's", "EXECUTE 'DECLARE held CURSOR WITH HOLD FOR SELECT public.note(''it'')'",
         "CONSTRAINT TRIGGER code AFTER INSERT")):
    have_code(body, trigger)
    is_("%s is served" % what, run(1), {200})
    is_("%s runs as the role" % what, seen(), "it|author")

for statement in ("SET ROLE postgres", "RESET ROLE", "SET SESSION AUTHORIZATION postgres", "RESET SESSION AUTHORIZATION",
                  "PERFORM set_config('role', 'postgres', false)", "DISCARD ALL"):
    have_code("%s; PERFORM public.note('it')" % statement)
    ok("%s is refused" % statement, run(1) <= {400, 500})
    is_("and nothing done", seen(), "")
have_code("RESET ALL; PERFORM public.note('it')")
run(1)
is_("RESET ALL leaves the role", seen(), "it|author")

# ---- what is left ----

TRACES = """PERFORM public.note(concat_ws(' ',
    (SELECT 'cursor ' || string_agg(name, ' ') FROM pg_cursors HAVING count(*) > 0),
    (SELECT 'statement ' || string_agg(name, ' ') FROM pg_prepared_statements HAVING count(*) > 0),
    'table ' || to_regclass('pg_temp.temporary')::text,
    'function ' || to_regprocedure('pg_temp.temporary()')::text,
    (SELECT 'lock' FROM pg_locks WHERE locktype = 'advisory' LIMIT 1),
    nullif(current_setting('search_path'), '"$user", public'),
    nullif(current_setting('synchronous_commit'), 'on'),
    nullif(current_setting('lock_timeout'), '1ms'),
    nullif(current_setting('ddb_test.setting', true), '')))"""

for what, body in (
        ("a cursor", "EXECUTE 'DECLARE held CURSOR WITH HOLD FOR SELECT 1'"),
        ("a prepared statement", "EXECUTE 'PREPARE prepared AS SELECT 1'"),
        ("a temporary table", "EXECUTE 'CREATE TEMPORARY TABLE temporary (a integer)'"),
        ("a temporary function", "EXECUTE 'CREATE FUNCTION pg_temp.temporary() RETURNS integer LANGUAGE sql RETURN 1'"),
        ("an advisory lock", "PERFORM pg_advisory_lock_shared(1)"),
        ("a setting", "SET search_path = nowhere; SET lock_timeout = 0; SET synchronous_commit = off; SET ddb_test.setting = 'x'"),
        ("a setting for the transaction", "SET LOCAL search_path = nowhere; SET LOCAL synchronous_commit = local"),
        ("a setting by a cursor",
         "EXECUTE $$DECLARE held CURSOR WITH HOLD FOR SELECT set_config('synchronous_commit', 'off', false)$$")):
    for end, status in (("", 200), ("; RAISE 'and an error'", 400)):
        have_code("%s%s" % (body, end))
        is_("%s%s" % (what, end and " and an error"), run(20), {status})
        have_code(TRACES)
        run(40)
        is_("leaves nothing to later requests", seen(), "|author")
is_("no advisory lock is left", sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), "0")
sql('DROP TABLE dynamodb."Code"')
