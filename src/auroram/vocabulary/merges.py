"""Merges that a tokenizer lacks for new languages, learnt where its own merges end.

The words of the new texts are cut with the old merges, and learning goes on from there: so each
new merge can be reached, and an old merge never finds less than before. The library's trainer
begins at characters, so every old token is handed to it as one.

Source: continued BPE training, Purason et al. 2025, arXiv:2512.03989.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, repeat

import tokenizers
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.trainers import BpeTrainer

from auroram.vocabulary.byte_level import ByteLevel, Merge, Pieces

FIRST = 0x10000
"""Code point that stands for the first token: beyond it lies no white space and no surrogate."""

ROUNDS = 4
"""Rounds of learning where words are protected: each cuts the words anew, and so finds merges
whose parts a protected pair kept from one another in the round before."""

AT_ONCE = 64
"""Repetitions of a word in a line: the library takes long over long lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protection:
    """What the new merges must leave as it is."""

    pairs: frozenset[Merge] = frozenset()
    """Neighbours in words of protected texts: never merged."""
    words: frozenset[str] = frozenset()
    """Tokens that may not be made, as a word would be taken as one."""


@dataclass(slots=True, kw_only=True)
class _Learnt:
    tokenizer: ByteLevel
    protection: Protection
    known: set[str]
    merges: list[Merge] = field(default_factory=list)
    tokens: int = 0

    def take(self, merge: Merge) -> None:
        """Take a merge over, unless it stands on one that was not."""
        whole = "".join(merge)
        control = {token["content"] for token in self.tokenizer.table["added_tokens"]}
        if not self.known.issuperset(merge) or whole in self.protection.words | control:
            return
        self.merges.append(merge)
        self.tokens += whole not in self.known
        self.known.add(whole)


def protection_of(tokenizer: ByteLevel, words: Mapping[str, int]) -> Protection:
    """What keeps the tokens of these words as they are."""
    cut = tokenizer.pieces(words)
    several = frozenset(word for word, pieces in cut.items() if len(pieces) > 1)
    return Protection(
        pairs=frozenset(pair for pieces in cut.values() for pair in pairwise(pieces)),
        words=several if tokenizer.takes_whole_words else frozenset(),
    )


def learn_merges(
    tokenizer: ByteLevel,
    words: Mapping[str, int],
    *,
    tokens: int,
    least: int,
    protection: Protection | None = None,
) -> list[Merge]:
    """Merges in the order in which they are to stand; fewer where the words hold no more.

    Args:
        tokenizer: whose merges come first.
        words: how often each stands in the new texts.
        tokens: new tokens that are wanted.
        least: how often a pair must occur.
        protection: what must keep its tokens; None for nothing.
    """
    rounds = ROUNDS if protection else 1
    learnt = _Learnt(
        tokenizer=tokenizer,
        protection=protection or Protection(),
        known=set(tokenizer.vocabulary),
    )
    for left in range(rounds, 0, -1):
        wanted = -(-(tokens - learnt.tokens) // left)
        cut = tokenizer.pieces(words, learnt.merges)
        for merge in _trained(cut, words, learnt, wanted=wanted, least=least):
            if learnt.tokens < tokens:
                learnt.take(merge)
    return learnt.merges


def _trained(
    cut: Mapping[str, Pieces],
    words: Mapping[str, int],
    learnt: _Learnt,
    *,
    wanted: int,
    least: int,
) -> Iterator[Merge]:
    """The merges that the library's trainer finds, with old tokens for letters."""
    letters = sorted({piece for pieces in cut.values() for piece in pieces})
    letter_of = {piece: chr(FIRST + i) for i, piece in enumerate(letters)}
    apart = learnt.protection.pairs

    def corpus() -> Iterator[str]:
        for word, pieces in cut.items():
            spelled = _spelled(pieces, letter_of, apart) + " "
            lines, rest = divmod(words[word], AT_ONCE)
            yield from repeat(spelled * AT_ONCE, lines)
            yield spelled * rest

    trainer = BpeTrainer(vocab_size=len(letters) + wanted, min_frequency=least, show_progress=False)
    trained = tokenizers.Tokenizer(BPE())
    trained.pre_tokenizer = WhitespaceSplit()
    trained.train_from_iterator(corpus(), trainer)
    for left, right in json.loads(trained.to_str())["model"]["merges"]:
        yield _pieces_of(left, letters), _pieces_of(right, letters)


def _spelled(pieces: Pieces, letter_of: Mapping[str, str], apart: frozenset[Merge]) -> str:
    """A word in letters, with a space between two pieces that may not be merged."""
    spelled = [letter_of[piece] for piece in pieces]
    for place, pair in enumerate(pairwise(pieces), 1):
        if pair in apart:
            spelled[place] = " " + spelled[place]
    return "".join(spelled)


def _pieces_of(spelled: str, letters: list[str]) -> str:
    return "".join(letters[ord(letter) - FIRST] for letter in spelled)
