import io

import pytest

from auroram.cli import progress
from auroram.cli.progress import Display
from auroram.report.amounts import duration, energy


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_log_gets_whole_lines_and_always_the_last():
    log = io.StringIO()
    display = Display(log)
    display.start("cap", total=100, unit="tokens")
    display.advance(50)
    display.advance(50, loss=2.5)
    (line,) = log.getvalue().splitlines()
    assert "100 %" in line and "100 of 100 tokens" in line and "loss 2.5" in line
    assert "\r" not in line


def test_bytes_are_told_in_units_that_can_be_read_and_shares_as_percentages():
    log = io.StringIO()
    display = Display(log)
    display.start("read", total=3_832_887, unit="bytes")
    display.advance(3_832_887, utilisation=0.7143)
    assert "3.8 of 3.8 MB" in log.getvalue() and " MB/s" in log.getvalue()
    assert "utilisation 71 %" in log.getvalue()
    display.start("read", total=52_000_000_000, unit="bytes", done=51_000_000_000)
    display.advance(1_000_000_000)
    assert "52.0 of 52.0 GB" in log.getvalue()


@pytest.mark.parametrize(
    ("seconds", "speed"), [(2.0, "50 tokens/s"), (50.0, "2 tokens/s"), (400.0, "0.25 tokens/s")]
)
def test_a_slow_job_has_a_speed_too(monkeypatch, seconds, speed):
    now = iter([0.0, 0.0, seconds, seconds])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(now))
    log = io.StringIO()
    display = Display(log)
    display.start("cap", total=100, unit="tokens")
    display.advance(100)
    assert f"  {speed}  " in log.getvalue()


def test_a_terminal_line_is_redrawn(monkeypatch):
    monkeypatch.setattr(progress, "TERMINAL_SECONDS", 0.0)
    terminal = Terminal()
    display = Display(terminal)
    display.start("cap", total=10, unit="tokens", done=4)
    display.advance(1)
    assert terminal.getvalue().startswith("\r")
    assert "50 %" in terminal.getvalue() and "left" in terminal.getvalue()


def test_a_line_that_is_redrawn_is_no_longer_than_the_terminal_is_wide(monkeypatch):
    monkeypatch.setattr(progress, "TERMINAL_SECONDS", 0.0)
    terminal = Terminal()
    display = Display(terminal)
    display.start("cap", total=1000, unit="tokens")
    display.advance(1, **dict.fromkeys(("loss", "gradient_norm", "learning_rate"), 1.25))
    assert len(terminal.getvalue().rpartition("\r\x1b[2K")[2]) == 79


def test_a_hundred_percent_is_all(monkeypatch):
    monkeypatch.setattr(progress, "LOG_SECONDS", 0.0)
    log = io.StringIO()
    display = Display(log)
    display.start("cap", total=1000, unit="tokens")
    display.advance(999)
    display.advance(1)
    first, last = log.getvalue().splitlines()
    assert " 99 %" in first and " 100 %" in last


def test_a_little_memory_is_not_none(monkeypatch):
    monkeypatch.setattr(progress, "memory_bytes", lambda: 41_000_000)
    log = io.StringIO()
    display = Display(log)
    display.start("verify", total=1, unit="bytes")
    display.advance(1)
    assert "  0.04 GB" in log.getvalue()


def test_energy_is_told_in_the_unit_that_suits_it():
    told = {
        0.04: "0.04 J",
        850: "850 J",
        999.8: "1 kJ",
        12_340: "12.3 kJ",
        1.3e6: "0.361 kWh",
        15e6: "4.17 kWh",
        5e9: "1,389 kWh",
    }
    assert {joules: energy(joules) for joules in told} == told


def test_a_sentence_does_not_stand_on_a_redrawn_line(monkeypatch):
    monkeypatch.setattr(progress, "TERMINAL_SECONDS", 0.0)
    terminal = Terminal()
    display = Display(terminal)
    display.start("cap", total=10, unit="tokens")
    display.advance(1)
    display.say("done")
    assert terminal.getvalue().endswith("\ndone\n")


def test_a_terminal_shows_a_task_before_any_of_it_is_done():
    terminal = Terminal()
    display = Display(terminal)
    display.start("judging", total=10, unit="documents")
    assert "judging" in terminal.getvalue() and "0 of 10 documents" in terminal.getvalue()
    display.say("a note")
    display.start("writing", total=0, unit="documents")
    shown = terminal.getvalue().replace("\r\x1b[2K", "\r").split("\n")
    assert [line.rpartition("\r")[2] for line in shown] == ["a note", ""]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.43, "0.4 s"),
        (0.96, "1 s"),
        (59, "59 s"),
        (205, "3 min 25 s"),
        (7500, "2 h 5 min"),
        (41 * 86400 + 18 * 3600, "41 days 18 h"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds, words):
    assert duration(seconds) == words


def test_a_task_that_ended_is_shown_once():
    log = io.StringIO()
    display = Display(log)
    display.start("read", total=2, unit="bytes")
    display.advance(2)
    display.advance(0)
    assert log.getvalue().count("100 %") == 1
