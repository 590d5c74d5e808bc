"""Licences, robots.txt, reservations and takedowns decide whether a document may be used."""

import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auroram.corpus.opt_outs import RESERVATIONS, reservations_in, reserved
from auroram.corpus.rights import Rights, RightsJudge, RightsRows
from auroram.corpus.robots import AGENTS, rules_of
from auroram.errors import DataError

EVERYONE = "User-agent: *\nDisallow: /private\nAllow: /private/open\n"
NO_TRAINING = (
    "User-agent: Googlebot\nAllow: /\n\nUser-agent: GPTBot\nUser-agent: CCBot\nDisallow: /\n"
)


def judge(tmp_path, snapshots=(), takedowns=(), **options):
    if snapshots:
        lines = [
            json.dumps({"host": host, "fetched_at": at, "body": body}) + "\n"
            for host, at, body in snapshots
        ]
        (tmp_path / "robots.jsonl").write_text("".join(lines))
        options |= {"robots": ("robots.jsonl",)}
    if takedowns:
        since = {"reason": "asked", "requested_at": "2026-01-01"}
        lines = [json.dumps(row | since) + "\n" for row in takedowns]
        (tmp_path / "list.jsonl").write_text("".join(lines))
        options |= {"takedowns": ("list.jsonl",)}
    return RightsJudge.open(Rights(**options), tmp_path)


def rows(*documents):
    """Documents as (licence, url, date, optout), as far as they are given."""
    filled = [(*one, *("MIT", None, None, None)[len(one) :]) for one in documents]
    licences, urls, dates, opt_outs = zip(*filled, strict=True)
    ids = [f"d{n}" for n in range(len(filled))]
    return RightsRows(ids=ids, licences=licences, urls=urls, dates=dates, opt_outs=opt_outs)


def rules(judged):
    return [failure and failure.rule for failure in judged.failures]


def refused_licences(tmp_path, licences, **options):
    judged = judge(tmp_path, **options).judge(rows(*[(licence,) for licence in licences]))
    return [one for one, rule in zip(licences, rules(judged), strict=True) if rule]


def test_of_either_licence_one_must_be_let_in_and_of_both_both(tmp_path):
    licences = ["MIT OR GPL-3.0-only", "MIT AND GPL-3.0-only", "(GPL-3.0-only OR MIT) AND 0BSD"]
    assert refused_licences(tmp_path, licences, allow=("MIT", "0BSD")) == licences[1:2]


def test_denied_is_refused_and_everything_else_that_is_known_let_in(tmp_path):
    licences = ["CC-BY-4.0", "CC-BY-NC-4.0", "CC-BY-NC-4.0 OR MIT", "LicenseRef-mine"]
    assert refused_licences(tmp_path, licences, deny=("CC-BY-NC-*",)) == ["CC-BY-NC-4.0"]


def test_an_exception_grants_more_so_its_licence_decides_unless_it_is_named(tmp_path):
    linked = "GPL-2.0-only WITH Classpath-exception-2.0"
    licences = ["GPL-2.0-only", linked]
    assert refused_licences(tmp_path, licences, allow=("GPL-2.0-only",)) == []
    assert refused_licences(tmp_path, licences, allow=(linked,)) == ["GPL-2.0-only"]
    assert refused_licences(tmp_path, licences, deny=("GPL-2.0-only",)) == licences
    assert refused_licences(tmp_path, licences, deny=(linked,)) == [linked]


def test_old_and_lower_case_names_mean_the_same_licence(tmp_path):
    licences = ["GPL-2.0", "gpl-2.0-only", "mit"]
    assert refused_licences(tmp_path, licences, allow=("GPL-2.0",)) == ["mit"]


@pytest.mark.parametrize("licence", ["", "NOASSERTION", "Foo-1.0", "MIT AND", "MIT/X11 (", "🙂"])
def test_what_is_no_known_licence_is_counted_and_kept_or_dropped_as_told(tmp_path, licence):
    kept = judge(tmp_path).judge(rows((licence,), ("MIT",)))
    assert (rules(kept), kept.unknown) == ([None, None], {"licence": 1})
    dropped = judge(tmp_path, unknown_licences="drop").judge(rows((licence,), ("MIT",)))
    assert (rules(dropped), dropped.unknown) == (["rights-licence", None], {"licence": 1})


