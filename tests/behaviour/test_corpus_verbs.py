"""`auroram corpus ...` on a stage that ran: every drop explained, no bound taken on trust."""

import json
import random
import re
import shutil
from collections import Counter
from statistics import median

import pyarrow.parquet as pq
import pytest

from auroram.cli.main import main
from auroram.config.load import load_recipe
from auroram.corpus.languages import Language
from auroram.corpus.quality import Quality
from auroram.corpus.settings import Corpus
from auroram.corpus.sources import Source
from auroram.corpus.stage import run as curate
from auroram.errors import ConfigError, RunError, UserError
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.runner import run_stages
from auroram.ports import Inputs, Silent
from auroram.records.canonical import plain
from auroram.report.distributions import distribution_figures
from auroram.report.page import render

WORDS = (
    "kirjasto ihminen talvi järvi metsä kaupunki lapsi koulu työ päivä yö vuosi kesä sauna "
    "ystävä äiti isä maa taivas meri"
)
SENTENCE = "Tänään {} ja {} olivat {} lähellä, mutta {} ei ollut vielä {} eikä {}."
SHORT = "Lyhyt teksti kirjastosta."
HOSTILE = "Tämä on lyhyt teksti: <script>alert(1)</script> ja liisa.laine@kirjasto.fi tässä."


def page(seed, paragraphs=4):
    rng = random.Random(seed)
    lines = (SENTENCE.format(*rng.sample(WORDS.split(), 6)) for _ in range(paragraphs * 3))
    return "\n".join(map(" ".join, zip(*[iter(lines)] * 3, strict=True)))


def ran(root, folder, texts, *, progress=None, language="fi", english=(), **changes):
    """The folder of a run of one corpus stage over the texts, and English ones beside them."""
    rows = [json.dumps({"id": str(i), "text": text}) + "\n" for i, text in enumerate(texts)]
    (root / "fi.jsonl").write_text("".join(rows))
    sources = {"pages": Source(files=("fi.jsonl",), language=language, licence="CC0-1.0")}
    if english:
        (root / "en.txt").write_text("\n".join(english))
        sources["english"] = Source(files=("en.txt",), language="en", licence="CC0-1.0")
    folder = RunFolder(folder)
    stages = {"corpus": Corpus(sources=sources, **changes)}
    folder.path.mkdir(exist_ok=True)
    folder.write_recipe(list(stages), plain({"stages": stages}), root)
    shared = Inputs(root=root, name="", seed=1, stages={}, progress=progress or Silent())
    run_stages(stages, folder, shared)
    return folder.path


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The folder of a run of one corpus stage: 120 pages, four short ones, one near copy."""
    near = page(3).replace("Tänään", "Eilen", 1)
    texts = [*(page(i) for i in range(120)), SHORT, "Toinen lyhyt teksti.", HOSTILE, near]
    return ran(tmp_path_factory.mktemp("recipe"), tmp_path_factory.mktemp("runs") / "small", texts)


@pytest.fixture
def decisions(run):
    return pq.read_table(run / "corpus" / "decisions.parquet").to_pylist()


@pytest.fixture
def ask(run, capsys):
    """The output of `auroram corpus WORDS`, where `RUN` stands for the run's folder."""

    def call(*words, code=0):
        given = [str(run) if word == "RUN" else str(word) for word in words]
        assert main(["corpus", *given]) == code
        printed = capsys.readouterr()
        return printed.out if code == 0 else printed.err

    return call


def test_explain_says_where_a_kept_document_came_from_and_what_was_measured(ask, decisions):
    kept = next(row for row in decisions if row["kept"])
    (found,) = json.loads(ask("explain", kept["id"], "RUN", "--json"))
    assert found["split"] in ("train", "held-out")
    assert found["origin"]["licence"] == "CC0-1.0" and found["origin"]["licence_basis"] == "recipe"
    figures = {figure["signal"]: figure for figure in found["figures"]}
    assert figures["characters"]["value"] >= figures["characters"]["lowest"] == 100
    assert found["decision"]["record"].startswith("fi.jsonl:")
    assert "Tänään" in found["text"] or "Eilen" in found["text"]


def test_explain_reads_a_dropped_document_again_without_personal_data(ask, decisions):
    dropped = next(row for row in decisions if row["record"] == "fi.jsonl:123")
    printed = ask("explain", dropped["id"][:10], "RUN")
    assert "dropped by low-characters" in printed and "CC0-1.0" in printed
    assert "Tämä on lyhyt teksti" in printed and "liisa.laine" not in printed


