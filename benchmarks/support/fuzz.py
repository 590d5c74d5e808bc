"""Hostile input without end, drawn from seeds: python benchmarks/corpus.py fuzz --seconds 120.

A case is an archive with hostile text and fields, broken before or after it was packed. Reading it
must give nothing but records, bad records and one error in words, the same each time and however
it is cut, in places that rise, within a time and a memory. Every twentieth case goes on through
the whole stage, with hostile lists and snapshots beside it, and must account for every record.

A case is known by its number: `fuzz_case(number, folder)` makes it again. Bar: no case fails.
"""

import gzip
import json
import random
import resource
import shutil
import signal
import tempfile
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from auroram.corpus.decontamination import Decontamination, EvaluationSet
from auroram.corpus.harm import Harm
from auroram.corpus.readers.records import BadRecord, Record, Skipped
from auroram.corpus.readers.slices import read_slice, slices_of
from auroram.corpus.rights import Rights
from auroram.corpus.settings import Corpus
from auroram.corpus.sources import Fields, Source
from auroram.corpus.stage import run
from auroram.errors import DataError, UserError
from auroram.ports import Inputs, Serial, Silent
from support.archives import MAKERS, PACKS

DATA = Path(__file__).parents[2] / "recipes" / "quickstart" / "data"
GOOD = {language: f"help.{language}.jsonl.gz" for language in ("en", "fi", "hi", "ja", "vi")}
GOOD["code"] = "python.jsonl.gz"
EVERY, LONGEST_SECONDS, COMPILING, MOST_BYTES, SHOWN = 20, 20, 200, 600e6, 12
WORDS = ["yksi", "kaksi", "neljä", "talvi", "ja", "the", "of", "and", "दो", "और", "三", "四", "là"]
TROUBLE = (
    "\0", "\u202e", "\u2066", "\u200d", "\u200b", "\ufeff", "\ufffe", "\U0010ffff", "\u0301" * 40,
    "\r", "\n", "\u2028", "\x85", "\t", " ", "\u3000", "Ã©", "â€œ", "ÃÂ", "\ud83d", "\ude00", "😀",
    "\U000e0067", "🏴", "\u1112\u1161\u11ab", "ﬃ", "ǅ", "İ", "ß", "a@b.fi", "131052-308T", "{", "}",
    "4111 1111 1111 1111", "+358 40 1234567", "http://", "-----BEGIN RSA PRIVATE KEY-----",
    "<page>", "</page>", "&lt;", "]]>", "<!--", "{{" * 30, "[[" * 30, "{|", "<ref>", "<nowiki>",
    "<p>", "</p>", "<div>" * 90, "<meta name=robots content=noai>", "<table><td>", "<script>",
    "</body>", "<![CDATA[", "&#0;", "&#xffffffff;", "<a href='", "<b id=1></i>" * 9, "<title>",
    "•", "...", "lorem ipsum", "javascript", "。", "।", "x" * 3000, "अ" * 700, "_" * 50, "9" * 400,
)  # fmt: skip
BYTES = (
    b"\0" * 9, b"\xff" * 9, b"\x7f\xff\xff\xff\xff\xff\xff\xff", b"\x80\0\0\0", b"\r\n\r\n", b"\n",
    b'"', b"\\u0000", b"\\ud800", b"{", b"]", b"<page>", b"</page>", b"</mediawiki>", b"&x;",
    b"Content-Length: 99999999999999999999\r\n", b"Content-Length: -1\r\n", b"WARC/1.0\r\n",
    b"Content-Encoding: gzip\r\n", b"Transfer-Encoding: chunked\r\n\r\nffffffffff\r\n", b"PAR1",
    b"\x1f\x8b\x08\xff", b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18\xff\xff\xff\xff", b"BZh91AY&SY",
    b"\xed\xa0\x80", b"\xc0\xaf", b"\xf4\x90\x80\x80", b"\xef\xbb\xbf", b"\xff\xfe", b"1e999",
)  # fmt: skip
VALUES = (
    None, 0, -1, 1e308, "", " ", "x" * 5000, [], {}, [["a"]], True, "MIT", "MIT AND", "(((",
    "CC-BY-4.0", "GPL-2.0+ WITH Classpath-exception-2.0 OR MIT", "2024-02-30", "99999-01-01", "-1",
    "2024-01-01T00:00:00Z", "0000-00-00", "http://[::1", "https://a.example/../%ff?x#y", "//",
    "javascript:alert(1)", "http://a.example:99999/", "http://xn--", "HTTPS://ÄÖ.example/ä", "\n",
    "X-Robots-Tag: noai", "X-Robots-Tag: unavailable_after: x\n\n\0", "\ud800",
    "a.example", "http://.", "tdm-reservation: 1",
)  # fmt: skip
"""Values of the fields beside the text."""


