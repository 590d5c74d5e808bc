"""A server on this machine that speaks as much of chat completions as a test needs."""

import json
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread


class Book:
    """What the server was asked, and what it is to answer before it answers well."""

    def __init__(self, faults=()):
        self.asked, self.keys, self.faults, self.lock = [], [], list(faults), Lock()


@contextmanager
def serve(faults=(), answer=str.upper):
    """The address of a server and its book.

    `faults` are answered first, one a request: a status with its headers, or text to send as it is.
    """
    book = Book(faults)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Answers, book, answer))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", book
    finally:
        server.shutdown()
        server.server_close()


class Answers(BaseHTTPRequestHandler):
    def __init__(self, book, answer, *request):
        self.book, self.answer = book, answer
        super().__init__(*request)

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.book.lock:
            self.book.asked.append((self.path, asked))
            self.book.keys.append(self.headers["Authorization"])
            fault = self.book.faults.pop(0) if self.book.faults else None
        if isinstance(fault, tuple):
            self.say(fault[0], "", fault[1])
        elif fault is not None:
            self.say(200, fault)
        else:
            text = self.answer(asked["messages"][-1]["content"])
            self.say(200, json.dumps({"choices": [{"message": {"content": f" {text}\n"}}]}))

    def say(self, status, content, headers=()):
        self.send_response(status)
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content.encode())))
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *_):
        """Keep the test's output clean."""
