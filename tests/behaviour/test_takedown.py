"""What is taken down is not learnt from then on, and what was learnt before is told exactly."""

import json
import random
import shutil
from dataclasses import replace
from hashlib import sha256

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auroram.cli.main import main
from auroram.corpus.settings import Corpus
from auroram.corpus.sources import Source
from auroram.corpus.stage import run as curate
from auroram.corpus.takedown import Request, Takedowns
from auroram.errors import DataError
from auroram.pipeline.learnt import learnt
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.status import status
from auroram.pipeline.takedown import take_down
from auroram.pipeline.verify import verify
from auroram.ports import Inputs, Silent
from auroram.records.canonical import plain
from auroram.records.document import DOCUMENTS
from auroram.records.fallen import fallen_file, read_fallen
from auroram.records.files import sha256_of
from auroram.records.json_lines import read_json_lines
from auroram.records.manifest import (
    Finished,
    Manifest,
    OutputFile,
    Resources,
    read_manifest,
    write_manifest,
)
from auroram.records.mixture import Mixture, Phase
from auroram.records.shards import Shard
from auroram.records.tombstones import read_masked, read_tombstones
from auroram.tokens.packing import IGNORED
from auroram.tokens.permutation import key_of, permuted
from auroram.train.data import Domains, read_position
from auroram.train.parts import Checkpoints
from auroram.train.stage import Train
from auroram.train.stage import run as train
from auroram.vocabulary.settings import Tokens
from auroram.vocabulary.stage import run as encode

WORDS = "Nopea ruskea kettu hyppii laiskan koiran yli kerran {} ja viela toisenkin kerran. "


class MadeRun:
    """A run whose corpus is written by hand and whose other stages are real."""

    def __init__(self, path, model):
        self.folder, self.root = RunFolder(path), path.parent
        self.path = path
        self.order = []
        (path / "base").mkdir(parents=True)
        (path / "base" / "model").symlink_to(model)
        self.finish("base", "base", {}, [])

    def finish(self, name, kind, settings, reads, outcome=None):
        folder = self.path / name
        files = sorted(
            f for f in folder.rglob("*") if f.is_file() and ".checkpoints" not in f.parts
        )
        outputs = tuple(
            OutputFile(
                path=file.relative_to(folder).as_posix(),
                size_bytes=file.stat().st_size,
                sha256=sha256_of(file),
            )
            for file in files
            if file.name != "manifest.json" and not file.is_relative_to(self.path / "base")
        )
        manifest = Manifest(
            stage=name,
            kind=kind,
            settings=plain(settings),
            inputs={read: read_manifest(self.path / read).digest for read in reads},
            sources={},
            outputs=outputs,
            tallies=(),
            measurements=(),
            notices=outcome.notices if outcome else (),
            facts={},
            key="",
            resources=Resources(wall_seconds=0, processor_seconds=0, peak_memory_bytes=0),
            environment={},
            started_at="",
            ended_at="",
        )
        write_manifest(folder, manifest)
        self.order = [*self.order, name] if name not in self.order else self.order
        self.folder.write_recipe(self.order, {}, self.root)

    def inputs(self, name, reads):
        stages = {
            read: Finished(folder=self.path / read, manifest=read_manifest(self.path / read))
            for read in reads
        }
        return Inputs(root=self.root, name=name, seed=7, stages=stages, progress=Silent())

    def encode(self):
        settings = Tokens(documents=("corpus",))
        outcome = encode(settings, self.inputs("tokens", ["base", "corpus"]), self.path / "tokens")
        self.finish("tokens", "tokens", settings, ["base", "corpus"], outcome)

    def train(self, name, model, budget, **changes):
        settings = training(model, budget, **changes)
        outcome = train(settings, self.inputs(name, [model, "tokens"]), self.path / name)
        self.finish(name, "train", settings, [model, "tokens"], outcome)

    def corpus(self, documents=40):
        rows = [document(n) for n in range(documents)]
        folder = self.path / "corpus"
        for split, part in {"train": rows[:-2], "held-out": rows[-2:]}.items():
            (folder / "documents" / split).mkdir(parents=True, exist_ok=True)
            file = folder / "documents" / split / "fi.parquet"
            pq.write_table(pa.Table.from_pylist(part, DOCUMENTS), file)
        clusters = [{"id": "copy", "cluster": "d01", "size": 2}]
        clusters += [{"id": row["id"], "cluster": row["id"], "size": 1} for row in rows]
        pq.write_table(pa.Table.from_pylist(clusters), folder / "clusters.parquet")
        self.finish("corpus", "corpus", {}, [])

    def curated(self, rows):
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (self.root / "web.jsonl").write_text(lines)
        sources = {"web": Source(files=("web.jsonl",), language="fi", licence="MIT")}
        settings = Corpus(sources=sources, fewest_held_out=2)
        outcome = curate(settings, self.inputs("corpus", []), self.path / "corpus")
        self.finish("corpus", "corpus", settings, [], outcome)


