"""One recipe, one command: what a finished run holds and how it answers."""

import json
import re
import shutil

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from auroram.cli.chat_verb import parser
from auroram.cli.main import main
from auroram.cli.served import served_model
from auroram.model.folder import load_model
from auroram.model.scoring import token_nats
from auroram.model.tokenizer import load_tokenizer
from auroram.pipeline.run_folder import RunFolder
from auroram.pipeline.status import status as status_of

SPLITS = ("train", "held-out")
MEASUREMENT_KEYS = {
    "stage", "measure", "language", "value", "low", "high", "n", "unit", "split",
}  # fmt: skip


@pytest.fixture
def copy(finished_run, tmp_path):
    return shutil.copytree(finished_run, tmp_path / "run")


@pytest.fixture(scope="module")
def status(finished_run):
    return status_of(RunFolder(finished_run))


def test_every_stage_is_done_and_says_what_it_took(status):
    for stage in status["stages"]:
        assert stage["state"] == "done"
        assert len(stage["digest"]) == 64
        assert stage["seconds"] >= 0 and stage["peak_memory_bytes"] > 0


def test_status_prints_every_measurement_as_an_object(auroram, finished_run):
    printed = json.loads(auroram("status", finished_run, "--json").stdout)
    assert printed["measurements"]
    assert all(set(one) == MEASUREMENT_KEYS for one in printed["measurements"])
    stages = {one["stage"] for one in printed["measurements"]}
    assert {"base", "cap", "cat"} <= stages


def test_models_are_asked_to_go_on_in_what_was_trained_on_and_in_what_was_not(finished_run):
    file = finished_run / "extraction" / "extractions.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {one["model"] for one in lines} == {"base", "cap", "cat"}
    asked = {split: {one["document"] for one in lines if one["split"] == split} for split in SPLITS}
    for split, documents in asked.items():
        files = (finished_run / "tokens" / split).glob("*.ids")
        known = {id_ for file in files for id_ in file.read_text().splitlines()}
        assert documents and documents <= known


def test_a_second_run_does_nothing(auroram, tiny_recipe, copy):
    before = {path: path.stat().st_mtime_ns for path in copy.rglob("manifest.json")}
    done = auroram("run", tiny_recipe, "--folder", copy)
    assert done.returncode == 0
    assert done.stderr.count("done already") == len(before)
    assert before == {path: path.stat().st_mtime_ns for path in before}


def test_a_changed_setting_runs_that_stage_and_what_follows(forked, tiny_recipe, copy):
    done = forked("run", tiny_recipe, "stages.cat.budget_tokens=2048", "--folder", copy)
    assert done.returncode == 0, done.stderr
    kept = set(re.findall(r"^([\w-]+): done already", done.stderr, re.MULTILINE))
    assert kept == {"base", "corpus", "instructions", "safety-data", "tokens", "cap"}


def test_verify_passes_an_untouched_run(auroram, finished_run):
    done = auroram("verify", finished_run)
    assert done.returncode == 0 and "verified" in done.stdout


@pytest.mark.parametrize(
    "name", ["cat/model/model.safetensors", "tokens/train/fi.bin", "corpus/decisions.parquet"]
)
def test_verify_names_the_file_of_which_one_byte_was_changed(auroram, copy, name):
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).unlink()
    (copy / name).write_bytes(content)
    done = auroram("verify", copy)
    assert done.returncode == 1 and name in done.stderr


def test_verify_names_a_changed_manifest(auroram, copy):
    manifest = copy / "cap" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"budget_tokens": 8192', '"budget_tokens": 1'))
    done = auroram("verify", copy)
    assert done.returncode == 1 and "cap/manifest.json" in done.stderr


@pytest.mark.parametrize("stage", ["cap", "cat"])
def test_an_exported_model_has_the_same_loss_in_plain_transformers(finished_run, stage):
    folder = finished_run / stage / "model"
    theirs = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    ids = AutoTokenizer.from_pretrained(folder)("Suomen pääkaupunki on Helsinki.").input_ids
    assert ids == load_tokenizer(folder).encode("Suomen pääkaupunki on Helsinki.")
    loss = theirs(torch.tensor([ids]), labels=torch.tensor([ids])).loss.detach()
    (ours,) = token_nats(load_model(folder), [ids], context_tokens=256)
    assert float(ours.mean()) == pytest.approx(float(loss), abs=1e-4)


def test_every_page_says_that_safety_data_was_not_reviewed(finished_run, status):
    page = (finished_run / "report" / "report.html").read_text()
    assert any("not reviewed by people" in sentence for sentence in status["notices"])
    assert "not reviewed by people" in page


def test_the_page_needs_no_network(finished_run):
    page = (finished_run / "report" / "report.html").read_text()
    outside = re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?https?:', page)
    assert not outside and "<script" not in page


def test_chat_answers_a_line(forked, finished_run):
    done = forked("chat", finished_run, "--stage", "cat", "--max-tokens", "3", given="Hei\n")
    assert done.returncode == 0, done.stderr
    assert "not reviewed by people" in done.stderr


def test_chat_goes_on_after_a_message_that_does_not_fit(forked, finished_run):
    words = ("chat", finished_run, "--stage", "cat", "--max-tokens", "3")
    done = forked(*words, given="x" * 5_000 + "\n\nHei\n")
    alone = forked(*words, given="Hei\n")
    assert done.returncode == 2 and done.stdout == alone.stdout != ""
    assert "shorten the conversation; an empty line begins a new one" in done.stderr


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_there_is_not_is_refused_before_the_model_is_read(finished_run, port, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(["serve", str(finished_run), "--port", port])
    assert "must lie between 0 and 65,535" in capsys.readouterr().err


def test_a_guard_of_peoples_labels_is_refused_since_it_could_let_nothing_pass(
    finished_run, tmp_path, capsys
):
    labels = tmp_path / "labels.jsonl"
    labels.write_text("")
    assert main(["chat", str(finished_run), "--guard", str(labels)]) == 2
    assert "people's labels tell nothing of what is yet to be said" in capsys.readouterr().err


def test_a_model_is_named_by_the_folder_of_its_run_from_inside_it_too(finished_run, monkeypatch):
    monkeypatch.chdir(finished_run)
    arguments = parser().parse_args(["."])
    finished = RunFolder(arguments.run).finished()
    assert served_model(arguments, finished).name == f"{finished_run.name}/cat"


def test_chat_with_an_unknown_stage_names_those_with_a_model(auroram, finished_run):
    done = auroram("chat", finished_run, "--stage", "cats", input="")
    assert done.returncode == 2 and "base, cap, cat" in done.stderr


def test_a_page_that_is_drawn_again_has_the_recipes_title(copy, tmp_path):
    page = tmp_path / "page.html"
    assert main(["report", str(copy), "--output", str(page)]) == 0
    title = re.compile("<h1>.*</h1>")
    first = (copy / "report" / "report.html").read_text()
    assert title.search(page.read_text())[0] == title.search(first)[0]
