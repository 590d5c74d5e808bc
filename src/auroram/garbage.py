"""How often a process looks for garbage."""

import atexit
import gc

OBJECTS = 10_000
"""New objects between two searches; Python's own number is 700 to 2,000."""


def search_rarely() -> None:
    """Spare torch and transformers a third of the time that they take to import and to end.

    They make 400,000 objects that stay, through which Python would look again and again meanwhile,
    and once more at the end.
    """
    gc.set_threshold(OBJECTS)
    atexit.register(gc.freeze)