@pytest.mark.parametrize(
    ("stated", "meant"),
    [
        ("https://creativecommons.org/licenses/by-nc/4.0/", "CC-BY-NC-4.0"),
        ("http://www.creativecommons.org/licenses/by-nc-sa/3.0/de/deed.de", "CC-BY-NC-SA-3.0-DE"),
        ("//creativecommons.org/licenses/by/3.0/jp/", "CC-BY-3.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("CC BY-NC 4.0", "CC-BY-NC-4.0"),
        ("cc_by_nc_4.0", "CC-BY-NC-4.0"),
        ("Creative Commons Attribution-NonCommercial 4.0 International (CC BY-NC 4.0)",
         "CC-BY-NC-4.0"),
        ("Attribution-NoDerivatives 4.0", "CC-BY-ND-4.0"),
        ("CC0 1.0 Universal (CC0 1.0) Public Domain Dedication", "CC0-1.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("https://www.apache.org/licenses/LICENSE-2.0", "Apache-2.0"),
        ("https://opensource.org/licenses/MIT", "MIT"),
        ("GNU General Public License v3.0", "GPL-3.0-only"),
        ("GPLv2+", "GPL-2.0-or-later"),
        ("GPLv3 or MIT", "GPL-3.0-only"),
    ],
)  # fmt: skip
def test_addresses_and_common_spellings_mean_a_licence(tmp_path, stated, meant):
    judged = judge(tmp_path, allow=(meant,)).judge(rows((stated,)))
    assert (rules(judged), judged.unknown) == ([None], {})
    others = "CC-BY-4.0" if meant != "CC-BY-4.0" else "MIT"
    assert refused_licences(tmp_path, [stated], allow=(others,)) == [stated]


def test_without_a_version_every_one_must_be_let_in(tmp_path):
    licences = ["CC BY", "CC-BY-NC", "cc by sa"]
    assert refused_licences(tmp_path, licences, deny=("CC-BY-NC-*",)) == ["CC-BY-NC"]
    assert refused_licences(tmp_path, licences, allow=("CC-BY-4.0",)) == licences
    assert refused_licences(tmp_path, licences, allow=("CC-BY-*",)) == []


@pytest.mark.parametrize(
    "stated",
    ["All rights reserved", "CC", "CC BY 4.0, but ask me", "CC BY 4.0（商用不可）", "CC BY 9.9",
     "https://opensource.org/licenses/and", "https://creativecommons.org/licenses/by-me/4.0"],
)  # fmt: skip
def test_what_is_not_wholly_understood_is_unknown(tmp_path, stated):
    assert judge(tmp_path).judge(rows((stated,))).unknown == {"licence": 1}


def test_unknown_licences_are_dropped_where_it_is_said_what_is_let_in(tmp_path):
    licences = ["Foo-1.0", "MIT"]
    assert refused_licences(tmp_path, licences, deny=("GPL-3.0-only",)) == []
    assert refused_licences(tmp_path, licences, allow=("MIT",)) == ["Foo-1.0"]
    kept = {"allow": ("MIT",), "unknown_licences": "keep"}
    assert refused_licences(tmp_path, licences, **kept) == []


def test_an_unknown_alternative_of_a_licence_that_is_let_in_does_not_matter(tmp_path):
    licences = ["MIT OR Foo-1.0", "MIT AND Foo-1.0"]
    options = {"allow": ("MIT",), "unknown_licences": "drop"}
    assert refused_licences(tmp_path, licences, **options) == ["MIT AND Foo-1.0"]


@pytest.mark.parametrize("entry", ["Apache2", "MIT OR 0BSD", "", "MIT AND"])
def test_a_list_that_names_no_licence_is_refused_with_the_entry(entry):
    with pytest.raises(ValueError, match=f"deny names {entry!r}, which is no SPDX licence"):
        Rights(deny=(entry,))


OLD, NEW = ("a.org", "2020-01-01", EVERYONE), ("a.org", "2026-01-01T00:00:00Z", NO_TRAINING)
PAGE = ("MIT", "https://a.org/page", "2020-03-01")


def test_robots_of_then_and_of_now_are_judged_apart(tmp_path):
    then = judge(tmp_path, [OLD, NEW], robots_at=("then",)).judge(rows(PAGE))
    now = judge(tmp_path, [OLD, NEW], robots_at=("now",)).judge(rows(PAGE))
    assert (rules(then), rules(now)) == ([None], ["rights-robots"])
    assert now.failures[0].detail.startswith("robots-now: a.org of 2026-01-01 refuses CCBot, Dis")


def test_a_snapshot_that_is_too_far_says_nothing_of_then(tmp_path):
    judged = judge(tmp_path, [NEW], robots_at=("then",)).judge(rows(PAGE))
    assert (rules(judged), judged.unknown) == ([None], {"robots-then": 1})


def test_a_site_without_robots_is_permitted_and_counted(tmp_path):
    pages = rows(("MIT", "https://b.org/", "2020-01-01"), ("MIT", None, None))
    judged = judge(tmp_path, [OLD]).judge(pages)
    assert rules(judged) == [None, None]
    assert judged.unknown == {"robots-then": 2, "robots-now": 2}


def test_a_path_that_everyone_must_leave_is_refused_and_the_rest_let_in(tmp_path):
    paths = ["", "/", "/public", "/private/x", "/private/open", "/%70rivate/x", "//private"]
    documents = [("MIT", f"https://a.org{path}", "2020-01-01") for path in paths]
    found = rules(judge(tmp_path, [OLD]).judge(rows(*documents)))
    assert [path for path, rule in zip(paths, found, strict=True) if rule] == [
        "/private/x",
        "/%70rivate/x",
    ]


@pytest.mark.parametrize(
    "body",
    [
        "User-agent: *\nDisallow: /",
        "User-agent: GPTBot\nDisallow: /*",
        "user-agent: ccbot/2.0\ndisallow: / # all",
        "User-agent: *\nContent-Signal: search=yes, ai-train=no\nAllow: /",
        "User-Agent: *\nContent-Usage: train-ai=n\nAllow: /",
        "User-agent: Google-Extended\nAllow: /news\nDisallow: /",
    ],
)
def test_a_site_that_refuses_training_is_refused(body):
    assert rules_of(body, AGENTS, RESERVATIONS).refusal("/page")


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>not found</html>",
        "User-agent: Googlebot\nDisallow: /",
        "User-agent: *\nDisallow:",
        "User-agent: *\nDisallow: /\nAllow: /page",
        "User-agent: Googlebot\nContent-Signal: ai-train=no",
        "User-agent: *\nContent-Signal: search=no, ai-train=yes",
        "\x00\xff: :::",
    ],
)
def test_a_site_that_does_not_is_let_in(body):
    assert rules_of(body, AGENTS, RESERVATIONS).refusal("/page") is None


