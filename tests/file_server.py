"""A web server of a folder's files, on this machine."""

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that knows no ranges."""

    def log_message(self, *_):
        """Keep the test's output clean."""


class Timeless(Quiet):
    """A server that says how long its files are, and not when they changed."""

    def send_header(self, keyword, value):
        if keyword != "Last-Modified":
            super().send_header(keyword, value)


class Ranged(Quiet):
    """A server of files that gives parts of them."""

    def send_head(self):
        path = self.translate_path(self.path)
        wanted = self.headers.get("Range")
        if wanted is None or self.command == "HEAD":
            return super().send_head()
        start, _, end = wanted.removeprefix("bytes=").partition("-")
        content = Path(path).read_bytes()
        part = content[int(start) : int(end) + 1 if end else None]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{end}/{len(content)}")
        self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        self.wfile.write(part)
        return None

    def end_headers(self):
        self.send_header("Accept-Ranges", "bytes")
        super().end_headers()


@contextmanager
def served(folder, handler=Quiet, port=0):
    """The address at which the folder's files are served."""
    server = ThreadingHTTPServer(("127.0.0.1", port), partial(handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
