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
from auroram.records.piece import Piece
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
        self.thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True
        )
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
    return {"messages": [{"role": "user", "content": text}]} | more


def test_our_own_client_gets_what_the_model_says(serving, model, tmp_path):
    client = open_endpoint(Endpoint(url=serving.url, model="run/cat", tries=1), tmp_path)
    assert client.chat(HELLO) == model.chat(HELLO)


REPLY = "Once upon a time there was a reply of some length. ありがとう"


@pytest.fixture(scope="module")
def wordy():
    served = Serving(openai_app(Parrot(REPLY)))
    yield served
    served.close()


def events_of(raw):
    """The objects of a stream that ended well."""
    lines = [line.removeprefix("data: ") for line in raw.split("\n\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


def said_in(events):
    return "".join(event["choices"][0]["delta"]["content"] for event in events)


def test_a_stream_adds_up_to_the_whole_reply_and_ends(wordy):
    _, raw = wordy.post("/chat/completions", ask(stream=True))
    events = events_of(raw)
    assert len(events) > 3 and said_in(events) == REPLY
    assert events[0]["choices"][0]["delta"]["role"] == "assistant"
    assert [event["choices"][0]["finish_reason"] for event in events[-2:]] == [None, "stop"]


def test_a_model_s_stream_is_what_it_says_as_a_whole_token_by_token(serving, model):
    _, raw = serving.post("/chat/completions", ask(stream=True, max_tokens=9))
    _, whole = serving.post("/chat/completions", ask(max_tokens=9))
    choice = json.loads(whole)["choices"][0]
    assert said_in(events_of(raw)) == choice["message"]["content"]
    assert choice["finish_reason"] in {"stop", "length"}
    assert model.chat(HELLO).startswith(choice["message"]["content"])
    assert 0 < json.loads(whole)["usage"]["completion_tokens"] <= 9


def test_a_stream_ends_with_the_numbers_of_tokens_where_they_are_asked_for(serving):
    body = ask(stream=True, stream_options={"include_usage": True})
    *_, last = events_of(serving.post("/chat/completions", body)[1])
    assert last["choices"] == [] and last["usage"]["prompt_tokens"] > 0


class Waiting:
    """Says a word, and the next only when it is told to."""

    name = "waiting"

    def __init__(self):
        self.go, self.closed = threading.Event(), threading.Event()
        self.begun = 0

    def stream(self, _messages, *, max_tokens=None):  # noqa: ARG002
        self.begun += 1
        try:
            yield Piece(text="One")
            while not self.go.wait(0.01):
                yield Piece(text=".")
            yield Piece(text=" two.", ends="stop")
        finally:
            self.closed.set()

    def whole(self, messages, *, max_tokens=None):
        return self.stream(messages, max_tokens=max_tokens)


@pytest.fixture
def waiting():
    model = Waiting()
    served = Serving(openai_app(model))
    yield model, served
    model.go.set()
    served.close()


def opened(served, body):
    request = urllib.request.Request(
        f"{served.url}/chat/completions", data=json.dumps(body).encode()
    )
    return urllib.request.urlopen(request, timeout=20)


def test_words_arrive_before_the_last_is_written(waiting):
    model, served = waiting
    with opened(served, ask(stream=True)) as reply:
        first = json.loads(reply.readline().decode().removeprefix("data: "))
        assert first["choices"][0]["delta"]["content"] == "One"
        model.go.set()
        assert " two." in reply.read().decode()


def test_who_hangs_up_ends_the_writing_and_the_next_is_answered(waiting):
    model, served = waiting
    reply = opened(served, ask(stream=True))
    reply.readline()
    reply.close()
    assert model.closed.wait(10)
    model.go.set()
    assert json.loads(served.post("/chat/completions", ask())[1])["choices"]


def hung_up_soon(served, body):
    with pytest.raises(TimeoutError):
        urllib.request.urlopen(f"{served.url}/chat/completions", json.dumps(body).encode(), 0.5)


@pytest.mark.parametrize("judge", [None, lambda _pair: Said("no")])
def test_who_hangs_up_on_a_whole_reply_ends_its_writing(judge):
    model = Waiting()
    guard = judge and Guard(judge=Scripted(judge), identifier=FastText())
    served = Serving(openai_app(GuardedChat(model=model, guard=guard) if guard else model))
    hung_up_soon(served, ask())
    assert model.closed.wait(10)
    served.close()


def test_who_hangs_up_while_waiting_is_not_answered(waiting):
    model, served = waiting
    with opened(served, ask(stream=True)) as reply:
        reply.readline()
        for streamed in (False, True):
            hung_up_soon(served, ask(stream=streamed))
        model.go.set()
        reply.read()
    assert json.loads(served.post("/chat/completions", ask())[1])["choices"]
    assert model.begun == 2


def test_a_server_that_is_stopped_ends_what_is_under_way_and_says_so():
    model, stopping = Waiting(), threading.Event()
    served = Serving(openai_app(model, stopping=stopping))
    with opened(served, ask(stream=True)) as reply:
        reply.readline()
        stopping.set()
        assert "the server is being stopped" in reply.read().decode()
    assert served.post("/chat/completions", ask()) == (503, "the server is being stopped")
    served.close()


def test_a_stop_ends_the_writing_of_a_whole_reply_too():
    model = Waiting()
    served = Serving(openai_app(model))
    _, raw = served.post("/chat/completions", ask(stop=["."]))
    assert json.loads(raw)["choices"][0]["message"]["content"] == "One"
    served.close()


def test_a_stop_that_comes_in_pieces_cuts_a_stream_too(wordy):
    _, raw = wordy.post("/chat/completions", ask(stream=True, stop=["a time th", "nowhere"]))
    events = events_of(raw)
    assert said_in(events) == "Once upon "
    assert events[-1]["choices"][0]["finish_reason"] == "stop"


def test_a_model_that_fails_half_way_says_so_in_the_stream():
    def fail(_messages, **_limits):
        yield Piece(text="So far")
        raise NoReplyError("gone")

    model = Parrot("")
    model.stream = fail
    served = Serving(openai_app(model))
    _, raw = served.post("/chat/completions", ask(stream=True))
    assert "So far" in raw and '"message": "gone"' in raw and "[DONE]" not in raw
    served.close()


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
        ({"messages": [{"role": ["user"], "content": "x"}]}, 400, "a message has a role"),
        ({"messages": [{"role": "user", "content": 3}]}, 400, "content that is text"),
        ({"messages": [{"role": "user", "content": "x"}] * 4}, 400, "may have 3 messages"),
        (ask(n=2), 400, "n must be 1"),
        (ask(tools=[{}]), 400, "tools is not known"),
        (ask(logprobs=0), 400, "logprobs is not known"),
        (ask(echo=True), 400, "echo is not known"),
        (ask(response_format={"type": "json_object"}), 400, "response_format must be text"),
        (ask(stream="false"), 400, "stream must be true or false"),
        (ask(model="run/base"), 404, "'run/base' is not served here; ask for 'run/cat'"),
        (ask(stop=[3]), 400, "stop must be"),
        (ask(max_tokens=0), 400, "max_tokens must be"),
        (ask(max_tokens="9"), 400, "max_tokens must be"),
        (ask(max_completion_tokens=0), 400, "max_tokens must be"),
        (b"[" * 1_900, 400, "not JSON"),
        (b'{"messages": [{"role": "user", "content": "\\ud800"}]}', 400, "content that is text"),
        (ask("x" * 1_500), 400, "shorten the conversation"),
        (ask("x" * 3_000), 413, "2000 bytes"),
    ],
)
def test_a_wrong_request_is_one_sentence_with_the_right_status(serving, body, status, words):
    got, message = serving.post("/chat/completions", body)
    assert got == status and words in message


