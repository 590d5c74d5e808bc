"""The processes that a launcher started together, as the environment tells of them."""

import os


def world_size() -> int:
    """How many processes were started together."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank_number() -> int:
    """Which of them this one is, from 0."""
    return int(os.environ.get("RANK", "0"))
