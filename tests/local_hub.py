"""A hub on this machine, which speaks as much of the protocol as its users need."""

import json
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

COMMIT = "a" * 40


@contextmanager
def serve(answers, name, folder):
    """The address of a hub that has one repository, `name`, with the files of `folder`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(answers, name, folder))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Answers(BaseHTTPRequestHandler):
    """What every hub says; `content` of a path is a subclass's."""

    def __init__(self, name, folder, *request):
        self.name, self.folder = name, folder
        super().__init__(*request)

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.wfile.write(self.answer())

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        self.wfile.write(self.answer(asked))

    def answer(self, asked=None):
        status, content, headers = self.part(*self.content(self.place(), asked))
        self.send_response(status)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{self.tag(content)}"')
        self.send_header("Content-Length", str(len(content)))
        for header, value in headers.items():
            self.send_header(header, value)
        if status == 404:
            self.send_header("X-Error-Code", content.decode())
        self.end_headers()
        return content

    def place(self):
        return unquote(self.path.partition("?")[0])

    def part(self, status, content):
        """All of it, and no more headers."""
        return status, content, {}

    def log_message(self, *_):
        """Keep the test's output clean."""
