"""auroram corpus rethreshold RUN [fi.lowest_characters=200 ...] [rules/fi.toml ...] [--json]"""

import argparse
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from auroram.cli.corpus_stages import CorpusStage, corpus_stages
from auroram.corpus.quality import Quality
from auroram.corpus.rules import parse_quality, read_rules, recorded_bounds
from auroram.corpus.trial import DomainTrial, RuleTrial, trial
from auroram.errors import ConfigError


def parser() -> argparse.ArgumentParser:
    """What `auroram corpus rethreshold` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram corpus rethreshold",
        description="Judges a finished corpus stage's documents again from their figures, and "
        "shows what other bounds would keep and drop beside what those in force do.",
    )
    result.add_argument("run", type=Path, help="the run's folder, such as runs/quickstart")
    result.add_argument(
        "bounds",
        nargs="*",
        help="fi.lowest_characters=200, or lowest_characters=200 for all languages, or a file "
        "that `auroram corpus calibrate` wrote",
    )
    result.add_argument("--stage", help="the corpus stage's name, where a run has several")
    result.add_argument("--json", action="store_true", help="print everything as JSON")
    return result


def main(arguments: argparse.Namespace) -> int:
    """Print the outcome by language and rule."""
    tables: dict[str, tuple[DomainTrial, ...]] = {}
    for stage in corpus_stages(arguments):
        old = recorded_bounds(stage.finished.manifest)
        tables[stage.name] = trial(stage.finished.folder, old, _tried(arguments.bounds, old, stage))
    if arguments.json:
        plain = {name: [asdict(one) for one in domains] for name, domains in tables.items()}
        print(json.dumps(plain, indent=1, ensure_ascii=False))
        return 0
    for name, domains in tables.items():
        print(f"{name}: documents under the bounds in force and under those tried")
        print(f"{'':<40}{'bound':>10}{'tried':>10}{'dropped':>12}{'tried':>10}{'change':>10}")
        for domain in domains:
            for line in _lines(domain):
                print(line)
    print(
        "\nA rule's documents are those that broke it before any other. What would pass anew has "
        "not been compared with other documents yet: some of it may be copies."
    )
    return 0


def _tried(words: list[str], old: Mapping[str, Quality], stage: CorpusStage) -> dict[str, Quality]:
    """The bounds that the words mean, laid over those in force."""
    new = dict(old)
    for word in words:
        if "=" not in word:
            rules = read_rules(Path(word))
            if rules.domain in new:
                new[rules.domain] = rules.quality
            continue
        key, value = _parsed(word)
        domain, _, bound = key.rpartition(".")
        domain = domain.removeprefix("quality.")
        if domain and domain not in old:
            raise ConfigError(
                f"{word}: {stage.name} has no language {domain!r}; known: {', '.join(old)}"
            )
        for name in [domain] if domain else old:
            new[name] = parse_quality({bound: value}, word, new[name])
    return new


def _parsed(word: str) -> tuple[str, object]:
    key, _, value = word.partition("=")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        raise ConfigError(f"{word}: not a number ({value!r}); write bound=number") from None


def _lines(one: DomainTrial) -> Iterator[str]:
    yield (
        f"{one.domain:<8}{'kept':<32}{'':>20}"
        f"{one.old_kept:>12,}{one.new_kept:>10,}{one.new_kept - one.old_kept:>+10,}"
    )
    yield (
        f"{'':<8}{'kept, characters':<32}{'':>20}{one.old_characters:>12,}"
        f"{one.new_characters:>10,}{one.new_characters - one.old_characters:>+10,}"
    )
    for rule in one.rules:
        if rule.old_any or rule.new_any or rule.old_bound != rule.new_bound:
            yield _rule_line(rule)
    if one.won or one.lost:
        yield (
            f"{'':<8}{one.won:,} would pass anew; {one.lost:,} would be dropped, "
            f"{one.lost_written:,} of which are written"
        )


def _rule_line(rule: RuleTrial) -> str:
    tried = f"{rule.new_bound:g}" if rule.new_bound != rule.old_bound else ""
    return (
        f"{'':<8}{rule.rule:<32}{rule.old_bound:>10g}{tried:>10}"
        f"{rule.old_first:>12,}{rule.new_first:>10,}{rule.new_first - rule.old_first:>+10,}"
    )