def document(n):
    return {
        "id": f"d{n:02}",
        "text": WORDS.format(n) * (1 + n % 3),
        "url": f"https://www.{'evil' if n % 8 == 0 else 'good'}.example/{n}",
        "source": "web",
        "record": f"web.jsonl:{n}",
        "licence": "MIT",
        "licence_basis": "recipe",
        "language": "fi",
        "script": "Latn",
        "language_score": 1.0,
        "collected_at": None,
    }


SENTENCE = "Tänään {} ja {} olivat {} lähellä, mutta {} ei ollut vielä {} eikä {}."
NOUNS = (
    "kirjasto ihminen talvi järvi metsä kaupunki lapsi koulu työ päivä yö vuosi kesä sauna "
    "ystävä äiti isä maa taivas meri"
)


def page(seed):
    """Text that a corpus stage keeps."""
    rng = random.Random(seed)
    words = NOUNS.split()
    return "\n".join(
        " ".join(SENTENCE.format(*rng.sample(words, 6)) for _ in range(3)) for _ in range(4)
    )


def training(model, budget, **changes):
    options = {
        "model": model,
        "tokens": "tokens",
        "budget_tokens": budget,
        "sequence_tokens": 128,
        "batch_tokens": 256,
        "mixture": Mixture(phases=(Phase(weights={"fi": 1}),), replay=0.0),
        "checkpoints": Checkpoints(every_steps=2),
    }
    return Train(**(options | changes))


class Stopped(BaseException):
    """Stands for a kill between two steps."""


class StopsAtFifth(Silent):
    left = 5

    def advance(self, units, **figures):  # noqa: ARG002 -- the protocol names them
        self.left -= 1
        if not self.left:
            raise Stopped


def asked(key, value):
    return Request(key=key, value=value, reason="asked", requested_at="2026-01-01")


EVIL = Takedowns.of([asked("domain", "evil.example")])


@pytest.fixture
def run(tiny_model, tmp_path):
    made = MadeRun(tmp_path / "run", tiny_model)
    made.corpus()
    made.encode()
    return made


@pytest.fixture
def trained(run):
    run.train("cap", "base", 8 * 256)
    run.train("cat", "cap", 30 * 256)
    return run


def take(run, takedowns=EVIL):
    return take_down(run.folder, takedowns, Silent())


def obvious_reads(run, stage, before, document):
    """Tokens of a document that a stage read, counted sample by sample over the whole schedule."""
    end = read_position(run.path / stage)
    first = read_position(run.path / before).rows["fi"] if before else 0
    domains = Domains.open(run.path / "tokens", "train", ["fi"], length=128)
    rows = domains.rows["fi"]
    ids = domains.shards["fi"].document_ids()
    count = 0
    for ordinal in range(first, end.rows["fi"]):
        epoch, place = divmod(ordinal, rows.count)
        row = permuted(place, rows.count, key_of(end.seed, "fi", epoch))
        count += sum(s.length for s in rows.row(row) if ids[s.document] == document)
    return count


def test_what_was_learnt_is_counted_token_by_token(trained):
    take(trained)
    found = {
        (one.stage, one.document): one.read_tokens for one in learnt(trained.folder.finished())
    }
    evil = [f"d{n:02}" for n in range(0, 38, 8)]
    expected = {("cap", one): obvious_reads(trained, "cap", None, one) for one in evil}
    expected |= {("cat", one): obvious_reads(trained, "cat", "cap", one) for one in evil}
    assert found == {key: tokens for key, tokens in expected.items() if tokens}
    assert len({stage for stage, _ in found}) == 2


def test_the_outputs_still_verify_and_status_says_who_learnt_it(trained):
    assert status(trained.folder)["notices"] == []
    take(trained)
    verify(trained.folder, Silent())
    notices = status(trained.folder)["notices"]
    assert [notice.split()[0] for notice in notices] == ["cap", "cat"]
    assert "have been taken down since" in notices[0]


def test_training_after_a_takedown_learns_none_of_it(run):
    take(run)
    run.train("cap", "base", 30 * 256)
    assert learnt(run.folder.finished()) == []
    masked = read_masked(run.path / "cap")
    assert {(one.document, one.from_row) for one in masked} == {
        (f"d{n:02}", 0) for n in range(0, 38, 8)
    }
    assert "does not learn 5 documents" in status(run.folder)["notices"][-1]


