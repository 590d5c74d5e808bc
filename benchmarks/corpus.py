r"""What the corpus stage must show, against datatrove 0.10.1.

    python benchmarks/corpus.py [PART ...] [--texts FOLDER] [--peer PYTHON] [--megabytes N]
                                [--seconds N] [--first CASE]

PARTs are rules, calibrated, stage, memory, million, duplicates, hostile, readers and fuzz.
FOLDER holds {en,fi,hi,ja,vi,code}.jsonl.gz, as benchmarks/support/fetch_texts.py makes them; the
quickstart's texts stand in for it. PYTHON is the interpreter of an environment of its own, which
PEER_PYTHON may name as well:

    python3.11 -m venv PEER && PEER/bin/pip install datatrove==0.10.1 spacy pyvi sudachipy \
        sudachidict-core indic-nlp-library nltk 'xxhash<4' regex tldextract \
        ftfy fasteners orjson tokenizers

Each part has its bars and is a file of benchmarks/support. Without a PART all run but `million`
and `fuzz`.
A figure that needs the peer, or an idle machine, counts as missed where it was not measured.
"""

import argparse
import json
import os
import sys
from pathlib import Path

from support import (
    calibrated_rules,
    corpus_signals,
    corpus_stage,
    fuzz,
    hostile,
    near_duplicates,
    readers,
)

SECONDS = 540
PARTS = {
    "rules": corpus_signals.measure,
    "calibrated": calibrated_rules.measure,
    "stage": corpus_stage.measure_speed,
    "memory": corpus_stage.measure_memory,
    "million": corpus_stage.measure_million,
    "duplicates": near_duplicates.measure,
    "hostile": hostile.measure,
    "readers": readers.measure,
    "fuzz": fuzz.measure,
}
"""Each prints its tables and returns its figures and the names of the bars that it missed."""


def main() -> int:
    """Measure the parts; exit code 1 where a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    usual = [part for part in PARTS if part not in ("million", "fuzz")]
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], metavar="PART", help=str(usual))
    parser.add_argument("--texts", type=Path)
    parser.add_argument("--peer", type=Path, default=os.environ.get("PEER_PYTHON"))
    parser.add_argument("--megabytes", type=int, default=100, help="of text for the whole stage")
    parser.add_argument("--seconds", type=int, default=120, help="of fuzzing")
    parser.add_argument("--first", type=int, default=0, help="number of the first case of fuzzing")
    options = parser.parse_args()
    figures, missed = {}, []
    for part in options.parts or usual:
        print(f"\n{part}", flush=True)
        figures[part], short = PARTS[part](options)
        missed += [f"{part}: {bar}" for bar in short]
    for bar in missed:
        print(f"MISSED  {bar}")
    print("RESULT", json.dumps({"benchmark": "corpus", "missed": missed, **figures}))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
