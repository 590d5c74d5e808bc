"""A corpus whose sources lie at URLs: what changes there is noticed, what is served is read."""

import gzip
import json
import random
from hashlib import sha256

import fsspec
import pyarrow.parquet as pq
import pytest

from auroram.cli.main import main
from auroram.records.manifest import read_manifest
from file_server import Timeless, served

WORDS = (
    "kirjasto ihminen talvi järvi metsä kaupunki lapsi koulu työ päivä yö vuosi kesä sauna "
    "ystävä äiti isä maa taivas meri"
)
SENTENCE = "Tänään {} ja {} olivat {} lähellä, mutta {} ei ollut vielä {} eikä {}."
RECIPE = """
name = "far"
[stages.corpus]
kind = "corpus"
fewest_held_out = 2
sources.pages = {{ files = [{url!r}], language = "fi", licence = "CC0-1.0" }}
"""


def page(seed):
    rng = random.Random(seed)
    lines = (SENTENCE.format(*rng.sample(WORDS.split(), 6)) for _ in range(12))
    return "\n".join(map(" ".join, zip(*[iter(lines)] * 3, strict=True)))


def lines(count):
    return "".join(json.dumps({"text": page(seed)}) + "\n" for seed in range(count)).encode()


@pytest.fixture
def far(tmp_path, capsys):
    """Runs a recipe of one source at a URL; answers the exit code and all that was said."""
    (tmp_path / "shelf").mkdir()
    (tmp_path / "shelf" / "fi.jsonl").write_bytes(lines(30))

    def run(url, *words):
        recipe = tmp_path / "recipe.toml"
        recipe.write_text(RECIPE.format(url=url))
        code = main(["run", str(recipe), *words, "--folder", str(tmp_path / "run")])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def documents(tmp_path):
    tallies = read_manifest(tmp_path / "run" / "corpus").tallies
    return sum(one.value for one in tallies if one.step == "read" and one.unit == "documents")


def test_a_file_that_changed_behind_its_url_is_read_again(far, tmp_path):
    with served(tmp_path / "shelf") as address:
        url = f"{address}/fi.jsonl"
        far(url)
        assert "corpus: done already" in far(url)[1]
        (tmp_path / "shelf" / "fi.jsonl").write_bytes(lines(20))
        far(url)
    assert documents(tmp_path) == 20
    assert url in read_manifest(tmp_path / "run" / "corpus").sources


def test_a_file_that_changed_below_a_url_is_read_again(one_core, far, tmp_path):
    for count in (30, 20):
        with fsspec.open("memory://changing/fi.jsonl", "wb") as file:
            file.write(lines(count))
        far("memory://changing")
        assert documents(tmp_path) == count
    assert "done already" in far("memory://changing")[1]


def test_a_finished_run_stays_finished_without_a_network(one_core, far, tmp_path, capsys):
    with served(tmp_path / "shelf") as address:
        far(f"{address}/fi.jsonl")
    code, said = far(f"{address}/fi.jsonl")
    assert code == 0 and "done already; not looked whether its sources changed" in said
    code, said = far(f"{address}/fi.jsonl", "stages.corpus.held_out_share=0.2")
    assert code == 1 and "cannot be reached" in said
    assert [main([verb, str(tmp_path / "run")]) for verb in ("status", "verify")] == [0, 0]


def test_a_server_that_tells_no_change_is_named_in_a_notice(one_core, far, tmp_path):
    with served(tmp_path / "shelf", Timeless) as address:
        _, said = far(f"{address}/fi.jsonl")
    assert f"note: {address}/fi.jsonl: the server says no version and no time" in said


def test_lists_and_evaluation_sets_are_read_from_urls(one_core, far, tmp_path):
    shelf = tmp_path / "shelf"
    (shelf / "exam.txt.gz").write_bytes(gzip.compress(page(3).encode()))
    asked = sha256(page(5).encode()).hexdigest()
    (shelf / "list.csv").write_text(f"sha256,reason,requested_at\n{asked},asked,2026-05-31\n")
    robots = {"host": "a.example", "fetched_at": "2026-01-01", "body": ""}
    (shelf / "robots.jsonl").write_text(json.dumps(robots))
    with served(shelf) as address:
        code, _ = far(
            f"{address}/fi.jsonl",
            f'stages.corpus.decontamination.sets.exam.files=["{address}/exam.txt.gz?token=1"]',
            f'stages.corpus.rights.takedowns=["{address}/list.csv"]',
            f'stages.corpus.rights.robots=["{address}/robots.jsonl"]',
        )
    rows = pq.read_table(tmp_path / "run" / "corpus" / "decisions.parquet").to_pylist()
    firsts = {row["record"].rpartition(":")[2]: row["first"] for row in rows if not row["kept"]}
    assert code == 0 and firsts == {"4": "contaminated", "6": "rights-takedown"}


@pytest.mark.parametrize(
    "setting", ["decontamination.sets.exam.files", "rights.takedowns", "rights.robots"]
)
def test_a_list_that_is_not_there_is_told_before_a_source_is_read(far, tmp_path, setting):
    (tmp_path / "shelf" / "fi.jsonl").write_text("nonsense")
    fsspec.filesystem("memory").pipe("/lists/empty.jsonl", b"")
    for file in ("memory://lists/empty.jsonl", "memory://lists/gone.jsonl"):
        code, said = far("shelf/fi.jsonl", f'stages.corpus.{setting}=["{file}"]')
        if setting != "rights.robots" or "gone" in file:
            assert code == 2 and f"{file}: no" in said


def test_a_word_list_at_a_url_is_refused_with_what_to_do(far):
    code, said = far("shelf/fi.jsonl", 'stages.corpus.harm.lists.fi=["https://a.example/fi.toml"]')
    assert code == 2 and "read from this machine alone" in said


@pytest.mark.parametrize("path", ["shelf/fi.jsonl?token=1", "shelf"])
def test_explain_and_sample_read_again_what_is_served(one_core, far, tmp_path, capsys, path):
    (tmp_path / "shelf" / "fi.jsonl").write_bytes(lines(30) + b'{"text": "Lyhyt teksti."}\n')
    run = str(tmp_path / "run")
    with served(tmp_path) as address:
        fsspec.filesystem("memory").put(str(tmp_path / "shelf"), "/", recursive=True)
        far(f"{address}/{path}" if "?" in path else f"memory://{path}")
        rows = pq.read_table(tmp_path / "run" / "corpus" / "decisions.parquet").to_pylist()
        (short,) = [row for row in rows if not row["kept"]]
        verbs = ["explain", short["id"], run], ["sample", run, "--dropped-by", "low-characters"]
        for words in verbs:
            assert main(["corpus", *words]) == 0
            assert "| Lyhyt teksti." in capsys.readouterr().out
    if "?" in path:
        main(["corpus", *verbs[0]])
        assert "where it is gone, out of reach or has changed" in capsys.readouterr().out
