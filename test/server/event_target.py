#!/usr/bin/env python3
"""Usage: event_target.py PORT FILE SECRET [CERTIFICATE KEY]

An HTTP server on loopback, or with a certificate one of HTTPS, to which event sources POST. Each record that it accepts is a
line of FILE: path, item's id, whether the signature is right. What a path answers:

/hooks/ok        200 with an empty body
/hooks/partial   the first time that a record is not the first of a batch, it has failed
/hooks/fail      500
/hooks/redirect  302 to /hooks/ok
/hooks/slow      nothing, for a long time
/hooks/long      more than anybody wants to read
/hooks/broken    200 with a body that is no JSON
/elsewhere       200: nobody should come there
"""
import hashlib
import hmac
import http.server
import json
import ssl
import sys
import time

port, path, secret = int(sys.argv[1]), sys.argv[2], sys.argv[3].encode()
failed = set()


class Target(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def signature(self, body):
        given = self.headers.get("X-Ddb-Signature")
        if given is None:
            return "unsigned"
        text = self.headers["X-Ddb-Timestamp"].encode() + b"." + body
        return "signed" if given == "sha256=" + hmac.new(secret, text, hashlib.sha256).hexdigest() else "forged"

    def accept(self, records, body):
        with open(path, "a") as file:
            for record in records:
                file.write(f"{self.path} {record['dynamodb']['Keys']['id']['S']} {self.signature(body)}\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        records = json.loads(body)["Records"]
        assert self.headers["Content-Type"] == "application/json"
        if self.path == "/hooks/partial":
            numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
            first = next((i for i in range(1, len(records)) if numbers[i] not in failed), len(records))
            failed.update(numbers[first:first + 1])
            self.accept(records[:first], body)
            answer = {"batchItemFailures": [{"itemIdentifier": number} for number in numbers[first:first + 1]]}
            self.answer(200, json.dumps(answer).encode())
        elif self.path == "/hooks/fail":
            self.answer(500)
        elif self.path == "/hooks/redirect":
            self.answer(302, headers=[("Location", "/hooks/ok")])
        elif self.path == "/hooks/slow":
            time.sleep(600)
        elif self.path == "/hooks/long":
            self.answer(200, b"x" * 3000000)
        else:
            self.accept(records, body)
            self.answer(200, b"no JSON" if self.path == "/hooks/broken" else b"")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


server = Server(("127.0.0.1", port), Target)
if len(sys.argv) > 4:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
