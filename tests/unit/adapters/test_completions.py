"""A model behind a completions endpoint, against the same model in this process."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain

import pytest
import torch

from auroram.adapters.completions import open_completions
from auroram.errors import DataError, NoReplyError
from auroram.evaluate.embedded import open_model
from auroram.records.endpoint import Endpoint
from auroram.records.writing import Writing

ITEMS = [[("2 + 2 =", " 4"), ("2 + 2 =", " five")], [("Sun and", " moon")]]


def nothing(_count):
    pass


class Handler(BaseHTTPRequestHandler):
    """The completions of an OpenAI-compatible server; a token is a byte."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.says is not None:
            return self.answer(self.server.says)
        with self.server.lock:
            choices = told(self.server.examinee, asked) if "echo" in asked else gone_on(self, asked)
        return self.answer({"choices": choices})

    def answer(self, body):
        raw = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *arguments):
        pass


def told(examinee, asked):
    ids = examinee.tokenizer.encode(asked["prompt"])
    with torch.inference_mode():
        logs = examinee.model(torch.tensor([ids])).logits[0].log_softmax(-1)
    values = [None, *(float(logs[i, token]) for i, token in enumerate(ids[1:]))]
    offsets = list(range(len(ids) + 1))
    return [{"logprobs": {"token_logprobs": [*values, -1.0], "text_offset": offsets}}]


def gone_on(handler, asked):
    writing = Writing(max_tokens=asked["max_tokens"], replies=asked["n"])
    texts = handler.server.examinee.replies([asked["prompt"]], writing, nothing)[0]
    return [{"text": text} for text in texts]


@pytest.fixture(scope="module")
def examinee(tiny_model):
    return open_model(tiny_model)


@pytest.fixture
def server(examinee):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.examinee, running.says, running.lock = examinee, None, threading.Lock()
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def model_at(server, tmp_path):
    url = f"http://127.0.0.1:{server.server_port}/v1"
    endpoint = Endpoint(url=url, model="tiny", tries=2, first_wait_seconds=0.01)
    return open_completions(endpoint, tmp_path)


def test_it_gives_the_log_probabilities_of_the_model_itself(server, examinee, tmp_path):
    advanced = []
    found = model_at(server, tmp_path).ending_nats(ITEMS, advanced.append)
    own = examinee.ending_nats(ITEMS, nothing)
    assert list(chain(*found)) == pytest.approx(list(chain(*own)), abs=1e-4)
    assert sum(advanced) == 3


def test_it_goes_on_as_the_model_itself_does(server, examinee, tmp_path):
    writing = Writing(max_tokens=6, replies=2)
    found = model_at(server, tmp_path).replies(["One", "Two"], writing, nothing)
    assert found == examinee.replies(["One", "Two"], writing, nothing)


def test_a_server_without_log_probabilities_is_told_in_a_sentence(server, tmp_path):
    server.says = {"choices": [{"text": "4", "logprobs": None}]}
    with pytest.raises((NoReplyError, DataError), match="without what was asked for"):
        model_at(server, tmp_path).ending_nats(ITEMS, nothing)
