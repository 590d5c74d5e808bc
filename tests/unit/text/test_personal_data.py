"""Personal data is found, validated, and gone after redaction."""

import time

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.text import phones, validators
from auroram.text.personal_data import ANY_LANGUAGE, KINDS, batch_spans, personal_spans, redacted
from auroram.text.shadow import shadow


def found(text, language="en", kinds=KINDS):
    spans = personal_spans(text, kinds=kinds, language=language)
    return [(span.kind, text[span.start : span.end]) for span in spans]


@pytest.mark.parametrize(
    ("check", "valid", "invalid"),
    [
        (validators.card_length, "4111 1111 1111 1111", "4111 1111 1111 1112"),
        (validators.card_length, "378282246310005", "0000000000000000"),
        (validators.iban_length, "GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234 5698 7654 33"),
        (validators.iban_length, "FI2112345600000785", "XX2112345600000785"),
        (validators.is_hetu, "131052-308T", "131052-308U"),
        (validators.is_hetu, "131052Y308T", "311352-308T"),
        (validators.is_hetu, "131052-308t", "131052-308u"),
        (validators.iban_length, "fi2112345600000785", "fi2112345600000786"),
        (validators.card_length, "4111 1111 1111 1111 12", "9111 1111 1111 1111"),
        (validators.is_aadhaar, "2341 2341 2346", "2341 2341 2347"),
        (validators.is_my_number, "123456789018", "123456789012"),
        (validators.is_cccd, "001099012345", "003099012345"),
        (validators.is_ssn, "219-09-9999", "666-09-9999"),
        (validators.is_global_address, "81.2.69.142", "192.168.0.1"),
        (validators.is_global_address, "81.2.69.142", "6.3.6.1"),
        (validators.is_public_address, "6.3.6.1", "10.0.0.1"),
        (validators.is_global_address, "2001:4860:4860::8888", "12:30:45"),
        (validators.is_mail, "anna@yritys.fi", "someone@example.com"),
        (validators.is_mail, "anna(at)yritys.fi", "icon@2x.png"),
        (phones.is_north_american, "(202) 555-0143", "(102) 555-0143"),
        (phones.is_british, "020 7946 0958", "020 7946 095"),
        (phones.is_finnish, "09 876 5432", "02-03-2023"),
        (phones.is_japanese, "090-1234-5678", "090-0234-5678"),
        (phones.is_vietnamese, "0912 345 678", "0412 345 678"),
        (phones.is_indian, "98765 43210", "58765 43210"),
        (phones.international_length, "+358 40 123 4567", "+999 40 123 4567"),
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
        ("äö ０９０－１２３４－５６７８", "ja", [("phone", "０９０－１２３４－５６７８")]),
        ("電話03ー1234ー5678。", "ja", [("phone", "03ー1234ー5678")]),
        ("आधार २३४१ २३४१ २३४६", "hi", [("aadhaar", "२३४१ २३४१ २३४६")]),
        ("मोबाइल ९८७६५४३२१०", "hi", [("phone", "९८७६५४३२१०")]),
        (
            "hetu 131052A308T ja 131052Y308T",
            "fi",
            [("hetu", "131052A308T"), ("hetu", "131052Y308T")],
        ),
        ("4111 1111 1111 1111 12/27", "fi", [("card", "4111 1111 1111 1111")]),
        ("order 202-555-0143, phone 202-555-0144", "en", [("phone", "202-555-0144")]),
        ("call 2025550143 or 2025550144x", "en", [("phone", "2025550143")]),
        ("GB82 WEST 1234 5698 7654 32", "en", [("iban", "GB82 WEST 1234 5698 7654 32")]),
        ("Aadhaar 234123412346, code 234123412346", "en", [("aadhaar", "234123412346")]),
        ("My IP is 8.26.56.26.", "en", [("ip", "8.26.56.26")]),
        ("IP-osoitteeni on 9.9.9.10", "fi", [("ip", "9.9.9.10")]),
        ("IPアドレスは8.8.8.8です", "ja", [("ip", "8.8.8.8")]),
        ("8.8.8.8, IP firmware 6.3.6.1, IP-version 4.1.1.2, IP: 10.0.0.7", "en", []),
        ("hetu 131052-308t, 050611a372w", "fi", [("hetu", "131052-308t"), ("hetu", "050611a372w")]),
        ("iban fi2112345600000785", "fi", [("iban", "fi2112345600000785")]),
        ("maksa fi21 1234 5600 0007 85 ennen", "fi", [("iban", "fi21 1234 5600 0007 85")]),
        ("at20 people were there and no15 more came", "en", []),
        ("my pan is abcpe1234f, the label abcpe1234f", "en", [("pan", "abcpe1234f")]),
        ("пишите seppo@пример.рф, а не", "ru", [("email", "seppo@пример.рф")]),
        ("मेल seppo@डाटामेल.भारत पर", "hi", [("email", "seppo@डाटामेल.भारत")]),
        ("連絡はinfo@会社.みんなまで", "ja", [("email", "info@会社.みんな")]),
        ("info@yritys.fiまたはwww.yritys.fi", "ja", [("email", "info@yritys.fi")]),
        ("tanaka@東京、大阪. そして", "ja", []),
        ("key AKIAIOSFODNN7EXAMPLE and ghp_" + "x" * 36, "en", []),
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
    clean = redacted(text, spans, lambda *_: "")
    assert len(clean) == len(text) - sum(span.end - span.start for span in spans)


SINGLE = st.sampled_from(["anna@yritys.fi", "81.2.69.142", "FI2112345600000785"])


@given(st.lists(SINGLE, max_size=6))
def test_nothing_is_found_twice(pieces):
    text = " ja ".join(pieces)
    spans = personal_spans(text, kinds=KINDS, language="fi")
    clean = redacted(text, spans, lambda kind, _: f"<{kind.upper()}>")
    assert not any(piece in clean for piece in pieces)
    assert found(clean, "fi") == []


KEY = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow+/=\nabc\n-----END RSA PRIVATE KEY-----"


def test_a_private_key_goes_to_its_end_and_no_further():
    assert found(f"so:\n{KEY}\nand then") == [("key", KEY)]
    open_ended = KEY.partition("\n-----END")[0]
    assert found(f"{open_ended}\n\nand then") == [("key", open_ended)]


TEXTS = st.lists(
    st.one_of(
        st.text(max_size=20), PIECES.map("".join), st.just("käy GB82 WEST 1234 5698 7654 32")
    ),
    max_size=6,
)


@given(TEXTS)
def test_what_is_found_does_not_depend_on_the_batch(texts):
    together = batch_spans(texts, kinds=KINDS, language=ANY_LANGUAGE)
    alone = [personal_spans(text, kinds=KINDS, language=ANY_LANGUAGE) for text in texts]
    assert [together.get(i, []) for i in range(len(texts))] == alone
    column = pa.chunked_array([["x"], texts], pa.string()).combine_chunks()[1:]
    assert batch_spans(column, kinds=KINDS, language=ANY_LANGUAGE) == together


@given(st.text(alphabet="0189०९０９+-–ー.() @aAzäがक/:\n\x00", max_size=60))
def test_spans_lie_within_any_text_and_a_masked_text_holds_nothing(text):
    spans = personal_spans(text, kinds=KINDS, language=ANY_LANGUAGE)
    ends = [0, *(place for span in spans for place in (span.start, span.end)), len(text)]
    assert ends == sorted(ends)
    clean = redacted(text, spans, lambda kind, _: f"<{kind.upper()}>")
    assert personal_spans(clean, kinds=KINDS, language=ANY_LANGUAGE) == []


@given(st.text(max_size=40))
def test_a_shadow_is_as_long_as_its_text_and_ascii(text):
    assert len(shadow(text)) == len(text) and shadow(text).isascii()


def test_nothing_is_found_in_nothing():
    assert batch_spans([], kinds=KINDS, language="en") == {}
    assert batch_spans(["", ""], kinds=KINDS, language="en") == {}
    assert batch_spans(pa.array([None, "a@firma.fi"]), kinds=("email",), language="en").keys() == {
        1
    }
    assert batch_spans(["a@firma.fi"], kinds=("name",), language="en") == {}


HOSTILE = [
    "0", "@", "a", "-----BEGIN", "1 ", "a@", "a.", "+1 ", "1:", "AB12 ", "eyJa", "0-", "0.",
    "(at)", "20aa:", "-----BEGIN PRIVATE KEY-----", "4111 1111 1111 1111-",
    "A" * 64 + "@", "０", "०",
    "aa12 aaaa ", "a@п.", "a@п.рф", "ip 1.1.1.1 ", "0401234567 ", "a@b.fi ", "4111 1111 1111 1111 ",
]  # fmt: skip


def seconds_alone(text):
    """The least CPU seconds of this thread in three; garbage of other tests may be collected."""
    least = float("inf")
    for _ in range(3):
        start = time.thread_time()
        personal_spans(text, kinds=KINDS, language=ANY_LANGUAGE)
        least = min(least, time.thread_time() - start)
    return least


@pytest.mark.parametrize("unit", HOSTILE)
def test_a_hostile_text_takes_linear_time(unit):
    short, long = (seconds_alone(unit * (size // len(unit))) for size in (20_000, 80_000))
    assert long < 8 * short + 0.2