def test_explain_names_the_others_of_a_cluster(ask, decisions):
    copy = next(row for row in decisions if row["first"] == "near-duplicate")
    (found,) = json.loads(ask("explain", copy["id"], "RUN", "--json"))
    assert found["cluster"]["size"] == 2
    assert found["cluster"]["siblings"] == [found["cluster"]["representative"]]


MENU = "Etusivu ja yhteystiedot"
ENGLISH = (
    "Write to liisa.laine@kirjasto.fi about book {}, as today our library was near the lake, and "
    "many children had read there before the winter."
)


@pytest.fixture(scope="module")
def trimmed(tmp_path_factory):
    """A run over pages that all end in one menu; two hold English, the last is nothing else."""
    root = tmp_path_factory.mktemp("trimmed")
    pages = [f"{page(seed)}\n{MENU}" for seed in range(40)]
    pages[3] = f"{page(3)}\r\n\r\n{ENGLISH.format(3)}\n{MENU}"
    return ran(
        root, root / "run", [*pages, f"{ENGLISH.format(40)}\n{ENGLISH.format(41)}", "\u200b"]
    )


def identifier_of(run, number):
    """Id of the document that a line of the source holds, counted from 1."""
    rows = pq.read_table(run / "corpus" / "decisions.parquet").to_pylist()
    return next(row["id"] for row in rows if row["record"] == f"fi.jsonl:{number}")


def test_explain_lists_the_paragraphs_that_were_taken_out_and_why(ask, trimmed):
    (found,) = json.loads(ask("explain", identifier_of(trimmed, 4), trimmed, "--json"))
    english, menu = found["paragraphs"]["removed"]
    assert found["paragraphs"]["kept"] == len(page(3).split("\n"))
    assert (english["step"], english["reason"], english["documents"]) == ("language", "en", None)
    assert english["score"] > 0.9 and english["start"] == len(page(3)) + 1
    assert english["text"] == ENGLISH.format(3).replace("liisa.laine@kirjasto.fi", "<EMAIL>")
    assert (menu["step"], menu["documents"], menu["text"]) == ("boilerplate", 40, MENU)


def test_explain_prints_a_dropped_documents_paragraphs_without_personal_data(ask, trimmed):
    printed = ask("explain", identifier_of(trimmed, 41), trimmed)
    assert "paragraphs  0 kept, 2 removed" in printed
    assert "language: en at 0.9" in printed and "| Write to <EMAIL> about book 40" in printed


@pytest.mark.parametrize(("number", "kept", "removed"), [(1, 4, 1), (42, 0, 0)])
def test_explain_counts_paragraphs_of_every_document(ask, trimmed, number, kept, removed):
    printed = ask("explain", identifier_of(trimmed, number), trimmed)
    assert f"paragraphs  {kept} kept, {removed} removed" in printed


def test_explain_says_that_a_removed_paragraph_cannot_be_read_again(ask, trimmed, tmp_path):
    printed = ask("explain", identifier_of(trimmed, 4), trimmed, "--root", tmp_path)
    assert "paragraphs  4 kept, 2 removed" in printed
    assert printed.count("(the source is gone") == 2


def test_explain_says_nothing_of_paragraphs_that_an_older_run_did_not_note(ask, trimmed, tmp_path):
    old = tmp_path / "run"
    shutil.copytree(trimmed, old)
    (old / "corpus" / "removed-paragraphs.parquet").unlink()
    (found,) = json.loads(ask("explain", identifier_of(trimmed, 4), old, "--json"))
    assert found["paragraphs"] is None
    said = ask("sample", old, "--dropped-by", "language", code=2)
    assert "removed-paragraphs.parquet: missing, as another version ran the stage" in said


def test_a_sample_shows_paragraphs_and_the_documents_that_lost_them(ask, trimmed):
    found = json.loads(ask("sample", trimmed, "--dropped-by", "language", "--json"))
    assert {one["record"] for one in found} == {"fi.jsonl:4", "fi.jsonl:41"}
    assert sorted(one["paragraph"]["text"] for one in found) == [
        ENGLISH.format(number).replace("liisa.laine@kirjasto.fi", "<EMAIL>")
        for number in (3, 40, 41)
    ]
    printed = ask("sample", trimmed, "--dropped-by", "boilerplate", "--language", "fi", "-n", "2")
    assert printed.count("boilerplate: in 40 documents of its source, at ") == 2
    assert printed.count(f"| {MENU}") == 2


