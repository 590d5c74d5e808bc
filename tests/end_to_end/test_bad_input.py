"""A user's mistake gets one clear sentence and exit code 2, never a traceback."""

import gzip
import io
import re
import shutil
import subprocess
import sys

import pytest
import torch

from auroram.cli.main import main

GOOD = '{"text": "Tämä on suomenkielinen kappale, jossa on tarpeeksi sanoja."}\n'


@pytest.fixture
def recipe(tiny_recipe, one_core, tmp_path, monkeypatch):
    """A copy of the recipe that a test may spoil."""
    monkeypatch.chdir(tmp_path)
    return shutil.copytree(tiny_recipe.parent, tmp_path / "recipe") / "recipe.toml"


def answer(capsys, *words):
    code = main(["run", *map(str, words)])
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("stages.cap.budget_token=5", "stages.cap.budget_token: unknown key; did you mean"),
        ("stages.cap.mixture.replay=-0.1", "stages.cap.mixture.replay: .*greater than or equal"),
        ("stages.cap.mixture.phases=[{weights={fi=-1}}]", "weights.fi: .*greater than or equal"),
        ("stages.cap.budget_tokens='many'", "stages.cap.budget_tokens: .*integer"),
        ("stages.cap.kind=trian", "stages.cap.kind: unknown kind 'trian'; did you mean 'train'"),
        ("stages.cap.model=bsae", "reads 'bsae', which is no stage; did you mean 'base'"),
        ("stages.cap.model=cat", "reads 'cat', which comes later"),
        ("stages.corpus.sources.fi.files=['help.fo.jsonl.gz']", "did you mean 'help.fi.jsonl.gz'"),
        (
            "stages.cap.schedule={kind='cosine',peak='previous'}",
            "stages.cap.schedule.peak: 'previous' goes on from a stage that trained .'base' does",
        ),
        ("sede=3", "sede: unknown key; did you mean 'seed'"),
        ("base.path=modle", "no file 'modle'; did you mean 'model'"),
    ],
)
def test_a_wrong_recipe_is_refused_before_anything_runs(recipe, capsys, override, words):
    code, said = answer(capsys, recipe, override)
    assert code == 2
    assert re.search(words, said), said
    assert not (recipe.parents[1] / "runs").exists()


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (
            ["stages.cat.sequence_tokens=2048", "stages.cat.batch_tokens=2048"],
            "stages.cat.sequence_tokens: 2048 is more than the 1024 positions of the model",
        ),
        (
            ["stages.evaluation.context_tokens=2048"],
            "stages.evaluation.context_tokens: 2048 is more than the 1024 positions of the model",
        ),
        (["stages.cap.trains.layers=0-7"], "stages.cap.trains: layers names .* has 2 layers"),
        (["stages.cap.attention=flex", "device=cpu"], "stages.cap.attention: 'flex' cannot learn"),
        (["stages.cap.float8=true", "device=cpu"], "stages.cap.float8: needs a GPU"),
        (["stages.cat.mesh.pipeline=2"], "stages.cat.mesh: 2 ranks are needed .*, but 1 run"),
        (
            ["stages.tokens.fill_in_the_middle.rate=0.5", "stages.cap.trains.layers='0-7'"],
            r"in_the_middle: the tokenizer has no tokens to mark [^\n]*\n  stages.cap.trains: ",
        ),
    ],
)
def test_what_the_base_cannot_do_is_told_before_the_corpus_is_read(
    recipe, capsys, overrides, words
):
    code, said = answer(capsys, recipe, *overrides)
    assert code == 2
    assert re.search(words, said) and "Traceback" not in said, said
    assert not (recipe.parents[1] / "runs" / "tiny" / "corpus").exists()


def test_what_later_stages_cannot_read_is_told_before_the_first_one_works(recipe, capsys):
    folder = recipe.parent
    (folder / "asked.jsonl").write_text('{"reqest": "How?"}')
    (folder / "pieces.json").write_text("[]")
    (folder / "card.json").write_text("{}")
    code, said = answer(
        capsys,
        recipe,
        "stages.tasks={kind='tasks',models=['base'],tasks=['date_fi']}",
        "stages.assessed={kind='assess',models=['base'],cards=['card.json']}",
        "stages.assessed.requests.mine={file='asked.jsonl',language='en'}",
        "stages.assessed.reports.pyrit={file='pieces.json',tool='pyrit',model='base'}",
    )
    assert code == 2
    assert "stages.tasks: task 'date_fi': not found; near: dates" in said
    for fault in ("asked.jsonl: not a file of", "pieces.json: holds no reply", "card.json: not a"):
        assert re.search(f"stages.assessed: .*{fault}", said), said
    assert not (folder.parent / "runs" / "tiny" / "base").exists()


