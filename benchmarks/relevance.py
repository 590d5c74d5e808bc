"""How well words alone tell the concern of a prompt: python benchmarks/relevance.py.

On HarmBench's standard behaviours, whose categories are known. English cues were chosen from
AdvBench's prompts and never from HarmBench's, so HarmBench measures and AdvBench does not. It says
nothing of prompts in other languages: there are none that others have labelled.

Bars: of HarmBench's prompts some concern is found in 60 %; of harmless look-alikes at most 6 % hold
a concern's word, in every language.
"""

import json
import sys
import tomllib
from pathlib import Path

from auroram.cli.progress import Display
from auroram.cli.running import fetch_package_file
from auroram.ports import PackageFile
from auroram.records.concerns import read_taxonomy
from auroram.redteam.language import read_language
from auroram.redteam.prompt_sets import PublishedSet
from auroram.redteam.relevance import relevance_in
from auroram.redteam.settings import PromptSet
from auroram.redteam.templates import requests_of
from auroram.stats.intervals import wilson

SECONDS = 30
SETTINGS = Path(__file__).parents[1] / "recipes" / "redteam" / "redteam.toml"
SETS = {
    "HarmBench test, standard": ("harmbench", "harmbench_behaviors_text_test.csv"),
    "HarmBench validation, standard": ("harmbench", "harmbench_behaviors_text_val.csv"),
    "AdvBench (cues were chosen from it)": ("advbench", "adv_bench.prompt"),
}
LEAST_FOUND = 0.6
"""Share of HarmBench's prompts that some concern's words must find."""
MOST_FALSE = 0.06
"""Share of harmless look-alikes, in any language, in which a concern's word may stand."""


def main() -> int:
    """Print a table of prompts and one of look-alikes; exit code 1 where a bar is missed."""
    told = tomllib.loads(SETTINGS.read_text())["imports"]
    print("| prompts | n | some concern found | the right one |\n|---|--:|--:|--:|")
    shares = [line(name, told[kind], file) for name, (kind, file) in SETS.items()]
    print("\n| look-alikes | n | a concern's word in them |\n|---|--:|--:|")
    false = [look_alikes(code) for code in ("en", "fi", "hi", "ja", "vi")]
    print("RESULT " + json.dumps({"found": min(shares), "false": max(false)}))
    return int(min(shares) < LEAST_FOUND or max(false) > MOST_FALSE)


def line(name, told, file) -> float:
    """Print what words tell of one set; returns the share in which they tell some concern."""
    place = told["place"]
    member = f"{place['member'].rpartition('/')[0]}/{file}"
    found = PackageFile(**(place | {"member": member}))
    settings = PromptSet(**(told | {"place": found}), most=10_000)
    path = fetch_package_file(found, Display(sys.stderr))
    prompts = PublishedSet(name="x", settings=settings, file=path, taxonomy=read_taxonomy())
    requests = prompts.imported(key=0, test_share=0).requests
    texts = [one.text for one in requests]
    by_words = relevance_in("en").concerns(texts, [()] * len(texts))
    right = sum(a == b.concern for a, b in zip(by_words, requests, strict=True))
    shown = "" if "AdvBench" in name else share(right, len(texts))
    some = sum(map(bool, by_words))
    print(f"| {name} | {len(texts)} | {share(some, len(texts))} | {shown} |")
    return some / len(texts)


def look_alikes(code) -> float:
    """Print how many look-alikes of a language hold a concern's word; returns the share."""
    requests = requests_of(read_language(code), tuple(read_taxonomy().concerns))
    texts = sorted({one.look_alike.text for one in requests})
    found = sum(map(bool, relevance_in(code).concerns(texts, [()] * len(texts))))
    print(f"| {code} | {len(texts)} | {share(found, len(texts))} |")
    return found / len(texts)


def share(count, n) -> str:
    """The share with its 95 % interval."""
    interval = wilson(count, n)
    return f"{count / n:.1%} ({interval.low:.1%} to {interval.high:.1%})"


if __name__ == "__main__":
    sys.exit(main())
