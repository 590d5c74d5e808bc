"""Near duplicates found among planted ones, by us and by datatrove's own steps.

Documents of the quickstart's languages get edits of 1 to 20 % (a unit changed, dropped or put in),
as single edits all over the text and as one block. A pair is a true duplicate where the exact
Jaccard similarity of its shingles of 5 units is 0.7 or more. Measured are

- ours: signatures of 112 values, candidates by 28 bands of 4, then the share of equal values;
- datatrove 0.10.1's `MinhashDedupSignature` and `MinhashDedupBuckets` as they come: its own words,
  normal form and hashes, 5-grams, 14 buckets of 8.

The truth is counted in our units, so shingles of its words may lie on the other side of 0.7; the
table shows its recall and precision against that truth. Bars, in each language: recall and
precision of at least 0.9, and their harmonic mean (F1) not below datatrove's.
"""

import gzip
import json
import random
from pathlib import Path

import numpy as np

from auroram.corpus.duplicates import NearDuplicates
from auroram.text.buffers import Buffer
from auroram.text.signals import signals_of
from auroram.text.units import units_of
from support.corpus_signals import PEER_LANGUAGES, answer_of

DATA = Path(__file__).parents[2] / "recipes" / "quickstart" / "data"
LANGUAGES = ("en", "fi", "hi", "ja", "vi")
EDITS = (0.01, 0.02, 0.05, 0.1, 0.15, 0.2)
DOCUMENTS = 30
SETTINGS = NearDuplicates()
RECALL, PRECISION = 0.9, 0.9


def measure(options):
    """Print a row a language and edit."""
    figures, missed = {}, []
    for language in LANGUAGES:
        pairs = planted(language, options.peer)
        figures[language] = measured(pairs)
        for edit in EDITS:
            print(row(language, pairs, edit))
        found = "   ".join(f"{name} {words(rate)}" for name, rate in figures[language].items())
        print(f"{language} all      {found}", flush=True)
        missed += [f"{language}: {bar}" for bar in short(figures[language])]
    if not options.peer:
        missed.append("datatrove: not measured, name the peer with --peer")
    return figures, missed


def short(rates_of):
    """The bars that a language's figures miss."""
    ours, theirs = rates_of["ours"], rates_of.get("datatrove")
    met = {
        "recall": ours["recall"] >= RECALL,
        "precision": ours["precision"] >= PRECISION,
        "F1 of datatrove": not theirs or f1(ours) >= f1(theirs),
    }
    return [bar for bar, is_met in met.items() if not is_met]


def f1(rate):
    """The harmonic mean of recall and precision."""
    return 2 * rate["recall"] * rate["precision"] / (rate["recall"] + rate["precision"])


def planted(language, peer):
    """Pairs of a document and its edited self, with what is true and what is found of each."""
    draw = random.Random(language)
    originals = long_texts(language)
    pairs = [
        (edit, text, edited(text, edit, kind, originals, draw))
        for text in originals
        for edit in EDITS
        for kind in ("scattered", "block")
    ]
    strangers = [(1.0, *draw.sample(originals, 2)) for _ in range(len(pairs))]
    pairs += strangers
    return verdicts(pairs, found_by_peer(pairs, language, peer))


def found_by_peer(pairs, language, peer):
    """Which pairs datatrove finds, None for each where there is no peer."""
    if not peer:
        return [None] * len(pairs)
    places = {}
    for _, left, right in pairs:
        places.setdefault(left, len(places))
        places.setdefault(right, len(places))
    asked = [(places[left], places[right]) for _, left, right in pairs]
    request = {"language": PEER_LANGUAGES[language], "texts": list(places), "pairs": asked}
    return answer_of(peer, request)["found"]


def long_texts(language):
    """Documents of at least 150 units."""
    with gzip.open(DATA / f"varied.{language}.jsonl.gz", "rt", encoding="utf-8") as file:
        texts = [json.loads(line)["text"][:6000] for line in file]
    return [text for text in texts if len(units_of(text)) >= 150][:DOCUMENTS]


def edited(text, share, kind, originals, draw):
    """The text with a share of its words (or of its characters, where unspaced) edited."""
    spaced = text.count(" ") > len(text) / 20
    parts = text.split(" ") if spaced else list(text)
    other = draw.choice(originals)
    pool = other.split(" ") if spaced else list(other)
    count = max(1, round(share * len(parts)))
    if kind == "block":
        start = draw.randrange(len(parts) - count + 1)
        places = range(start, start + count)
    else:
        places = draw.sample(range(len(parts)), count)
    for place in places:
        parts[place] = draw.choice(("", draw.choice(pool), parts[place] + " " + draw.choice(pool)))
    return (" " if spaced else "").join(parts)


def verdicts(pairs, by_peer):
    """For each pair its edit, exact similarity, and whether either way finds it."""
    sides = [signatures([pair[side] for pair in pairs]) for side in (1, 2)]
    return [
        (edit, similarity(left, right), ours(a, b), theirs)
        for (edit, left, right), a, b, theirs in zip(pairs, *sides, by_peer, strict=True)
    ]


def signatures(texts):
    """MinHash signatures as the stage computes them."""
    found = signals_of(Buffer.of(texts), shingle=SETTINGS.shingle, hashes=SETTINGS.hashes)
    return found.signatures


def similarity(left, right):
    """Exact Jaccard similarity of the sets of shingles."""
    a, b = shingles(left), shingles(right)
    return len(a & b) / len(a | b)


def shingles(text):
    """Every run of as many units as the settings say."""
    units, width = units_of(text), SETTINGS.shingle
    return {tuple(units[i : i + width]) for i in range(max(1, len(units) - width + 1))}


def ours(a, b):
    """Whether a pair is a candidate and alike enough."""
    alike = np.mean(a == b) >= SETTINGS.similarity
    return bool(alike) and bands_agree(a, b, SETTINGS.bands, SETTINGS.rows)


def bands_agree(a, b, bands, rows):
    """Whether a band agrees in all its values."""
    return bool((a == b)[: bands * rows].reshape(bands, rows).all(axis=1).any())


def measured(found):
    """Recall and precision of both ways, where both are known."""
    result = {"ours": rates(found, 2)}
    return result if found[0][3] is None else result | {"datatrove": rates(found, 3)}


def rates(found, column):
    """Recall and precision against exact similarity."""
    true = [one for one in found if one[1] >= SETTINGS.similarity]
    hits = [one for one in found if one[column]]
    both = [one for one in true if one[column]]
    return {
        "recall": round(len(both) / max(1, len(true)), 4),
        "precision": round(len(both) / max(1, len(hits)), 4),
        "true": len(true),
        "found": len(hits),
    }


def row(language, found, edit):
    """One line of the table."""
    some = [one for one in found if one[0] == edit]
    mean = np.mean([one[1] for one in some])
    pair = "   ".join(f"{name} {words(rate)}" for name, rate in measured(some).items())
    return f"{language} {edit:4.0%}  Jaccard {mean:.2f}  {pair}"


def words(rate):
    """Rates in words."""
    return (
        f"recall {rate['recall']:.3f} precision {rate['precision']:.3f} "
        f"({rate['true']:4d} true, {rate['found']:4d} found)"
    )