def test_a_sample_of_paragraphs_is_the_same_each_time_and_part_of_a_larger_one(ask, trimmed):
    words = ("sample", trimmed, "--dropped-by", "boilerplate")
    nine = ask(*words, "-n", "9")
    assert nine == ask(*words, "-n", "9")
    assert ask(*words, "-n", "40").startswith(nine)


def test_a_language_without_such_a_drop_is_told_its_own_rules(tmp_path, capsys):
    english = [
        "The ferry crosses the lake at noon and brings the children home from school.",
        "In winter, when ice covers the water, they walk along the shore with their teacher.",
    ]
    finnish = f"{page(1)}\n{ENGLISH.format(9)}"
    folder = ran(tmp_path, tmp_path / "run", [finnish], english=english)
    words = ["corpus", "sample", str(folder), "--dropped-by", "x", "--language"]
    assert main([*words, "en"]) == 2
    assert "the rules that dropped some are none" in capsys.readouterr().err
    assert main([*words, "fi"]) == 2
    assert "the rules that dropped some are language" in capsys.readouterr().err


def test_every_paragraph_that_the_funnel_drops_is_noted(trimmed):
    rows = pq.read_table(trimmed / "corpus" / "removed-paragraphs.parquet").to_pylist()
    noted = Counter((row["step"], row["reason"]) for row in rows)
    tallies = RunFolder(trimmed).finished()["corpus"].manifest.tallies
    counted = Counter(
        {
            (one.step, one.reason): one.value
            for one in tallies
            if (one.unit, one.outcome) == ("paragraphs", "dropped")
        }
    )
    assert counted - noted == Counter({("language", "unsure"): 1})  # the text without a character
    assert not noted - counted


def test_explain_says_where_a_text_is_that_cannot_be_read_again(ask, decisions, tmp_path):
    dropped = next(row for row in decisions if row["first"] == "low-characters")
    printed = ask("explain", dropped["id"], "RUN", "--root", tmp_path)
    assert f"{dropped['record']} below {tmp_path}" in printed


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("explain", "ffffffff", "RUN"), "no document has this id"),
        (("explain", "kirjasto", "RUN"), "not a document's id"),
        (("sample", "RUN", "--dropped-by", "low-carachters"), "the rules that dropped some are"),
        (("sample", "RUN", "--dropped-by", "low-characters", "-n", "0"), "-n must be at least 1"),
        (
            ("sample", "RUN", "--dropped-by", "x", "--language", "sw"),
            "no document is in 'sw'; there",
        ),
        (("sample", "RUN", "--dropped-by", "language"), "no paragraph was dropped by 'language'"),
        (("disparity", "RUN"), "no such word for people in 20 documents"),
        (("rethreshold", "RUN", "vi.lowest_characters=3"), "has no language 'vi'; known: fi"),
        (("rethreshold", "RUN", "lowest_carachters=3"), "no such bound"),
        (("rethreshold", "RUN", "lowest_characters=few"), "not a number"),
        (("rethreshold", "RUN", "--stage", "corpse"), "there are corpus"),
        (("calibrate", "x.toml", "--language", "fi", "RUN", "--share", "0.001"), "give at least"),
        (("calibrate", "x.toml", "--language", "fi", "no.jsonl"), "no such file"),
    ],
)
def test_a_wrong_question_is_answered_with_what_would_be_right(ask, words, sentence):
    said = ask(*words, code=2)
    assert sentence in said and said.count("\n") == 1


def test_a_sample_shows_places_figures_and_beginnings(ask):
    found = json.loads(ask("sample", "RUN", "--dropped-by", "low-characters", "--json"))
    assert {one["record"] for one in found} == {"fi.jsonl:121", "fi.jsonl:122", "fi.jsonl:123"}
    short = next(one for one in found if one["record"] == "fi.jsonl:121")
    assert short["text"] == SHORT and "characters 25 < 100" in short["detail"]


def test_a_sample_is_the_same_each_time_and_part_of_a_larger_one(ask):
    words = ("sample", "RUN", "--dropped-by", "low-characters", "--language", "fi")
    two = ask(*words, "-n", "2")
    assert two == ask(*words, "-n", "2")
    assert ask(*words, "-n", "3").startswith(two)


