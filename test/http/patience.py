"""Requests beside sessions in SQL that have the same item locked nearly all the time, one after the other."""

import subprocess
import threading
import time

from endpoint import call, create_key, create_table, is_, put, sql

HOLDERS = 2
HOLD = 0.005


class Holder(threading.Thread):
    """Locks the item for a while, again and again."""

    def __init__(self, stopped):
        super().__init__()
        self.stopped = stopped
        self.count = 0

    def run(self):
        with subprocess.Popen(["psql", "-X", "-q", "-A", "-t"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as session:
            while not self.stopped.is_set():
                session.stdin.write("""BEGIN; SELECT FROM dynamodb."Wanted" WHERE pk = 'hot' FOR UPDATE; SELECT pg_sleep(%f); COMMIT; SELECT 'done';\n""" % HOLD)
                session.stdin.flush()
                while session.stdout.readline().strip() != "done":
                    pass
                self.count += 1
            session.stdin.close()


def main():
    key = create_key("postgres")
    create_table(key, "Wanted")
    put(key, "Wanted", "hot")
    put(key, "Wanted", "cold")
    stopped = threading.Event()
    holders = [Holder(stopped) for _ in range(HOLDERS)]
    for holder in holders:
        holder.start()
    time.sleep(0.5)
    update = {"TableName": "Wanted", "UpdateExpression": "ADD n :n", "ExpressionAttributeValues": {":n": {"N": "1"}}}
    hot, cold = ({"Update": {**update, "Key": {"pk": {"S": name}}}} for name in ("hot", "cold"))
    is_("who waits for long gets an item that others want all the time",
        [call(key, "UpdateItem", {**update, "Key": {"pk": {"S": "hot"}}}).status for _ in range(4)], [200] * 4)
    is_("in a transaction, too", [call(key, "TransactWriteItems", {"TransactItems": [hot, cold]}).status for _ in range(4)], [200] * 4)
    stopped.set()
    for holder in holders:
        holder.join()
    print("# the others had it %d times" % sum(holder.count for holder in holders))
    is_("nothing is lost", sql("""SELECT string_agg(item ->> 'n', ' ' ORDER BY pk) FROM dynamodb."Wanted" """), "4 8")


if __name__ == "__main__":
    main()
