"""The corpus stage as a user meets it: what goes in, what comes out, what is said of the rest."""

import bisect
import fnmatch
import glob
import gzip
import heapq
import inspect
import json
import random
import re
import shlex
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auroram.corpus import stage
from auroram.corpus.decontamination import Decontamination, EvaluationSet
from auroram.corpus.duplicates import NearDuplicates
from auroram.corpus.harm import Harm
from auroram.corpus.languages import Language
from auroram.corpus.plan import plan_of
from auroram.corpus.quality import Quality
from auroram.corpus.rights import Rights
from auroram.corpus.settings import Corpus
from auroram.corpus.sources import Fields, Source
from auroram.errors import DataError
from auroram.ports import Inputs, Silent

WORDS = {
    "fi": "kirjasto ihminen talvi järvi metsä kaupunki lapsi koulu työ päivä yö vuosi kesä sauna "
    "ystävä äiti isä maa taivas meri",
    "vi": "thư viện con người mùa đông hồ rừng thành phố trẻ em trường học công việc ngày đêm năm "
    "mùa hè bạn mẹ cha đất trời biển",
    "hi": "पुस्तकालय मनुष्य सर्दी झील जंगल नगर बच्चा विद्यालय काम दिन रात वर्ष गर्मी मित्र माता "
    "पिता धरती आकाश",
    "en": "library people winter lake forest city child school work day night year summer friend "
    "mother father earth sky sea",
}  # fmt: skip
SENTENCES = {
    "fi": "Tänään {} ja {} olivat {} lähellä, mutta {} ei ollut vielä {} eikä {}.",
    "vi": "Hôm nay {} và {} ở gần {}, nhưng {} chưa phải là {} hay {}.",
    "hi": "आज {} और {} बहुत पास {} थे, लेकिन {} अभी {} और {} नहीं था।",
    "en": "Today the {} and the {} were near the {}, but the {} was not yet a {} or a {}.",
}
INPUTS = Inputs(root=Path(), name="corpus", seed=1, stages={}, progress=Silent())
MODULES = (bisect, fnmatch, glob, heapq, shlex)


def page(language, seed, paragraphs=4):
    rng = random.Random(f"{language}{seed}")
    words = WORDS[language].split()
    lines = []
    for _ in range(paragraphs):
        sentences = [SENTENCES[language].format(*rng.sample(words, 6)) for _ in range(3)]
        lines.append(" ".join(sentences))
    return "\n".join(lines)


def write_lines(path, texts):
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"id": f"{path.stem}-{i}", "text": text} for i, text in enumerate(texts)]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def source(*files, language="fi", licence="CC0-1.0"):
    return Source(files=files, language=language, licence=licence)


def curate(root, out, sources, **changes):
    settings = Corpus(sources=sources, **({"fewest_held_out": 2} | changes))
    return stage.run(settings, replace(INPUTS, root=root), out)


def documents(out, domain, splits=("train", "held-out")):
    rows = [pq.read_table(out / "documents" / s / f"{domain}.parquet").to_pylist() for s in splits]
    return [row for part in rows for row in part]


def counts(outcome, unit="documents"):
    found = Counter()
    for tally in outcome.tallies:
        if tally.unit == unit:
            found[(tally.step, tally.outcome)] += tally.value
    return found


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    """A source in which everything goes wrong once, curated; its folder and its outcome."""
    root = tmp_path_factory.mktemp("dirty")
    menu = "Etusivu ja yhteystiedot"
    pages = [f"{page('fi', i)}\n{menu}" for i in range(30)]
    mixed = f"{page('fi', 100)}\n{page('en', 100)}\nOta yhteyttä: liisa.laine@kirjasto.fi"
    near = pages[1].replace("Tänään", "Eilen", 1)
    texts = [*pages, pages[0], near, mixed, page("en", 7), "lyhyt", "12 34 56 78 " * 30]
    write_lines(root / "fi.jsonl", texts)
    out = root / "out"
    outcome = curate(root, out, {"pages": source("fi.jsonl")})
    return out, outcome, texts


