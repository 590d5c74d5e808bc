"""Clusters: exact copies, near copies, and who represents them; who is held out."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.corpus.duplicates import Candidates, NearDuplicates, clusters_of
from auroram.corpus.held_out import held_out_count, held_out_rows
from auroram.text.buffers import Buffer
from auroram.text.signals import signals_of


def words(start, count=120):
    return " ".join(f"word{i}" for i in range(start, start + count))


def clusters(texts):
    candidates = Candidates(
        ids=np.array([f"{i:032x}" for i in range(len(texts))], np.bytes_),
        contents=np.array([text.encode()[:40] + text.encode()[-40:] for text in texts]),
        lengths=np.array([len(text) for text in texts]),
        signatures=signals_of(Buffer.of(texts)).signatures,
    )
    return clusters_of(candidates, NearDuplicates())


def test_copies_point_to_the_first_of_them():
    found = clusters([words(0), words(500), words(0)])
    assert found.exact.tolist() == [0, 1, 0]
    assert found.size.tolist() == [2, 1, 2]


def test_the_longest_of_near_copies_represents_them():
    found = clusters([words(0), words(0) + " and more", words(500)])
    assert found.representative.tolist() == [1, 1, 2]


def test_of_equal_lengths_the_lowest_id_represents():
    found = clusters([words(0) + " ab", words(0) + " cd"])
    assert found.representative.tolist() == [0, 0]


def test_an_exact_copy_belongs_to_the_near_cluster_too():
    found = clusters([words(0), words(0) + " and more", words(0)])
    assert found.representative.tolist() == [1, 1, 1]
    assert found.size.tolist() == [3, 3, 3]


@given(st.integers(0, 10_000), st.floats(0, 1), st.integers(0, 200))
def test_at_most_half_is_held_out(total, share, fewest):
    count = held_out_count(total, share=share, fewest=fewest)
    assert 0 <= count <= total / 2


@pytest.mark.parametrize("dropped", [0, 7])
def test_hardly_any_document_changes_sides_when_others_go(dropped):
    ids = np.array(
        sorted(f"{i * 0x9E3779B97F4A7C15 % 2**64:016x}" * 2 for i in range(1000)), np.bytes_
    )
    first = set(ids[held_out_rows(ids, 50)])
    fewer = ids[dropped:]
    second = set(fewer[held_out_rows(fewer, 50)])
    assert len(first - second) <= dropped
