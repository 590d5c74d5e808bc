r"""Stretches of text that may hold personal data: one pass of one automaton over a whole batch.

Clean text holds next to none, so this pass decides the speed: about 300 MB a second and core in
every script, where a set of patterns for each document reaches a third of that. A stretch is wider
than what it may hold: it takes in the word either side, so that whoever reads it needs to see no
further. Text is UTF-8 bytes here; places are in bytes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import re2
from numpy.typing import NDArray

from auroram.text.detectors import BLOCK, ENDINGS, KEY_HEADS
from auroram.text.patterns import Pattern, pattern_of

_DIGIT = "[0-9０-９०-९]"
_BETWEEN = "[ .()\\-\u00a0\u2007\u2009\u202f\u2010-\u2015\u2212\u3000\u30fc（）－．]"
_WORD = "[A-Za-zÀ-ÿ0-9０-９०-९._%+@:,(/#=$&?~'\\-＠＋（]"
# Not \pL: with the classes of letters the automaton would outgrow its memory.
_NAME = r"[^\x00-,/:-@\[-`{-\x7f\x{964}\x{965}\x{2000}-\x{206f}\x{3000}-\x{303f}\x{ff00}-\x{ff20}]"
_SUSPICIONS = (
    rf"{_DIGIT}(?:{_BETWEEN}{{0,3}}{_DIGIT}){{7}}",
    r"[A-Za-z0-9][@＠][A-Za-z0-9À-ÿ]",
    rf"[A-Za-z0-9][@＠]{_NAME}+\.(?:[A-Za-z]|(?i:" + "|".join(ENDINGS) + "))",
    r"[A-Za-z0-9] ?[(\[]at[)\]] ?[A-Za-z0-9]",
    rf"(?:{_DIGIT}{{1,3}}[.．]){{3}}{_DIGIT}",
    rf"{_DIGIT}{{6}}[-+A-FU-Ya-fu-y]{_DIGIT}{{3}}",
    rf"[A-Za-z]{{5}}{_DIGIT}{{4}}[A-Za-z]",
    r"[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}",
    r"[a-z]{2}[0-9]{2}(?: ?[a-z0-9]{4}){2,7}",
    r"[23][0-9A-Fa-f]{3}:[0-9A-Fa-f]{0,4}:",
    r"\b(?:" + "|".join(KEY_HEADS) + r")[A-Za-z0-9_.-]{10}",
    BLOCK,
)
_AUTOMATON_BYTES = 64 << 20
_BORDER = "\x00"


@cache
def _automaton() -> Pattern:
    options = re2.Options()
    options.longest_match = True
    options.never_capture = True
    options.max_mem = _AUTOMATON_BYTES
    suspicion = "|".join(_SUSPICIONS)
    pattern = f"{_WORD}*(?:{suspicion})(?:{_WORD}|{_BETWEEN}{{0,3}}{_DIGIT})*"
    return pattern_of(pattern, options)


@dataclass(frozen=True, slots=True)
class Joined:
    """A batch of texts as one run of bytes, a null character after each but the last.

    No pattern matches a null character, so that texts cannot run into one another.
    """

    data: memoryview
    """UTF-8."""
    starts: NDArray[np.int64]
    """Where each text starts, in bytes."""

    @classmethod
    def of(cls, texts: pa.Array | Sequence[str]) -> "Joined":
        """The batch of an Arrow column or a list of texts; nulls count as empty."""
        column = texts if isinstance(texts, pa.Array) else pa.array(texts, pa.large_string())
        column = column.cast(pa.large_string()).fill_null("")
        sizes = pc.binary_length(column).to_numpy(zero_copy_only=False)
        starts = np.zeros(len(column) + 1, np.int64)
        np.cumsum(sizes + 1, out=starts[1:])
        whole = pa.ListArray.from_arrays(pa.array([0, len(column)], pa.int32()), column)
        joined = pc.binary_join(whole, pa.scalar(_BORDER, pa.large_string()))
        return cls(memoryview(joined.buffers()[2] or b""), starts[:-1])


def suspects(batch: Joined) -> Iterator[tuple[int, int, int]]:
    """Text, start and end of every suspicious stretch, in order; in bytes of `batch.data`.

    Time is linear in the bytes.
    """
    for match in _automaton().finditer(batch.data):
        start, end = match.span()
        yield int(np.searchsorted(batch.starts, start, "right")) - 1, start, end
