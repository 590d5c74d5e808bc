"""Exchanges drafted from seed data: every template with every topic, thinned by a keyed hash."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auroram.records.exchange import Exchange
from auroram.redteam.seed_data import (
    SLOT,
    General,
    LanguageSeed,
    Refusal,
    Split,
    Template,
    Topic,
)
from auroram.tokens.permutation import key_of

DOMAIN = "safety"
SOURCE = "safety-seed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """How many exchanges of one concern, language and split are kept."""

    harmful: int
    benign: int


def drafted(seed: LanguageSeed, split: Split, caps: Caps, *, key: int) -> Iterator[Exchange]:
    """The exchanges of one language and split: by concern, and the general ones last.

    Args:
        seed: the language's templates, topics and answers.
        split: only templates of this split are used.
        caps: the most of each kind for each concern; the general ones are all kept.
        key: decides which are kept and which refusal goes with which request.
    """
    for concern, parts in seed.concerns.items():
        framed = [template for template in parts.templates if template.split == split]
        for template, topic in _chosen(framed, parts.harmful_topics, caps.harmful, key):
            answer = _refusal(parts.refusals, template, topic, key)
            yield _exchange(seed, template, topic, concern=concern, refusal=answer)
        for template, topic in _chosen(framed, parts.benign_topics, caps.benign, key):
            yield _exchange(seed, template, topic, concern=concern)
    for item in seed.general:
        if item.split == split:
            yield _general(seed, item)


def _chosen(
    templates: Sequence[Template], topics: Sequence[Topic], cap: int, key: int
) -> list[tuple[Template, Topic]]:
    """At most `cap` pairs, spread evenly over the topics."""
    ranked: dict[str, list[tuple[Template, Topic]]] = defaultdict(list)
    pairs = [(template, topic) for template in templates for topic in topics]
    for pair in sorted(pairs, key=lambda pair: key_of(key, pair[0].id, pair[1].id)):
        ranked[pair[1].id].append(pair)
    rounds = [
        (rank, key_of(key, topic, rank), pair)
        for topic, of_topic in ranked.items()
        for rank, pair in enumerate(of_topic)
    ]
    return [pair for *_, pair in sorted(rounds, key=lambda entry: entry[:2])[:cap]]


def _refusal(refusals: Sequence[Refusal], template: Template, topic: Topic, key: int) -> str:
    return refusals[key_of(key, "refusal", template.id, topic.id) % len(refusals)].text


def _exchange(
    seed: LanguageSeed, template: Template, topic: Topic, *, concern: str, refusal: str = ""
) -> Exchange:
    """A harmful request where it is refused, a benign one where its topic has the answer."""
    return Exchange(
        id=f"{seed.language}-{template.id}-{topic.id}",
        domain=DOMAIN,
        language=seed.language,
        request=template.text.replace(SLOT, topic.text),
        answer=refusal or seed.helpful_opening + topic.answer,
        kind="harmful" if refusal else "benign",
        concern=concern,
        template=template.id,
        source=SOURCE,
        licence=seed.licence,
        reviewed=False,
    )


def _general(seed: LanguageSeed, item: General) -> Exchange:
    return Exchange(
        id=f"{seed.language}-{item.id}",
        domain=DOMAIN,
        language=seed.language,
        request=item.text,
        answer=item.answer,
        kind="benign",
        template=item.id,
        source=SOURCE,
        licence=seed.licence,
        reviewed=False,
    )