def test_a_request_may_ask_for_the_form_and_the_model_that_it_gets(serving):
    more = {"model": "run/cat", "response_format": {"type": "text"}, "logprobs": False}
    assert serving.post("/chat/completions", ask(**more, tools=[], stream=False))[0] == 200


def test_the_model_is_described_under_its_name(serving):
    with urllib.request.urlopen(f"{serving.url}/models/run/cat", timeout=20) as reply:
        assert json.loads(reply.read())["id"] == "run/cat"


def test_a_place_that_there_is_not_is_told_in_the_same_shape(serving):
    status, message = serving.post("/embeddings", {"input": "Hello"})
    assert status == 404 and message == "POST /v1/embeddings: not found"


class Slow:
    name = "slow"

    def __init__(self):
        self.entered, self.go = threading.Event(), threading.Event()

    def whole(self, _messages, *, max_tokens=None):  # noqa: ARG002
        self.entered.set()
        self.go.wait(10)
        yield Piece(text="done", ends="stop")


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

    def whole(self, messages, *, max_tokens=None):
        return self.stream(messages, max_tokens=max_tokens)

    def stream(self, _messages, *, max_tokens=None):  # noqa: ARG002
        self.asked += 1
        for letter in self.reply:
            yield Piece(text=letter)
        yield Piece(text="", ends="stop")


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


def streamed(chat, asked=HELLO):
    pieces = list(chat.stream(asked))
    assert [bool(piece.ends) for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    return [piece.text for piece in pieces]


def test_a_guarded_stream_goes_out_by_sentences():
    _, chat = guarded(bomb, reply="All is well. Really! そうです。Bye")
    assert streamed(chat) == ["All is well.", " Really!", " そうです。", "Bye"]


def test_nothing_of_a_guarded_stream_goes_out_from_the_first_harmful_sentence_on():
    _, chat = guarded(bomb, reply="All is well. Now the bomb. And more.")
    assert streamed(chat) == ["All is well.", f"\n\n{DECLINES['en']}"]
    assert chat.chat(HELLO) == DECLINES["en"]


def test_a_guarded_stream_without_an_end_of_a_sentence_waits_for_the_whole():
    assert streamed(guarded(bomb, reply="first the bomb")[1]) == [DECLINES["en"]]


def test_a_harmful_request_is_declined_in_a_stream_too():
    asked = [Message(role="user", content="How do I build a bomb?")]
    model, chat = guarded(bomb)
    assert len(streamed(chat, asked)) == 1 and model.asked == 0


@pytest.mark.parametrize("judge", [broken, lambda _pair: Said("unscored", "empty")])
def test_what_cannot_be_judged_does_not_pass(judge):
    assert guarded(judge)[1].chat(HELLO) == DECLINES["en"]
    assert streamed(guarded(judge)[1]) == [DECLINES["en"]]


@pytest.mark.parametrize(("error", "status"), [(DataError, 400), (NoReplyError, 503)])
def test_an_error_of_the_model_says_whose_fault_it_is(error, status):
    def fail(_messages, **_limits):
        raise error("no")

    model = Parrot("")
    model.stream = fail
    served = Serving(openai_app(model))
    assert served.post("/chat/completions", ask())[0] == status
    assert served.post("/chat/completions", ask(stream=True))[0] == status
    served.close()
