"""Numbers on the command line that must lie in a range: what argparse is told as `type`."""

import argparse
from collections.abc import Callable


def above_zero(text: str) -> float:
    """The number that the word is.

    Raises:
        argparse.ArgumentTypeError: where it is not above 0.
    """
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"must be above 0 ({text} given)")
    return value


def at_least(least: int) -> Callable[[str], int]:
    """What reads a whole number that is no lower than `least`."""

    def number(text: str) -> int:
        if int(text) < least:
            raise argparse.ArgumentTypeError(f"must be at least {least} ({text} given)")
        return int(text)

    return number