def test_a_takedown_without_a_match_changes_no_byte_of_training(run, tmp_path):
    run.train("cap", "base", 4 * 256)
    before = read_manifest(run.path / "cap").outputs
    take(run, Takedowns.of([asked("domain", "nowhere.example")]))
    run.train("cap", "base", 4 * 256)
    assert read_manifest(run.path / "cap").outputs == before


def test_a_takedown_while_a_stage_is_under_way_holds_from_its_checkpoint(run):
    settings = training("base", 30 * 256)
    inputs = run.inputs("cap", ["base", "tokens"])
    with pytest.raises(Stopped):
        train(settings, replace(inputs, progress=StopsAtFifth()), run.path / "cap")
    take(run)
    run.train("cap", "base", 30 * 256)
    assert {one.from_row for one in read_masked(run.path / "cap")} == {4 * 2}
    seen = sum(one.read_tokens for one in learnt(run.folder.finished()))
    assert 0 < seen < sum(one.tokens for one in learnt(run.folder.finished())) * 4


def test_a_step_whose_tokens_were_all_taken_down_moves_nothing(run):
    everything = Takedowns.of([asked("domain", name) for name in ("evil.example", "good.example")])
    take(run, everything)
    run.train("cap", "base", 4 * 256)
    assert {row["targets"] for row in read_json_lines(run.path / "cap" / "training.jsonl")} == {0}


def test_copies_fall_with_the_document_that_is_named(run):
    done = take(run, Takedowns.of([asked("id", "copy")]))
    assert [(one.document, one.through) for one in done.tombstones] == [("d01", "copy")]
    assert (done.reaches[0].documents, done.reaches[0].copies) == (1, 1)


def crawled(url, text, *, year):
    return {"id": url, "url": url, "text": text, "collected_at": f"{year}-01-01"}


@pytest.fixture
def copied(tiny_model, tmp_path):
    """A run whose corpus stage dropped an exact and a near copy, each of another site."""
    made = MadeRun(tmp_path / "run", tiny_model)
    rows = [crawled(f"https://good.example/{n}", page(n), year=2020) for n in range(20)]
    exact = crawled("https://exact.example/a", page(3), year=2025)
    near = crawled("https://near.example/a", page(5)[:-20], year=2025)
    made.curated([*rows, exact, near])
    made.encode()
    return made


@pytest.mark.parametrize(("copy", "original"), [("exact", 3), ("near", 5)])
@pytest.mark.parametrize("key", ["domain", "url"])
def test_what_is_kept_in_place_of_a_copy_falls_with_the_page_of_the_copy(
    copied, copy, original, key
):
    named = f"{copy}.example" if key == "domain" else f"http://{copy}.example/a"
    listed = copied.root / "list.csv"
    listed.write_text(f"{key},reason,requested_at\n{named},asked,2026-01-01\n")
    assert main(["takedown", str(listed), str(copied.path)]) == 0
    (stone,) = read_tombstones(copied.path / "tokens")
    documents = pq.read_table(copied.path / "corpus" / "documents").to_pylist()
    (kept,) = [row for row in documents if row["id"] == stone.document]
    assert kept["url"] == f"https://good.example/{original}"
    assert stone.through not in {"", stone.document}


def test_a_held_out_document_falls_too(run):
    done = take(run, Takedowns.of([asked("id", "d39")]))
    assert [one.split for one in done.tombstones] == ["held-out"]


def test_a_text_is_named_by_its_hash(run):
    digest = sha256(document(3)["text"].encode()).hexdigest()
    done = take(run, Takedowns.of([asked("sha256", digest)]))
    assert [one.document for one in done.tombstones] == ["d03"]


def test_a_text_is_named_by_its_hash_from_before_redaction_too(run):
    digest = sha256(b"as it was read").hexdigest()
    rows = [{"id": "d03", "sha256": digest}, {"id": "d04", "sha256": "ab" * 32}]
    pq.write_table(pa.Table.from_pylist(rows), run.path / "corpus" / "originals.parquet")
    done = take(run, Takedowns.of([asked("sha256", digest)]))
    assert [one.document for one in done.tombstones] == ["d03"]


def test_doing_it_twice_or_after_another_list_changes_nothing(run):
    take(run)
    first = read_tombstones(run.path / "tokens")
    take(run)
    assert read_tombstones(run.path / "tokens") == first
    take(run, Takedowns.of([asked("id", "d01")]))
    assert set(read_tombstones(run.path / "tokens")) > set(first)


