"""A corpus with a little of everything, and engines that treat it badly."""

import gzip
import json
import random

from auroram.corpus.rights import Rights
from auroram.corpus.settings import Corpus
from auroram.corpus.sources import Source
from auroram.ports import Inputs, Silent

WORDS = {
    "fi": "kirjasto ihminen talvi järvi metsä kaupunki lapsi koulu työ päivä yö vuosi kesä sauna",
    "en": "library people winter lake forest city child school work day night year summer friend",
}
SENTENCES = {
    "fi": "Tänään {} ja {} olivat {} lähellä, mutta {} ei ollut vielä {} eikä {}.",
    "en": "Today the {} and the {} were near the {}, but the {} was not yet a {} or a {}.",
}


def page(language, seed):
    rng = random.Random(f"{language}{seed}")
    words = WORDS[language].split()
    lines = [
        " ".join(SENTENCES[language].format(*rng.sample(words, 6)) for _ in range(3))
        for _ in range(4)
    ]
    return "\n".join([*lines, "Etusivu ja yhteystiedot" if language == "fi" else "Home"])


def write_corpus(root):
    """Five files; copies and near copies lie in different ones, and one of them is taken down.

    Returns the settings.
    """
    for language in WORDS:
        for file in range(3 if language == "fi" else 2):
            pages = [page(language, 20 * file + i) for i in range(20)]
            pages += [page(language, i) for i in range(4)]
            pages += [f"{page(language, i + 5)}\nseppo.{file}@kirjasto.fi" for i in range(3)]
            keys = [f"{file}-{i}" for i in range(len(pages))]
            rows = [
                json.dumps({"id": key, "url": f"https://x.example/{key}", "text": text})
                for key, text in zip(keys, pages, strict=True)
            ]
            with gzip.open(root / f"{language}-{file}.jsonl.gz", "wt") as out:
                out.write("\n".join([*rows, "{oops", "x" * file]) + "\n")
    sources = {
        language: Source(
            files=tuple(sorted(path.name for path in root.glob(f"{language}-*"))),
            language=language,
            licence="CC0-1.0",
        )
        for language in WORDS
    }
    rights = Rights(takedowns=("list.csv",))
    asked = "url,reason,requested_at\nhttps://x.example/1-20,asked,2026-05-31\n"
    (root / "list.csv").write_text(asked)
    return Corpus(sources=sources, rights=rights, highest_bad_share=0.5, fewest_held_out=4)


def inputs(root, engine, key=""):
    return Inputs(
        root=root, name="corpus", seed=1, stages={}, progress=Silent(), engine=engine, key=key
    )


def contents(folder):
    """Every file that the stage wrote, by name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in files
        if ".work" not in path.parts
    }


class Shuffled:
    """Works on the items in any order."""

    workers = 3

    def __init__(self, seed):
        self._draw = random.Random(seed)

    def map(self, function, items):
        results = {}
        for number in self._draw.sample(range(len(items)), len(items)):
            results[number] = function(items[number])
        return iter([results[number] for number in range(len(items))])

    def close(self):
        """Nobody is to go."""


class Dying:
    """Works on so many items and is then killed."""

    workers = 1

    def __init__(self, items):
        self._left = items

    def map(self, function, items):
        for item in items:
            if not self._left:
                raise KeyboardInterrupt
            self._left -= 1
            yield function(item)

    def close(self):
        """Nobody is to go."""
