"""Work for engines: functions that another process can import."""

import os
import signal
import time
from pathlib import Path

from auroram.errors import DataError


def square(number):
    return number * number


def refuse_odd(number):
    if number % 2:
        raise DataError(f"{number}: odd; give an even number")
    return number


def refuse_odd_and_stay(number):
    """Never ends where it does not refuse."""
    refuse_odd(number)
    time.sleep(600)


def wait(seconds):
    time.sleep(seconds)
    return os.getpid()


def stumble_once(path):
    """Dies without a word the first time, as a worker does when memory is short."""
    mark = Path(path)
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return mark.name


def stay(folder):
    """Says who works here, and never ends."""
    (Path(folder) / str(os.getpid())).touch()
    time.sleep(600)


def fall(path):
    os.kill(os.getpid(), signal.SIGKILL)


def fall_if_hired(first):
    """Dies without a word in any process but the first."""
    if os.getpid() != first:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.5)


def break_down(number):
    raise KeyError(number)