def measure(options):
    """Run cases for so many seconds in a process of its own."""
    first = options.first
    with tempfile.TemporaryDirectory() as name:
        context = get_context("spawn")
        found = context.SimpleQueue()
        arguments = (first, options.seconds, name, found)
        worker = context.Process(target=run_cases, args=arguments, daemon=True)
        worker.start()
        worker.join(options.seconds + 120)
        if worker.is_alive() or worker.exitcode:
            worker.kill()
            lost = (Path(name) / "case").read_text()
            print(f"case {lost}: ended or hung the process ({worker.exitcode})")
            return {"first": first, "cases": int(lost) - first, "failures": 1}, ["no case fails"]
        cases, failures = found.get()
    for number, words in failures[:SHOWN]:
        print(f"case {number}: {words}")
    print(f"{cases:,} cases from {first}, {len(failures)} failures")
    figures = {"first": first, "cases": cases, "failures": len(failures)}
    return figures, ["no case fails"] if failures else []


def run_cases(first, seconds, folder, found):
    """Put how many cases ran and what failed; one failure of each kind is told whole."""
    ends, number, failures, kinds = time.monotonic() + seconds, first, [], Counter()
    signal.signal(signal.SIGALRM, too_long)
    while time.monotonic() < ends:
        (Path(folder) / "case").write_text(str(number))
        try:
            signal.alarm(LONGEST_SECONDS if number > first else COMPILING)
            fuzz_case(number, Path(folder))
            signal.alarm(0)
        except Exception as error:  # noqa: BLE001 -- whatever escapes is what is looked for
            signal.alarm(0)
            place = traceback.extract_tb(error.__traceback__)[-1]
            kind = (type(error).__name__, place.filename, place.lineno)
            kinds[kind] += 1
            told = traceback.format_exc(limit=-8) if kinds[kind] == 1 else str(kind)
            failures.append((number, told))
        number += 1
    found.put((number - first, sorted(failures, key=lambda one: len(one[1]), reverse=True)))


def too_long(*_):
    """Say where a case is that takes too long."""
    raise TimeoutError(f"a case takes over {LONGEST_SECONDS} s")


def fuzz_case(number, folder):
    """Make the case of this number and hold it against all that was promised.

    Raises:
        AssertionError: where a promise is broken; and whatever escapes.
    """
    draw = random.Random(number)
    folder = folder / str(number)
    folder.mkdir()
    case = Case(draw=draw, folder=folder)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    path = case.archive()
    check_reading(path, draw)
    if number % EVERY == 0:
        check_stage(case, path)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - before
    assert grown < MOST_BYTES, f"{path.name}: memory grew by {grown / 1e6:.0f} MB"
    shutil.rmtree(folder)