def test_new_shards_ask_for_the_list_again_and_keep_what_it_said(run):
    take(run)
    before = {one.document for one in read_tombstones(run.path / "tokens")}
    run.corpus(documents=39)
    run.encode()
    with pytest.raises(DataError, match="run `auroram takedown` again"):
        run.train("cap", "base", 256)
    take(run, Takedowns.of([asked("domain", "nowhere.example")]))
    run.train("cap", "base", 256)
    shard = Shard.open(run.path / "tokens" / "train" / "fi")
    after = read_tombstones(run.path / "tokens")
    assert {one.document for one in after} == before
    assert all(shard.document_ids()[shard.document_at(one.start)] == one.document for one in after)


def test_no_target_of_a_fallen_document_is_in_any_row(run):
    take(run)
    stones = read_tombstones(run.path / "tokens")
    domains = Domains.open(run.path / "tokens", "train", ["fi"], length=128, tombstones=stones)
    whole = Domains.open(run.path / "tokens", "train", ["fi"], length=128)
    rows = domains.rows["fi"].count
    lost = 0
    for masked, plain_ in zip(
        domains.sampled("fi", rows, at_once=4, seed=0),
        whole.sampled("fi", rows, at_once=4, seed=0),
        strict=True,
    ):
        assert (masked.tokens_BT == plain_.tokens_BT).all()
        lost += plain_.targets - masked.targets
        kept = masked.targets_BT != IGNORED
        assert (masked.targets_BT[kept] == plain_.targets_BT[kept]).all()
    assert 0 < lost <= sum(one.end - one.start - 1 for one in stones)