def test_what_is_told_by_the_beginning_of_a_path_is_what_the_parser_says():
    body = "User-agent: *\nDisallow: /a*b\nDisallow: /c$\nDisallow: *.pdf\nDisallow: /é\n"
    found = rules_of(body, ("*",))
    paths = ["/", "/ab", "/axxb", "/c", "/cd", "/x.pdf", "/é", "/%C3%A9", "/e"]
    expected = [not found.parsed.can_fetch(f"http://h{path}", "*") for path in paths]
    assert [bool(found.refusal(path)) for path in paths] == expected


@given(
    patterns=st.lists(st.text(alphabet="/ab*$%61?é", max_size=8), min_size=1, max_size=3),
    path=st.text(alphabet="/ab?%61é", max_size=10),
)
def test_the_sieve_lets_no_forbidden_path_through(patterns, path):
    body = "User-agent: *\n" + "".join(f"Disallow: {pattern}\n" for pattern in patterns)
    found = rules_of(body, ("*",))
    if not found.parsed.can_fetch(f"http://h/{path}", "*"):
        assert found.refusal(f"/{path}")


@pytest.mark.parametrize(
    ("optout", "reserves"),
    [
        ("noai", True),
        ("X-Robots-Tag: noindex, NOAI", True),
        ("robots: otherbot: noai", True),
        ("tdm-reservation: 1", True),
        ("tdm-reservation: 0", False),
        ("Content-Usage: search=y, train-ai=n", True),
        ("Content-Signal: ai-train=yes", False),
        ("x-robots-tag: noimageai\ntdm-reservation:1", True),
        ("robots: noml", True),
        ("content-usage: ai=n, search=y", True),
        ("meta googlebot: noai", False),
        ("meta ccbot: noindex", False),
        ("meta ccbot: noai", True),
        ("meta gptbot:noml", True),
        ("noindex", False),
        ("", False),
    ],
)
def test_a_reservation_is_known_in_every_form(optout, reserves):
    assert (reserved(optout, RESERVATIONS, AGENTS) is not None) == reserves


