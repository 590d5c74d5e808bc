"""Makes the questions: from the texts that are read anyway, so that every language has them."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from auroram.evaluate.passages import Item, ReadingSet, beginning, rank
from auroram.evaluate.probes.answers import (
    bits_per_byte,
    copied,
    divergence,
    likeliest_is_first,
    own_language,
    refuses,
)
from auroram.evaluate.probes.rounds import Asked, Round
from auroram.evaluate.probes.settings import Probe
from auroram.evaluate.reading import reading_sets
from auroram.evaluate.settings import HELD_OUT
from auroram.ports import Inputs
from auroram.records.exchange import read_exchanges

BEGINNING_BYTES, ENDING_BYTES = 90, 60
ENDINGS = 4
"""One goes on with the beginning, the others stand at the same place of other documents."""
LIST_WORDS = 12
"""Words of a list that is to be copied; each a word of its own of at least three letters."""


Maker = Callable[[Sequence[Item]], Iterator[tuple[Item, tuple[str, ...]]]]
"""From documents to pairs of a document and the texts of its question."""


def rounds(settings: Probe, inputs: Inputs, base_run: str) -> list[Round]:
    """Every kind of question, the texts that are read first.

    Args:
        settings: of the stage.
        inputs: of the stage.
        base_run: digest of the base's weights.

    Raises:
        DataError: where a text is missing, broken or empty.
    """
    sets = reading_sets(settings, inputs)
    material = _material(settings, inputs)
    spoken = [one for one in material if one.language != "code"]
    passages = _passages(sets)
    alone = [one for one in passages if one.language in settings.upstream and len(one.texts) == 1]
    made = [
        Round(task="reading", measure="bits_per_byte", asked=passages, answer=bits_per_byte),
        Round(
            task="going-on",
            measure="choice",
            asked=_each(material, settings.choices, _choices),
            answer=likeliest_is_first,
        ),
        Round(
            task="copying",
            measure="copying",
            asked=_each(spoken, settings.copies, _lists),
            answer=copied,
        ),
        Round(
            task="continuing",
            measure="own_language",
            asked=_each(spoken, settings.continuations, _beginnings),
            answer=own_language,
            extra=(settings.continuation_tokens,),
        ),
        Round(
            task="refusing",
            measure="refusal_preferred",
            asked=_refusals(settings, inputs),
            answer=refuses,
        ),
        Round(
            task="drifting",
            measure="divergence_from_base",
            asked=alone,
            answer=divergence,
            extra=(base_run,),
        ),
    ]
    return [one for one in made if one.asked]


def _material(settings: Probe, inputs: Inputs) -> list[ReadingSet]:
    """Enough held-out documents of every language to make questions from."""
    most = max(settings.choices, settings.copies, settings.continuations)
    if not most:
        return []
    more = replace(settings, texts={}, highest_documents=4 * most, highest_bytes=1 << 30)
    sets = reading_sets(replace(more, longest_document_bytes=1_000), inputs)
    return [one for one in sets if one.split == HELD_OUT]


def _passages(sets: Sequence[ReadingSet]) -> list[Asked]:
    return [
        Asked(
            language=one.language,
            split=one.split,
            cluster=item.document,
            texts=tuple(other.text for other in passage.items),
            index=index,
        )
        for one in sets
        for passage in one.passages
        for index, item in enumerate(passage.items)
    ]


def _each(sets: Sequence[ReadingSet], most: int, make: Maker) -> list[Asked]:
    """The first questions that can be made from each language's documents."""
    found: list[Asked] = []
    for one in sets:
        items = [item for passage in one.passages for item in passage.items]
        for item, texts in list(make(items))[:most]:
            found.append(
                Asked(language=one.language, split=HELD_OUT, cluster=item.document, texts=texts)
            )
    return found


def _choices(items: Sequence[Item]) -> Iterator[tuple[Item, tuple[str, ...]]]:
    cut = [(item, *_cut(item.text)) for item in items]
    whole = [one for one in cut if len(one[2].encode()) > ENDING_BYTES // 2]
    for index, (item, first, ending) in enumerate(whole):
        others = [whole[(index + step) % len(whole)][2] for step in range(1, ENDINGS)]
        if len({ending, *others}) == ENDINGS:
            yield item, (first, ending, *others)


def _cut(text: str) -> tuple[str, str]:
    """A beginning and what follows it."""
    first = beginning(text, BEGINNING_BYTES)
    return first, beginning(text[len(first) :], ENDING_BYTES)


def _lists(items: Sequence[Item]) -> Iterator[tuple[Item, tuple[str, ...]]]:
    for item in items:
        words = sorted({word for word in _words(item.text) if len(word) > 2})
        if len(words) >= LIST_WORDS:
            drawn = random.Random(item.document).sample(words, LIST_WORDS)
            yield item, (" ".join(drawn) + "\n",)


def _words(text: str) -> list[str]:
    """Words between spaces; of a script that sets none, pieces of four characters."""
    words = text.split()
    if len(text) <= 12 * len(words):
        return words
    joined = "".join(words)
    return [joined[at : at + 4] for at in range(0, len(joined) - 3, 4)]


def _beginnings(items: Sequence[Item]) -> Iterator[tuple[Item, tuple[str, ...]]]:
    for item in items:
        first, rest = _cut(item.text)
        if rest:
            yield item, (first,)


def _refusals(settings: Probe, inputs: Inputs) -> list[Asked]:
    """Harmful requests, each with its refusal and the answer to a benign one of its language."""
    if not settings.exchanges:
        return []
    file = inputs.folder(settings.exchanges) / "exchanges" / "test.jsonl"
    held = sorted(read_exchanges(file), key=lambda one: rank(inputs.seed, one.id))
    found = []
    for language in sorted({one.language for one in held}):
        harmful, benign = (
            [one for one in held if (one.language, one.kind) == (language, kind)]
            for kind in ("harmful", "benign")
        )
        pairs = list(zip(harmful, benign, strict=False))[: settings.refusals]
        found += [
            Asked(
                language=language,
                split="safety-test",
                cluster=asked.template or asked.id,
                texts=(asked.request, asked.answer, other.answer),
            )
            for asked, other in pairs
        ]
    return found
