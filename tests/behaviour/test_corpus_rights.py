"""What a site says against training is heeded: robots.txt of a crawl, and what its pages state."""

import gzip
import json
import random
import re

import pyarrow.parquet as pq
import pytest

from auroram.cli.main import main
from auroram.corpus.rights import Rights
from auroram.corpus.settings import Corpus
from auroram.corpus.sources import Source
from auroram.corpus.stage import run
from auroram.ports import Inputs, Silent

NOUNS = "kirjasto ihminen talvi järvi metsä kaupunki lapsi koulu työ päivä yö vuosi kesä sauna"
SENTENCE = "Tänään {} ja {} olivat {} lähellä, mutta {} ei ollut vielä {} eikä {}."
SPLITS = ("train", "held-out")
REFUSES = "User-agent: GPTBot\nDisallow: /\n"


def page(seed, head=""):
    rng = random.Random(seed)
    words = NOUNS.split()
    lines = [" ".join(SENTENCE.format(*rng.sample(words, 6)) for _ in range(3)) for _ in range(4)]
    body = "".join(f"<p>{line}</p>" for line in lines)
    return f"<html><head>{head}</head><body><main>{body}</main></body></html>"


def answer(url, body, *, kind="text/html; charset=utf-8", status="200 OK", extra=""):
    """A packed record of a web archive."""
    sent = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{extra}\r\n{body}".encode()
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Record-ID: <urn:x:{url}>\r\n"
        f"WARC-Target-URI: {url}\r\nWARC-Date: 2024-01-02T03:04:05Z\r\n"
        f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(sent)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + sent + b"\r\n\r\n")


def robots(site, body="", status="200 OK"):
    return answer(f"https://{site}/robots.txt", body, kind="text/plain", status=status)


def curate(root, **rights):
    source = Source(files=("crawl.warc.gz",), language="fi", licence="LicenseRef-crawl")
    inputs = Inputs(root=root, name="corpus", seed=1, stages={}, progress=Silent())
    settings = Corpus(sources={"crawl": source}, rights=Rights(**rights), fewest_held_out=2)
    return run(settings, inputs, root / "out")


def sites(root):
    """Of the documents that were written."""
    parts = [pq.read_table(root / "out" / "documents" / s / "fi.parquet") for s in SPLITS]
    return {url.split("/")[2] for part in parts for url in part["url"].to_pylist()}


@pytest.fixture
def crawl(tmp_path):
    """The folder of a crawl of four sites, with what each answered for robots.txt."""
    records = [robots("refuses.fi", REFUSES), robots("allows.fi", "User-agent: *\nAllow: /\n")]
    records += [robots("has-none.fi", "<html>Ei ole</html>", status="404 Not Found")]
    records += [robots("moved.fi", "<html>Siirretty</html>", status="301 Moved Permanently")]
    names = ("refuses.fi", "allows.fi", "has-none.fi", "moved.fi")
    records += [answer(f"https://{one}/{n}", page(f"{one}{n}")) for one in names for n in range(3)]
    (tmp_path / "crawl.warc.gz").write_bytes(b"".join(records))
    return tmp_path


def test_robots_txt_of_a_crawl_is_no_document_and_says_who_refuses(crawl, capsys):
    out = crawl / "robots.jsonl"
    assert main(["corpus", "robots", str(crawl / "crawl.warc.gz"), str(out)]) == 0
    said = capsys.readouterr().out
    assert "wrote 3 snapshots of 3 sites" in said and "left out redirect: 1" in said
    outcome = curate(crawl, robots=("robots.jsonl",))
    assert sites(crawl) == {"allows.fi", "has-none.fi", "moved.fi"}
    skipped = {(t.reason, t.value) for t in outcome.tallies if t.step == "record" and t.reason}
    assert ("robots-txt", 4) in skipped


def test_a_snapshot_is_a_line_with_host_date_status_and_body(crawl):
    out = crawl / "robots.jsonl"
    assert main(["corpus", "robots", str(crawl / "crawl.warc.gz"), str(out)]) == 0
    first, _, missing = map(json.loads, out.read_text().splitlines())
    stated = {"host": "refuses.fi", "fetched_at": "2024-01-02T03:04:05Z", "status": 200}
    assert first == stated | {"body": REFUSES}
    assert (missing["status"], missing["body"]) == (404, "")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("pages.warc.gz", "robots.jsonl"), "no answer for robots.txt"),
        (("nowhere.warc.gz", "robots.jsonl"), "no such file"),
        (("cut.warc.gz", "robots.jsonl"), "cut.warc.gz: .*fetch or make it again"),
        (("pages.warc.gz", "crawl.warc.gz"), "name a file that ends in .jsonl"),
    ],
)
def test_an_archive_without_robots_txt_is_one_sentence(crawl, monkeypatch, capsys, words, sentence):
    monkeypatch.chdir(crawl)
    (crawl / "pages.warc.gz").write_bytes(answer("https://a.fi/x", page(1)))
    (crawl / "cut.warc.gz").write_bytes(robots("a.fi", REFUSES)[:-30])
    assert main(["corpus", "robots", *words]) == 2
    said = capsys.readouterr().err
    assert re.search(sentence, said) and said.count("\n") == 1
    assert not (crawl / "robots.jsonl").exists()


STATED = {
    "for-ccbot.fi": {"head": '<meta name="CCBot" content="noai">'},
    "by-property.fi": {"head": '<meta property="robots" content="noai">'},
    "noml.fi": {"head": '<meta name="robots" content="index, noml">'},
    "usage.fi": {"extra": "Content-Usage: ai=n\r\n"},
    "for-another.fi": {"head": '<meta name="googlebot" content="noai">'},
    "keywords.fi": {"head": '<meta name="keywords" content="noai">'},
    "silent.fi": {},
}


@pytest.mark.parametrize(
    ("rights", "kept"),
    [
        ({}, {"for-another.fi", "keywords.fi", "silent.fi"}),
        ({"agents": ("Googlebot",)}, {"for-ccbot.fi", "keywords.fi", "silent.fi"}),
        ({"opt_outs": "tag"}, set(STATED)),
    ],
)
def test_a_page_is_left_out_however_it_reserves_itself(tmp_path, rights, kept):
    records = [
        answer(f"https://{site}/{n}", page(f"{site}{n}", said.get("head", "")),
               extra=said.get("extra", ""))
        for site, said in STATED.items() for n in range(3)
    ]  # fmt: skip
    (tmp_path / "crawl.warc.gz").write_bytes(b"".join(records))
    curate(tmp_path, **rights)
    assert sites(tmp_path) == kept
    listed = pq.read_table(tmp_path / "out" / "opt-outs.parquet")
    assert len(listed) == 3 * 4
