"""Articles come out of MediaWiki dumps as prose, however the dump is cut."""

import bz2

import pytest

from auroram.corpus.readers.records import BadRecord, Record, Skipped
from auroram.corpus.readers.slices import read_slice, slices_of
from auroram.corpus.sources import Fields

HEAD = """<mediawiki xmlns="http://www.mediawiki.org/xml/export-0.11/" xml:lang="fi"><siteinfo>
<base>https://fi.wikipedia.org/wiki/Wikipedia:Etusivu</base><namespaces>
<namespace key="0" /><namespace key="6">Tiedosto</namespace>
<namespace key="14">Luokka</namespace></namespaces></siteinfo>
"""
TAIL = "</mediawiki>\n"


def page(number, text, *, ns=0, extra="", title="Hämeen linna"):
    return (
        f"<page><title>{title}</title><ns>{ns}</ns><id>{number}</id>{extra}<revision><id>9</id>"
        f"<timestamp>2024-05-06T07:08:09Z</timestamp><model>wikitext</model>"
        f'<text xml:space="preserve">{text}</text></revision></page>\n'
    )


def read(path, content, target=1 << 26):
    path.write_bytes(content)
    parts = slices_of(str(path), name=path.name, target=target)
    return [r for part in parts for r in read_slice(part, Fields(), advance=lambda _: None)]


def test_an_article_is_its_title_and_its_prose(tmp_path):
    text = "'''Hämeen linna''' on [[linna|keskiaikainen linna]].{{Lähde}}\n[[Luokka:Linnat]]"
    (article,) = read(tmp_path / "x.xml", (HEAD + page(7, text) + TAIL).encode())
    assert article == Record(
        place="x.xml:page 7",
        text="Hämeen linna\n\nHämeen linna on keskiaikainen linna.",
        id="7",
        url="https://fi.wikipedia.org/wiki/H%C3%A4meen_linna",
        collected_at="2024-05-06T07:08:09Z",
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (page(1, "#OHJAUS [[x]]", extra='<redirect title="x" />'), "redirect"),
        (page(1, "Keskustelua.", ns=1), "not-an-article"),
        (page(1, "{{Mallinne}}"), "no-content"),
        (page(1, "{}").replace(">wikitext<", ">json<"), "not-wikitext"),
    ],
)
def test_what_is_no_article_is_skipped_with_its_reason(tmp_path, content, reason):
    (skipped,) = read(tmp_path / "x.xml", (HEAD + content + TAIL).encode())
    assert isinstance(skipped, Skipped) and skipped.reason == reason


PAGES = [page(i, f"Artikkeli {i}. " * (i % 40 + 1)).encode() for i in range(60)]


@pytest.mark.parametrize("target", [500, 3000, 20_000])
@pytest.mark.parametrize("streams", [0, 1, 700, 5000])
def test_cutting_a_dump_changes_nothing(tmp_path, target, streams):
    dump = HEAD.encode() + b"".join(PAGES) + TAIL.encode()
    size = streams if streams > 1 else len(dump)
    packed = b"".join(bz2.compress(dump[i : i + size]) for i in range(0, len(dump), size))
    path = tmp_path / ("x.xml.bz2" if streams else "x.xml")
    found = read(path, packed if streams else dump, target)
    assert [r.id for r in found] == [str(i) for i in range(60)]
    assert found == read(path, packed if streams else dump)


def test_a_damaged_page_costs_itself_alone(tmp_path):
    broken = page(2, "<b>auki").encode()
    dump = HEAD.encode() + PAGES[1] + broken + PAGES[3] + TAIL.encode()
    first, bad, last = read(tmp_path / "x.xml", dump)
    assert isinstance(first, Record) and isinstance(last, Record)
    assert isinstance(bad, BadRecord) and (bad.place, bad.reason) == ("x.xml:page 2", "not-xml")


@pytest.mark.parametrize("target", [200, 1000, 1 << 26])
def test_a_page_without_an_end_takes_no_other_with_it(tmp_path, target):
    open_ended = PAGES[2].replace(b"</page>", b"")
    dump = HEAD.encode() + PAGES[1] + open_ended + b"".join(PAGES[3:9]) + TAIL.encode()
    found = read(tmp_path / "x.xml", dump, target)
    assert [one.place for one in found] == [f"x.xml:page {n}" for n in range(1, 9)]
    assert [n for n, one in enumerate(found, 1) if isinstance(one, BadRecord)] == [2]


def test_no_declared_entity_is_expanded(tmp_path):
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]>\n'
    (bad,) = read(tmp_path / "x.xml", (bomb + HEAD + page(5, "&b;") + TAIL).encode())
    assert bad.reason == "not-xml" and "undefined entity" in bad.detail


@pytest.mark.parametrize("cut", [2, 14, 60, 400])
def test_a_dump_that_ends_before_its_end_says_so(tmp_path, cut):
    dump = HEAD.encode() + b"".join(PAGES) + TAIL.encode()
    assert read(tmp_path / "x.xml", dump[:-cut])[-1].reason == "damaged"


def test_another_kind_of_xml_is_said_to_be_no_dump(tmp_path):
    (bad,) = read(tmp_path / "x.xml", b"<feed><entry/></feed></mediawiki>")
    assert bad.detail == "no <page> of a MediaWiki dump"
