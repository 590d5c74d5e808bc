"""The whole corpus stage, on text of the quickstart, varied so that copies are not copies.

Two rows of speed: with everything on that is on by default, and with a list, a snapshot, a set of
evaluations and a classifier for every step that waits for one. Bars:

- at least 5 MB/s a core (bytes of records read, seconds of processor time, one worker), each row;
- two workers at least 1.8 times as fast as one (wall clock). The second worker's start is part of
  the time. Where other work takes the processors, the wall clock says nothing: if the one worker
  did not get 95 % of a core, the bar counts as not measured, and the shortest time that two workers
  could take is told from the processor time of each piece of work. Beside it stands what the cores
  allow: how many times the work of one process two do that share nothing but the machine;
- ten times the corpus at most 1.1 times the peak memory of a process, 12 bytes a document for
  clusters apart;
- a million synthetic documents, deduplicated, in under 4 GB.

A table says where the time goes. Each figure is of a process of its own that has compiled before.
"""

import cProfile
import gzip
import heapq
import json
import os
import pstats
import random
import resource
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import pyarrow as pa

from auroram.adapters.embedded import Processes
from auroram.corpus.decontamination import Decontamination, EvaluationSet
from auroram.corpus.harm import Harm, HarmClassifier
from auroram.corpus.harm_lists import WORDS
from auroram.corpus.harm_training import ClassifierTraining, train_from_file
from auroram.corpus.rights import Rights
from auroram.corpus.settings import Corpus
from auroram.corpus.sources import Source
from auroram.corpus.stage import run
from auroram.ports import Inputs, Serial, Silent
from auroram.text.buffers import Buffer
from auroram.text.ngram_classifier import NgramTraining
from auroram.text.signals import signals_of

QUICKSTART = Path(__file__).parents[2] / "recipes" / "quickstart"
IDLE, SPEED, RATIO, GROWTH, MILLION_BYTES = 0.95, 5.0, 1.8, 1.1, 4e9
CLUSTER_BYTES = 12
HELP, KERNEL_SECONDS = "help.en.jsonl.gz", 5
HOSTS, ITEMS = 500, 2_000
SPOKEN = ("en", "fi", "hi", "ja", "vi")
STEPS = {
    "read records": "read_slice",
    "normal form": "normal_all",
    "rights": "_judged",
    "lines": "add",
    "languages, boilerplate": "select_all",
    "signals, signatures": "signals_of",
    "quality rules": "_by_quality",
    "harm": "_by_harm",
    "personal data": "apply_all",
    "candidates": "_write_candidates",
    "cut by prefix": "_write",
    "gather": "gather",
    "duplicates": "find_clusters",
    "documents": "publish",
    "side-cars": "write_side_cars",
}
"""Step to the function of the stage that does it."""


def measure_speed(options):
    """Speed with one and with two workers, and where the time goes."""
    with tempfile.TemporaryDirectory() as folder:
        figures = speed(Path(folder), options.megabytes)
    missed = ["5 MB/s a core"] if figures["mb_per_second"] < SPEED else []
    if figures["everything_mb_per_second"] < SPEED:
        missed.append("5 MB/s a core, everything on")
    if figures["processor_share"] < IDLE:
        missed.append("two workers: not measured, as the machine was busy")
    elif figures["two_workers"] < RATIO:
        missed.append("two workers 1.8 times one")
    return figures, missed


def measure_memory(options):
    """How the peak grows from 40,000 documents to 400,000."""
    del options
    with tempfile.TemporaryDirectory() as folder:
        figures = memory(Path(folder))
    return figures, ["ten times the corpus"] if figures["memory_growth"] > GROWTH else []


def measure_million(options):
    """Peak memory and time of a million documents."""
    del options
    with tempfile.TemporaryDirectory() as folder:
        figures = million(Path(folder))
    return figures, ["under 4 GB"] if figures["million_bytes"] > MILLION_BYTES else []


