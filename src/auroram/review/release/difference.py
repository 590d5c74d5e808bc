"""What changed from one release to another."""

from collections import Counter
from dataclasses import dataclass

from auroram.review.release.reading import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Ids of exchanges, in order."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    reworded: tuple[str, ...]
    """In both, with another answer."""
    newly_reviewed: tuple[str, ...]
    """In both; a person chose the answer since."""
    languages: Counter[str]
    """Language to how many more exchanges there are; negative for fewer."""
    continues: bool
    """Whether the later log goes on from the earlier one."""


def difference(old: Release, new: Release, *, log_digests: tuple[str, ...]) -> Difference:
    """What changed.

    Args:
        old: the earlier release.
        new: the later one.
        log_digests: of the entries of the later log, in order.
    """
    before = {item.id: item for item in old.items}
    after = {item.id: item for item in new.items}
    both = sorted(before.keys() & after.keys())
    languages = Counter(item.language for item in new.items)
    languages.subtract(item.language for item in old.items)
    number = old.facts.log_number
    return Difference(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        reworded=tuple(key for key in both if before[key].answer != after[key].answer),
        newly_reviewed=tuple(
            key for key in both if after[key].reviewed and not before[key].reviewed
        ),
        languages=languages,
        continues=number == 0
        or (number <= len(log_digests) and log_digests[number - 1] == old.facts.log_sha256),
    )
