"""Pages come out of web archives, and what is no page is counted."""

import gzip

import pytest

from auroram.corpus.readers.records import BadRecord, Record, Skipped
from auroram.corpus.readers.slices import read_slice, slices_of
from auroram.corpus.sources import Fields

PAGE = """<html><head><title>T</title></head><body><nav>Menu <a href="/">koti</a></nav>
<main><h1>Otsikko</h1><p>Hyvää huomenta kaikille.</p><p>Toinen kappale.</p></main>
<footer>Alatunniste</footer></body></html>"""


def record(kind, body, content_type="application/http; msgtype=response", uri="https://a.fi/x"):
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:1>\r\n"
        f"WARC-Target-URI: {uri}\r\nWARC-Date: 2024-01-02T03:04:05Z\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body + b"\r\n\r\n"


def answer(body=None, *, kind="text/html; charset=utf-8", status="200 OK", extra=""):
    body = PAGE.encode() if body is None else body
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{extra}\r\n"
    return record("response", head.encode() + body)


def read(path, content):
    path.write_bytes(content)
    (whole,) = slices_of(str(path), name=path.name)
    return list(read_slice(whole, Fields(), advance=lambda _: None))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_main_content_of_a_page_is_a_record(tmp_path, pack):
    path = tmp_path / ("x.warc.gz" if pack is gzip.compress else "x.warc")
    note, page = read(path, pack(record("warcinfo", b"software: x")) + pack(answer()))
    assert note == Skipped(place=f"{path.name}:record 1", reason="not-a-page", bytes=11)
    assert page.text == "Otsikko\n\nHyvää huomenta kaikille.\n\nToinen kappale."
    assert (page.place, page.url) == (f"{path.name}:record 2", "https://a.fi/x")
    assert page.collected_at == "2024-01-02T03:04:05Z"


def test_a_resource_that_is_html_is_read_as_a_page(tmp_path):
    html = PAGE.replace("<head>", '<head><meta name="robots" content="noai">').encode("utf-16")
    kept = record("resource", html, "text/html; charset=utf-16")
    page, other = read(tmp_path / "x.warc", kept + record("resource", b"x", "text/plain"))
    assert page.text.startswith("Otsikko") and page.url == "https://a.fi/x" and page.optout
    assert (other.reason, other.bytes) == ("not-a-page", 1)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (record("request", b"GET / HTTP/1.1\r\n\r\n"), "not-a-page"),
        (answer(b"\xff\xd8\xff", kind="image/jpeg"), "not-text"),
        (answer(status="404 Not Found"), "http-status"),
        (answer(b"<html><body></body></html>"), "no-content"),
        (record("response", b"\xff\x00 no HTTP"), "http-status"),
    ],
)
def test_what_is_no_page_is_skipped_with_its_reason(tmp_path, content, reason):
    skipped, page = read(tmp_path / "x.warc", content + answer())
    assert isinstance(skipped, Skipped) and skipped.reason == reason
    assert isinstance(page, Record)


@pytest.mark.parametrize(
    ("body", "extra"),
    [
        (PAGE.encode("utf-16"), ""),
        (gzip.compress(PAGE.encode()), "Content-Encoding: gzip\r\n"),
        (PAGE.encode(), "Content-Encoding: gzip\r\n"),
        (
            b"%x\r\n%b\r\n0\r\n\r\n" % (len(PAGE.encode()), PAGE.encode()),
            "Transfer-Encoding: chunked\r\n",
        ),
    ],
)
def test_a_page_is_decoded_whatever_its_server_did_to_it(tmp_path, body, extra):
    kind = "text/html" if extra else "text/html; charset=utf-16"
    (page,) = read(tmp_path / "x.warc", answer(body, kind=kind, extra=extra))
    assert "Hyvää huomenta kaikille." in page.text


@pytest.mark.parametrize(
    ("uri", "is_robots"),
    [
        ("https://a.fi/robots.txt", True),
        ("<http://A.fi:80/robots.txt>", True),
        ("https://a.fi/robots.txt?x=1", True),
        ("https://a.fi/blog/robots.txt", False),
        ("https://a.fi/page?of=/robots.txt", False),
    ],
)
@pytest.mark.parametrize("kind", ["response", "conversion"])
def test_a_sites_robots_txt_is_no_page(tmp_path, uri, is_robots, kind):
    text = b"User-agent: *\nDisallow: /private\n"
    body = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n" * (kind == "response") + text
    (found,) = read(tmp_path / "x.warc", record(kind, body, uri=uri))
    reason = found.reason if isinstance(found, Skipped) else None
    assert reason == ("robots-txt" if is_robots else None)


def test_plain_text_is_taken_as_it_is(tmp_path):
    text = "Yksi rivi.\nToinen rivi.\n"
    extracted = record("conversion", text.encode(), "text/plain")
    page, wet = read(tmp_path / "x.warc", answer(text.encode(), kind="text/plain") + extracted)
    assert page.text == wet.text == text


def test_a_page_with_damaged_compression_is_bad_and_the_next_is_read(tmp_path):
    broken = gzip.compress(PAGE.encode())[:12] + b"\xff" * 30
    damaged = answer(broken, extra="Content-Encoding: gzip\r\n")
    bad, page = read(tmp_path / "x.warc", damaged + answer())
    assert isinstance(bad, BadRecord) and bad.reason == "damaged-page"
    assert isinstance(page, Record)


@pytest.mark.parametrize("rest", [b"no archive at all\r\n\r\n" * 9, answer()[:-40], answer()[:200]])
def test_what_is_no_record_any_more_ends_the_archive(tmp_path, rest):
    page, bad = read(tmp_path / "x.warc", answer() + rest)
    assert isinstance(page, Record)
    assert (bad.place, bad.reason) == ("x.warc", "damaged")


def test_what_a_page_states_against_training_is_kept_with_it(tmp_path):
    (page,) = read(tmp_path / "x.warc", answer(extra="X-Robots-Tag: noai\r\n"))
    assert page.optout == "x-robots-tag: noai"


@pytest.mark.parametrize(
    ("tag", "stated"),
    [
        ('<meta name="robots" content="index, noai">', "robots: index, noai"),
        ("<META CONTENT='1' NAME='TDM-Reservation'/>", "tdm-reservation: 1"),
        ('<meta http-equiv="X-Robots-Tag" content="noai">', "x-robots-tag: noai"),
        ('<meta property="robots" content="noml">', "robots: noml"),
        ('<meta name="CCBot" content="noai, noimageai">', "meta ccbot: noai, noimageai"),
        ('<meta name="description" content="noai is a word">', None),
        ('<!-- <meta name="robots" content="noai"> -->', None),
    ],
)
def test_what_a_meta_tag_states_counts_like_a_header(tmp_path, tag, stated):
    page = PAGE.replace("<title>", f"{tag}<title>").encode()
    (found,) = read(tmp_path / "x.warc", answer(page))
    assert found.optout == stated