def test_a_language_that_its_identifier_lacks_is_told_before_the_base_is_fetched(recipe, capsys):
    override = "stages.corpus.languages.fi={script='Latn',labels=['nb']}"
    code, said = answer(capsys, recipe, override)
    assert code == 2
    assert "stages.corpus: languages.fi: lid.176 has no label nb; give labels = ['no']" in said
    assert not (recipe.parents[1] / "runs" / "tiny" / "base").exists()


def test_a_source_that_nobody_can_read_is_told_before_the_base_is_fetched(recipe, capsys):
    (recipe.parent / "more").mkdir()
    (recipe.parent / "more" / "posts.csv").write_text("text\nTere\n")
    more = "stages.corpus.sources.more={files=['more'],language='fi',licence='MIT'}"
    code, said = answer(capsys, recipe, more)
    assert code == 2
    assert re.search(
        r"stages\.corpus: more/posts\.csv: unknown kind .* as Parquet or JSON", said
    ), said
    assert not (recipe.parents[1] / "runs" / "tiny" / "base").exists()


@pytest.mark.slow
def test_a_process_without_torch_is_told_too_what_the_base_cannot_do(recipe, auroram):
    done = auroram("run", recipe, "stages.cap.trains.layers=0-7")
    assert done.returncode == 2 and "the model has 2 layers" in done.stderr, done.stderr
    assert "corpus" not in done.stderr and "Traceback" not in done.stderr


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_refused(recipe, capsys):
    code, said = answer(capsys, recipe, "device=cuda")
    assert code == 2 and "device: 'cuda' was given, but PyTorch finds no GPU" in said, said
    assert not (recipe.parents[1] / "runs").exists()


def test_all_faults_are_named_at_once(recipe, capsys):
    _, said = answer(capsys, recipe, "sede=3", "stages.cap.budget_tokens=0", "stages.cat.modle=1")
    assert "sede" in said and "stages.cap.budget_tokens" in said and "stages.cat.modle" in said


@pytest.mark.parametrize("verb", ["run", "launch", "plan"])
def test_a_wrong_recipe_is_told_once_and_without_waiting_for_heavy_imports(recipe, verb):
    words = ["-X", "importtime", "-m", "auroram.cli.main", verb, recipe, "sede=3"]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert done.stderr.count("sede: unknown key") == 1
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "auroram.config.load" in imported
    assert not imported & {"torch", "transformers", "peft", "numba"}


def spoil(recipe, content, name="help.fi.jsonl.gz"):
    path = recipe.parent / name
    path.write_bytes(gzip.compress(content))
    return path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (GOOD.encode() + b"{oops\n", "help.fi.jsonl.gz:2: not JSON"),
        (GOOD.encode() + b'{"id": "a"}\n', "help.fi.jsonl.gz:2: .*text"),
        (GOOD.encode() + b'{"text": "\xff\xfe"}\n', "help.fi.jsonl.gz:2: .*UTF-8"),
        (b"", "help.fi.jsonl.gz: .*"),
        (b'{"text": "Only English words are in this record."}\n' * 3, "fi"),
    ],
)
def test_a_bad_corpus_file_is_named_with_its_line(recipe, capsys, content, words):
    spoil(recipe, content)
    code, said = answer(capsys, recipe)
    assert code == 2, said
    assert "Traceback" not in said and re.search(words, said), said


def test_a_truncated_gzip_file_is_named(recipe, capsys):
    path = recipe.parent / "help.fi.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-200])
    code, said = answer(capsys, recipe)
    assert code == 2 and "help.fi.jsonl.gz" in said and "truncated" in said, said


def test_a_fault_begins_a_line_of_a_terminal(recipe, monkeypatch):
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", terminal)
    spoil(recipe, GOOD.encode() * 40 + b"{oops\n")
    main(["run", str(recipe)])
    seen = terminal.getvalue()
    assert "reading sources " in seen
    assert re.search(r"(\n|\x1b\[2K)auroram: .*help.fi.jsonl.gz:41: not JSON", seen), seen


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["stages.cat.sequence_tokens=16"], "stages.cat.sequence_tokens: every exchange of "),
        (
            ["stages.cap.budget_tokens=4_000_000", "stages.cat.allow_unreviewed=false"],
            r"stages.cap.mixture: every .* used up .*\n  stages.cat: .* allow_unreviewed = ",
        ),
    ],
)
def test_what_the_tokens_cannot_give_to_any_stage_is_told_before_the_first_one_trains(
    recipe, capsys, overrides, words
):
    code, said = answer(capsys, recipe, *overrides)
    assert code == 2 and re.search(words, said), said
    run = recipe.parents[1] / "runs" / "tiny"
    assert (run / "tokens" / "manifest.json").exists() and not (run / "cap").exists()


