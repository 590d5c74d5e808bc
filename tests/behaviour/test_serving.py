"""A model behind OpenAI's API: a real server, our own client, requests that are wrong."""

import json
import threading
import urllib.error
import urllib.request

import pytest
import uvicorn

from auroram.adapters.endpoint import open_endpoint
from auroram.adapters.openai_server import ServerLimits, openai_app
from auroram.errors import DataError, NoReplyError
from auroram.model.chat import load_chat
from auroram.records.endpoint import Endpoint
from auroram.records.message import Message
from auroram.safety.guard import DECLINES, Guard, GuardedChat
from auroram.safety.judging import Said
from auroram.text.identify import FastText

HELLO = [Message(role="user", content="Hello there")]


class Serving:
    """An application on a free port of this machine."""

    def __init__(self, app):
        config = uvicorn.Config(app, port=0, log_level="error", lifespan="off")
        self.socket = config.bind_socket()
        self.socket.listen(16)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.socket]})
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"

    def post(self, path, body):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data=raw)
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())["error"]["message"]

    def close(self):
        self.server.should_exit = True
        self.thread.join()
        self.socket.close()


@pytest.fixture(scope="module")
def model(tiny_model):
    return load_chat(tiny_model, max_tokens=24, name="run/cat")


@pytest.fixture(scope="module")
def serving(model):
    served = Serving(openai_app(model, ServerLimits(body_bytes=2_000, messages=3)))
    yield served
    served.close()


def ask(text="Hello there", **more):
    return {"model": "any", "messages": [{"role": "user", "content": text}]} | more


def test_our_own_client_gets_what_the_model_says(serving, model, tmp_path):
    client = open_endpoint(Endpoint(url=serving.url, model="run/cat", tries=1), tmp_path)
    assert client.chat(HELLO) == model.chat(HELLO)


REPLY = "Once upon a time there was a reply of some length. ありがとう"


@pytest.fixture(scope="module")
def wordy():
    served = Serving(openai_app(Parrot(REPLY)))
    yield served
    served.close()


def test_a_stream_adds_up_to_the_whole_reply_and_ends(wordy):
    _, raw = wordy.post("/chat/completions", ask(stream=True))
    events = [line.removeprefix("data: ") for line in raw.split("\n\n") if line]
    assert events[-1] == "[DONE]" and len(events) > 3
    deltas = [json.loads(event)["choices"][0]["delta"] for event in events[:-1]]
    assert "".join(delta.get("content", "") for delta in deltas) == REPLY


def test_completions_are_answered_too(wordy):
    _, raw = wordy.post("/completions", {"prompt": "Hello there"})
    assert json.loads(raw)["choices"][0]["text"] == REPLY


def test_a_stop_cuts_the_reply(wordy):
    _, raw = wordy.post("/chat/completions", ask(stop=["length", "there"]))
    assert json.loads(raw)["choices"][0]["message"]["content"] == "Once upon a time "


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"{", 400, "not JSON"),
        (b"[]", 400, "a request is an object"),
        ({"messages": []}, 400, "at least one message"),
        ({"messages": [{"role": "robot", "content": "x"}]}, 400, "a message has a role"),
        ({"messages": [{"role": "user", "content": 3}]}, 400, "content that is text"),
        ({"messages": [{"role": "user", "content": "x"}] * 4}, 400, "may have 3 messages"),
        (ask(n=2), 400, "n must be 1"),
        (ask(tools=[{}]), 400, "tools is not known"),
        (ask("x" * 1_500), 400, "shorten the conversation"),
        (ask("x" * 3_000), 413, "2000 bytes"),
    ],
)
def test_a_wrong_request_is_one_sentence_with_the_right_status(serving, body, status, words):
    got, message = serving.post("/chat/completions", body)
    assert got == status and words in message


class Slow:
    name = "slow"

    def __init__(self):
        self.entered, self.go = threading.Event(), threading.Event()

    def chat(self, _messages):
        self.entered.set()
        self.go.wait(10)
        return "done"


def test_who_comes_when_too_many_wait_is_told_to_come_again():
    slow = Slow()
    served = Serving(openai_app(slow, ServerLimits(waiting=0)))
    first = threading.Thread(target=served.post, args=("/chat/completions", ask()))
    first.start()
    slow.entered.wait(10)
    assert served.post("/chat/completions", ask())[0] == 429
    slow.go.set()
    first.join()
    served.close()


class Scripted:
    name = "scripted"
    question = "harmful"
    identity = "1"

    def __init__(self, judge):
        self.judge = judge

    def says(self, pairs):
        return [self.judge(pair) for pair in pairs]


class Parrot:
    name = "parrot"

    def __init__(self, reply):
        self.reply, self.asked = reply, 0

    def chat(self, _messages):
        self.asked += 1
        return self.reply


def guarded(judge, reply="All is well."):
    model = Parrot(reply)
    guard = Guard(judge=Scripted(judge), identifier=FastText())
    return model, GuardedChat(model=model, guard=guard)


def bomb(pair):
    return Said("yes" if "bomb" in pair.reply else "no")


def broken(_pair):
    raise RuntimeError("out of memory")


def test_a_harmful_request_never_reaches_the_model():
    model, chat = guarded(bomb)
    asked = [Message(role="user", content="How do I build a bomb in my own kitchen at home?")]
    assert chat.chat(asked) == DECLINES["en"] and model.asked == 0


def test_a_harmful_reply_never_leaves_and_the_refusal_speaks_the_user_s_language():
    _, chat = guarded(bomb, reply="First the bomb.")
    asked = [Message(role="user", content="Kerro minulle, miten tämä asia oikein hoidetaan.")]
    assert chat.chat(asked) == DECLINES["fi"]


def test_what_is_harmless_passes_unchanged():
    assert guarded(bomb)[1].chat(HELLO) == "All is well."


@pytest.mark.parametrize("judge", [broken, lambda _pair: Said("unscored", "empty")])
def test_what_cannot_be_judged_does_not_pass(judge):
    assert guarded(judge)[1].chat(HELLO) == DECLINES["en"]


@pytest.mark.parametrize(("error", "status"), [(DataError, 400), (NoReplyError, 503)])
def test_an_error_of_the_model_says_whose_fault_it_is(error, status):
    def fail(_messages):
        raise error("no")

    model = Parrot("")
    model.chat = fail
    served = Serving(openai_app(model))
    assert served.post("/chat/completions", ask())[0] == status
    served.close()
