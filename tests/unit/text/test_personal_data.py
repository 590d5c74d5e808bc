"""Personal data is found, validated, and gone after redaction."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.text import validators
from auroram.text.personal_data import KINDS, personal_spans, redacted


def found(text, language="en", kinds=KINDS):
    spans = personal_spans(text, kinds=kinds, language=language)
    return [(span.kind, text[span.start : span.end]) for span in spans]


@pytest.mark.parametrize(
    ("check", "valid", "invalid"),
    [
        (validators.is_card, "4111 1111 1111 1111", "4111 1111 1111 1112"),
        (validators.is_card, "378282246310005", "0000000000000000"),
        (validators.iban_length, "GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 33"),
        (validators.iban_length, "FI2112345600000785", "XX2112345600000785"),
        (validators.is_hetu, "131052-308T", "131052-308U"),
        (validators.is_aadhaar, "2341 2341 2346", "2341 2341 2347"),
        (validators.is_my_number, "123456789018", "123456789012"),
        (validators.is_cccd, "001099012345", "099099012345"),
        (validators.is_ssn, "219-09-9999", "666-09-9999"),
        (validators.is_global_address, "81.2.69.142", "192.168.0.1"),
        (validators.is_global_address, "2001:4860:4860::8888", "12:30:45"),
        (validators.is_mail, "anna@yritys.fi", "someone@example.com"),
        (validators.is_phone, "+358 40 123 4567", "000 000 000"),
    ],
)
def test_published_examples_pass_and_spoilt_ones_do_not(check, valid, invalid):
    assert check(valid)
    assert not check(invalid)


@pytest.mark.parametrize(("digits", "check"), [("236", "3"), ("12345", "1"), ("142857", "0")])
def test_verhoeffs_published_check_digits_hold(digits, check):
    assert [d for d in "0123456789" if validators._verhoeff(digits + d) == 0] == [check]


@pytest.mark.parametrize(
    ("text", "language", "wanted"),
    [
        ("Kirjoita anna.virtanen@yritys.fi.", "fi", [("email", "anna.virtanen@yritys.fi")]),
        ("soita 040-1234567 nyt", "fi", [("phone", "040-1234567")]),
        ("040-1234567", "en", []),
        ("電話は03-1234-5678です", "ja", [("phone", "03-1234-5678")]),
        ("gọi 0912345678 nhé", "vi", [("phone", "0912345678")]),
        ("CCCD 001099012345", "vi", [("cccd", "001099012345")]),
        ("आधार 2341 2341 2346", "hi", [("aadhaar", "2341 2341 2346")]),
        ("PAN ABCPE1234F", "en", [("pan", "ABCPE1234F")]),
        ("番号 123456789018", "ja", [("my-number", "123456789018")]),
        ("123456789018", "fi", []),
        ("maksa FI21 1234 5600 0007 85 ENNEN", "fi", [("iban", "FI21 1234 5600 0007 85")]),
        ("henkilö 131052-308T", "fi", [("hetu", "131052-308T")]),
        ("81.2.69.142, 10.0.0.1, section 6.3.6.1", "en", [("ip", "81.2.69.142")]),
        ("key AKIA" + "ABCDEFGH" * 2, "en", [("key", "AKIA" + "ABCDEFGH" * 2)]),
        ("the sum 3.14159265358979 and 1.2.3", "en", []),
        ("mail someone@example.com", "en", []),
    ],
)
def test_what_is_personal_is_found_in_its_language(text, language, wanted):
    assert found(text, language) == wanted


def test_only_the_kinds_asked_for_are_found():
    text = "a@firma.fi +358 40 123 4567"
    assert found(text, "fi", kinds=("phone",)) == [("phone", "+358 40 123 4567")]


def test_what_overlaps_goes_as_one():
    spans = personal_spans("+4111 1111 1111 1111", kinds=KINDS, language="en")
    assert len(spans) <= 1


PIECES = st.lists(
    st.sampled_from(
        ["anna@yritys.fi", "+358 40 123 4567", "FI2112345600000785", "81.2.69.142", " ", ",", "abc",
         "4111111111111111", "12", "-", "の", "\n"]
    ),
    max_size=12,
)  # fmt: skip


@given(PIECES)
def test_spans_are_in_order_and_redaction_keeps_the_rest(pieces):
    text = "".join(pieces)
    spans = personal_spans(text, kinds=KINDS, language="fi")
    ends = [0, *(place for span in spans for place in (span.start, span.end)), len(text)]
    assert ends == sorted(ends)
    clean = redacted(text, spans, lambda _: "")
    assert len(clean) == len(text) - sum(span.end - span.start for span in spans)


SINGLE = st.sampled_from(["anna@yritys.fi", "81.2.69.142", "FI2112345600000785"])


@given(st.lists(SINGLE, max_size=6))
def test_nothing_is_found_twice(pieces):
    text = " ja ".join(pieces)
    spans = personal_spans(text, kinds=KINDS, language="fi")
    clean = redacted(text, spans, lambda kind: f"<{kind.upper()}>")
    assert not any(piece in clean for piece in pieces)
    assert found(clean, "fi") == []


@pytest.mark.parametrize(
    "hostile",
    ["0" * 40000, "1 " * 20000, "a@" * 20000, "a." * 20000 + "@", "+1 " * 13000, "1:" * 20000,
     "AB12 " * 8000, "-----BEGIN PRIVATE KEY-----" * 1000, "eyJa" * 10000, "0-" * 20000],
)  # fmt: skip
def test_hostile_text_takes_linear_time(hostile):
    start = time.process_time()
    personal_spans(hostile, kinds=KINDS, language="ja")
    assert time.process_time() - start < 2
