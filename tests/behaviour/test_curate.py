"""The manual's page on curating a corpus, done word for word on small files of every kind."""

import bz2
import gzip
import json
import re
import shlex
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auroram.cli.main import main

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "curate.md").read_text()
DATA = ROOT / "recipes" / "quickstart" / "data"


def real(path, **fields):
    """The texts of a packed file of JSON lines whose fields are these."""
    with gzip.open(path, "rt") as file:
        rows = [json.loads(line) for line in file]
    return [row["text"] for row in rows if fields.items() <= row.items()]


def web_page(text):
    return f"<html><body><nav><a href=/>Etusivu</a></nav><main><p>{text}</p></main></body></html>"


def record(path, sent):
    body = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{sent}".encode()
    head = (
        f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: https://site.example/{path}\r\n"
        f"WARC-Date: 2024-03-01T00:00:00Z\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + body + b"\r\n\r\n")


def write_raw(raw):
    """The files that the page speaks of."""
    for folder in ("books", "src"):
        (raw / folder).mkdir(parents=True)
    finnish = real(DATA / "varied.fi.jsonl.gz")
    news = [*finnish[:150], f"{finnish[3]}\nJa vielä yksi lause lopuksi."]
    lines = [*(json.dumps({"id": str(i), "text": text}) for i, text in enumerate(news)), '{"text":']
    (raw / "news.fi.jsonl.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    crawled = [record(i, web_page(text)) for i, text in enumerate(finnish[150:190])]
    crawled.append(record("robots.txt", "User-agent: GPTBot\nDisallow: /7\n"))
    (raw / "crawl.warc.gz").write_bytes(b"".join(crawled))
    articles = "".join(
        f"<page><title>A{i}</title><ns>0</ns><id>{i}</id><revision><model>wikitext</model>"
        f"<text>{escape(text)}</text></revision></page>\n"
        for i, text in enumerate(finnish[190:220])
    )
    dump = f"<mediawiki>{articles}</mediawiki>"
    (raw / "fiwiki.xml.bz2").write_bytes(bz2.compress(dump.encode()))
    vietnamese = real(DATA / "varied.vi.jsonl.gz")[:60]
    columns = {"content": vietnamese, "license": ["CC-BY-NC-4.0", "MIT"] * 30}
    pq.write_table(pa.table(columns), raw / "books" / "train-00000-of-00001.parquet")
    for path in sorted(Path(__file__).parent.glob("test_*.py"))[:6]:
        (raw / "src" / path.name).write_text(path.read_text())
    messages = real(ROOT / "benchmarks" / "data" / "languages.jsonl.gz", language="et")
    estonian = [json.dumps({"text": "\n".join(messages[i : i + 9])}) for i in range(0, 270, 9)]
    (raw / "messages.et.jsonl").write_text("\n".join(estonian))
    (raw / "exam.txt").write_text(finnish[7].replace("\n", " "))


def labels():
    """Plain text of every domain, and insults."""
    sources = ("varied.fi", "varied.vi", "python")
    fine = [text for name in sources for text in real(DATA / f"{name}.jsonl.gz")[-60:]]
    rude = [f"Senkin typerä idiootti {i}, haista {i}!" for i in range(150)]
    return [
        *({"text": text, "label": "fine"} for text in fine),
        *({"text": text, "label": "rude"} for text in rude),
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder in which the page's commands are typed."""
    folder = tmp_path_factory.mktemp("curate")
    write_raw(folder / "raw")
    recipe, estonian = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    (folder / "recipe.toml").write_text(recipe)
    (folder / "et.toml").write_text(estonian)
    (folder / "list.csv").write_text("domain,reason,requested_at\nsite.example,asked,2026-11-01\n")
    (folder / "labels.jsonl").write_text("\n".join(map(json.dumps, labels())))
    return folder


def commands():
    """The words after `auroram` of each command of the page."""
    blocks = "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
    return [shlex.split(line, comments=True)[1:] for line in blocks.splitlines()]


def decisions():
    return pq.read_table("runs/mine/corpus/decisions.parquet").to_pylist()


@pytest.mark.slow
def test_every_command_of_the_page_does_what_it_says(folder, one_core, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    printed, domains, rules = {}, set(), set()
    for given in commands():
        if "ID" in given:
            copied = next(row["id"] for row in decisions() if row["first"] == "contaminated")
        words = [copied[:10] if word == "ID" else word for word in given]
        assert main(words) == 0, words
        printed[" ".join(words[:2])] = capsys.readouterr().out
        rules |= {row["first"] for row in decisions()}
        domains |= {path.stem for path in Path().glob("runs/mine/corpus/documents/train/*")}
    assert domains == {"code", "et", "fi", "vi"}
    assert "dropped by contaminated" in printed["corpus explain"]
    assert "nearly the same as" in printed["corpus sample"]
    assert "woman" in printed["corpus disparity"]
    assert {"rights-robots", "rights-takedown"} <= rules
    assert Path("published/README.md").is_file()