def test_a_source_that_changed_is_not_taken_for_what_was_read(ask, tmp_path):
    (tmp_path / "fi.jsonl").write_text('{"id": "120", "text": "Something else."}\n' * 130)
    words = ("sample", "RUN", "--dropped-by", "low-characters", "--root", tmp_path, "--json")
    assert all(one["text"] == "" for one in json.loads(ask(*words)))


def test_rethreshold_tells_what_other_bounds_would_drop(ask, run, decisions):
    lengths = pq.read_table(run / "corpus" / "signals.parquet")["characters"].to_pylist()
    bound = int(sorted(lengths)[60])
    (fi,) = json.loads(ask("rethreshold", "RUN", f"fi.lowest_characters={bound}", "--json")).pop(
        str(run / "corpus")
    )
    rule = next(one for one in fi["rules"] if one["rule"] == "low-characters")
    assert rule["old_any"] == sum("low-characters" in row["rules"] for row in decisions)
    assert rule["new_any"] == sum(length < bound for length in lengths)
    assert fi["old_kept"] - fi["new_kept"] == fi["lost"] >= fi["lost_written"] > 0


@pytest.fixture(scope="module")
def mixed(tmp_path_factory):
    """Forty Finnish pages and four with much English, and the folder of a run over them."""
    english = "Today our library number {} was near the lake, and {} children had read there by {}."
    texts = [page(seed) for seed in range(44)]
    for seed in range(4):
        lines = [english.format(seed * 9 + i, i + 1, i + 4) for i in range(9)]
        texts[seed] = "\n".join([page(seed, 2), *lines])
    root = tmp_path_factory.mktemp("mixed")
    return texts, ran(root, root / "run", texts)


@pytest.mark.parametrize(
    ("bound", "goes"),
    [
        ("lowest_own_share=0.7", 4),
        ("highest_mixed_share=0.3", 4),
        ("highest_mixed_share=0.9", 0),
        ("lowest_language_score=0.9", 0),
    ],
)
def test_figures_of_the_language_are_bounded_and_tried_alike(ask, mixed, tmp_path, bound, goes):
    texts, loose = mixed
    name, _, value = bound.partition("=")
    rule = name.replace("est_", "-", 1).replace("_", "-")
    (fi,) = json.loads(ask("rethreshold", loose, bound, "--json"))[str(loose / "corpus")]
    strict = ran(tmp_path, tmp_path / "run", texts, quality={"fi": Quality(**{name: float(value)})})
    first = pq.read_table(strict / "corpus" / "decisions.parquet")["first"].to_pylist()
    assert first.count(rule) == fi["lost"] == goes


def test_rethreshold_prints_the_bounds_side_by_side(ask):
    printed = ask("rethreshold", "RUN", "lowest_characters=10")
    assert "low-characters" in printed and "3 would pass anew" in printed


