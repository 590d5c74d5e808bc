"""The fused kernel against slow, obvious versions of every figure."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auroram.text.buffers import Buffer
from auroram.text.characters import DIGIT, HAN, KATAKANA, LETTER, PAIRED, SYMBOL, tables
from auroram.text.signals import SIGNALS, signals_of
from auroram.text.units import units_of

ANY = st.text(st.characters(exclude_categories=("Cs",)), max_size=80)
REPETITIVE = st.text(st.sampled_from("ab A\n.9の漢カहि\u200d"), max_size=200)


def share(part, whole):
    return part / whole if whole else 0.0


def lines_of(text):
    kinds = tables().classes
    visible = [[c for c in line if kinds[ord(c)] != 9] for line in text.split("\n")]
    return [line for line in visible if any(kinds[ord(c)] != 7 for c in line)]


def duplicate_line_characters(lines):
    seen, total = set(), 0
    for line in map("".join, lines):
        total += len(line) * (line in seen)
        seen.add(line)
    return total


def top(units, n):
    grams = Counter(zip(*(units[i:] for i in range(n)), strict=False))
    return max(
        (count * len("".join(gram)) for gram, count in grams.items() if count > 1), default=0
    )


def repeated(units, n):
    seen, start, total = set(), 0, 0
    while start <= len(units) - n:
        gram = tuple(units[start : start + n])
        total += len("".join(gram)) * (gram in seen)
        start += n if gram in seen else 1
        seen.add(gram)
    return total


def figures_of(text):
    kinds = Counter(int(tables().classes[ord(c)]) for c in text)
    lines, units = lines_of(text), units_of(text)
    characters = sum(n for kind, n in kinds.items() if kind not in {8, 9})
    visible = characters - kinds[7]
    letters = sum(kinds[kind] for kind in (LETTER, HAN, PAIRED, KATAKANA))
    last = [[c for c in line if tables().classes[ord(c)] != 7][-1] for line in lines]
    ended = sum(bool(tables().ends_line[ord(c)]) for c in last)
    length = sum(map(len, units))
    longest = max(map(len, lines), default=0)
    return [
        characters,
        len(units),
        len(lines),
        share(length, len(units)),
        characters / max(len(lines), 1),
        longest,
        letters / max(visible, 1),
        kinds[DIGIT] / max(visible, 1),
        kinds[SYMBOL] / max(visible, 1),
        share(ended, len(lines)),
        duplicate_line_characters(lines) / max(characters, 1),
        *(top(units, n) / max(length, 1) for n in (2, 3, 4)),
        *(repeated(units, n) / max(length, 1) for n in (5, 10)),
    ]


@settings(deadline=None)
@given(st.lists(REPETITIVE, max_size=4))
def test_the_kernel_agrees_with_the_slow_version(texts):
    found = signals_of(Buffer.of(texts)).figures
    wanted = np.array([figures_of(text) for text in texts], np.float32).reshape(-1, len(SIGNALS))
    assert np.allclose(found, wanted, rtol=1e-5)


@settings(deadline=None)
@given(ANY)
def test_any_unicode_is_measured(text):
    found = signals_of(Buffer.of([text])).figures[0]
    wanted = figures_of(text)
    assert found[1] == wanted[1] and found[0] == wanted[0]
    assert np.isfinite(found).all()


@settings(deadline=None)
@given(st.lists(REPETITIVE, min_size=2, max_size=5))
def test_a_text_has_the_same_signals_in_any_company(texts):
    together = signals_of(Buffer.of(texts))
    alone = signals_of(Buffer.of(texts[-1:]))
    assert np.array_equal(together.figures[-1], alone.figures[0])
    assert np.array_equal(together.signatures[-1], alone.signatures[0])


def test_a_column_is_found_by_its_name():
    signals = signals_of(Buffer.of(["yksi kaksi\n123"]))
    assert signals.column("lines")[0] == 2
    assert signals.column("digit_share")[0] == pytest.approx(3 / 12)


def test_a_long_text_after_short_ones_fits_the_tables():
    text = " ".join(f"sana{i}" for i in range(9000))
    assert signals_of(Buffer.of(["a", text])).column("top_2gram_share")[1] == 0
