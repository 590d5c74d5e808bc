"""What becomes of personal data: redacted, made up or tagged; the same however work is split."""

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auroram.corpus.redaction import Redaction
from auroram.records.document import PERSONAL_DATA
from auroram.text.personal_data import ANY_LANGUAGE, KINDS, personal_spans
from auroram.text.surrogates import surrogate

VALUES = {
    "email": "aino.kivi@metsapolku.fi",
    "key": "ghp_0a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R",
    "iban": "FI21 1234 5600 0007 85",
    "card": "4111 1111 1111 1111",
    "hetu": "131052-308T",
    "aadhaar": "2341 2341 2346",
    "pan": "ABCPE1234F",
    "my-number": "1234-5678-9018",
    "cccd": "001099012345",
    "ssn": "219-09-9999",
    "ip": "81.2.69.142",
    "phone": "+358 40 123 4567",
}
MADE_UP = Redaction(action="surrogate")


@pytest.mark.parametrize("kind", VALUES)
def test_a_surrogate_is_of_its_shape_and_nobodys(kind):
    made = surrogate(kind, VALUES[kind], 1)
    assert made and made != VALUES[kind]
    assert personal_spans(made, kinds=KINDS, language=ANY_LANGUAGE) == []
    if kind not in {"email", "ip"}:
        assert [c.isalnum() for c in made] == [c.isalnum() for c in VALUES[kind]]


@pytest.mark.parametrize("kind", VALUES)
def test_a_surrogate_follows_from_seed_and_value_alone(kind):
    made = surrogate(kind, VALUES[kind], 1)
    assert made == surrogate(kind, VALUES[kind], 1)
    assert made != surrogate(kind, VALUES[kind], 2)


def test_the_way_a_number_is_written_does_not_change_whose_it_is():
    spaced, plain = (surrogate("phone", text, 1) for text in ("040 123 4567", "0401234567"))
    assert spaced.replace(" ", "") == plain
    assert surrogate("email", "Aino@Puro.fi", 1) == surrogate("email", "aino@puro.fi", 1)


def test_digits_stay_in_their_script():
    assert all(
        character in "０１２３４５６７８９－"
        for character in surrogate("phone", "０３－１２３４－５６７８", 1)
    )


def test_a_private_key_becomes_a_block_that_opens_nothing():
    made = surrogate("key", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----", 1)
    assert made.startswith("-----BEGIN EXAMPLE KEY-----")


def test_each_kind_has_its_action():
    rules = Redaction(actions={"email": "tag", "ip": "surrogate"}, placeholders={"phone": "PUH"})
    (done,) = rules.apply_all(["a@puro.fi 81.2.69.142 040 123 4567"], "fi")
    assert done.text.startswith("a@puro.fi ") and done.text.endswith(" PUH")
    assert "81.2.69.142" not in done.text
    assert [row["action"] for row in rules.rows("id", done.spans)] == ["tag", "surrogate", "redact"]


def test_rows_fit_the_side_car_and_hold_no_value():
    (done,) = Redaction().apply_all(["kirjoita aino@puro.fi"], "fi")
    rows = Redaction().rows("d1", done.spans)
    assert pa.Table.from_pylist(rows, PERSONAL_DATA).num_rows == 1
    assert "aino" not in json.dumps(rows)


def test_a_text_with_nothing_personal_comes_back_itself():
    text = "ei mitään " * 3
    (done,) = Redaction().apply_all([text], "fi")
    assert done.text is text and not done.is_changed


def test_programs_keep_their_numbers():
    (done,) = Redaction().apply_all(["call('040 123 4567', 'aino@puro.fi')"], "code")
    assert done.text == "call('040 123 4567', '<EMAIL>')"


def test_a_placeholder_that_is_personal_data_is_refused():
    with pytest.raises(ValueError, match="the placeholder of phone is itself personal data"):
        Redaction(placeholders={"phone": "+358 40 123 4567"})


@pytest.mark.parametrize("language", ["en", "fi", "hi", "ja", "vi"])
def test_no_value_is_left_in_any_language(language):
    text = "; ".join(VALUES.values())
    (done,) = Redaction().apply_all([text], language)
    assert personal_spans(done.text, kinds=KINDS, language=language) == []
    assert VALUES["email"] not in done.text and VALUES["card"] not in done.text


PIECES = st.lists(
    st.sampled_from(
        [*VALUES.values(), "0401234567", "ゆ", " ", "  ", "-", ".", "12", "a", "@", ","]
    ),
    max_size=10,
).map("".join)


@settings(max_examples=150)
@given(PIECES, st.sampled_from(["redact", "surrogate"]), st.sampled_from(["en", "fi", "ja", "vi"]))
def test_redacting_twice_changes_nothing_more(text, action, language):
    rules = Redaction(action=action)
    once, _ = rules.apply(text, language)
    assert rules.apply(once, language) == (once, [])


@settings(max_examples=50)
@given(st.lists(PIECES, max_size=5))
def test_how_texts_are_batched_changes_nothing(texts):
    together = MADE_UP.apply_all(pa.array(texts, pa.string()), "fi", seed=7)
    assert together == [MADE_UP.apply_all([text], "fi", seed=7)[0] for text in texts]


def test_a_place_within_a_value_is_a_border_of_what_stands_there_now():
    text = f"soita {VALUES['phone']} tai kirjoita {VALUES['email']} heti"
    (done,) = Redaction(placeholders={"phone": "P"}).apply_all([text], "fi")
    start, end = text.index("123"), text.index("metsapolku") + len("metsapolku")
    placed = slice(done.place(start, is_end=False), done.place(end, is_end=True))
    assert done.text[placed] == "P tai kirjoita <EMAIL>"
    assert done.text[done.place(text.index("heti"), is_end=False) :] == "heti"
