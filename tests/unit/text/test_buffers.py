"""Buffers show an Arrow column's own bytes, and refuse what is not text."""

from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auroram.text.buffers import Buffer

TEXTS = ["", "päivä", "बिल्ली", "", "日本"]
KINDS = (pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary())


def texts_of(buffer):
    edges = buffer.offsets.tolist()
    return [bytes(buffer.data[start:end]).decode() for start, end in pairwise(edges)]


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_any_column_of_text_is_read(kind):
    column = pa.array([text.encode() for text in TEXTS]).cast(kind)
    assert texts_of(Buffer.of_arrow(column)) == TEXTS


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()], ids=str)
def test_the_bytes_are_the_columns_own(kind):
    column = pa.array(TEXTS, kind)
    assert Buffer.of_arrow(column).data.ctypes.data == column.buffers()[2].address


def test_a_slice_shows_only_its_texts():
    assert texts_of(Buffer.of_arrow(pa.array(TEXTS).slice(1, 3))) == TEXTS[1:4]


def test_nulls_are_empty():
    assert texts_of(Buffer.of_arrow(pa.array(["a", None, "b"]))) == ["a", "", "b"]
    assert texts_of(Buffer.of_arrow(pa.nulls(2))) == ["", ""]


def test_a_dictionary_is_spelled_out():
    column = pa.array(["a", "b", "a"]).dictionary_encode()
    assert texts_of(Buffer.of_arrow(column)) == ["a", "b", "a"]


def test_no_texts_make_an_empty_buffer():
    assert len(Buffer.of([])) == 0
    assert len(Buffer.of_arrow(pa.array([], pa.string()))) == 0


@settings(deadline=None)
@given(st.lists(st.binary(max_size=8) | st.text(max_size=4).map(str.encode), max_size=6))
def test_bytes_are_read_exactly_where_they_are_utf8(values):
    try:
        texts = [value.decode() for value in values]
    except UnicodeDecodeError:
        with pytest.raises(ValueError, match=r"text \d+: is not UTF-8"):
            Buffer.of_arrow(pa.array(values, pa.binary()))
    else:
        assert texts_of(Buffer.of_arrow(pa.array(values, pa.binary()))) == texts


def test_a_string_column_that_lies_about_its_bytes_is_refused():
    lying = pa.Array.from_buffers(
        pa.string(),
        2,
        [None, pa.array([0, 1, 3], pa.int32()).buffers()[1], pa.py_buffer(b"a\xc3(")],
    )
    with pytest.raises(ValueError, match=r"text 1: is not UTF-8 .got byte 0xc3 at byte 0.; mend"):
        Buffer.of_arrow(lying)


def test_a_lone_surrogate_is_refused_by_its_place():
    with pytest.raises(ValueError, match=r"text 1: holds a lone surrogate .* at character 2"):
        Buffer.of(["fine", "no\ud800"])


def test_a_column_of_numbers_is_refused():
    with pytest.raises(ValueError, match=r"must be strings or bytes .got a column of int64."):
        Buffer.of_arrow(pa.array([1, 2]))
