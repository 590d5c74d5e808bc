"""Whatever lies in the input: nothing is lost, nothing crashes, everything is counted.

All is drawn from seeds, so that a failure comes back. 5 000 tiny files stand for the 100 000 of
`benchmarks/corpus.py`.
"""

import bz2
import random
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auroram.corpus.readers.records import LONGEST_RECORD, BadRecord, Record, Skipped
from auroram.corpus.readers.slices import read_slice, slices_of, source_slices
from auroram.corpus.sources import Fields, Source
from auroram.errors import DataError

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))
from support.archives import MAKERS, PACKS, lines
from support.fuzz import fuzz_case

WORDS = ["yksi", "kaksi", "kolme", "neljä", "hai", "ba", "三", "四", "ek", "दो"]


def read(path, target=1 << 26):
    parts = slices_of(str(path), name=path.name, target=target)
    return [r for part in parts for r in read_slice(part, Fields(), advance=lambda _: None)]


def texts_of(draw, count):
    return [f"{i} " + " ".join(draw.choices(WORDS, k=draw.randint(5, 300))) for i in range(count)]


@pytest.mark.parametrize("name", [name for name in MAKERS if name != "x.jsonl"])
def test_an_archive_cut_anywhere_gives_whole_records_and_then_says_so(tmp_path, name):
    draw = random.Random(name)
    texts = texts_of(draw, 300)
    content = MAKERS[name](texts)
    for cut in [1, 2, 5, 9, len(content) - 1, *draw.choices(range(len(content)), k=25)]:
        (tmp_path / name).write_bytes(content[:cut])
        *found, last = read(tmp_path / name, target=draw.choice([1 << 12, 1 << 26]))
        kept = [r.text.removeprefix("T\n\n") for r in found if isinstance(r, Record)]
        assert kept == texts[: len(kept)]
        whole = name == "x.warc.gz" and isinstance(last, Record)
        assert whole or last.reason == "damaged"


@pytest.mark.parametrize("name", MAKERS)
def test_flipped_bytes_crash_nothing(tmp_path, name):
    draw = random.Random(name)
    content = MAKERS[name](texts_of(draw, 60))
    for _ in range(60):
        broken = bytearray(content)
        for _ in range(draw.choice([1, 1, 2, 50])):
            broken[draw.randrange(len(broken))] = draw.randrange(256)
        (tmp_path / name).write_bytes(broken)
        try:
            found = read(tmp_path / name)
        except DataError:  # the column's name was hit
            continue
        assert all(isinstance(r, Record | BadRecord | Skipped) for r in found)


FATES = {
    b'{"text": "hyv\xc3\xa4\xc3\xa4"}': "",
    b'{"text": "\\u0000 null \\u202e takaperin \\u2066"}': "",
    b'{"text": NaN}': "no-text",
    b'{"text": "\\ud83d\\ude00"}': "",
    b'{"text": "\\ud83d"}': "not-unicode",
    b'{"text": "\\ude00\\ud83d"}': "not-unicode",
    b'{"text": "ok", "\\ud800": 1}': "",
    b'{"text": "\xed\xa0\x80"}': "not-utf-8",
    b'{"text": "\xc0\xaf"}': "not-utf-8",
    b'{"text": "a\x00b"}': "not-json",
    b"\x00" * 100: "not-json",
    b"[" * 100_000 + b"]" * 100_000: "not-json",
    b'{"a":' * 5000 + b"1" + b"}" * 5000: "not-json",
    b'{"text": ' + b"9" * 10_000 + b"}": "not-json",
    b'{"text": 1e999}': "no-text",
    b'{"text": "a", "text": "b"}': "",
    b'{"text": "cut': "not-json",
    b'\xef\xbb\xbf{"text": "a mark before"}': "",
}