def test_documents_are_not_exported_to_a_url(ask, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = ask("export", "RUN", "s3://bucket/out", code=2)
    assert "name a folder of this machine" in said and not list(tmp_path.iterdir())


def test_documents_are_exported_for_other_tools(ask, decisions, tmp_path):
    kept = sum(row["kept"] for row in decisions)
    said = ask("export", "RUN", tmp_path / "out", "--format", "jsonl")
    files = [tmp_path / "out" / split / "fi.jsonl" for split in ("train", "held-out")]
    assert f"wrote {kept} documents" in said
    assert sum(len(file.read_text().splitlines()) for file in files) == kept


@pytest.mark.parametrize("reference", ["RUN", "files"])
def test_calibrated_bounds_can_be_used_by_a_recipe(ask, run, tmp_path, reference):
    root = RunFolder(run).root()
    given = "RUN" if reference == "RUN" else root / "fi.jsonl"
    rules = tmp_path / "rules" / "fi.toml"
    said = ask("calibrate", rules, "--language", "fi", "--share", "0.05", given)
    told = re.search(r"the rules calibrated refuse ([\d.]+)% of the ([\d,]+) documents", said)
    assert float(told[1]) <= 5 and "all rules refuse " in said
    assert "low-mean-line" in ask("rethreshold", "RUN", rules)
    stages = recipe(tmp_path, "rules/fi.toml")
    assert stages["corpus"].files() == ("fi.jsonl", "rules/fi.toml")
    assert stages["corpus"].with_rules(tmp_path).quality["fi"].lowest_mean_line > 12


@pytest.mark.parametrize("reference", ["run", "files"])
def test_bounds_are_calibrated_beside_those_of_the_script(tmp_path, capsys, reference):
    words = ["หนังสือ", "ห้องสมุด", "เมือง", "ฤดูหนาว", "ทะเลสาบ", "ป่าไม้", "โรงเรียน", "เด็กนักเรียน"]
    texts = ["".join(random.Random(i).choices(words, k=30)) for i in range(12)]
    languages = {"th": Language(script="Thai", decided_by="script")}
    folder = ran(tmp_path, tmp_path / "run", texts, language="th", languages=languages)
    given = folder if reference == "run" else tmp_path / "fi.jsonl"
    words = [tmp_path / "th.toml", given, "--language", "th", "--share", "0.2"]
    assert main(["corpus", "calibrate", *map(str, words)]) == 0
    assert re.search(r"low-mean-unit +1 ", capsys.readouterr().out)


def test_a_stage_records_the_bounds_that_it_took_from_a_file(ask, run, tmp_path):
    root = RunFolder(run).root()
    ask("calibrate", tmp_path / "fi.toml", "--language", "fi", "--share", "0.05", "RUN")
    sources = {"pages": Source(files=(str(root / "fi.jsonl"),), language="fi", licence="CC0-1.0")}
    settings = Corpus(sources=sources, rules={"fi": "fi.toml"})
    inputs = Inputs(root=tmp_path, name="corpus", seed=1, stages={}, progress=Silent())
    facts = curate(settings, inputs, tmp_path / "out").facts
    assert facts["quality"] == plain(settings.with_rules(tmp_path).quality)
    assert list(facts["quality"]) == ["fi"] and not settings.quality


def test_a_recipe_with_rules_made_in_other_units_does_not_start(ask, tmp_path):
    rules = tmp_path / "rules.toml"
    ask("calibrate", rules, "--language", "fi", "--share", "0.05", "RUN")
    rules.write_text(rules.read_text().replace("auroram-units-", "words-"))
    with pytest.raises(ConfigError, match=r"stages.corpus.rules: .*with units 'words-"):
        recipe(tmp_path, "rules.toml")


def recipe(root, rules):
    (root / "fi.jsonl").touch()
    (root / "model").mkdir(exist_ok=True)
    (root / "recipe.toml").write_text(
        'name = "small"\nbase = { kind = "folder", path = "model", licence = "MIT" }\n'
        f'[stages.corpus]\nkind = "corpus"\nrules = {{ fi = "{rules}" }}\n'
        '[stages.corpus.sources]\npages = { files = ["fi.jsonl"], language = "fi", licence = "x" }'
    )
    return load_recipe([root / "recipe.toml"]).recipe.stages


def test_the_page_shows_what_the_rules_did_and_what_lies_beside_a_bound(run, capsys):
    assert main(["report", str(run)]) == 0
    shown = (run / "report.html").read_text()
    for wanted in ("Documents by language and rule", "Repeated lines", "low-characters"):
        assert wanted in shown
    assert "&lt;script&gt;" in shown and "<script" not in shown and "liisa.laine" not in shown
    (run / "report.html").unlink()


def test_the_page_shows_every_rule_that_dropped_documents(tmp_path):
    strange = [page(seed).replace(".", " #######") for seed in range(200, 203)]
    texts = [*(page(i) for i in range(40)), *strange, SHORT, "Toinen lyhyt teksti."]
    bounds = {"fi": Quality(highest_hash_sign_ratio=0.1)}
    (tmp_path / "recipe").mkdir()
    folder = ran(tmp_path / "recipe", tmp_path / "run", texts, quality=bounds)
    shown = render("Title", RunFolder(folder).finished())
    for wanted in (
        "high-hash-sign-ratio <small>hash sign ratio at most 0.1; 3 dropped",
        "low-characters <small>characters at least 100; 2 dropped",
        "Hash sign ratio</",
    ):
        assert wanted in shown
    assert shown.index("high-hash-sign-ratio <small>") < shown.index("low-characters <small>")
    assert "low-mean-line <small>" not in shown and "Ellipsis ratio" not in shown


def test_the_page_tells_the_median_of_each_figure(run):
    """To a bin, of which an axis has a thousand; a middle one of 0 is 0 and not half a bin."""
    signals = pq.read_table(run / "corpus" / "signals.parquet")
    figures = distribution_figures(RunFolder(run).finished()["corpus"])
    told = {
        one.heading: dict(zip(one.table.headings, one.table.rows[0], strict=True))
        for one in figures
    }
    lines = median(signals["mean_line"].to_pylist())
    assert float(told["Mean line"]["median"]) == pytest.approx(lines, rel=0.01)
    assert median(signals["duplicate_line_share"].to_pylist()) == 0
    assert told["Repeated lines"]["median"] == "0"


def test_the_page_does_without_sources(run):
    shown = render("Title", RunFolder(run).finished())
    assert "its source is gone or has changed" in shown and "alert(1)" not in shown


class Meddler(Silent):
    """Writes to a file once documents are judged."""

    def __init__(self, path):
        self.path = path

    def start(self, task, **_):
        if task == "judging documents":
            self.path.write_text(self.path.read_text() + "\n")


def test_a_source_that_changes_while_it_is_read_is_told_and_nothing_is_made_of_it(tmp_path):
    meddler = Meddler(tmp_path / "fi.jsonl")
    with pytest.raises(RunError, match=r"fi\.jsonl: changed while corpus read it; run again"):
        ran(tmp_path, tmp_path / "run", [page(i) for i in range(8)], progress=meddler)
    assert not (tmp_path / "run" / "corpus" / "manifest.json").exists()


def test_verify_says_what_is_unfinished(run, tmp_path, capsys):
    copied = RunFolder(shutil.copytree(run, tmp_path / "run"))
    copied.write_recipe(["corpus", "tokens"], copied.recipe()["settings"], tmp_path)
    assert main(["verify", str(copied.path)]) == 0
    assert re.search(r"tokens +unfinished", capsys.readouterr().out)


def test_a_page_without_a_model_says_what_was_curated(run):
    page = render("", RunFolder(run).finished())
    assert "<h1>What was curated</h1>" in page and "What the model learned" not in page


def test_a_page_drawn_after_a_takedown_shows_none_of_it(run, tmp_path):
    copied = RunFolder(shutil.copytree(run, tmp_path / "run"))
    ids = pq.read_table(run / "corpus" / "documents" / "train")["id"].to_pylist()
    shown = [one for one in ids if one[:12] in render("", copied.finished())]
    rows = [f"{one},asked,2026-11-01" for one in shown]
    (tmp_path / "list.csv").write_text("\n".join(["id,reason,requested_at", *rows]))
    assert main(["takedown", str(tmp_path / "list.csv"), str(copied.path)]) == 0
    page = render("", copied.finished())
    assert shown and not [one for one in shown if one[:12] in page]


def test_a_folder_that_no_run_made_is_refused_and_not_emptied(tmp_path):
    own = tmp_path / "corpus" / "raw" / "mine.txt"
    own.parent.mkdir(parents=True)
    own.write_text("the only copy")
    with pytest.raises(UserError, match="corpus: holds files that no run made"):
        ran(tmp_path, tmp_path, [page(i) for i in range(8)])
    assert own.read_text() == "the only copy"


def test_a_folder_whose_emptying_was_interrupted_is_emptied_and_made_anew(tmp_path):
    left = tmp_path / "run" / "corpus" / "left.parquet"
    left.parent.mkdir(parents=True)
    left.write_text("x")
    (left.parent / ".key").write_text("")
    ran(tmp_path, tmp_path / "run", [page(i) for i in range(8)])
    assert (left.parent / "manifest.json").is_file() and not left.exists()


def test_a_file_in_place_of_the_run_s_folder_is_told(tmp_path, capsys):
    (tmp_path / "fi.jsonl").write_text(json.dumps({"text": page(1)}))
    source = '{ files = ["fi.jsonl"], language = "fi", licence = "MIT" }'
    words = f'name = "x"\n[stages.corpus]\nkind = "corpus"\nsources.fi = {source}\n'
    (tmp_path / "recipe.toml").write_text(words)
    place = str(tmp_path / "fi.jsonl")
    assert main(["run", str(tmp_path / "recipe.toml"), "--folder", place]) == 2
    assert "is a file, so no run can be kept there" in capsys.readouterr().err


def test_a_source_that_a_run_has_not_is_told_with_those_it_has(run, tmp_path, capsys):
    words = [tmp_path / "fi.toml", run, "--language", "fi", "--source", "news"]
    assert main(["corpus", "calibrate", *map(str, words)]) == 2
    assert "has no source 'news'; known: pages" in capsys.readouterr().err
