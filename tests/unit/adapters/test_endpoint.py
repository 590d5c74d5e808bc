"""A real server that misbehaves, and how long it is borne with."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from auroram.adapters.endpoint import open_endpoint
from auroram.errors import DataError, NoReplyError
from auroram.records.endpoint import Endpoint
from auroram.records.message import Message

ASKED = [Message(role="user", content="Anyone there?")]
GOOD = json.dumps({"choices": [{"message": {"content": "Yes."}}]}).encode()


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(dict(self.headers))
        behaviour = self.server.behaviours.pop(0) if self.server.behaviours else "good"
        getattr(self, behaviour)()

    def answer(self, status, body, *, promised=None):
        self.send_response(status)
        self.send_header("Content-Length", str(promised or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def good(self):
        self.answer(200, GOOD)

    def nonsense(self):
        self.answer(200, b"<html>oops</html>")

    def empty(self):
        self.answer(200, b'{"choices": []}')

    def half(self):
        self.answer(200, GOOD[:20], promised=len(GOOD))

    def busy(self):
        self.answer(429, b"{}")

    def refuses(self):
        self.answer(401, b'{"error": {"message": "bad key"}}')

    def endless(self):
        self.answer(200, b" " * 4_096 + GOOD)

    def silent(self):
        time.sleep(0.4)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as serving:
        serving.asked, serving.behaviours = [], []
        thread = threading.Thread(target=serving.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield serving
        serving.shutdown()
        thread.join()


def model(server, tmp_path, **more):
    options = {"tries": 3, "first_wait_seconds": 0.01, "timeout_seconds": 0.2}
    url = f"http://127.0.0.1:{server.server_port}/v1"
    return open_endpoint(Endpoint(url=url, model="m", **(options | more)), tmp_path)


@pytest.mark.parametrize("behaviour", ["nonsense", "empty", "half", "busy", "silent"])
def test_what_goes_wrong_twice_is_asked_a_third_time(server, tmp_path, behaviour):
    server.behaviours += [behaviour] * 2
    assert model(server, tmp_path).chat(ASKED) == "Yes."
    assert len(server.asked) == 3


@pytest.mark.parametrize("behaviour", ["nonsense", "half", "busy", "silent"])
def test_patience_ends_with_one_sentence_that_says_why(server, tmp_path, behaviour):
    server.behaviours += [behaviour] * 3
    with pytest.raises(NoReplyError, match="no reply in 3 tries"):
        model(server, tmp_path).chat(ASKED)


def test_a_server_that_refuses_is_asked_once(server, tmp_path):
    server.behaviours += ["refuses"]
    with pytest.raises(DataError, match="HTTP 401, bad key; check model, key and url"):
        model(server, tmp_path).chat(ASKED)
    assert len(server.asked) == 1


def test_a_reply_without_end_is_not_read_to_its_end(server, tmp_path):
    server.behaviours += ["endless"]
    with pytest.raises(NoReplyError, match="more than 1000 bytes"):
        model(server, tmp_path, tries=1, largest_reply_bytes=1_000).chat(ASKED)


def test_nobody_at_the_address_is_no_reply(tmp_path):
    endpoint = Endpoint(url="http://127.0.0.1:9/v1", model="m", tries=1)
    with pytest.raises(NoReplyError, match="refused"):
        open_endpoint(endpoint, tmp_path).chat(ASKED)


def test_the_key_comes_from_its_file(server, tmp_path):
    (tmp_path / "key").write_text("secret\n")
    model(server, tmp_path, key_file="key").chat(ASKED)
    assert server.asked[0]["Authorization"] == "Bearer secret"


def test_a_missing_key_file_is_named(server, tmp_path):
    with pytest.raises(DataError, match="key: the key cannot be read"):
        model(server, tmp_path, key_file="key")


def test_an_address_of_another_kind_is_refused():
    with pytest.raises(ValueError, match="http:// or https://"):
        Endpoint(url="file:///etc/passwd", model="m")
