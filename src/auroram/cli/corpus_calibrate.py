"""auroram corpus calibrate RULES.toml --language TAG REFERENCE ... [--share 0.01]"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import numpy as np

from auroram.cli.corpus_stages import only_stage
from auroram.corpus.calibration import (
    Figures,
    calibrated,
    left_to_calibrate,
    measured_figures,
    prevailing_script,
    recorded_figures,
    refused_share,
)
from auroram.corpus.quality import Quality, built_in, rules_of
from auroram.corpus.retrieval import texts_of
from auroram.corpus.rules import Calibration, Rules, write_rules
from auroram.errors import ConfigError
from auroram.pipeline.run_folder import RECIPE_NAME
from auroram.records.canonical import Json, digest
from auroram.records.files import sha256_of
from auroram.text.signals import SEGMENTER

_LOOKED_AT = 1000
"""Records of files that tell the script of the language."""


def parser() -> argparse.ArgumentParser:
    """What `auroram corpus calibrate` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram corpus calibrate",
        description="Computes the tightest bounds that documents you trust keep, and writes them "
        "as a file for a recipe: [stages.corpus] rules = { fi = 'rules/fi.toml' }.",
    )
    result.add_argument("rules", type=Path, help="the file to write, such as rules/fi.toml")
    result.add_argument(
        "reference",
        nargs="+",
        type=Path,
        help="the trusted documents: a run's folder, whose figures are taken, or files to measure, "
        "each of one kind of text; a bound is that of the kind that asks for the loosest",
    )
    result.add_argument("--language", required=True, help="a language's tag, or `code`")
    result.add_argument("--stage", help="of a run: its corpus stage, where it has several")
    result.add_argument("--source", default="", help="of a run: only documents of this source")
    result.add_argument(
        "--share",
        type=float,
        default=0.01,
        help="highest share of the trusted documents of a kind that the rules may refuse together; "
        "0.01 by default",
    )
    result.add_argument(
        "--also",
        nargs="+",
        default=[],
        metavar="RULE",
        help="rules to bound beside those that are on as built in; lengths of documents and lines "
        "and repetition are among them only if named here, such as high-characters, as they tell "
        "more about how the reference was gathered than how good it is",
    )
    result.add_argument(
        "--stop-words",
        nargs="+",
        default=[],
        metavar="WORD",
        help="of files: the language's stop words, as the recipe's languages.TAG.stop_words has "
        "them; left out, those built in",
    )
    return result


def main(arguments: argparse.Namespace) -> int:
    """Compute the bounds, write them, and show them beside the built-in ones."""
    reference = _reference(arguments)
    base = built_in(arguments.language, reference.script)
    quality = calibrated(reference.kinds, arguments.share, base, also=arguments.also)
    figures = np.concatenate(reference.kinds)
    calibration = Calibration(
        domain=arguments.language,
        segmenter=SEGMENTER,
        share=arguments.share,
        refused=round(refused_share(figures, quality), 6),
        documents=len(figures),
        reference=reference.words,
        reference_digest=reference.digest,
        date=f"{datetime.now(UTC):%Y-%m-%d}",
    )
    write_rules(arguments.rules, Rules(calibration=calibration, quality=quality))
    for line in _table(base, quality):
        print(line)
    kept, share = left_to_calibrate(figures, quality, base, also=arguments.also)
    print(
        f"\nwrote {arguments.rules}: the rules calibrated refuse {share:.2%} of the {kept:,} "
        f"documents within the bounds on lengths; with those on lengths and repetition, which "
        f"stay as built in unless --also names them, all rules refuse {calibration.refused:.2%} "
        f"of {calibration.documents:,}"
    )
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reference:
    kinds: tuple[Figures, ...]
    words: str
    digest: str
    script: str
    """Of the language, as a run says it, or that of most letters of files; empty if neither."""


def _reference(arguments: argparse.Namespace) -> _Reference:
    if not (arguments.reference[0] / RECIPE_NAME).is_file():
        return _files(arguments)
    if len(arguments.reference) > 1:
        raise ConfigError("a run's folder is a reference by itself; name one run, or files")
    stage = only_stage(argparse.Namespace(run=arguments.reference[0], stage=arguments.stage))
    sources = stage.finished.manifest.settings["sources"]
    if arguments.source and arguments.source not in sources:
        known = ", ".join(sources)
        raise ConfigError(f"{stage.name} has no source {arguments.source!r}; known: {known}")
    source = f", source {arguments.source}" if arguments.source else ""
    figures = recorded_figures(
        stage.finished.folder, domain=arguments.language, source=arguments.source
    )
    return _Reference(
        kinds=(figures,),
        words=f"{stage.name}{source}",
        digest=stage.finished.manifest.digest,
        script=_script(stage.finished.manifest.settings, arguments.language),
    )


def _script(settings: Json, tag: str) -> str:
    language = settings["languages"].get(tag, {})
    return str(language.get("script", ""))


def _files(arguments: argparse.Namespace) -> _Reference:
    paths, words = arguments.reference, arguments.stop_words
    return _Reference(
        kinds=tuple(
            measured_figures(texts_of([path]), domain=arguments.language, stop_words=words)
            for path in paths
        ),
        words=", ".join(path.name for path in paths),
        digest=digest(sorted(sha256_of(path) for path in paths)),
        script=prevailing_script(islice(texts_of(paths), _LOOKED_AT)),
    )


def _table(built_in: Quality, quality: Quality) -> Iterator[str]:
    yield f"{'rule':<28}{'built in':>12}{'calibrated':>12}"
    for before, after in zip(rules_of(built_in), rules_of(quality), strict=True):
        if after.is_on:
            yield f"{after.name:<28}{before.bound:>12,.10g}{after.bound:>12,.10g}"