def test_every_document_read_is_written_or_dropped_for_a_reason(dirty):
    out, _, texts = dirty
    rows = pq.read_table(out / "decisions.parquet").to_pylist()
    assert sorted(row["record"] for row in rows) == sorted(
        f"fi.jsonl:{i + 1}" for i in range(len(texts))
    )
    assert {row["id"] for row in rows if row["kept"]} == {d["id"] for d in documents(out, "fi")}
    assert all(row["first"] in row["rules"] and row["detail"] for row in rows if not row["kept"])


def test_each_step_of_the_funnel_takes_what_the_last_one_left(dirty):
    _, outcome, texts = dirty
    found = counts(outcome)
    assert found[("read", "read")] == len(texts)
    left = found[("read", "read")]
    for step in ("record", "language", "quality", "exact-duplicate", "near-duplicate"):
        assert found[(step, "kept")] + found[(step, "dropped")] == left, step
        left = found[(step, "kept")]
    assert found[("written", "train")] + found[("written", "held-out")] == left


@pytest.mark.parametrize("unit", ["paragraphs", "bytes"])
def test_each_paragraph_is_kept_or_dropped(dirty, unit):
    _, outcome, texts = dirty
    found = counts(outcome, unit)
    if unit == "paragraphs":
        total = sum(len(text.split("\n")) for text in texts)
    else:
        total = sum(len(text.strip().encode()) + 1 for text in texts)
    assert found[("boilerplate", "kept")] + found[("boilerplate", "dropped")] == total
    language = found[("language", "kept")] + found[("language", "dropped")]
    assert language == found[("boilerplate", "kept")]


def test_menus_other_languages_and_copies_are_gone(dirty):
    out, _, _ = dirty
    texts = [document["text"] for document in documents(out, "fi")]
    assert len(texts) == 31
    assert not any("Etusivu" in text or "Today" in text for text in texts)
    reasons = Counter(row["first"] for row in pq.read_table(out / "decisions.parquet").to_pylist())
    assert reasons["exact-duplicate"] == 1 and reasons["near-duplicate"] == 1
    assert reasons["no-text-of-language"] == 2 and reasons["low-characters"] == 1


def test_personal_data_is_in_no_output_file(dirty):
    out, _, _ = dirty
    tables = [pq.read_table(path).to_pylist() for path in out.rglob("*.parquet")]
    assert "liisa.laine" not in json.dumps(tables, default=str)
    assert any("<EMAIL>" in document["text"] for document in documents(out, "fi"))
    (span,) = pq.read_table(out / "personal-data.parquet").to_pylist()
    assert span["kind"] == "email" and span["end"] - span["start"] == len("liisa.laine@kirjasto.fi")


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Oma IP on 8.26.56.26 ja vaihtuu.", "Oma IP on <IP> ja vaihtuu."),
        ("Laitteen IP-versio 6.3.6.1 on vanha.", "Laitteen IP-versio 6.3.6.1 on vanha."),
        ("Hänen hetu on 131052-308t tässä.", "Hänen hetu on <HETU> tässä."),
        ("Maksa iban fi2112345600000785 heti.", "Maksa iban <IBAN> heti."),
        ("Kirjoita seppo@пример.рф tai soita.", "Kirjoita <EMAIL> tai soita."),
    ],
)
def test_values_are_found_however_they_are_written_and_versions_are_not(tmp_path, said, left):
    texts = [page("fi", seed) for seed in range(12)]
    texts[3] += f" {said}"
    write_lines(tmp_path / "fi.jsonl", texts)
    curate(tmp_path, tmp_path / "out", {"fi": source("fi.jsonl")})
    assert sum(d["text"].endswith(left) for d in documents(tmp_path / "out", "fi")) == 1


def test_working_files_are_gone(dirty):
    assert not list(dirty[0].glob(".*"))


def test_documents_are_ordered_by_id_and_carry_where_they_come_from(dirty):
    for split in ("train", "held-out"):
        rows = documents(dirty[0], "fi", (split,))
        assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
        assert {row["licence_basis"] for row in rows} == {"recipe"}
        assert {(row["source"], row["script"]) for row in rows} == {("pages", "Latn")}