@dataclass
class Case:
    """What is drawn for one case."""

    draw: random.Random
    folder: Path
    names: list[str] = field(default_factory=lambda: [*MAKERS, "x.txt", "x.warc", "x.xml", "x.csv"])

    def text(self, longest=60):
        """Words and trouble."""
        draw = self.draw
        parts = draw.choices(WORDS, k=draw.randint(0, longest))
        for _ in range(draw.choice([0, 0, 1, 3, 20])):
            parts.insert(draw.randint(0, len(parts)), draw.choice(TROUBLE))
        return draw.choice(["", " ", " ", " ", "\n"]).join(parts)

    def row(self):
        """A record of JSON with fields that may be anything."""
        table = {"text": self.text(300)}
        for name in self.draw.sample(["id", "url", "licence", "collected_at", "optout", "x"], k=3):
            table[name] = self.draw.choice(VALUES)
        if self.draw.random() < 0.05:
            table["text"] = self.draw.choice(VALUES)
        return table

    def archive(self):
        """A file of some format, most often broken."""
        draw = self.draw
        name = draw.choice(list(MAKERS))
        ending = next((ending for ending in PACKS if ending and name.endswith(ending)), "")
        if name.startswith("x.jsonl"):
            content = "\n".join(json.dumps(self.row()) for _ in range(draw.randint(1, 60))).encode()
            content = PACKS[ending](self.broken(content) if draw.random() < 0.3 else content)
        else:
            start = draw.choice(["", "<html><body>"]) if name == "x.warc.gz" else ""
            texts = [start + clean(self.text(200)) for _ in range(draw.randint(1, 120))]
            content = MAKERS[name](texts)
            if ending and draw.random() < 0.5:
                content = PACKS[ending](self.broken(unpack(content, ending)))
        if draw.random() < 0.6:
            content = self.broken(content)
        if draw.random() < 0.05:
            name = draw.choice(self.names)
        path = self.folder / name
        path.write_bytes(content)
        return path

    def broken(self, content):
        """The bytes with a few things done to them."""
        draw, content = self.draw, bytearray(content)
        for _ in range(draw.choice([1, 1, 1, 2, 5])):
            start = draw.randint(0, len(content))
            end = min(len(content), start + draw.choice([1, 4, 30, 2000]))
            piece = bytes(content[start:end])
            how = draw.randrange(7)
            if how == 0:
                del content[start:]
            elif how == 1:
                del content[start:end]
            elif how == 2:
                content[start:start] = piece * draw.choice([1, 2, 50])
            elif how == 3:
                content[start:end] = draw.randbytes(len(piece))
            elif how == 4:
                content[start : start + draw.choice([0, 4])] = draw.choice(BYTES)
            elif how == 5:
                content += content[: draw.choice([20, 5000, len(content)])]
            else:
                content[start:end] = bytes(byte ^ 1 << draw.randrange(8) for byte in piece)
        return bytes(content)


def clean(text):
    """The text as UTF-8 can hold it."""
    return text.encode(errors="replace").decode()


def unpack(content, ending):
    """What a packed archive holds."""
    codec = {".gz": "gzip", ".bz2": "bz2", ".zst": "zstd"}[ending]
    with pa.CompressedInputStream(pa.BufferReader(content), codec) as stream:
        return stream.read()


def check_reading(path, draw):
    """Whether reading keeps its promises; two ways to cut the file must come to the same."""
    one, two = (read(path, draw.choice([1 << 10, 1 << 16, 1 << 26])) for _ in range(2))
    assert describe(one) == describe(two), f"{path.name}: not the same when cut otherwise"
    # A dump's pages have their own numbers, and each slice tells its own damage.
    places = [found.place for found in one if ":" in found.place and ":page " not in found.place]
    assert len(set(places)) == len(places), f"{path.name}: a place is told twice"
    for found in one:
        if isinstance(found, Record):
            stated = (found.text, found.id, found.url, found.licence, found.collected_at)
            "".join(part or "" for part in (*stated, found.optout)).encode()


def read(path, target):
    """All that is found, or the sentence that refuses the file."""
    try:
        parts = slices_of(str(path), name=path.name, target=target)
        found = []
        for part in parts:
            told = []
            found += read_slice(part, Fields(), advance=told.append)
            assert sum(told) == part.bytes, f"{path.name}: {sum(told)} of {part.bytes} bytes told"
    except DataError as error:
        assert "\n" not in str(error)
        return []
    assert all(isinstance(one, Record | BadRecord | Skipped) for one in found)
    return found


