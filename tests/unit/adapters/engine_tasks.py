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


def fall(path):
    os.kill(os.getpid(), signal.SIGKILL)


def break_down(number):
    raise KeyError(number)