def test_the_same_corpus_gives_the_same_bytes_in_any_order(tmp_path):
    texts = [page("fi", i) for i in range(24)] + [page("fi", 3), page("fi", 4) + " Ja loppu."]
    digests = []
    for order in (1, 2):
        root = tmp_path / str(order)
        shuffled = random.Random(order).sample(list(enumerate(texts)), len(texts))
        rows = [json.dumps({"id": str(i), "text": text}) + "\n" for i, text in shuffled]
        root.mkdir()
        (root / "a.jsonl").write_text("".join(rows[:9]))
        (root / "b.jsonl").write_text("".join(rows[9:]))
        curate(root, root / "out", {"pages": source("b.jsonl", "a.jsonl")})
        digests.append([(d["id"], d["text"]) for d in documents(root / "out", "fi")])
    assert digests[0] == digests[1]


def test_a_second_run_over_unfinished_work_gives_the_same_files(tmp_path):
    write_lines(tmp_path / "fi.jsonl", [page("fi", i) for i in range(20)])
    first, second = tmp_path / "first", tmp_path / "second"
    (second / ".work").mkdir(parents=True)
    (second / ".work" / "rubbish").write_text("from a killed run")
    outcomes = [curate(tmp_path, out, {"p": source("fi.jsonl")}) for out in (first, second)]
    assert outcomes[0] == outcomes[1]
    files = sorted(path.relative_to(first) for path in first.rglob("*") if path.is_file())
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in files)


def shingles(text):
    words = text.lower().split()
    return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}


def test_near_copies_never_stand_on_both_sides(tmp_path):
    texts = []
    for i in range(30):
        words = page("fi", i, paragraphs=8).split(" ")
        texts += [" ".join(words[:-k]) if k else " ".join(words) for k in (0, 3, 9, 20)]
    write_lines(tmp_path / "fi.jsonl", texts)
    curate(tmp_path, tmp_path / "out", {"p": source("fi.jsonl")}, held_out_share=0.4)
    train = [shingles(d["text"]) for d in documents(tmp_path / "out", "fi", ("train",))]
    aside = [shingles(d["text"]) for d in documents(tmp_path / "out", "fi", ("held-out",))]
    assert len(train) + len(aside) == 30
    assert max(len(a & b) / len(a | b) for a in train for b in aside) < 0.7


@pytest.mark.parametrize(("prefer", "stays"), [("length", 1), ("-mean_unit", 0)])
def test_of_near_copies_the_one_stays_that_is_preferred(tmp_path, prefer, stays):
    texts = [page("fi", seed) for seed in range(12)]
    texts.append(texts[0] + " Epäjärjestelmällistyttämättömyydelläänsäkäänköhän vaikutti.")
    write_lines(tmp_path / "fi.jsonl", texts)
    settings = NearDuplicates(prefer=prefer)
    curate(tmp_path, tmp_path / "out", {"fi": source("fi.jsonl")}, near_duplicates=settings)
    kept = {document["text"] for document in documents(tmp_path / "out", "fi")}
    assert texts[[0, -1][stays]] in kept and len(kept) == 12


def test_an_unknown_preference_lists_the_known_ones():
    wrong = NearDuplicates(prefer="quality")
    with pytest.raises(ValueError, match="'quality'; known are length, language_score"):
        Corpus(sources={"pages": source("fi.jsonl")}, near_duplicates=wrong)


def test_each_format_gives_the_same_documents(tmp_path):
    texts = [page("fi", i) for i in range(8)]
    rows = [{"id": str(i), "text": text} for i, text in enumerate(texts)]
    lines = "".join(json.dumps(row) + "\n" for row in rows).encode()
    (tmp_path / "a.jsonl").write_bytes(lines)
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(lines))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    found = []
    for name in ("a.jsonl", "a.jsonl.gz", "a.parquet"):
        curate(tmp_path, tmp_path / "out", {"p": source(name)})
        found.append([(d["id"], d["text"]) for d in documents(tmp_path / "out", "fi")])
    assert found[0] == found[1] == found[2]


def test_a_table_keeps_its_numbers_and_times(tmp_path):
    texts = [page("fi", i) for i in range(8)]
    rows = [{"number": i, "text": text} for i, text in enumerate([*texts, texts[0]])]
    for row in rows:
        row["at"] = datetime(2024, 1, 2, 3, 4, 5 + row["number"], tzinfo=UTC)
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "a.parquet")
    fields = Fields(id="number", collected_at="at")
    sources = {"p": replace(source("a.parquet"), fields=fields)}
    curate(tmp_path, tmp_path / "out", sources)
    decisions = pq.read_table(tmp_path / "out" / "decisions.parquet")
    assert len(set(decisions["id"].to_pylist())) == 9
    written = sorted(d["collected_at"] for d in documents(tmp_path / "out", "fi"))
    assert written == [f"2024-01-02T03:04:{5 + i:02}Z" for i in range(8)]


