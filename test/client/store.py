"""A store of buckets, rclone's server of S3, which checks signatures, and a proxy before it that makes faults."""
import http.client
import http.server
import os
import re
import socket
import subprocess
import threading
import time

work = os.environ["DDB_WORK"]
store = os.path.join(work, "store")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_store(rclone, port, *options):
    process = subprocess.Popen(
        [rclone, "serve", "s3", store, "--addr", f"127.0.0.1:{port}", "--vfs-cache-mode", "off",
         "--config", "/dev/null", "--cache-dir", os.path.join(work, "rclone"), "--auth-key", "an-id,top-secret",
         "--auth-key", "file-id,the-file-secret", *options],
        stdout=open(os.path.join(work, "rclone.log"), "a"), stderr=subprocess.STDOUT)
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return process
        except OSError:
            time.sleep(0.1)
    raise SystemExit("rclone does not come up")


class Rule:
    """What happens to the next requests of that method and target, a regular expression: do(handler, body)."""

    def __init__(self, method, target, do, times=1):
        self.method, self.target, self.do, self.times = method, re.compile(target), do, times


class Proxy(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, backend):
        super().__init__(("127.0.0.1", 0), Handler)
        self.backend, self.rules, self.seen, self.lock = backend, [], [], threading.Lock()
        self.over = threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        pass

    def on(self, *rules):
        with self.lock:
            self.rules, self.seen = list(rules), []

    def take(self, method, target, headers):
        with self.lock:
            self.seen.append((method, target, headers))
            for rule in self.rules:
                if rule.times > 0 and rule.method == method and rule.target.search(target):
                    rule.times -= 1
                    return rule.do
        return None

    def requests(self, method, target=""):
        with self.lock:
            return [seen for seen in self.seen if seen[0] == method and re.search(target, seen[1])]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def serve(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        do = self.server.take(self.command, self.path, dict(self.headers.items()))
        if do is None:
            self.give(*self.ask(body))
        else:
            do(self, body)

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = serve

    def ask(self, body):
        """The store's status, headers and body."""
        backend = http.client.HTTPConnection("127.0.0.1", self.server.backend)
        backend.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name != "Expect":
                backend.putheader(name, value)
        backend.endheaders(body)
        answer = backend.getresponse()
        content = answer.read()
        headers = [(name, value) for name, value in answer.getheaders()
                   if name.lower() not in ("transfer-encoding", "connection", "content-length")]
        length = answer.getheader("Content-Length") if self.command == "HEAD" else len(content)
        backend.close()
        return answer.status, headers + [("Content-Length", length or 0)], content

    def give(self, status, headers, content, cut=None):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, str(value))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content[:cut])
        if cut is not None:
            self.drop()

    def drop(self):
        self.wfile.flush()
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def status(code, text="", name=None):
    content = (f"<?xml version='1.0'?><Error><Code>{name}</Code><Message>{text}</Message></Error>" if name else text).encode()
    return lambda handler, body: handler.give(code, [("Content-Length", len(content))], content)


def answer(content, code=200, **headers):
    return lambda handler, body: handler.give(
        code, [("Content-Length", len(content))] + [(name.replace("_", "-"), value) for name, value in headers.items()], content)


def drop(handler, body):
    handler.drop()


def lost(handler, body):
    handler.ask(body)
    handler.drop()


def hang(handler, body):
    handler.server.over.wait(60)
    handler.drop()


def cut(length):
    return lambda handler, body: handler.give(*handler.ask(body), cut=length)


def edit(change):
    return lambda handler, body: handler.give(*change(*handler.ask(body)))