@pytest.mark.parametrize("seed", range(12))
def test_every_planted_line_is_kept_or_counted_in_its_place(tmp_path, seed):
    draw = random.Random(seed)
    planted = draw.choices(list(FATES), k=draw.randint(1, 120))
    ending = draw.choice(list(PACKS))
    path = tmp_path / f"x.jsonl{ending}"
    path.write_bytes(PACKS[ending](b"\n".join(planted)))
    found = read(path, target=draw.choice([1000, 50_000, 1 << 26]))
    assert [getattr(r, "reason", "") for r in found] == [FATES[line] for line in planted]
    assert [r.place for r in found] == [f"{path.name}:{i + 1}" for i in range(len(planted))]


@pytest.mark.parametrize("ending", PACKS)
def test_a_gigantic_line_is_counted_with_its_size_and_the_next_is_read(tmp_path, ending):
    size = LONGEST_RECORD + 12_345
    path = tmp_path / f"x.jsonl{ending}"
    path.write_bytes(PACKS[ending](lines(["a"]) + b"x" * size + b"\n" + lines(["b"])))
    first, bad, last = read(path)
    assert (first.text, last.text) == ("a", "b")
    assert (bad.reason, bad.bytes, bad.place) == ("too-long", size, f"x.jsonl{ending}:2")


BOMB = """
import resource, sys
from auroram.corpus.readers.slices import read_slice, slices_of
from auroram.corpus.sources import Fields

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
(part,) = slices_of(sys.argv[1], name="bomb")
found = list(read_slice(part, Fields(), advance=lambda _: None))
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(found[-1].reason, "unpacks to more than" in found[-1].detail, (after - before) < 400_000)
"""


def bomb(ending):
    """10 GiB of zeros, or of one line's start, made of many small archives one after another."""
    if ending == ".bz2":
        return bz2.compress(bytes(1 << 28)) * 40
    return PACKS[ending](bytes(1 << 26)) * 160