def test_the_verb_prints_a_table_and_json(trained, capsys, tmp_path):
    listed = tmp_path / "list.csv"
    listed.write_text(
        "domain,id,reason,requested_at\nevil.example,,asked,2026-01-01\n,nobody,asked,2026-01-01\n"
    )
    assert main(["takedown", str(listed), str(trained.path)]) == 0
    printed = capsys.readouterr().out
    assert "domain evil.example" in printed and "not in the run" in printed
    assert "cap           fi" in printed
    assert main(["takedown", str(listed), str(trained.path), "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert {row["stage"] for row in table["learnt"]} == {"cap", "cat"}


@pytest.mark.parametrize("form", ["parquet", "dataset"])
def test_what_is_taken_down_is_not_exported_any_more(run, capsys, form):
    take(run, Takedowns.of([asked("id", "d03"), asked("id", "d39")]))
    out = run.root / "out"
    assert main(["corpus", "export", str(run.path), str(out), "--format", form]) == 0
    said = capsys.readouterr().out
    assert "wrote 38 documents" in said and "left out 2 that were taken down" in said
    written = [pq.read_table(path)["id"].to_pylist() for path in out.rglob("*.parquet")]
    assert {document for ids in written for document in ids} == {f"d{n:02}" for n in range(40)} - {
        "d03",
        "d39",
    }


@pytest.fixture
def untokenised(tmp_path):
    """A run of one corpus stage over real files, of which no token stage has read anything."""
    made = MadeRun(tmp_path / "run", tmp_path / "no-model")
    rows = [crawled(f"https://good.example/{n}", page(n), year=2020) for n in range(20)]
    rows.append(crawled("https://evil.example/a", page(30), year=2020))
    rows.append(crawled("https://evil.example/copy", page(3), year=2025))
    made.curated(rows)
    return made


def listed(run, *rows):
    path = run.root / "list.csv"
    lines = ["domain,id,reason,requested_at", *(f"{row},asked,2026-01-01" for row in rows)]
    path.write_text("\n".join(lines))
    return str(path)


def exported(run, capsys, name="out"):
    """What the export says, and the addresses of what it wrote."""
    out = run.root / name
    assert main(["corpus", "export", str(run.path), str(out), "--format", "jsonl"]) == 0
    rows = [row for path in sorted(out.rglob("*.jsonl")) for row in read_json_lines(path)]
    return capsys.readouterr().out, {row["url"] for row in rows}


def test_a_corpus_that_nothing_was_tokenised_from_is_exported_without_it(untokenised, capsys):
    command = ["takedown", listed(untokenised, "evil.example,"), str(untokenised.path)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert "corpus: no token stage has read it" in said and "leaves out 2 of its documents" in said
    said, urls = exported(untokenised, capsys)
    assert urls == {f"https://good.example/{n}" for n in range(20) if n != 3}
    assert "wrote 19 documents" in said and "left out 2 that were taken down" in said
    assert main([*command, "--json"]) == 0
    (corpus,) = json.loads(capsys.readouterr().out)["corpora"]
    assert (corpus["stage"], corpus["documents"], corpus["is_tokenised"]) == ("corpus", 2, False)


def test_an_explanation_says_what_was_taken_down(untokenised, capsys):
    assert main(["takedown", listed(untokenised, "evil.example,"), str(untokenised.path)]) == 0
    for fallen in read_fallen(untokenised.path / "corpus"):
        assert main(["corpus", "explain", fallen.document, str(untokenised.path)]) == 0
        assert "taken down since" in (said := capsys.readouterr().out), said
        assert "domain evil.example (asked, 2026-01-01)" in said


def test_a_corpus_keeps_what_an_earlier_list_took_down(untokenised, capsys):
    assert main(["takedown", listed(untokenised, "evil.example,"), str(untokenised.path)]) == 0
    before = read_fallen(untokenised.path / "corpus")
    assert main(["takedown", listed(untokenised, ",nobody"), str(untokenised.path)]) == 0
    assert read_fallen(untokenised.path / "corpus") == before
    said = capsys.readouterr().out
    assert "id nobody  not in the run" in said
    assert not any("evil" in url for url in exported(untokenised, capsys)[1])


def test_a_list_without_a_match_leaves_no_note_in_a_corpus(untokenised, capsys):
    assert main(["takedown", listed(untokenised, ",nobody"), str(untokenised.path)]) == 0
    assert "nothing to take down" in capsys.readouterr().out
    assert not fallen_file(untokenised.path / "corpus").exists()
    assert len(exported(untokenised, capsys)[1]) == 21


def test_a_damaged_note_of_a_corpus_is_named(untokenised, capsys):
    fallen_file(untokenised.path / "corpus").write_text("{\n")
    out = untokenised.root / "out"
    assert main(["corpus", "export", str(untokenised.path), str(out)]) == 2
    assert "corpus.fallen.jsonl: damaged" in capsys.readouterr().err and not out.exists()


def test_what_fell_before_there_were_tokens_has_tombstones_once_there_are(tiny_model, tmp_path):
    made = MadeRun(tmp_path / "run", tiny_model)
    made.corpus()
    assert take(made).tombstones == ()
    made.encode()
    later = take(made, Takedowns.of([asked("domain", "nowhere.example")]))
    assert {one.document for one in later.tombstones} == {f"d{n:02}" for n in range(0, 40, 8)}
    assert later.reaches[0].documents == 0
    assert [corpus.is_tokenised for corpus in later.corpora] == [True]


def test_shards_that_are_made_after_a_takedown_are_masked(untokenised, tiny_model, capsys):
    shutil.copytree(tiny_model, untokenised.root / "model")
    recipe = untokenised.root / "recipe.toml"
    corpus = (
        'name = "later"\nbase = { kind = "folder", path = "model", licence = "MIT" }\n'
        '[stages.corpus]\nkind = "corpus"\nfewest_held_out = 2\n'
        'sources.web = { files = ["web.jsonl"], language = "fi", licence = "MIT" }\n'
    )
    tokens = '[stages.tokens]\nkind = "tokens"\ndocuments = ["corpus"]\n'
    run = untokenised.root / "later"
    for words in (corpus, corpus + tokens):
        recipe.write_text(words)
        assert main(["run", str(recipe), "--folder", str(run)]) == 0
        if not (run / "tokens").exists():
            assert main(["takedown", listed(untokenised, "evil.example,"), str(run)]) == 0
    masked = {one.document for one in read_tombstones(run / "tokens")}
    assert masked and masked <= {one.document for one in read_fallen(run / "corpus")}


def test_runs_that_were_taken_down_before_corpora_had_notes_are_exported_without_it(run, capsys):
    take(run)
    fallen_file(run.path / "corpus").unlink()
    assert not any("evil" in url for url in exported(run, capsys)[1])


def test_a_bad_list_is_words_and_touches_nothing(run, capsys, tmp_path):
    listed = tmp_path / "list.jsonl"
    listed.write_text('{"domain": "evil.example"}\n')
    assert main(["takedown", str(listed), str(run.path)]) == 2
    assert "list.jsonl:1: reason or requested_at is missing" in capsys.readouterr().err
    assert read_tombstones(run.path / "tokens") == ()


def test_a_folder_that_is_no_run_is_told_and_not_made(capsys, tmp_path):
    (tmp_path / "list.csv").write_text("domain,reason,requested_at\na.example,asked,2026-11-01\n")
    assert main(["takedown", str(tmp_path / "list.csv"), str(tmp_path / "nowhere")]) == 2
    assert "not a run" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()
