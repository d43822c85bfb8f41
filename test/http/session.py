"""A session of SQL over a bare socket, which knows what the server has acknowledged.

A statement has succeeded when the server says that it is ready for the next
one. Where the connection ends before that, nobody knows.
"""

import json
import os
import socket
import struct


class SqlError(Exception):
    """The server has answered with an error: nothing of the statement has happened."""

    def __init__(self, fields):
        super().__init__("%s: %s" % (fields.get("C"), fields.get("M")))
        self.code = fields.get("C")
        self.message = fields.get("M")


class Session:
    def __init__(self, name="test", timeout=60):
        self.buffer = b""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect("%s/.s.PGSQL.%s" % (os.environ["PGHOST"], os.environ["PGPORT"]))
            parameters = ("user", os.environ["PGUSER"], "database", os.environ["PGDATABASE"], "application_name", name, "")
            body = struct.pack("!I", 196608) + b"".join(text.encode() + b"\0" for text in parameters)
            self.socket.sendall(struct.pack("!I", len(body) + 4) + body)
            self._until_ready()
        except BaseException:
            self.socket.close()
            raise

    def _take(self, length):
        while len(self.buffer) < length:
            data = self.socket.recv(65536)
            if not data:
                raise EOFError("the server has closed the connection")
            self.buffer += data
        data, self.buffer = self.buffer[:length], self.buffer[length:]
        return data

    def _message(self):
        kind, length = struct.unpack("!cI", self._take(5))
        return kind, self._take(length - 4)

    @staticmethod
    def _row(body):
        values, at = [], 2
        for _ in range(struct.unpack_from("!H", body)[0]):
            length = struct.unpack_from("!i", body, at)[0]
            at += 4
            values.append(None if length < 0 else body[at:at + length].decode())
            at += max(length, 0)
        return values

    def _until_ready(self):
        rows, error = [], None
        while True:
            kind, body = self._message()
            if kind == b"D":
                rows.append(self._row(body))
            elif kind == b"E":
                fields = {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}
                if fields["V"] != "ERROR":
                    raise EOFError(fields["M"])
                error = SqlError(fields)
            elif kind == b"Z":
                if error is not None:
                    raise error
                return rows

    def run(self, statement):
        """The rows of a statement, as lists of text."""
        body = statement.encode() + b"\0"
        self.socket.sendall(b"Q" + struct.pack("!I", len(body) + 4) + body)
        return self._until_ready()

    def value(self, statement):
        return self.run(statement)[0][0]

    def until_closed(self):
        """Waits until the other side has closed."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionResetError:
            pass

    def close(self):
        self.socket.close()


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def call(session, operation, parameters):
    """Calls an operation's function, "PutItem" as ddb.put_item, and returns its response's text."""
    name = "".join("_" + letter.lower() if letter.isupper() else letter for letter in operation)[1:]
    return session.value("SELECT ddb.%s(%s)" % (name, literal(json.dumps(parameters))))