def speed(folder, megabytes):
    """Speed with one and with two workers, and where one spends its time; one run to compile."""
    sources = write_varied(folder / "varied", megabytes)
    run_child(folder, sources, "2")
    one = run_child(folder, sources, "1")
    two = run_child(folder, sources, "2")
    allowed = kernel_rounds(2) / kernel_rounds(1)
    profiled = run_child(folder, sources, "profile")
    everything = speed_of_everything(folder, megabytes)
    rate = rate_of("as it comes", one)
    for name, took in (("one worker", one), ("two workers", two)):
        seconds = f"{took['wall_seconds']:.1f} s, processors {took['processor_seconds']:.1f} s"
        print(f"{name}: wall {seconds}")
    print(f"by the processor time of the pieces, two could be {one['shared_out']:.2f} times one")
    print(f"two processes that share nothing do {allowed:.2f} times the work of one")
    for step, seconds in sorted(profiled["steps"].items(), key=lambda item: -item[1]):
        print(f"{step:<24} {seconds:6.2f} s  {seconds / profiled['processor_seconds']:6.1%}")
    return {
        "mb_per_second": round(rate, 2),
        "everything_mb_per_second": round(rate_of("everything on", everything), 2),
        "two_workers": round(one["wall_seconds"] / two["wall_seconds"], 2),
        "shared_out": round(one["shared_out"], 2),
        "two_processes": round(allowed, 2),
        "processor_share": round(one["processor_seconds"] / one["wall_seconds"], 2),
        "steps": profiled["steps"],
    }


def rate_of(name, took):
    """MB/s of one core."""
    rate = took["megabytes"] / took["processor_seconds"]
    seconds = f"{took['processor_seconds']:.1f} s"
    print(f"{name}: {took['megabytes']:.1f} MB in {seconds}: {rate:.2f} MB/s a core")
    return rate


def speed_of_everything(folder, megabytes):
    """Figures of one worker with every step on; a small run before it to compile."""
    write_beside(folder)
    run_child(folder, write_varied(folder / "little", 1, hosts=HOSTS), "everything")
    return run_child(folder, write_varied(folder / "hosted", megabytes, hosts=HOSTS), "everything")


def write_beside(folder):
    """The files that `everything` names, made from the quickstart's texts.

    Few documents hold an evaluation or are on a list, so that most have the whole way to go.
    """
    draw = random.Random(2)
    texts = {
        kind: [row["text"] for language in SPOKEN for row in read_quickstart(kind, language)]
        for kind in ("help", "varied")
    }
    words = sorted({word for text in texts["varied"] for word in text.split()})
    lines = [varied(line, words, draw) for text in texts["varied"] for line in text.split("\n")]
    write_rows(folder / "exam.jsonl", [{"text": line} for line in draw.sample(lines, ITEMS)])
    bodies = ("User-agent: GPTBot\nDisallow: /private/\nAllow: /", "User-agent: *\nDisallow: /x")
    seen = {"fetched_at": "2026-01-01", "status": 200}
    sites = [seen | {"host": host_of(n), "body": draw.choice(bodies)} for n in range(HOSTS)]
    write_rows(folder / "robots.jsonl", sites)
    asked = {"reason": "asked", "requested_at": "2026-01-01"}
    digests = [{"sha256": draw.randbytes(32).hex()} for _ in range(ITEMS)]
    gone = [{"url": f"https://{host_of(n)}/gone/{n}"} for n in range(ITEMS)]
    write_rows(folder / "takedown.jsonl", [asked | row for row in [*digests, *gone]])
    labels = [{"text": text, "label": kind} for kind, some in texts.items() for text in some[::5]]
    write_rows(folder / "labels.jsonl", labels)
    training = ClassifierTraining(ngrams=NgramTraining(epochs=1))
    train_from_file(folder / "labels.jsonl", folder / "classifier", training)


def everything(folder):
    """Settings for every step that waits for a file."""
    exam = EvaluationSet(files=(str(folder / "exam.jsonl"),))
    recipe = tomllib.loads((QUICKSTART / "recipe.toml").read_text())
    sets = recipe["stages"]["corpus"]["decontamination"]["sets"]
    files = {name: tuple(str(QUICKSTART / f) for f in one["files"]) for name, one in sets.items()}
    quickstart = {name: EvaluationSet(files=some) for name, some in files.items()}
    classifier = HarmClassifier(path=str(folder / "classifier"), label="help", threshold=1.0)
    lists = {language: (str(WORDS / f"{language}.toml"),) for language in SPOKEN}
    return {
        "decontamination": Decontamination(sets={**quickstart, "exam": exam}),
        "rights": Rights(
            deny=("CC-BY-NC-*",),
            robots=(str(folder / "robots.jsonl"),),
            takedowns=(str(folder / "takedown.jsonl"),),
        ),
        "harm": Harm(lists=lists, classifiers={"help": classifier}),
    }