@pytest.mark.parametrize("name", ["x.jsonl.gz", "x.jsonl.zst", "x.jsonl.bz2", "x.xml.bz2"])
def test_a_bomb_is_not_unpacked_to_its_end_and_takes_no_memory(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(bomb("." + name.rpartition(".")[2]))
    command = [sys.executable, "-c", BOMB, str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["damaged", "True", "True"]


def test_a_bomb_of_columns_is_refused_before_it_unpacks(tmp_path):
    path = tmp_path / "x.parquet"
    column = pa.array(["x" * (1 << 20)] * 300)
    pq.write_table(pa.table({"text": column}), path, compression="zstd", use_dictionary=False)
    (bad,) = read(path)
    assert "unpacks to more than" in bad.detail


def arrow_bomb(*, shared):
    """A few kilobytes whose one record batch, or whose dictionary, unpacks to 400 MB."""
    column = pa.array(["x" * (1 << 20)] * 400)
    if shared:
        column = pa.DictionaryArray.from_arrays(pa.array([0, 1], pa.int32()), column)
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    table = pa.record_batch({"text": column})
    with pa.ipc.new_stream(sink, table.schema, options=options) as stream:
        stream.write_batch(table)
    return sink.getvalue().to_pybytes()


@pytest.mark.parametrize("shared", [False, True])
def test_a_bomb_in_an_arrow_stream_is_refused_before_it_unpacks(tmp_path, shared):
    (tmp_path / "data.arrow").write_bytes(arrow_bomb(shared=shared))
    command = [sys.executable, "-c", BOMB, str(tmp_path / "data.arrow")]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["damaged", "True", "True"]


@pytest.mark.parametrize("codec", ["zstd", "lz4", None])
def test_a_packed_arrow_stream_of_text_is_read(tmp_path, codec):
    texts = texts_of(random.Random(3), 500)
    column = pa.array(texts).dictionary_encode()
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression=codec)
    table = pa.table({"text": column, "id": pa.array(map(str, range(500)))})
    with pa.ipc.new_stream(sink, table.schema, options=options) as stream:
        stream.write_table(table, max_chunksize=100)
    (tmp_path / "x.arrow").write_bytes(sink.getvalue().to_pybytes())
    assert [r.text for r in read(tmp_path / "x.arrow")] == texts


def test_a_long_value_that_all_rows_share_does_not_fill_the_memory(tmp_path):
    path = tmp_path / "x.parquet"
    long = pa.array(["x" * 30_000_000])
    column = pa.DictionaryArray.from_arrays(pa.array([0] * 100, pa.int32()), long)
    pq.write_table(pa.table({"text": column}), path, dictionary_pagesize_limit=1 << 30)
    program = BOMB.replace("list(", "[sum(1 for _ in ").replace("_: None))", "_: None))]")
    program = program.partition("print(")[0] + "print(found, (after - before) < 400_000)"
    told = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == ["[100]", "True"]


def test_entities_that_unfold_are_never_unfolded(tmp_path):
    entities = "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(30))
    head = f'<!DOCTYPE m [<!ENTITY a0 "ha">{entities}<!ENTITY f SYSTEM "file:///etc/passwd">]>'
    pages = [
        f"<page><id>{i}</id><ns>0</ns><text>&{e};</text></page>" for i, e in ((1, "a30"), (2, "f"))
    ]
    path = tmp_path / "x.xml"
    path.write_text(f"{head}<mediawiki>{''.join(pages)}</mediawiki>")
    assert [(r.place, r.reason) for r in read(path)] == [
        ("x.xml:page 1", "not-xml"),
        ("x.xml:page 2", "not-xml"),
    ]


def test_a_page_that_never_ends_is_counted_and_takes_no_memory_for_itself(tmp_path):
    path = tmp_path / "x.xml.bz2"
    long = b"<page>" + b"x" * LONGEST_RECORD + b"</page>"
    path.write_bytes(bz2.compress(b"<mediawiki>" + long + b"<page><id>2</id></page></mediawiki>"))
    first, second = read(path)
    assert (first.reason, first.bytes) == ("too-long", len(long))
    assert second.reason == "not-an-article"


def page_of(html):
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n" + html
    head = f"WARC/1.0\r\nWARC-Type: response\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    return head + body + b"\r\n\r\n"


@pytest.mark.parametrize(
    "html",
    [
        b"<div>" * 300_000 + b"teksti",
        b"<div>" * 50_000 + b"teksti" + b"</div>" * 50_000,
        b"".join(b"<x%d>" % i for i in range(50_000)),
        b"".join(b"<b id=%d></i>" % i for i in range(1500)) + b"<p>teksti" * 50_000,
    ],
)
def test_a_page_of_endless_nesting_is_counted_and_not_taken_apart(tmp_path, html):
    (tmp_path / "x.warc").write_bytes(page_of(html) + page_of(b"<p>Hyv</p>"))
    bad, good = read(tmp_path / "x.warc")
    assert (bad.reason, good.text) == ("too-deep", "Hyv")


def test_thousands_of_tiny_files_are_all_counted(tmp_path):
    draw = random.Random(5)
    kinds = [("a.jsonl", b'{"text": "a"}'), ("b.jsonl", b"{"), ("c.txt", b"c"), ("d.txt", b"\xff")]
    fates = [draw.choice(kinds) for _ in range(5000)]
    for i, (name, content) in enumerate(fates):
        (tmp_path / f"{i:05}{name}").write_bytes(content)
    parts = source_slices(tmp_path, Source(files=(".",), language="fi", licence="CC0-1.0"), "here")
    found = [r for part in parts for r in read_slice(part, Fields(), advance=lambda _: None)]
    assert [isinstance(r, Record) for r in found] == [
        name in ("a.jsonl", "c.txt") for name, _ in fates
    ]
    assert all(first.place < second.place for first, second in pairwise(found))


FOUND = (401788, 410840, 421629, 440247, 669620, 727089, 758111)
"""Cases of hours of fuzzing that broke a promise once."""


@pytest.mark.parametrize("number", FOUND)
def test_what_fuzzing_found_stays_mended(tmp_path, number):
    fuzz_case(number, tmp_path)


@pytest.mark.parametrize("first", range(0, 240, 40))
def test_hostile_archives_and_lists_break_no_promise(tmp_path, first):
    """What `benchmarks/corpus.py fuzz` draws; every twentieth goes through the whole stage."""
    for number in range(first, first + 40):
        fuzz_case(number, tmp_path)