def test_headers_become_the_field_of_a_record():
    headers = [("X-Robots-Tag", " noai,\n noindex"), ("Server", "x"), ("TDM-Reservation", "1")]
    assert reservations_in(headers) == "x-robots-tag: noai, noindex\ntdm-reservation: 1"
    assert reservations_in([("Server", "x")]) is None


def test_opt_outs_are_listed_dropped_or_not(tmp_path):
    page = ("MIT", "https://a.org/page", "2026-01-01", "noai")
    dropped = judge(tmp_path, [NEW]).judge(rows(page))
    tagged = judge(tmp_path, [NEW], opt_outs="tag").judge(rows(page))
    assert (rules(dropped), rules(tagged)) == (["rights-opt-out"], [None])
    assert dropped.opt_outs.equals(tagged.opt_outs)
    assert dropped.opt_outs["kind"].to_pylist() == ["opt-out", "robots-now", "robots-then"]
    assert dropped.opt_outs["date"].to_pylist() == ["2026-01-01"] * 3


def test_takedowns_come_first_and_say_why(tmp_path):
    asked = judge(tmp_path, takedowns=[{"domain": "a.org"}], allow=("0BSD",))
    judged = asked.judge(rows(PAGE, ("MIT", "https://b.org/")))
    assert rules(judged) == ["rights-takedown", "rights-licence"]
    assert judged.failures[0].detail == "domain a.org (asked, 2026-01-01)"


def test_texts_are_hashed_only_where_a_takedown_needs_it(tmp_path):
    assert not judge(tmp_path, takedowns=[{"id": "d0"}]).needs_hashes
    asked = judge(tmp_path, takedowns=[{"sha256": "ab" * 32}])
    found = asked.judge(
        RightsRows(ids=["x"], licences=["MIT"], urls=[None], dates=[None], hashes=["ab" * 32])
    )
    assert asked.needs_hashes and rules(found) == ["rights-takedown"]


def test_how_documents_are_batched_and_where_changes_nothing(tmp_path):
    asked = judge(tmp_path, [OLD, NEW], takedowns=[{"domain": "c.org"}], deny=("0BSD",))
    documents = [PAGE, ("0BSD", "https://c.org/"), ("Foo", "https://a.org/private", "2020-01-01")]
    whole = asked.judge(rows(*documents))
    other = pickle.loads(pickle.dumps(asked))
    parts = [other.judge(rows(one)) for one in documents]
    assert whole.failures == [part.failures[0] for part in parts]
    assert whole.unknown == sum((part.unknown for part in parts), parts[0].unknown.__class__())


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"host": "a.org", "body": ""}, "robots.jsonl:1: no snapshot of robots.txt .fetched_at"),
        ({"host": "a.org", "fetched_at": "then", "body": ""}, "fetched_at is no date .'then'"),
        ({"host": 1, "fetched_at": "2020-01-01", "body": ""}, "host is missing or no text"),
        ({"host": "a", "fetched_at": "2020-01-01", "status": "x"}, "status is no number"),
        ({"host": " :80", "fetched_at": "2020-01-01", "body": ""}, "host names no site .' :80'"),
    ],
)
def test_a_line_that_is_no_snapshot_is_one_sentence(tmp_path, row, says):
    (tmp_path / "robots.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(DataError, match=says):
        RightsJudge.open(Rights(robots=("robots.jsonl",)), tmp_path)


def test_a_site_that_had_no_robots_is_known_and_one_that_failed_is_not(tmp_path):
    folder = tmp_path / "robots"
    folder.mkdir()
    gone = {"host": "a.org", "fetched_at": "2020-01-01", "status": 404}
    failed = {"host": "b.org", "fetched_at": "2020-01-01", "status": 503}
    (folder / "one.jsonl").write_text(json.dumps(gone) + "\n" + json.dumps(failed) + "\n")
    asked = RightsJudge.open(Rights(robots=("robots",), robots_at=("now",)), tmp_path)
    judged = asked.judge(rows(PAGE, ("MIT", "https://b.org/")))
    assert (rules(judged), judged.unknown) == ([None, None], {"robots-now": 1})
