"""How much personal data is found, and how fast: python benchmarks/personal_data.py [TEXTS].

Reads the labelled sentences of `benchmarks/data/personal_data.<language>.toml`, in which people's
data is marked as `[[kind:value]]`; all of it is made up. A mark counts as found where a span of
its kind covers it, a span as right where it overlaps such a mark and is at most two characters
longer. The fresh sentences were written after the patterns; docs/benchmarks.md has what they gave
on first reading. The bars: recall and precision of at least 0.95 and 60 MB/s of one core in each
language.

Speed is measured on running text, `TEXTS/*.<language>.jsonl.gz` (field `text`), the quickstart's by
default, and without a bar on the negative sentences, in which every line is suspicious. With the
interpreter that PEER_PYTHON names, datatrove's PIIFormatter reads the same sentences.
"""

import gzip
import json
import os
import subprocess
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path

import pyarrow as pa

from auroram.stats.intervals import clopper_pearson
from auroram.text.personal_data import KINDS, batch_spans

SECONDS = 8
BAR, BAR_MB = 0.95, 60.0
LANGUAGES = ("en", "fi", "hi", "ja", "vi")
DATA = Path(__file__).parent / "data"
RESERVED = ".example"
SLACK = 2
TEXTS = Path(__file__).parents[1] / "recipes/quickstart/data"
PEER = os.environ.get("PEER_PYTHON")
PEER_PROGRAM = """
import json, sys
from datatrove.pipeline.formatters import PIIFormatter
formatter = PIIFormatter()
json.dump([formatter.format(text) for text in json.load(sys.stdin)], sys.stdout)
"""


def main() -> int:
    """Print a table by language and kind; exit code 1 where a bar is missed."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else TEXTS
    figures, missed = {}, []
    for language in LANGUAGES:
        figures[language] = one = measured(language) | speeds(language, folder)
        print(
            f"{language}  all       {words(one)}  {one['mb_per_second']:.0f} MB/s of running text, "
            f"{one['dense_mb_per_second']:.1f} MB/s where every line is suspicious"
        )
        low = one["mb_per_second"] < BAR_MB
        missed += [language] if low or one["recall"] < BAR or one["precision"] < BAR else []
    result = {"benchmark": "personal_data", "missed": missed, "figures": figures}
    print("RESULT", json.dumps(result))
    return int(bool(missed))


def measured(language):
    """Precision and recall of a language, a line for each kind on the way."""
    counts, fresh = Counter(), Counter()
    tally(counts, language, lines(language, ""))
    tally(fresh, language, lines(language, "fresh_"))
    both = counts + fresh
    for kind in KINDS:
        if both["marks", kind] + both["spans", kind]:
            print(f"{language}  {kind:10}{words(shares(both, [kind]))}")
    print(f"{language}  fresh     {words(shares(fresh, KINDS))}")
    peer = peer_recall([*lines(language, ""), *lines(language, "fresh_")])
    if peer is not None:
        print(f"{language}  datatrove's PIIFormatter changes {peer:.0%} of the marked values")
    return shares(both, KINDS) | ({"peer_recall": peer} if peer is not None else {})


def tally(counts, language, sentences):
    """Add what is found in labelled sentences."""
    found = batch_spans([text for text, _ in sentences], kinds=KINDS, language=language)
    for i, (text, marks) in enumerate(sentences):
        count(counts, text, marks, found.get(i, []))


def lines(language, part):
    """The labelled sentences of a part of the set, positive ones first."""
    file = tomllib.loads((DATA / f"personal_data.{language}.toml").read_text())
    return [unmarked(line) for line in [*file[f"{part}positive"], *file[f"{part}negative"]]]


def unmarked(line):
    """The sentence, and its marks as (kind, start, end)."""
    text, marks = "", []
    for part in line.split("[["):
        inside, closed, rest = part.partition("]]")
        if not closed:
            text += part
            continue
        kind, _, value = inside.partition(":")
        value = value.removesuffix(RESERVED)
        marks.append((kind, len(text), len(text) + len(value)))
        text += value + rest
    return text, marks


def count(counts, text, marks, spans):
    """Add a sentence's marks and spans, and name what was missed or made up."""
    for kind, start, end in marks:
        hit = any(s.kind == kind and s.start <= start and end <= s.end for s in spans)
        counts["marks", kind] += 1
        counts["found", kind] += hit
        if not hit:
            print(f"    missed {kind} {text[start:end]!r} in {text!r}")
    for span in spans:
        hit = any(
            span.kind == kind
            and span.start < end
            and start < span.end
            and span.end - span.start <= end - start + SLACK
            for kind, start, end in marks
        )
        counts["spans", span.kind] += 1
        counts["right", span.kind] += hit
        if not hit:
            print(f"    wrong {span.kind} {text[span.start : span.end]!r} in {text!r}")


def shares(counts, kinds):
    """Recall and precision over some kinds, with exact 95 % intervals."""
    marks, found, spans, right = (
        sum(counts[what, kind] for kind in kinds) for what in ("marks", "found", "spans", "right")
    )
    return {
        "marks": marks,
        "recall": found / marks if marks else 1.0,
        "recall_interval": ends(found, marks),
        "spans": spans,
        "precision": right / spans if spans else 1.0,
        "precision_interval": ends(right, spans),
    }


def ends(hits, n):
    """Both ends of the interval of a share, rounded."""
    if not n:
        return [0.0, 1.0]
    interval = clopper_pearson(hits, n)
    return [round(interval.low, 3), round(interval.high, 3)]


def words(one):
    """Both shares in words."""
    recall, precision = one["recall_interval"], one["precision_interval"]
    return (
        f"recall {one['recall']:.3f} ({recall[0]:.3f} to {recall[1]:.3f}, n {one['marks']})  "
        f"precision {one['precision']:.3f} ({precision[0]:.3f} to {precision[1]:.3f}, "
        f"n {one['spans']})"
    )


def speeds(language, folder):
    """MB/s of one core on running text and on suspicious lines alone."""
    running = [
        json.loads(line)["text"]
        for pattern in (f"{language}.jsonl.gz", f"*.{language}.jsonl.gz")
        for file in sorted(folder.glob(pattern))
        for line in gzip.decompress(file.read_bytes()).splitlines()
    ]
    dense = "\n".join(text for text, marks in lines(language, "") if not marks)
    return {
        "mb_per_second": speed(running, language),
        "dense_mb_per_second": speed([dense] * 100, language),
    }


def speed(texts, language):
    """MB of UTF-8 for each second of one core, the best of three readings."""
    batch = pa.array(texts, pa.large_string())
    megabytes = sum(len(text.encode()) for text in texts) / 1e6
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        batch_spans(batch, kinds=KINDS, language=language)
        best = min(best, time.process_time() - started)
    return round(megabytes / best, 1)


def peer_recall(sentences):
    """The share of marks whose value datatrove changes; None where there is no datatrove."""
    if PEER is None:
        return None
    texts = [text for text, _ in sentences]
    command = [PEER, "-c", PEER_PROGRAM]
    done = subprocess.run(
        command, input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    changed = json.loads(done.stdout)
    marks = [(i, mark) for i, (_, marks) in enumerate(sentences) for mark in marks]
    gone = [texts[i][start:end] not in changed[i] for i, (_, start, end) in marks]
    return round(sum(gone) / len(gone), 3)


if __name__ == "__main__":
    sys.exit(main())
