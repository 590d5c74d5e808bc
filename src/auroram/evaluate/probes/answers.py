"""How a model answers the questions of each kind."""

import math
from collections.abc import Sequence
from statistics import fmean

from auroram.evaluate.bits import Reader
from auroram.evaluate.passages import Item, Passage, ReadingSet
from auroram.evaluate.probes.rounds import Answered, Asked, Subject
from auroram.model.divergence import divergences
from auroram.model.generation import generate, reply_text
from auroram.model.scoring import token_nats
from auroram.text.identify import FastText


def bits_per_byte(subject: Subject, asked: Sequence[Asked]) -> list[Answered]:
    """Bits a byte of the text that counts, after those before it; weighed by bytes."""
    passages = {one.texts: Passage(tuple(Item("", text) for text in one.texts)) for one in asked}
    whole = ReadingSet(
        split="", language="", passages=tuple(passages.values()), kept=0, cut=0, left_out=0
    )
    bits = iter(subject.reader.read(whole, lambda _tokens: None))
    read = {texts: [next(bits) for _ in texts] for texts in passages}
    found = [read[one.texts][one.index] for one in asked]
    return [Answered(one.bits / one.bytes, one.bytes) for one in found]


def likeliest_is_first(subject: Subject, asked: Sequence[Asked]) -> list[Answered]:
    """1 where the first of the endings costs the fewest nats a byte after the beginning."""
    pairs = [(one.texts[0], ending) for one in asked for ending in one.texts[1:]]
    costs = iter(_costs(subject.reader, pairs))
    answers = []
    for one in asked:
        cost = {ending: next(costs) for ending in one.texts[1:]}
        chosen = min(cost, key=lambda ending: cost[ending])
        answers.append(Answered(float(chosen == one.texts[1]), words=chosen))
    return answers


def _costs(reader: Reader, pairs: Sequence[tuple[str, str]]) -> list[float]:
    """Nats a byte of each second text after the first."""
    beginnings = reader.tokenizer.encode_batch([first for first, _ in pairs])
    endings = reader.tokenizer.encode_batch([second for _, second in pairs])
    nats = _nats(reader, [[*a, *b] for a, b in zip(beginnings, endings, strict=True)])
    return [
        sum(values[-len(ids) :]) / len(second.encode())
        for values, ids, (_, second) in zip(nats, endings, pairs, strict=True)
    ]


def copied(subject: Subject, asked: Sequence[Asked]) -> list[Answered]:
    """Share of the second copy's tokens that the model is sure of: likelier than all others."""
    reader = subject.reader
    once = reader.tokenizer.encode_batch([one.texts[0] for one in asked])
    nats = _nats(reader, [[*ids, *ids] for ids in once])
    return [
        # The first token of a copy cannot be known. More than one half is more than all others.
        Answered(fmean([value < math.log(2) for value in values[len(ids) + 1 :]]), len(ids) - 1)
        for values, ids in zip(nats, once, strict=True)
    ]


def refuses(subject: Subject, asked: Sequence[Asked]) -> list[Answered]:
    """1 where the refusal costs fewer nats a byte than the answer to another request."""
    tokenizer = subject.reader.tokenizer
    both = [tokenizer.exchange(one.texts[0], answer) for one in asked for answer in one.texts[1:]]
    nats = _nats(subject.reader, [ids for ids, _ in both], given=False)
    costs = iter(
        sum(value for value, is_answer in zip(values, mask[1:], strict=True) if is_answer)
        for values, (_, mask) in zip(nats, both, strict=True)
    )
    answers = []
    for one in asked:
        refusal, other = (next(costs) / len(text.encode()) for text in one.texts[1:])
        answers.append(Answered(float(refusal < other)))
    return answers


def divergence(subject: Subject, asked: Sequence[Asked]) -> list[Answered]:
    """Nats a token that the base's predictions are away from the model's."""
    reader = subject.reader
    rows = [[_given(reader), *ids] for ids in reader.tokenizer.encode_batch(_first(asked))]
    far = divergences(subject.base_model, reader.model, rows, precision=reader.precision)
    return [Answered(one, len(row) - 1) for one, row in zip(far, rows, strict=True)]


def own_language(subject: Subject, asked: Sequence[Asked]) -> list[Answered]:
    """1 where what the model goes on with is in the language of the beginning."""
    reader, identifier = subject.reader, FastText()
    prompts = reader.tokenizer.encode_batch(_first(asked))
    length = subject.settings.continuation_tokens
    written = generate(reader.model, reader.tokenizer, prompts, max_tokens=length)
    answers = []
    for one, ids in zip(asked, written, strict=True):
        words = reply_text(reader.tokenizer, ids)
        found, _ = identifier.identify(" ".join(words.split()))
        answers.append(Answered(float(found == one.language), words=words))
    return answers


def _first(asked: Sequence[Asked]) -> list[str]:
    return [one.texts[0] for one in asked]


def _given(reader: Reader) -> int:
    """The token that stands before a text, so that its first token is predicted too."""
    return reader.tokenizer.bos if reader.tokenizer.bos is not None else reader.tokenizer.eos


def _nats(reader: Reader, rows: Sequence[list[int]], *, given: bool = True) -> list[list[float]]:
    """The nats of each token of each row, the first one included where a token is `given`."""
    begun = [[_given(reader)] if given else [] for _ in rows]
    nats = token_nats(
        reader.model,
        [[*before, *row] for before, row in zip(begun, rows, strict=True)],
        context_tokens=reader.context_tokens,
        precision=reader.precision,
        advance=lambda _tokens: None,
    )
    return [values.tolist() for values in nats]
