"""The shipped files of bounds (`recipes/rules`) against the built-in bounds.

Measured is which share of documents either refuses: of the two trusted kinds that the files were
made from (`auroram corpus calibrate recipes/rules/fi.toml --language fi --share 0.005` and the
quickstart's `help.fi.jsonl.gz` and `varied.fi.jsonl.gz`), of Debian's documentation and message
catalogues, which had no part in them, and of texts spoilt in five ways. Bars, in each language: at
most a point more of the trusted documents, and at most 3 points less of each kind of spoilt text.
"""

import gzip
import json
import random
from pathlib import Path

from auroram.corpus.calibration import measured_figures, refused_share
from auroram.corpus.quality import QUALITY, Quality
from auroram.corpus.rules import read_rules

RECIPES = Path(__file__).parents[2] / "recipes"
LANGUAGES = ("en", "fi", "hi", "ja", "vi")
MORE, LESS = 0.01, 0.03
DOCUMENTS, SPOILT = 1500, 200


def measure(options):
    """Print a row a language and set of bounds."""
    figures, missed = {}, []
    for language in LANGUAGES:
        kinds = measured_kinds(language, options.texts)
        built_in = QUALITY.get(language, Quality())
        shipped = read_rules(RECIPES / "rules" / f"{language}.toml").quality
        one = figures[language] = {}
        for name, quality in (("built in", built_in), ("calibrated", shipped)):
            one[name] = {kind: round(refused_share(f, quality), 3) for kind, f in kinds.items()}
            words = "  ".join(f"{kind} {share:.1%}" for kind, share in one[name].items())
            print(f"{language} {name:10} {words}", flush=True)
        missed += [f"{language}: {kind}" for kind in worse(one["built in"], one["calibrated"])]
    return figures, missed


def worse(before, after):
    """The kinds of which the calibrated bounds refuse too much or too little."""
    good = [kind for kind in ("help", "varied") if after[kind] > before[kind] + MORE]
    return good + [kind for kind in SPOILING if after[kind] < before[kind] - LESS]


def measured_kinds(language, folder):
    """Kind of text to the figures of its documents."""
    data = RECIPES / "quickstart" / "data"
    texts = {kind: read(data / f"{kind}.{language}.jsonl.gz") for kind in ("help", "varied")}
    if folder:
        texts["other"] = read(folder / f"{language}.jsonl.gz")
    draw = random.Random(1)
    for kind, spoil in SPOILING.items():
        texts[kind] = [spoil(*parts_of(text), draw) for text in texts["varied"][:SPOILT]]
    return {kind: measured_figures(some, domain=language) for kind, some in texts.items()}


def read(path):
    """Some documents of middling length."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines]
    random.Random(0).shuffle(texts)
    return [text for text in texts if 200 < len(text) < 60_000][:DOCUMENTS]


def parts_of(text):
    """The words of a text, or pieces of four characters where it is unspaced, and what joins."""
    if text.count(" ") > len(text) / 20:
        return text.split(" "), " "
    return [text[i : i + 4] for i in range(0, len(text), 4)], ""


def menu(parts, between, draw):
    """Two words a line."""
    del draw
    return "\n".join(between.join(parts[i : i + 2]) for i in range(0, len(parts), 2))


def repeated(parts, between, draw):
    """The first half of the paragraphs twice more."""
    del draw
    lines = between.join(parts).split("\n")
    return "\n".join(lines + lines[: max(1, len(lines) // 2)] * 2)


def strewn(parts, between, draw):
    """Symbols behind two words of three."""
    return between.join(part + draw.choice(["", "", "|", "»", "{}", "#", "="]) for part in parts)


def stuffed(parts, between, draw):
    """Key words behind every third word."""
    keys = parts[:6]
    more = (draw.sample(keys, min(4, len(keys))) if draw.random() < 0.35 else [] for _ in parts)
    return between.join(
        word for part, some in zip(parts, more, strict=True) for word in (part, *some)
    )


def numbered(parts, between, draw):
    """Four words of ten exchanged for numbers."""
    return between.join(
        part if draw.random() < 0.6 else str(draw.randint(0, 99_999)) for part in parts
    )


SPOILING = {
    "menus": menu,
    "repeats": repeated,
    "symbols": strewn,
    "key words": stuffed,
    "numbers": numbered,
}
