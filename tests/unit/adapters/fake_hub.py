"""A hub of models on this machine, which speaks as much of the protocol as a download needs."""

import hashlib
import json
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

COMMIT = "a" * 40


@contextmanager
def serve(name, folder):
    """The address of a hub that has one model, the files of `folder`, at one commit."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Answers, name, folder))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class Answers(BaseHTTPRequestHandler):
    def __init__(self, name, folder, *request):
        self.name, self.folder = name, folder
        super().__init__(*request)

    def do_HEAD(self):
        self.answer()

    def do_GET(self):
        self.wfile.write(self.answer())

    def answer(self):
        status, content = self.content(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()}"')
        self.send_header("Content-Length", str(len(content)))
        if status == 404:
            self.send_header("X-Error-Code", content.decode())
        self.end_headers()
        return content

    def content(self, path):
        if not path.startswith((f"/api/models/{self.name}/", f"/{self.name}/resolve/")):
            return 404, b"RepoNotFound"
        if COMMIT not in path:
            return 404, b"RevisionNotFound"
        if not path.startswith("/api/"):
            return 200, (self.folder / path.rpartition("/")[2]).read_bytes()
        if "/tree/" in path:
            return 200, json.dumps([entry(file) for file in self.folder.iterdir()]).encode()
        return 200, json.dumps({"id": self.name, "sha": COMMIT, "siblings": []}).encode()

    def log_message(self, *_):
        """Keep the test's output clean."""


def entry(file):
    content = file.read_bytes()
    return {
        "type": "file",
        "path": file.name,
        "size": len(content),
        "oid": hashlib.sha256(content).hexdigest()[:40],
    }
