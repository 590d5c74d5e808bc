"""Who is held out: a fair draw of representatives, hardly changed when documents come or go."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.corpus.candidates import Candidates
from auroram.corpus.duplicates import TAKEN_DOWN
from auroram.corpus.held_out import draw, held_out_count
from auroram.corpus.row_files import write_rows

HALVES = np.random.default_rng(1).integers(0, 2**64, 1000, np.uint64)


def drawn(folder, halves, roots=None, merits=None, **options):
    """The second halves of the ids that are held out, of candidates in two files."""
    rows = np.arange(len(halves))
    merits = np.full(len(halves), TAKEN_DOWN, np.uint64) if merits is None else merits
    cut = len(halves) // 3
    candidates = Candidates.of("fi", folder, [cut, len(halves) - cut])
    for name, column in {"halves.bin": halves, "merits.bin": merits}.items():
        for part, path in zip((column[:cut], column[cut:]), candidates.paths(name), strict=True):
            write_rows(path, part)
    write_rows(folder / "roots.bin", rows if roots is None else roots)
    stays = rows if roots is None else np.unique(roots)
    stays = stays[merits[stays] >= TAKEN_DOWN]
    found = draw(candidates, **({"share": 0.05, "fewest": 20} | options))
    return set(halves[stays][found.holds(halves[stays], stays)].tolist())


@given(st.integers(0, 10_000), st.floats(0, 1), st.integers(0, 200))
def test_at_most_half_is_held_out(total, share, fewest):
    count = held_out_count(total, share=share, fewest=fewest)
    assert 0 <= count <= total / 2


def test_the_lowest_second_halves_are_held_out(tmp_path):
    assert drawn(tmp_path, HALVES) == set(np.sort(HALVES)[:50].tolist())


def test_only_representatives_are_drawn(tmp_path):
    roots = np.arange(1000) // 2 * 2
    assert drawn(tmp_path, HALVES, roots, share=0.1) == set(np.sort(HALVES[::2])[:50].tolist())


def test_what_is_taken_down_is_not_drawn(tmp_path):
    merits = np.where(np.arange(1000) % 2, TAKEN_DOWN, 7).astype(np.uint64)
    found = drawn(tmp_path, HALVES, merits=merits, share=0.1)
    assert found == set(np.sort(HALVES[1::2])[:50].tolist())


def test_of_equal_halves_the_first_are_drawn(tmp_path):
    assert len(drawn(tmp_path, np.arange(30, dtype=np.uint64) // 3, fewest=4)) == 2


def test_nobody_is_drawn_where_nobody_is_asked_for(tmp_path):
    assert drawn(tmp_path, HALVES, share=0.0, fewest=0) == set()


@pytest.mark.parametrize("dropped", [0, 7])
def test_hardly_any_document_changes_sides_when_others_go(tmp_path, dropped):
    first = drawn(tmp_path / "a", HALVES, share=0.05, fewest=50)
    second = drawn(tmp_path / "b", HALVES[dropped:], share=0.05, fewest=50)
    assert len(first - second) <= dropped