def test_several_languages_and_code_keep_their_own(tmp_path):
    for language in ("hi", "vi"):
        texts = [f"{page('en', i)}\n{page(language, i)}" for i in range(8)]
        write_lines(tmp_path / f"{language}.jsonl", texts)
    write_lines(tmp_path / "code.jsonl", [inspect.getsource(module) for module in MODULES])
    sources = {name: source(f"{name}.jsonl", language=name) for name in ("hi", "vi", "code")}
    curate(tmp_path, tmp_path / "out", sources)
    for language in ("hi", "vi"):
        texts = [d["text"] for d in documents(tmp_path / "out", language)]
        assert sorted(texts) == sorted(page(language, i) for i in range(8))
    programs = [d["text"] for d in documents(tmp_path / "out", "code")]
    assert sorted(programs) == sorted(inspect.getsource(module).rstrip() for module in MODULES)


def test_a_language_of_ones_own_needs_only_its_script(tmp_path):
    texts = [page("hi", i) for i in range(6)]
    write_lines(tmp_path / "x.jsonl", texts)
    languages = {"mai": Language(script="Deva", decided_by="script")}
    curate(
        tmp_path, tmp_path / "out", {"x": source("x.jsonl", language="mai")}, languages=languages
    )
    assert len(documents(tmp_path / "out", "mai")) == 6


def test_an_unknown_language_without_settings_is_refused():
    with pytest.raises(ValueError, match="languages must say the script of 'mai'"):
        Corpus(sources={"x": source("x.jsonl", language="mai")})


def test_settings_show_the_defaults_of_the_domains_at_hand():
    settings = Corpus(sources={"x": source("x.jsonl", language="ja")})
    assert settings.quality["ja"].lowest_characters == 50
    assert list(settings.languages) == ["ja"]


GOOD = json.dumps({"text": page("fi", 1)}).encode() + b"\n"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.jsonl.gz", gzip.compress(GOOD * 50)[:-30], "a.jsonl.gz: .*truncated or damaged"),
        ("a.jsonl", GOOD + b"{oops\n", "a.jsonl:2: not JSON .*raise highest_bad_share"),
        ("a.jsonl", GOOD + b'{"body": "x"}\n', "a.jsonl:2: no text under 'text'"),
        ("a.jsonl", GOOD + b'{"text": "\xff"}\n', "a.jsonl:2: invalid UTF-8"),
        ("a.jsonl", b"", r"a.jsonl: no record \(stages.corpus.sources.p\)"),
        ("a.jsonl", b'{"text": "Only English is spoken on this page, I am afraid."}\n' * 3,
         r"no document of 'fi' is left from p .*no-text-of-language: 3.*languages\.fi$"),
    ],
)  # fmt: skip
def test_bad_input_gets_one_clear_sentence(tmp_path, name, content, sentence):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=sentence) as caught:
        curate(tmp_path, tmp_path / "out", {"p": source(name)})
    assert "\n" not in str(caught.value)


def test_a_source_without_a_record_says_what_was_skipped(tmp_path):
    pages = "<page><ns>1</ns><id>1</id></page><page><ns>0</ns><redirect/></page>"
    (tmp_path / "wiki.xml").write_text(f"<mediawiki>{pages}</mediawiki>")
    with pytest.raises(DataError, match=r"no record .*skipped not-an-article: 1, redirect: 1"):
        curate(tmp_path, tmp_path / "out", {"wiki": source("wiki.xml")})


def test_a_source_of_which_nothing_is_left_is_told(tmp_path):
    write_lines(tmp_path / "fi.jsonl", [page("fi", i) for i in range(8)])
    write_lines(tmp_path / "en.jsonl", [page("en", i) for i in range(3)])
    sources = {"good": source("fi.jsonl"), "wrong": source("en.jsonl")}
    (told,) = curate(tmp_path, tmp_path / "out", sources).notices
    assert re.search(r"sources\.wrong: no document .*dropped for no-text-of-language: 3", told)


