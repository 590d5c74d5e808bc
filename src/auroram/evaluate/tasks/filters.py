"""What is done to a reply before it is scored, under the names of lm-evaluation-harness."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from auroram.evaluate.tasks.task import FilterChain

INVALID = "[invalid]"


def filtered(chain: FilterChain, reply: str) -> str:
    """The reply after all steps."""
    for name, options in chain.steps:
        reply = FILTERS[name](reply, **options)
    return reply


def _regex(
    reply: str, *, regex_pattern: str, group_select: int = 0, fallback: str = INVALID
) -> str:
    """One of the matches, as `group_select` counts; of several groups the first that is set."""
    found = re.findall(regex_pattern, reply)
    if not found or not -len(found) <= group_select < len(found):
        return fallback
    match = found[group_select]
    if isinstance(match, tuple):
        match = next((group for group in match if group), fallback)
    return str(match).strip()


def _map(reply: str, *, mapping_dict: Mapping[str, Any], default_value: object = "") -> str:
    return str(mapping_dict.get(reply, default_value))


FILTERS: Mapping[str, Callable[..., str]] = {
    "regex": _regex,
    "map": _map,
    "remove_whitespace": str.strip,
    "lowercase": str.lower,
    "uppercase": str.upper,
    "take_first": str,
}
"""Each takes a reply and its options. `take_first` is there for the files that name it: every
reply is filtered by itself."""
