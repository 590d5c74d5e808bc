"""Progress for a terminal, where one line is redrawn, and for a log, where lines are kept.

cap   42 %  46,080 of 110,000 tokens  312 tokens/s  loss 2.31  1.9 GB  3 min 25 s left
"""

import os
import time
from typing import ClassVar, TextIO

from auroram.model.usage import memory_bytes
from auroram.report.amounts import duration, giga

LOG_SECONDS = 10.0
"""A log gets a line at most this often; a terminal is redrawn more often."""
TERMINAL_SECONDS = 0.2

_MEGABYTE = 10**6
_SHARES = {"utilisation"}
"""Figures that are shares, and told as percentages."""


class Display:
    """Shows one task at a time. Speed is that of this process, without what was done before."""

    _open: ClassVar["Display | None"] = None
    """The one whose line is being redrawn."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live = stream.isatty()
        self._task, self._unit = "", ""
        self._total = self._done = self._before = 0
        self._started = self._shown = time.monotonic()

    @classmethod
    def close(cls) -> None:
        """As `close_line`, for whoever does not know which display draws one."""
        if cls._open is not None:
            cls._open.close_line()

    def start(self, task: str, *, total: int, unit: str, done: int = 0) -> None:
        """A task begins."""
        self.close_line()
        self._task, self._total, self._unit = task, total, unit
        self._done = self._before = done
        self._started = time.monotonic()
        self._shown = self._started if not self._live else 0.0
        if self._live and done < total:
            self._draw({})

    def advance(self, units: int, **figures: float) -> None:
        """So many more units are done."""
        self._done += units
        now = time.monotonic()
        ended = self._done >= self._total
        if not units and ended:
            return
        if ended or now - self._shown >= (TERMINAL_SECONDS if self._live else LOG_SECONDS):
            self._shown = now
            self._draw(figures)
            if ended:
                self.close_line()

    def say(self, sentence: str) -> None:
        """A line that stays."""
        waits = Display._open is self and self._done == self._before
        self.close_line()
        print(sentence, file=self._stream, flush=True)
        if waits:
            self._draw({})

    def close_line(self) -> None:
        """End the line that is being redrawn, if there is one."""
        if Display._open is self:
            # A line at which nothing was done yet says nothing, and goes away.
            end = "\r\x1b[2K" if self._done == self._before else "\n"
            print(end=end, file=self._stream, flush=True)
            Display._open = None

    def _draw(self, figures: dict[str, float]) -> None:
        line = "  ".join(
            [
                f"{self._task:<12} {self._percent():>3} %",
                self._counts(),
                *self._speed_and_rest(),
                *(_figure(name, value) for name, value in figures.items()),
                f"{giga(memory_bytes())} GB",
            ]
        )
        if self._live:
            seen = line[: _columns(self._stream) - 1]
            print(f"\r\x1b[2K{seen}", end="", file=self._stream, flush=True)
            Display._open = self
        else:
            print(line, file=self._stream, flush=True)

    def _percent(self) -> int:
        """Rounded down, so that 100 is all."""
        return 100 * self._done // self._total if self._total else 100

    def _speed_and_rest(self) -> list[str]:
        seconds = time.monotonic() - self._started
        speed = (self._done - self._before) / seconds if seconds > 0 else 0.0
        if not speed:
            return []
        size, unit = self._scale()
        shown = f"{speed / size:,.0f}" if speed / size >= 10 else f"{speed / size:.2g}"
        if self._done >= self._total:
            return [f"{shown} {unit}/s", f"took {duration(seconds)}"]
        rest = (self._total - self._done) / speed
        return [f"{shown} {unit}/s", f"{duration(rest)} left"]

    def _counts(self) -> str:
        size, unit = self._scale()
        decimals = 1 if size > 1 else 0
        done, total = (f"{n / size:,.{decimals}f}" for n in (self._done, self._total))
        return f"{done} of {total} {unit}"

    def _scale(self) -> tuple[int, str]:
        """How many units are told as one, and its name: bytes are told as MB or GB."""
        if self._unit != "bytes" or self._total < _MEGABYTE:
            return 1, self._unit
        return (_MEGABYTE, "MB") if self._total < 10_000 * _MEGABYTE else (1000 * _MEGABYTE, "GB")


def _figure(name: str, value: float) -> str:
    """As it stands in a line: `loss 2.31`, `learning rate 0.003`, `utilisation 71 %`."""
    if name in _SHARES:
        return f"{name} {100 * value:.0f} %"
    return f"{name.replace('_', ' ')} {value:.4g}"


def _columns(stream: TextIO) -> int:
    """Width of a terminal: a line that is redrawn must not go on in the next one."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80