def test_a_field_that_no_record_has_is_told(tmp_path):
    write_lines(tmp_path / "fi.jsonl", [page("fi", i) for i in range(8)])
    fields = Fields(licence="lisence", url="id")
    sources = {"pages": replace(source("fi.jsonl"), fields=fields)}
    (told,) = curate(tmp_path, tmp_path / "out", sources).notices
    assert "sources.pages.fields.licence: no record" in told and "'lisence'" in told


@pytest.mark.parametrize(
    ("said", "setting"),
    [
        ({"quality": {"fi": Quality(lowest_characters=100_000)}}, "quality.fi"),
        ({"rights": Rights(unknown_licences="drop")}, "rights"),
    ],
)
def test_where_nothing_is_left_the_setting_that_dropped_most_is_named(tmp_path, said, setting):
    write_lines(tmp_path / "fi.jsonl", [page("fi", seed) for seed in range(4)])
    with pytest.raises(DataError, match=rf"loosen stages\.corpus\.{setting}$"):
        curate(tmp_path, tmp_path / "out", {"p": source("fi.jsonl", licence="Own-1")}, **said)


def test_a_page_without_line_ends_is_in_the_language_of_most_of_it(tmp_path):
    long = f"{page('fi', 50)} {page('en', 50, paragraphs=60)}".replace("\n", " ")
    write_lines(tmp_path / "fi.jsonl", [*(page("fi", seed) for seed in range(12)), long])
    outcome = curate(tmp_path, tmp_path / "out", {"p": source("fi.jsonl")})
    assert len(documents(tmp_path / "out", "fi")) == 12
    lost = [
        t for t in outcome.tallies if (t.step, t.outcome, t.reason) == ("language", "dropped", "en")
    ]
    assert sum(t.value for t in lost if t.unit == "bytes") == len(long.encode()) + 1


def test_a_missing_file_is_named_with_its_place(tmp_path):
    with pytest.raises(DataError, match=r"stages.corpus.sources.p.files: no such file"):
        curate(tmp_path, tmp_path / "out", {"p": source("nowhere.jsonl")})


def test_bad_records_up_to_the_share_are_set_aside(tmp_path):
    lines = [json.dumps({"text": page("fi", i)}).encode() + b"\n" for i in range(20)]
    (tmp_path / "a.jsonl").write_bytes(b"".join([*lines[:5], b"{oops\n", *lines[5:]]))
    outcome = curate(tmp_path, tmp_path / "out", {"p": source("a.jsonl")}, highest_bad_share=0.1)
    (bad,) = map(json.loads, (tmp_path / "out" / "quarantine.jsonl").read_text().splitlines())
    assert (bad["place"], bad["reason"]) == ("a.jsonl:6", "not-json")
    assert counts(outcome)[("record", "dropped")] == 1
    assert counts(outcome)[("read", "read")] == 21


def test_a_page_that_reserves_its_text_is_listed_and_left_out(tmp_path):
    rows = [{"text": page("fi", seed)} for seed in range(12)]
    rows[3]["optout"] = "TDM-Reservation: 1"
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "fi.jsonl").write_text(lines)
    outcome = curate(tmp_path, tmp_path / "out", {"fi": source("fi.jsonl")})
    assert counts(outcome)["rights", "dropped"] == 1
    assert len(pq.read_table(tmp_path / "out" / "opt-outs.parquet")) == 1


LICENCES = [
    "https://creativecommons.org/licenses/by-nc/4.0/", "CC BY-NC 4.0", "All rights reserved",
    "https://creativecommons.org/licenses/by/4.0/deed.fi", "CC BY-SA 3.0 Unported", "MIT License",
]  # fmt: skip