def describe(found):
    """What must not depend on how a file is cut, unless it is damaged."""
    if any(getattr(one, "reason", "") == "damaged" for one in found):
        return "damaged"
    return [(one.place, one.text if isinstance(one, Record) else one.reason) for one in found]


def check_stage(case, path):
    """Whether the whole stage accounts for every record of the file."""
    draw, folder = case.draw, case.folder
    language = draw.choice(list(GOOD))
    (folder / "good.jsonl").write_bytes(good_lines(language))
    sources = {
        "hostile": Source(files=(path.name,), language=language, licence="MIT"),
        "good": Source(files=("good.jsonl",), language=language, licence="MIT"),
    }
    try:
        settings = Corpus(
            sources=sources,
            highest_bad_share=1.0,
            rights=rights(case),
            harm=Harm(action=draw.choice(["off", "tag", "drop"])),
            decontamination=evaluations(case),
        )
        inputs = Inputs(
            root=folder, name="corpus", seed=1, stages={}, progress=Silent(), engine=Serial()
        )
        with tempfile.TemporaryDirectory(dir=folder) as out:
            check_account(run(settings, inputs, Path(out)), Path(out), read(path, 1 << 26))
    except UserError as error:
        assert len(str(error)) < 4000, str(error)


@cache
def good_lines(language):
    """A few documents that pass, so that the language is not left without any."""
    with gzip.open(DATA / GOOD[language]) as file:
        return b"".join(islice(file, 8))


def rights(case):
    """Lists and snapshots that may be broken."""
    draw, folder = case.draw, case.folder
    hosts = ["a.example", "xn--", "ä.example", "[::1]", ""]
    snapshots = [
        json.dumps(
            {
                "host": draw.choice(hosts),
                "fetched_at": draw.choice(["2024-01-01", "x", "99999-01-01"]),
                "body": draw.choice(["User-agent: *\nDisallow: /", "\0", "Disallow: /%zz*$$", "x"])
                + case.text(),
                "status": draw.choice([200, 404, 500, None]),
            }
        )
        for _ in range(3)
    ]
    requests = [
        {"domain": draw.choice(hosts), "reason": case.text(3), "requested_at": "2024-01-01"}
        for _ in range(2)
    ]
    for name, text in (
        ("robots.jsonl", "\n".join(snapshots)),
        ("list.jsonl", "\n".join(map(json.dumps, requests))),
    ):
        content = text.encode(errors="replace")
        (folder / name).write_bytes(case.broken(content) if draw.random() < 0.5 else content)
    return Rights(
        allow=draw.choice([(), ("MIT", "CC-*")]),
        unknown_licences=draw.choice(["auto", "keep", "drop"]),
        robots=draw.choice([(), ("robots.jsonl",)]),
        takedowns=draw.choice([(), ("list.jsonl",)]),
        opt_outs=draw.choice(["drop", "tag"]),
    )


def evaluations(case):
    """A set of evaluation texts, or none."""
    if case.draw.random() < 0.5:
        return Decontamination()
    rows = [{"text": case.text(80)} for _ in range(20)]
    (case.folder / "exam.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return Decontamination(sets={"exam": EvaluationSet(files=("exam.jsonl",))})


def check_account(outcome, out, found):
    """What was found is what was decided on or set aside, and what was kept is what was written."""
    sums = Counter()
    for tally in outcome.tallies:
        if (tally.source, tally.unit, tally.step) == ("hostile", "documents", "record"):
            sums[tally.outcome] += tally.value
    records = sum(isinstance(one, Record) for one in found)
    assert sums == Counter(kept=records, dropped=len(found) - records), f"{sums} of {len(found)}"
    decisions = pq.read_table(out / "decisions.parquet").to_pylist()
    assert sum(row["source"] == "hostile" for row in decisions) == records
    bad = (out / "quarantine.jsonl").read_text().count("\n")
    assert bad == sum(isinstance(one, BadRecord) for one in found), f"{bad} are set aside"
    written = sum(pq.read_metadata(path).num_rows for path in out.glob("documents/*/*.parquet"))
    kept = sum(row["kept"] for row in decisions)
    assert kept == written, f"{kept} are kept and {written} written"