def test_a_stage_counts_its_rows_from_where_the_one_before_will_end(recipe, capsys):
    spare = [f"stages.{name}.mixture.replay=0" for name in ("cap", "cat")]
    spare += [f"stages.{name}.mixture.phases=[{{weights={{fi=1}}}}]" for name in ("cap", "cat")]
    spare += ["stages.cap.mixture.highest_epochs=100", "stages.cat.mixture.highest_epochs=0.1"]
    code, said = answer(capsys, recipe, *spare, "stages.cat.budget_tokens=512")
    assert code == 2 and "stages.cat.mixture: every domain of the phase" in said, said
    rows = int(re.search(r"\(fi (\d+) rows x 0.1\)", said)[1])
    assert rows // 10 > 512 // 128, "it has enough by itself"
    assert not (recipe.parents[1] / "runs" / "tiny" / "cap").exists()


def test_a_model_folder_without_safetensors_is_refused(recipe, capsys):
    (recipe.parent / "model" / "model.safetensors").unlink()
    code, said = answer(capsys, recipe)
    assert code == 2 and "safetensors" in said, said


def test_exchanges_without_a_chat_template_are_told_before_a_text_is_read(recipe, capsys):
    (recipe.parent / "model" / "chat_template.jinja").unlink()
    code, said = answer(capsys, recipe)
    assert code == 2 and re.search(r"stages.tokens: .*has no chat template", said), said
    assert not (recipe.parents[1] / "runs" / "tiny" / "corpus").exists()


@pytest.mark.parametrize("words", [["verify", "nowhere"], ["status", "nowhere"], ["shwo"]])
def test_a_wrong_command_is_refused_in_words(capsys, words):
    assert main(words) == 2
    assert "auroram: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["stages.cap.mesh.tensor=3"], "stages.cap.mesh: 3 ranks are needed .*but 2 run"),
        (["stages.cap.mesh={data=2,pipeline=2}"], "4 ranks are needed .*pipeline 2.*but 2 run"),
        (["stages.cap.batch_tokens=384"], "3 rows a step do not divide among 2 data ranks"),
        (
            [
                "stages.cap.mesh.context=2",
                "stages.cap.sequence_tokens=127",
                "stages.cap.batch_tokens=254",
            ],
            "2 ranks do not divide the 127 positions",
        ),
        (["stages.cat.optimizer.kind=muon"], "stages.cat.optimizer: muon needs whole matrices"),
        (["stages.cap.snapshots.every_tokens=512"], "stages.cap.snapshots: for one process"),
    ],
)
def test_ranks_that_do_not_fit_are_refused_before_any_is_started_and_are_not_planned(
    recipe, capsys, overrides, words
):
    assert main(["launch", str(recipe), *overrides, "--ranks", "2"]) == 2
    said = capsys.readouterr().err
    assert re.search(words, said) and "Traceback" not in said, said
    assert not (recipe.parents[1] / "runs").exists()
    assert main(["plan", str(recipe), *overrides, "--devices", "2", "--tflops", "1"]) == 2
    assert capsys.readouterr().err.splitlines()[0] in said


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("node1", "--meet: 'node1' is not HOST:PORT"),
        ("node1:0", "--meet: 'node1:0' is not HOST:PORT"),
        ("::1:4000", "--meet: '::1:4000' is not HOST:PORT"),
        ("localhost:4000", "--meet: several nodes need an address that all of them reach"),
    ],
)
def test_nodes_that_could_not_meet_are_refused(recipe, capsys, place, words):
    assert main(["launch", str(recipe), "--nodes", "2", "--meet", place]) == 2
    assert words in capsys.readouterr().err


def test_no_script_is_written_for_ranks_that_the_model_does_not_divide_among(recipe, capsys):
    script = recipe.parents[1] / "job.sh"
    words = ["launch", str(recipe), "stages.cap.mesh.tensor=3", "stages.cap.batch_tokens=384"]
    words += ["stages.cat.mesh.tensor=3", "--ranks", "3", "--slurm", str(script)]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert said.count("3 ranks do not divide the model's 4 attention heads") == 2, said
    assert not script.exists()


def test_a_stage_that_is_done_is_not_asked_what_more_ranks_can_do(
    recipe, finished_run, tmp_path, capsys
):
    folder = shutil.copytree(finished_run, tmp_path / "done")
    shutil.rmtree(folder / "cat")
    words = ["launch", str(recipe), "stages.cap.mesh.tensor=3", "stages.cat.batch_tokens=384"]
    words += ["--ranks", "2", "--folder", str(folder)]
    assert main(words) == 2
    said = capsys.readouterr().err
    assert "stages.cat.batch_tokens" in said and "stages.cap" not in said
