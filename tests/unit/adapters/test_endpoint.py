"""A model behind an address, asked over real HTTP."""

import time

import pytest

from auroram.adapters.endpoint import EndpointWriter, open_endpoint
from auroram.errors import ConfigError, DataError, RunError
from auroram.ports import Asked, Endpoint
from chat_server import serve

BUSY = (429, {})
ASKED = [Asked(instruction="Shout.", text=word) for word in ("one", "two", "three")]


def writer(url, key="", **changes):
    settings = Endpoint(url=url, model="tiny", **changes)
    return EndpointWriter(settings=settings, key=key, first_pause_seconds=0.01)


def test_answers_come_in_the_order_of_what_was_asked():
    with serve() as (url, book):
        assert writer(url).write(ASKED, max_tokens=7) == ["ONE", "TWO", "THREE"]
    path, said = book.asked[0]
    assert path == "/v1/chat/completions"
    assert said["temperature"] == 0 and said["max_tokens"] == 7 and said["model"] == "tiny"
    assert said["messages"][0] == {"role": "system", "content": "Shout."}


@pytest.mark.parametrize("fault", [BUSY, (503, {}), (500, {}), "not json", '{"choices": []}'])
def test_what_may_pass_is_tried_again(fault):
    with serve([fault, fault]) as (url, book):
        assert writer(url).write(ASKED[:1], max_tokens=7) == ["ONE"]
    assert len(book.asked) == 3


def test_attempts_have_a_limit():
    with (
        serve([BUSY] * 9) as (url, book),
        pytest.raises(RunError, match=r"no answer in 2 attempts \(HTTP 429 Too Many Requests\)"),
    ):
        writer(url, attempts=2).write(ASKED[:1], max_tokens=7)
    assert len(book.asked) == 2


def test_a_server_that_asks_to_wait_is_waited_for():
    with serve([(429, {"Retry-After": "1"})]) as (url, _):
        began = time.monotonic()
        writer(url).write(ASKED[:1], max_tokens=7)
    assert time.monotonic() - began >= 1


def test_a_slow_server_is_not_waited_for_beyond_the_time_out():
    def slow(text):
        time.sleep(0.5)
        return text

    with serve(answer=slow) as (url, _), pytest.raises(RunError, match=r"timed out"):
        writer(url, attempts=1, timeout_seconds=0.1).write(ASKED[:1], max_tokens=7)


def test_nobody_at_the_address_is_said_in_one_sentence():
    with serve() as (url, _):
        pass
    with pytest.raises(RunError, match=r"no answer in 2 attempts .*refused.*run again"):
        writer(url, attempts=2).write(ASKED[:1], max_tokens=7)


def test_a_refused_key_is_not_tried_again():
    with (
        serve([(401, {})] * 3) as (url, book),
        pytest.raises(ConfigError, match=r"the key is refused .*check what TINY_KEY holds"),
    ):
        writer(url, key_variable="TINY_KEY").write(ASKED[:1], max_tokens=7)
    assert len(book.asked) == 1


def test_an_unknown_model_is_not_tried_again():
    with serve([(404, {})] * 3) as (url, book), pytest.raises(DataError, match="'tiny' cannot be"):
        writer(url).write(ASKED[:1], max_tokens=7)
    assert len(book.asked) == 1


def test_the_key_comes_from_the_environment_and_is_sent(monkeypatch):
    monkeypatch.setenv("TINY_KEY", "abc")
    with serve() as (url, book):
        settings = Endpoint(url=url, model="tiny", key_variable="TINY_KEY")
        open_endpoint(settings).write(ASKED[:1], max_tokens=7)
    assert book.keys == ["Bearer abc"]


def test_a_key_that_is_not_there_is_asked_for():
    settings = Endpoint(url="http://x/v1", model="tiny", key_variable="NO_SUCH_KEY")
    with pytest.raises(ConfigError, match="set the environment variable NO_SUCH_KEY"):
        open_endpoint(settings)


def test_an_address_must_be_one():
    with pytest.raises(ValueError, match="must begin with http"):
        Endpoint(url="localhost:8000", model="tiny")
