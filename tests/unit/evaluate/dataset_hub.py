"""A hub with one data set on this machine, as far as its Parquet copy is listed and read."""

import json
import re
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import unquote

BRANCH = "refs/convert/parquet"
COMMIT = "a" * 40


@contextmanager
def serve(name, folder):
    """The address of a hub whose data set `name` has the files of `folder` in its branch."""
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

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        self.wfile.write(self.answer(asked.get("paths", [])))

    def answer(self, paths=()):
        status, content = self.content(unquote(self.path.partition("?")[0]), paths)
        total = len(content)
        if span := re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", "")):
            status, content = 206, content[int(span[1]) : int(span[2]) + 1]
        self.send_response(status)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", '"file"')
        self.send_header("Content-Length", str(len(content)))
        if status == 206:
            self.send_header("Content-Range", f"bytes {span[1]}-{span[2]}/{total}")
        if status == 404:
            self.send_header("X-Error-Code", content.decode())
        self.end_headers()
        return content

    def content(self, path, paths):
        api, files = f"/api/datasets/{self.name}", f"/datasets/{self.name}/resolve/{BRANCH}/"
        if path.startswith(files):
            return 200, (self.folder / path.removeprefix(files)).read_bytes()
        if not path.startswith(api):
            return 404, b"RepoNotFound"
        if path in (api, f"{api}/revision/{BRANCH}"):
            return 200, json.dumps({"id": self.name, "sha": COMMIT, "siblings": []}).encode()
        if path == f"{api}/paths-info/{BRANCH}":
            found = [self.folder / one for one in paths]
            return 200, json.dumps([self.entry(one) for one in found if one.exists()]).encode()
        listed = self.folder / path.removeprefix(f"{api}/tree/{BRANCH}").lstrip("/")
        if not listed.is_dir():
            return 404, b"EntryNotFound"
        return 200, json.dumps([self.entry(one) for one in sorted(listed.iterdir())]).encode()

    def entry(self, path):
        size = path.stat().st_size if path.is_file() else 0
        return {
            "type": "file" if path.is_file() else "directory",
            "path": path.relative_to(self.folder).as_posix(),
            "size": size,
            "oid": "b" * 40,
        }

    def log_message(self, *_):
        """Keep the test's output clean."""