def read_quickstart(kind, language):
    """The records of one of the quickstart's files."""
    return read_lines(QUICKSTART / "data" / f"{kind}.{language}.jsonl.gz")


def write_rows(path, rows):
    """A file of JSON lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def host_of(number):
    """A site's name; there are `HOSTS`."""
    return f"site{number % HOSTS}.example"


def kernel_rounds(processes):
    """How often so many processes at a time go over a text with the kernel of all figures."""
    command = [sys.executable, __file__, "kernel"]
    started = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(processes)
    ]
    return sum(int(process.communicate()[0]) for process in started)


def kernel():
    """Go over the text for a while, after a second in which the other process gets ready too."""
    buffer = Buffer.of([row["text"] for row in read_lines(QUICKSTART / "data" / HELP)])
    signals_of(buffer)
    ready = time.monotonic() + 1
    while time.monotonic() < ready:
        signals_of(buffer)
    rounds, ends = 0, time.monotonic() + KERNEL_SECONDS
    while time.monotonic() < ends:
        signals_of(buffer)
        rounds += 1
    print(rounds)
    return 0


def memory(folder):
    """How the peak grows from 40,000 documents to 400,000."""
    peaks = {}
    for documents in (40_000, 400_000):
        sources = write_synthetic(folder / str(documents), documents)
        peaks[documents] = run_child(folder, sources, "1")["peak_bytes"]
        print(f"{documents:,} documents: peak {peaks[documents] / 1e6:.0f} MB")
    small, large = peaks.values()
    growth = (large - CLUSTER_BYTES * 360_000) / small
    return {"peak_bytes": [small, large], "memory_growth": round(growth, 3)}


def million(folder):
    """Peak memory and time of a million documents."""
    found = run_child(folder, write_synthetic(folder / "million", 1_000_000), "1")
    print(f"1,000,000 documents: {found['wall_seconds']:.0f} s, {found['peak_bytes'] / 1e6:.0f} MB")
    return {"million_bytes": found["peak_bytes"], "million_seconds": found["wall_seconds"]}


def run_child(folder, sources, how):
    """Figures of one run in a process of its own."""
    (folder / "sources.json").write_text(json.dumps(sources))
    command = [sys.executable, __file__, str(folder / "sources.json"), how]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryDirectory(dir=folder) as out:
        done = subprocess.run(
            [*command, out], check=True, stdout=subprocess.PIPE, text=True, env=environment
        )
    return json.loads(done.stdout.splitlines()[-1])


def child(sources, how, out):
    """Run the stage and print what it took."""
    pa.set_cpu_count(1)
    engine = Processes(2) if how == "2" else Watched()
    tables = json.loads(Path(sources).read_text())
    settings = Corpus(
        sources={name: Source(**{**t, "files": tuple(t["files"])}) for name, t in tables.items()},
        **(everything(Path(sources).parent) if how == "everything" else {}),
    )
    inputs = Inputs(
        root=Path("/"), name="corpus", seed=1, stages={}, progress=Silent(), engine=engine
    )
    profile = cProfile.Profile(time.process_time)
    wall, before = time.perf_counter(), os.times()
    if how == "profile":
        outcome = profile.runcall(run, settings, inputs, Path(out))
    else:
        outcome = run(settings, inputs, Path(out))
    engine.close()
    after = os.times()
    figures = {
        "wall_seconds": time.perf_counter() - wall,
        "processor_seconds": sum(after[:4]) - sum(before[:4]),
        "megabytes": read_bytes(outcome) / 1e6,
        "shared_out": engine.ratio(sum(after[:4]) - sum(before[:4])) if how == "1" else 0.0,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        "steps": steps(profile) if how == "profile" else {},
    }
    print(json.dumps(figures))
    return 0


