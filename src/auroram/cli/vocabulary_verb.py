"""auroram vocabulary fertility MODEL [TEXT ...]"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path

from auroram.corpus.retrieval import texts_of
from auroram.errors import DataError
from auroram.model.tokenizer import load_tokenizer
from auroram.records.files import why_unreadable
from auroram.vocabulary.fertility import (
    REFERENCE,
    Fertility,
    fertility,
    parallel_sentences,
    premiums,
)

_RECORDS = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".parquet")


def parser() -> argparse.ArgumentParser:
    """What `auroram vocabulary` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram vocabulary",
        description="fertility: says how many tokens a model's tokenizer spends on each language. "
        "Without texts it counts on the same four sentences in 33 languages, and compares with "
        "English.",
    )
    result.add_argument("verb", choices=["fertility"], metavar="VERB", help="fertility")
    result.add_argument("model", type=Path, help="a Hugging Face folder")
    result.add_argument(
        "texts",
        nargs="*",
        type=Path,
        help="files, one a language: lines of text such as fi.txt, or records such as fi.jsonl.gz",
    )
    return result


def main(arguments: argparse.Namespace) -> int:
    """Print a line for each language, the dearest first."""
    tokenizer = load_tokenizer(arguments.model)
    texts = {_called(path, arguments.texts): _texts(path) for path in arguments.texts}
    texts = texts or parallel_sentences()
    found = {name: fertility(tokenizer, lines) for name, lines in texts.items()}
    times = {} if arguments.texts else premiums(found)
    print("\n".join(lines_of(found, times)))
    return 0


def lines_of(found: Mapping[str, Fertility], times: Mapping[str, float]) -> list[str]:
    """The figures as a table of text.

    Args:
        found: by language or file.
        times: tokens over those of English; empty where the texts are no translations.
    """
    width = max(8, *map(len, found))
    order = sorted(found, key=lambda name: (-times.get(name, found[name].per_byte), name))
    last = f"  times {REFERENCE}" if times else ""
    return [
        f"{'language':<{width}}  tokens/byte  tokens/character  tokens/text{last}",
        *(_line(name.ljust(width), found[name], times.get(name)) for name in order),
    ]


def _line(name: str, one: Fertility, times: float | None) -> str:
    last = "" if times is None else f"{times:>10.2f}"
    return f"{name}{one.per_byte:>13.3f}{one.per_character:>18.3f}{one.per_text:>13.1f}{last}"


def _called(path: Path, among: Sequence[Path]) -> str:
    """A file's name, or its path where another is called so too."""
    return str(path) if sum(one.name == path.name for one in among) > 1 else path.name


def _texts(path: Path) -> list[str]:
    if path.name.endswith(_RECORDS):
        return list(texts_of([path]))
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: {why_unreadable(error, 'UTF-8 text')}") from None
    return [line for line in lines if line.strip()]
