"""Takedown lists: reading, matching, following."""

import gzip
import json
import pickle

import pyarrow as pa
import pytest

from auroram.corpus.addresses import Addresses
from auroram.corpus.takedown import follow_ids, read_takedowns
from auroram.errors import DataError

SINCE = {"reason": "asked", "requested_at": "2026-05-31"}


def takedowns(tmp_path, *rows):
    file = tmp_path / "list.jsonl.gz"
    with gzip.open(file, "wt") as lines:
        lines.writelines(json.dumps(row | SINCE) + "\n" for row in rows)
    return read_takedowns(str(file), name="list.jsonl.gz")


def match(listed, document, url, sha256=None):
    ids, urls, hashes = (pa.array([one], pa.string()) for one in (document, url, sha256))
    return listed.matches(ids, Addresses.of(urls), hashes).get(0)


@pytest.mark.parametrize(
    ("url", "falls"),
    [
        ("https://example.org/a", True),
        ("http://www.EXAMPLE.org:80/a/#top", False),
        ("http://EXAMPLE.org:80/a/#top", True),
        ("https://example.org/a?b", False),
        ("https://example.org/ab", False),
        (None, False),
    ],
)
def test_a_page_is_matched_in_every_spelling_of_its_address(tmp_path, url, falls):
    listed = takedowns(tmp_path, {"url": "https://example.org/a"})
    assert (match(listed, "x", url) is not None) == falls


@pytest.mark.parametrize(
    ("url", "falls"),
    [
        ("https://example.org", True),
        ("https://www.example.org/a", True),
        ("https://example.org?a", True),
        ("https://anexample.org/a", False),
        ("https://example.org.net/a", False),
        ("https://bücher.example/", True),
        ("not an address", False),
    ],
)
def test_a_domain_covers_its_subdomains_and_no_other(tmp_path, url, falls):
    listed = takedowns(tmp_path, {"domain": "Example.org."}, {"domain": "xn--bcher-kva.example"})
    assert (match(listed, "x", url) is not None) == falls


def test_ids_and_hashes_are_matched(tmp_path):
    listed = takedowns(tmp_path, {"id": "abc"}, {"sha256": "A" * 64})
    assert listed.needs_text
    assert match(listed, "abc", None).words == "id abc"
    assert match(listed, "x", None, "a" * 64).reason == "asked"
    assert match(listed, "x", None, "b" * 64) is None


def test_a_list_can_be_sent_to_another_process(tmp_path):
    listed = pickle.loads(pickle.dumps(takedowns(tmp_path, {"domain": "example.org"})))
    assert match(listed, "x", "https://example.org/a") == listed.requests[0]


def test_csv_says_the_same_as_json_lines(tmp_path):
    (tmp_path / "list.csv").write_text(
        'url,domain,reason,requested_at\n,example.org,"asked, twice",2026-05-31T10:00:00Z\n'
    )
    request = read_takedowns(str(tmp_path / "list.csv"), name="list.csv").requests[0]
    assert (request.words, request.reason) == ("domain example.org", "asked, twice")


def test_a_spreadsheet_s_csv_is_read_with_its_mark_and_the_line_ends_in_its_cells(tmp_path):
    rows = 'domain,reason,requested_at\r\na.example,"once\r\nand again",2026-05-31\r\n'
    (tmp_path / "list.csv").write_bytes(f"\ufeff{rows}b.example,asked,2026-05-31\r\n".encode())
    requests = read_takedowns(str(tmp_path / "list.csv"), name="list.csv").requests
    assert [one.words for one in requests] == ["domain a.example", "domain b.example"]
    assert requests[0].reason == "once\nand again"


def test_a_quote_that_nobody_closes_hides_no_request(tmp_path):
    rows = 'domain,reason,requested_at\na.example,5" screen,2026-05-31\nb.example,x,2026-05-31\n'
    (tmp_path / "list.csv").write_text(rows)
    with pytest.raises(DataError, match=r"list\.csv:2: not CSV"):
        read_takedowns(str(tmp_path / "list.csv"), name="list.csv")


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (SINCE, "names 0 things; give one of url, domain, id, sha256"),
        (SINCE | {"id": "a", "url": "b"}, "names 2 things"),
        ({"id": "a", "reason": "x"}, "reason or requested_at is missing"),
        (SINCE | {"id": "a", "requested_at": "soon"}, "requested_at is no date .'soon' given"),
        (SINCE | {"id": 5}, "id must be text that is not empty .5 given"),
        (SINCE | {"sha256": "abc"}, "sha256 is no digest"),
        (SINCE | {"domain": "https://a.b/c"}, "domain is no host name"),
        (SINCE | {"ip": "1.2.3.4"}, "unknown column 'ip'"),
    ],
)
def test_a_bad_row_is_one_sentence_with_its_place(tmp_path, row, says):
    (tmp_path / "list.jsonl").write_text("\n" + json.dumps(row) + "\n")
    with pytest.raises(DataError, match=f"list.jsonl:2: {says}".replace(" given", "")):
        read_takedowns(str(tmp_path / "list.jsonl"), name="list.jsonl")


def test_all_bad_rows_are_named_up_to_ten(tmp_path):
    (tmp_path / "list.jsonl").write_text("{}\n" * 12)
    with pytest.raises(DataError, match=r"(?s)list.jsonl:1:.*list.jsonl:10:.*and 2 more bad rows"):
        read_takedowns(str(tmp_path / "list.jsonl"), name="list.jsonl")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("list.txt", "a", "list.txt: not a takedown list"),
        ("list.csv", "id\n", "list.csv: no row"),
        ("list.csv", "id\na,b\n", "list.csv:2: more columns"),
        ("list.jsonl", "nonsense", "list.jsonl:1: not JSON"),
        ("list.jsonl", '{"id": "\\ud83d"}', r"list.jsonl:1: id holds half a character"),
    ],
)
def test_a_file_that_is_no_list_is_named(tmp_path, name, content, says):
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=says):
        read_takedowns(str(tmp_path / name), name=name)


def test_ids_fall_with_the_first_that_is_named():
    clusters = {"a": "r", "b": "r", "r": "r", "c": "c"}
    assert follow_ids(clusters, ["b", "z"]) == {"b": "b", "z": "z", "a": "b", "r": "b"}
