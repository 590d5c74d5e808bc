"""Documents as rows of a fixed length."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.tokens.rows import Segment, Stream, Whole

SIZES = st.lists(st.integers(0, 30), min_size=1, max_size=40)


def starts(sizes):
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def test_a_stream_is_cut_where_a_row_is_full():
    stream = Stream(starts([3, 4, 5]), 6)
    assert stream.row(0) == [Segment(0, 0, 3), Segment(1, 3, 3)]
    assert stream.row(1) == [Segment(1, 6, 1), Segment(2, 7, 5)]


@given(sizes=SIZES, length=st.integers(1, 20))
def test_a_stream_holds_every_token_once_and_in_order_up_to_what_it_counts_as_left_out(
    sizes, length
):
    stream = Stream(starts(sizes), length)
    segments = [segment for k in range(stream.count) for segment in stream.row(k)]
    covered = [t for s in segments for t in range(s.start, s.start + s.length)]
    assert covered == list(range(sum(sizes) - stream.left_out_tokens))


@given(sizes=SIZES, length=st.integers(1, 20))
def test_a_piece_lies_within_its_document(sizes, length):
    stream, begins = Stream(starts(sizes), length), starts(sizes)
    for segment in (s for k in range(stream.count) for s in stream.row(k)):
        assert begins[segment.document] <= segment.start
        assert segment.start + segment.length <= begins[segment.document + 1]


@pytest.mark.parametrize(
    ("tokens", "rows", "left_out"), [(14, 1, 4), (15, 2, 0), (3, 1, 0), (0, 0, 0)]
)
def test_the_last_row_is_kept_from_half_full_on_or_where_it_is_the_only_one(tokens, rows, left_out):
    stream = Stream(starts([tokens]), 10)
    assert (stream.count, stream.left_out_tokens) == (rows, left_out)


@given(sizes=SIZES, length=st.integers(1, 40))
def test_whole_documents_are_packed_once_each_and_never_cut(sizes, length):
    rows = Whole(starts(sizes), length)
    segments = [segment for k in range(rows.count) for segment in rows.row(k)]
    fitting = [d for d, size in enumerate(sizes) if 0 < size <= length]
    assert sorted(segment.document for segment in segments) == fitting
    assert all(segment.length == sizes[segment.document] for segment in segments)
    assert all(sum(s.length for s in rows.row(k)) <= length for k in range(rows.count))


def test_exchanges_fill_the_row_that_they_fit_best():
    rows = Whole(starts([6, 5, 4, 3, 2]), 10)
    assert [[s.document for s in rows.row(k)] for k in range(rows.count)] == [[0, 2], [1, 3, 4]]


def test_an_exchange_longer_than_a_row_is_counted_as_left_out():
    rows = Whole(starts([12, 4]), 10)
    assert (rows.count, rows.left_out_documents, rows.left_out_tokens) == (1, 1, 12)


@given(sizes=SIZES, length=st.integers(1, 20), kind=st.sampled_from([Stream, Whole]))
def test_the_rows_that_hold_a_document_are_those_with_a_piece_of_it(sizes, length, kind):
    rows = kind(starts(sizes), length)
    held = [{} for _ in sizes]
    for k in range(rows.count):
        for segment in rows.row(k):
            held[segment.document][k] = segment.length
    assert [rows.holding(document) for document in range(len(sizes))] == held