@pytest.mark.parametrize(
    ("unknown", "kept"), [({}, LICENCES[3:]), ({"unknown_licences": "keep"}, LICENCES[2:])]
)
def test_licences_are_judged_however_a_record_spells_them(tmp_path, unknown, kept):
    rows = [{"text": page("fi", n), "licence": stated} for n, stated in enumerate(LICENCES)]
    (tmp_path / "fi.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    rights = Rights(allow=("MIT", "CC-BY-*"), deny=("CC-BY-NC-*",), **unknown)
    outcome = curate(tmp_path, tmp_path / "out", {"fi": source("fi.jsonl")}, rights=rights)
    found = {document["licence"] for document in documents(tmp_path / "out", "fi")}
    assert found == set(kept)
    assert [notice.split(";")[0] for notice in outcome.notices] == [
        "corpus let in documents under licences that SPDX does not know (1)"
    ] * bool(unknown)


@pytest.mark.parametrize("form", ["as read", "as published"])
def test_a_text_is_taken_down_by_its_hash_before_and_after_redaction(tmp_path, form):
    texts = [page("fi", seed) for seed in range(12)]
    texts[3] += "  \nKirjoita osoitteeseen liisa.laine@kirjasto.fi ja kysy lisää aukioloajoista."
    write_lines(tmp_path / "fi.jsonl", texts)
    curate(tmp_path, tmp_path / "before", {"fi": source("fi.jsonl")})
    (published,) = [d for d in documents(tmp_path / "before", "fi") if "<EMAIL>" in d["text"]]
    asked = {"as read": texts[3], "as published": published["text"]}[form]
    request = {"sha256": sha256(asked.encode()).hexdigest(), "reason": "asked"}
    (tmp_path / "list.jsonl").write_text(json.dumps(request | {"requested_at": "2026-05-31"}))
    rights = Rights(takedowns=("list.jsonl",))
    curate(tmp_path, tmp_path / "after", {"fi": source("fi.jsonl")}, rights=rights)
    rows = pq.read_table(tmp_path / "after" / "decisions.parquet").to_pylist()
    assert [r["id"] for r in rows if r["first"] == "rights-takedown"] == [published["id"]]
    assert len(documents(tmp_path / "after", "fi")) == 11


@pytest.fixture(scope="module")
def taken_down(tmp_path_factory):
    """Twelve pages, copies of two on a site that is taken down, curated; rows, folder, outcome."""
    root = tmp_path_factory.mktemp("taken")
    rows = [{"url": f"https://good.example/{n}", "text": page("fi", n)} for n in range(12)]
    rows.append({"url": "https://evil.example/exact", "text": page("fi", 3)})
    rows.append({"url": "https://evil.example/near", "text": page("fi", 5)[:-20]})
    rows.append({"url": "https://evil.example/short", "text": "Lyhyt."})
    rows.append({"url": "https://good.example/further", "text": f"{page('fi', 5)} Ja loppu."})
    rows = [row | {"id": row["url"]} for row in rows]
    (root / "fi.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (root / "list.csv").write_text("domain,reason,requested_at\nevil.example,asked,2026-05-31\n")
    rights = Rights(takedowns=("list.csv",))
    outcome = curate(root, root / "out", {"fi": source("fi.jsonl")}, rights=rights)
    return rows, root / "out", outcome


def test_copies_of_what_is_taken_down_fall_with_it(taken_down):
    rows, out, _ = taken_down
    kept = {document["url"] for document in documents(out, "fi")}
    fallen = {3, 5, 12, 13, 14, 15}
    assert kept == {row["url"] for n, row in enumerate(rows) if n not in fallen}


def test_a_copy_that_falls_says_why_and_with_which_document(taken_down):
    rows, out, _ = taken_down
    decisions = pq.read_table(out / "decisions.parquet").to_pylist()
    found = {rows[int(row["record"].partition(":")[2]) - 1]["url"]: row for row in decisions}
    exact = found["https://evil.example/exact"]
    asked = "domain evil.example (asked, 2026-05-31)"
    assert exact["detail"] == asked
    copy = found["https://good.example/3"]
    assert (copy["first"], copy["detail"]) == ("rights-takedown", f"{asked}, with {exact['id']}")
    clusters = {row["id"]: row for row in pq.read_table(out / "clusters.parquet").to_pylist()}
    assert clusters[copy["id"]] == {"id": copy["id"], "cluster": exact["id"], "size": 2}


def test_each_document_of_a_takedown_is_counted_once(taken_down):
    rows, out, outcome = taken_down
    found = counts(outcome)
    assert (found["rights", "dropped"], found["takedown-copy", "dropped"]) == (3, 3)
    assert found["takedown-copy", "kept"] == found["exact-duplicate", "kept"] == len(rows) - 6
    assert len(pq.read_table(out / "decisions.parquet")) == len(rows)


def test_what_is_named_itself_leaves_no_figure_and_no_original(taken_down):
    _, out, _ = taken_down
    decisions = pq.read_table(out / "decisions.parquet").to_pylist()
    named = {r["id"] for r in decisions if str(r["detail"]).endswith("(asked, 2026-05-31)")}
    assert len(named) == 3
    for name in ("signals", "originals", "personal-data", "removed-paragraphs"):
        assert not named & set(pq.read_table(out / f"{name}.parquet")["id"].to_pylist())


def test_a_copy_of_what_is_named_by_its_published_hash_falls_too(tmp_path):
    texts = [page("fi", seed) for seed in range(12)]
    write_lines(tmp_path / "fi.jsonl", [*texts, texts[3] + " ", texts[3] + " Ja loppu."])
    published = sha256(texts[3].encode()).hexdigest()
    (tmp_path / "list.csv").write_text(f"sha256,reason,requested_at\n{published},asked,2026-05-31")
    rights = Rights(takedowns=("list.csv",))
    curate(tmp_path, tmp_path / "out", {"fi": source("fi.jsonl")}, rights=rights)
    assert sorted(d["text"] for d in documents(tmp_path / "out", "fi")) == sorted(
        texts[:3] + texts[4:]
    )


HARM_ET = """language = "et"
licence = "CC0-1.0"
words = [{ category = "slur", severity = 2, entries = ["tola"] }]
"""


def test_whom_a_list_of_ones_own_hits_is_told_in_a_language_of_ones_own(tmp_path):
    (tmp_path / "harm.toml").write_text(HARM_ET)
    (tmp_path / "people.toml").write_text("[origin]\nhiidlane = ['hiidlane']\n")
    texts = [f"{page('fi', seed)} hiidlane" for seed in range(40)]
    texts[:6] = [text + " tola tola tola" for text in texts[:6]]
    write_lines(tmp_path / "et.jsonl", texts)
    own = {"et": Language(script="Latn", decided_by="script")}
    sources = {"own": source("et.jsonl", language="et")}
    found = {}
    for name, terms in (("list", {}), ("terms", {"et": "people.toml"})):
        harm = Harm(lists={"et": ("harm.toml",)}, identity_terms=terms)
        found[name] = curate(tmp_path, tmp_path / name, sources, languages=own, harm=harm)
    for outcome in found.values():
        (measured,) = outcome.measurements
        assert (measured.measure, measured.language, measured.n) == ("harm_rate", "et", 40)
        assert measured.value == pytest.approx(6 / 40)
    assert found["list"].facts["harm_disparities"] == []
    (row,) = found["terms"].facts["harm_disparities"]
    assert (row["term"], row["documents"], row["flagged"]) == ("hiidlane", 40, 6)


def test_settings_count_the_words_for_people_among_their_files():
    harm = Harm(lists={"fi": ("harm.toml",)}, identity_terms={"fi": "people.toml"})
    sources = {"pages": source("fi.jsonl")}
    assert Corpus(sources=sources, harm=harm).files() == ("fi.jsonl", "harm.toml", "people.toml")


def test_short_questions_are_found_and_those_still_shorter_counted(tmp_path):
    asked = "Minkä joen varrella on Suomen vanhin kirjasto nykyään?"
    texts = [page("fi", seed) for seed in range(12)]
    texts[3] += f" {asked}"
    write_lines(tmp_path / "fi.jsonl", texts)
    rows = [{"question": asked}, {"question": "Mikä joki?"}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "exam.parquet")
    sets = {"exam": EvaluationSet(files=("exam.parquet",), fields=("question",))}
    settings = Decontamination(sets=sets)
    sources = {"fi": source("fi.jsonl")}
    outcome = curate(tmp_path, tmp_path / "out", sources, decontamination=settings)
    assert counts(outcome)["contamination", "dropped"] == 1
    (notice,) = outcome.notices
    assert "1 of the 2 items of exam" in notice


QUESTION = "Kuka vastaa kirjaston asiakkaiden viesteihin osoitteessa {} jos kukaan ei ole paikalla?"


def test_an_evaluation_that_holds_personal_data_is_found_where_it_stands(tmp_path):
    asked = QUESTION.format("liisa.laine@kirjasto.fi")
    texts = [page("fi", seed) for seed in range(12)]
    texts[3] = f"Soita 040 123 4567 tai {texts[3]} {asked} {page('fi', 50)}"
    write_lines(tmp_path / "fi.jsonl", texts)
    (tmp_path / "exam.txt").write_text(asked + "\n")
    sets = {"exam": EvaluationSet(files=("exam.txt",))}
    for action in ("tag", "drop"):
        out = tmp_path / action
        settings = Decontamination(sets=sets, words=8, action=action)
        curate(tmp_path, out, {"fi": source("fi.jsonl")}, decontamination=settings)
    (row,) = pq.read_table(tmp_path / "tag" / "contamination.parquet").to_pylist()
    (holds,) = [d["text"] for d in documents(tmp_path / "tag", "fi") if d["id"] == row["id"]]
    assert holds[row["start"] : row["end"]] == QUESTION.format("<EMAIL>").rstrip("?")
    decisions = pq.read_table(tmp_path / "drop" / "decisions.parquet").to_pylist()
    assert [r["id"] for r in decisions if r["first"] == "contaminated"] == [row["id"]]
    tables = [pq.read_table(path).to_pylist() for path in tmp_path.rglob("*/*.parquet")]
    assert "liisa.laine" not in json.dumps(tables, default=str)


def test_more_bad_records_stop_the_stage_with_the_first_places_and_a_list(tmp_path):
    (tmp_path / "a.jsonl").write_bytes(GOOD * 5 + b"{oops\n" * 5)
    with pytest.raises(DataError, match=r"5 of 10 records are bad.*first are a.jsonl:6") as caught:
        curate(tmp_path, tmp_path / "out", {"p": source("a.jsonl")}, highest_bad_share=0.1)
    listed = tmp_path / "out" / "quarantine.jsonl"
    assert f"all are listed in {listed}" in str(caught.value)
    bad = [json.loads(line)["place"] for line in listed.read_text().splitlines()]
    assert bad == [f"a.jsonl:{number}" for number in range(6, 11)]


class Counting:
    """Works on some items ahead of the one that is waited for, and counts them."""

    def __init__(self, workers):
        self.workers, self.done = workers, 0

    def map(self, function, items):
        results = []
        for position in range(len(items)):
            for item in items[len(results) : position + self.workers]:
                results.append(function(item))
                self.done += 1
            yield results[position]

    def close(self):
        """Nobody is to go."""


def test_a_hopeless_source_is_not_read_to_its_end_whoever_reads_it(tmp_path):
    (tmp_path / "a.jsonl").write_bytes((GOOD + b'{"oops\n' * 3) * 5000)
    settings = Corpus(sources={"p": source("a.jsonl")}, highest_bad_share=0.01)
    sentences = set()
    for engine in (Counting(1), Counting(3)):
        inputs = replace(INPUTS, root=tmp_path, engine=engine)
        work = tmp_path / str(engine.workers)
        plan = plan_of(settings, inputs, work, target=len(GOOD) * 100)
        with pytest.raises(DataError, match=r"of the first \d+ records are bad") as caught:
            stage.curate(plan, tmp_path / "out")
        sentences.add(str(caught.value))
        assert engine.done < len(plan.portions) / 4
    assert len(sentences) == 1


def test_a_bad_beginning_does_not_give_a_source_up(tmp_path):
    bad = b'{"oops": "' + b"x" * len(GOOD) + b'"\n'
    (tmp_path / "a.jsonl").write_bytes(bad * 150)
    write_lines(tmp_path / "b.jsonl", [page("fi", seed, 1) for seed in range(2500)])
    outcome = curate(
        tmp_path, tmp_path / "out", {"p": source("a.jsonl", "b.jsonl")}, highest_bad_share=0.1
    )
    assert counts(outcome)["record", "dropped"] == 150


def test_each_damaged_file_has_a_notice(tmp_path):
    whole = gzip.compress(
        "".join(json.dumps({"text": page("fi", i)}) + "\n" for i in range(400)).encode()
    )
    (tmp_path / "a.jsonl.gz").write_bytes(whole[: len(whole) // 4])
    write_lines(tmp_path / "b.jsonl", [page("fi", seed) for seed in range(400, 600)])
    sources = {"p": source("a.jsonl.gz", "b.jsonl")}
    outcome = curate(tmp_path, tmp_path / "out", sources, highest_bad_share=0.01)
    (notice,) = outcome.notices
    assert "a.jsonl.gz: read only up to its damage: the compressed file is truncated" in notice