class Watched(Serial):
    """An engine of one process that knows how long each item took."""

    def __init__(self) -> None:
        self.maps: list[list[float]] = []

    def map(self, function, items):
        """The result of each item, one after another."""
        self.maps.append([])
        for item in items:
            started = time.process_time()
            result = function(item)
            self.maps[-1].append(time.process_time() - started)
            yield result

    def ratio(self, seconds):
        """How many times faster two workers could be that start in no time."""
        saved = sum(sum(took) - longest(took) for took in self.maps)
        return seconds / (seconds - saved)


def longest(took):
    """Seconds of the busier of two workers, where each takes the next item when it is free."""
    free = [0.0, 0.0]
    for seconds in took:
        heapq.heappush(free, heapq.heappop(free) + seconds)
    return max(free)


def read_bytes(outcome):
    """Bytes of the records that were read."""
    return sum(t.value for t in outcome.tallies if (t.step, t.unit) == ("read", "bytes"))


def steps(profile):
    """Step to its seconds, what it calls included."""
    seconds = dict.fromkeys(STEPS, 0.0)
    for (file, _, function), (_, _, _, cumulative, _) in pstats.Stats(profile).stats.items():
        for step, name in STEPS.items():
            if function == name and f"{os.sep}auroram{os.sep}" in file:
                seconds[step] = max(seconds[step], round(cumulative, 3))
    return seconds


def write_varied(folder, megabytes, hosts=0):
    """The quickstart's sources, again and again with other words; each pass is a file.

    With `hosts` each record says on which of so many sites its page was.
    """
    folder.mkdir()
    recipe = tomllib.loads((QUICKSTART / "recipe.toml").read_text())
    found = {}
    for stage in ("corpus", "general"):
        for name, table in recipe["stages"][stage]["sources"].items():
            rows = list(read_lines(QUICKSTART / table["files"][0]))
            found[name] = {**table, "files": []}
            if hosts:
                rows = [row | {"url": f"https://{host_of(n)}/{n}"} for n, row in enumerate(rows)]
            vary(rows, folder / name, found[name], megabytes / 11)
    return found


def vary(rows, prefix, table, megabytes):
    """Write passes over the rows until there is so much text."""
    written, number = 0, 0
    words = sorted({word for row in rows for word in row["text"].split()})
    while written < megabytes * 1e6:
        draw = random.Random(f"{prefix.name}{number}")
        path = Path(f"{prefix}-{number}.jsonl")
        with path.open("w") as file:
            for row in rows:
                line = json.dumps(row | {"text": varied(row["text"], words, draw)})
                written += file.write(line + "\n")
        table["files"].append(str(path))
        number += 1


def varied(text, words, draw):
    """The text with a third of its words (or, unspaced, of its characters) changed."""
    lines = []
    for line in text.split("\n"):
        parts = line.split(" ")
        if len(parts) < 4 and len(line) > 20:
            parts = [line[i : i + 8] for i in range(0, len(line), 8)]
            lines.append("".join(swapped(parts, parts, draw)))
        else:
            lines.append(" ".join(swapped(parts, words, draw)))
    return "\n".join(lines)


def swapped(parts, words, draw):
    """Every third part or so exchanged."""
    return [draw.choice(words) if draw.random() < 0.3 else part for part in parts]


def read_lines(path):
    """The records of a packed file of JSON lines."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def write_synthetic(folder, documents):
    """English-looking documents of some 600 bytes; every tenth is nearly one before it."""
    folder.mkdir()
    draw = random.Random(1)
    text = " ".join(row["text"] for row in read_lines(QUICKSTART / "data" / "varied.en.jsonl.gz"))
    words = sorted({word for word in text.split() if word.isalpha()})
    path = folder / "en.jsonl"
    before = []
    with path.open("w") as file:
        for number in range(documents):
            if number % 10 == 9:
                chosen = [*before[:50], "and", "so", "on", *before[50:]]
            else:
                chosen = before = draw.choices(words, k=90)
            lines = [" ".join(chosen[i : i + 30]) + "." for i in range(0, len(chosen), 30)]
            file.write(json.dumps({"id": str(number), "text": "\n".join(lines)}) + "\n")
    return {"synthetic": {"files": [str(path)], "language": "en", "licence": "CC0-1.0"}}


if __name__ == "__main__":
    sys.exit(kernel() if sys.argv[1] == "kernel" else child(*sys.argv[1:]))
