"""Sessions over libpq, which psql is linked with too: for what psql cannot say.

A Session's execute() returns a Result and raises nothing but Lost, when the
server has closed the connection.
"""
import ctypes
import ctypes.util

TUPLES_OK, COPY_OUT, COPY_IN, FATAL_ERROR = 2, 3, 4, 7
SQLSTATE, MESSAGE = ord("C"), ord("M")

_libpq = ctypes.CDLL(ctypes.util.find_library("pq") or "libpq.so.5")
for _name, _result, _arguments in [
        ("PQconnectdb", ctypes.c_void_p, [ctypes.c_char_p]),
        ("PQstatus", ctypes.c_int, [ctypes.c_void_p]),
        ("PQerrorMessage", ctypes.c_char_p, [ctypes.c_void_p]),
        ("PQfinish", None, [ctypes.c_void_p]),
        ("PQexec", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p]),
        ("PQgetResult", ctypes.c_void_p, [ctypes.c_void_p]),
        ("PQresultStatus", ctypes.c_int, [ctypes.c_void_p]),
        ("PQresultErrorField", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int]),
        ("PQntuples", ctypes.c_int, [ctypes.c_void_p]),
        ("PQnfields", ctypes.c_int, [ctypes.c_void_p]),
        ("PQgetisnull", ctypes.c_int, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
        ("PQgetvalue", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
        ("PQclear", None, [ctypes.c_void_p]),
        ("PQputCopyData", ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]),
        ("PQputCopyEnd", ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p]),
        ("PQgetCopyData", ctypes.c_int, [ctypes.c_void_p, ctypes.POINTER(ctypes.c_void_p), ctypes.c_int]),
        ("PQfreemem", None, [ctypes.c_void_p]),
        ("PQtransactionStatus", ctypes.c_int, [ctypes.c_void_p]),
        ("PQsetNoticeProcessor", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p])]:
    _function = getattr(_libpq, _name)
    _function.restype, _function.argtypes = _result, _arguments

_silence = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)(lambda argument, message: None)


class Lost(Exception):
    """The connection is gone."""


class Result:
    def __init__(self, sqlstate=None, message=None, rows=()):
        self.sqlstate, self.message, self.rows = sqlstate, message, rows


class Session:
    """Connects as the environment says, to the database that is given."""

    def __init__(self, database):
        self.connection = _libpq.PQconnectdb(f"dbname={database}".encode())
        if _libpq.PQstatus(self.connection) != 0:
            raise Lost(self._error())
        _libpq.PQsetNoticeProcessor(self.connection, _silence, None)

    def _error(self):
        return _libpq.PQerrorMessage(self.connection).decode(errors="replace").strip()

    def close(self):
        _libpq.PQfinish(self.connection)

    def status(self):
        """0 outside of a transaction, 2 in one, 3 in a failed one."""
        return _libpq.PQtransactionStatus(self.connection)

    def execute(self, statement, copy_data=""):
        """Runs it; where it is COPY ... FROM stdin, with that text as its data."""
        return self._finish(_libpq.PQexec(self.connection, statement.encode()), copy_data)

    def _finish(self, result, copy_data):
        answer = None
        while result:
            status = _libpq.PQresultStatus(result)
            if status == COPY_IN:
                data = copy_data.encode()
                _libpq.PQputCopyData(self.connection, data, len(data))
                _libpq.PQputCopyEnd(self.connection, None)
            elif status == COPY_OUT:
                self._skip_copy()
            if answer is None or answer.sqlstate is None:
                answer = self._read(result, status)
            _libpq.PQclear(result)
            result = _libpq.PQgetResult(self.connection)
        if _libpq.PQstatus(self.connection) != 0:
            raise Lost(self._error())
        return answer or Result()

    def _skip_copy(self):
        buffer = ctypes.c_void_p()
        while _libpq.PQgetCopyData(self.connection, ctypes.byref(buffer), 0) > 0:
            _libpq.PQfreemem(buffer)

    def _read(self, result, status):
        if status == FATAL_ERROR:
            state = _libpq.PQresultErrorField(result, SQLSTATE)
            message = _libpq.PQresultErrorField(result, MESSAGE) or self._error().encode()
            return Result((state or b"?????").decode(), message.decode(errors="replace"))
        if status != TUPLES_OK:
            return Result()
        return Result(rows=[[None if _libpq.PQgetisnull(result, row, column) else
                             _libpq.PQgetvalue(result, row, column).decode(errors="replace")
                             for column in range(_libpq.PQnfields(result))]
                            for row in range(_libpq.PQntuples(result))])
