"""The paragraph kernel against splitting in Python."""

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auroram.text.buffers import Buffer
from auroram.text.characters import tables
from auroram.text.paragraphs import paragraphs_of
from auroram.text.scripts import SCRIPTS, written_in

TEXTS = st.lists(st.text(st.sampled_from("aB ä\nहिの漢カ9.\u200d🙂"), max_size=40), max_size=6)


@settings(deadline=None)
@given(TEXTS)
def test_paragraphs_are_the_lines_of_each_text(texts):
    buffer = Buffer.of(texts)
    found = paragraphs_of(buffer)
    lines = [(i, line) for i, text in enumerate(texts) for line in text.split("\n")]
    data = buffer.data.tobytes()
    rows = zip(found.owner, found.start, found.end, strict=True)
    assert [(owner, data[start:end].decode()) for owner, start, end in rows] == lines
    assert found.characters.tolist() == [len(line) for _, line in lines]


@settings(deadline=None)
@given(TEXTS)
def test_fingerprints_are_equal_where_lines_are(texts):
    found = paragraphs_of(Buffer.of(texts)).fingerprint.tolist()
    lines = [line for text in texts for line in text.split("\n")]
    pairs = set(zip(lines, found, strict=True))
    assert len(pairs) == len(set(lines)) == len(set(found))


@settings(deadline=None)
@given(st.text(max_size=60), st.sampled_from(["", "Latn", "Jpan", "Olck", "Tfng"]))
def test_letters_are_counted_by_script(text, script):
    found = paragraphs_of(Buffer.of([text.replace("\n", "")]), script).letters[0].tolist()
    scripts = tables().scripts
    letters = Counter(SCRIPTS[scripts[ord(c)]] for c in text if scripts[ord(c)] != 255)
    assert found[1:] == [letters[part] for part in written_in(script)]
    assert sum(found) == letters.total()


def test_a_slice_of_a_column_is_read_where_it_starts():
    column = pa.array(["one", "two\nthree", "four"]).slice(1)
    assert len(paragraphs_of(Buffer.of(column))) == 3


def test_bytes_that_are_no_utf8_are_refused():
    column = pa.array([b"\xff\xfe"]).cast(pa.binary()).view(pa.string())
    with pytest.raises(ValueError, match="is not UTF-8"):
        Buffer.of(column)
