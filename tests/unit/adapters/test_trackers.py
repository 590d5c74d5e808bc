"""Trackers are told the figures of a stage, and keep them where their own tools find them."""

import sqlite3
import subprocess
import sys
from importlib.util import find_spec

import pytest

from auroram.adapters.mlflow import Mlflow
from auroram.adapters.tensorboard import TensorBoard
from auroram.adapters.tracking import Trackers, needed
from auroram.adapters.wandb import WeightsAndBiases
from auroram.cli.main import main
from auroram.errors import ConfigError


def follow(tracking, folder, *, whole=True):
    tracker = Trackers(chosen=(tracking,), run="tiny", folder=folder).open("cap")
    for step in (1, 2):
        tracker.log(step, {"loss": 3.0 - step, "losses/fi": 2.5})
    tracker.close(whole=whole)


def test_tensorboard_reads_its_events(tmp_path):
    place = "tensorboard.backend.event_processing.event_accumulator"
    reader = pytest.importorskip(place).EventAccumulator
    follow(TensorBoard(), tmp_path)
    events = reader(str(tmp_path / "tensorboard" / "cap")).Reload()
    assert [(e.step, e.value) for e in events.Scalars("loss")] == [(1, 2.0), (2, 1.0)]


@pytest.mark.filterwarnings("ignore")  # the packages' own
def test_weights_and_biases_keeps_a_run_to_send_later(tmp_path):
    pytest.importorskip("wandb")
    follow(WeightsAndBiases(), tmp_path)
    assert list(tmp_path.glob("wandb/offline-run-*/run-*.wandb"))


@pytest.mark.filterwarnings("ignore")
def test_mlflow_keeps_every_step(tmp_path):
    pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    follow(Mlflow(), tmp_path)
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        rows = database.execute("select step, value from metrics where key = 'loss'").fetchall()
    assert sorted(rows) == [(1, 2.0), (2, 1.0)]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("whole", "status"), [(True, "FINISHED"), (False, "FAILED")])
def test_mlflow_knows_how_a_run_ended(tmp_path, whole, status):
    pytest.importorskip("mlflow")
    pytest.importorskip("sqlalchemy")
    follow(Mlflow(), tmp_path, whole=whole)
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        assert database.execute("select status from runs").fetchall() == [(status,)]


def test_trackio_keeps_every_step(tmp_path):
    if find_spec("trackio") is None:
        pytest.skip("trackio is not installed")
    code = (
        "from pathlib import Path; from auroram.adapters.trackio import Trackio; "
        f"run = Trackio().start('tiny', 'cap', Path({str(tmp_path)!r})); "
        "run.log(1, {'loss': 2.0}); run.log(2, {'loss': 1.0}); run.close(whole=True)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
    assert not done.stdout and done.stderr.count(b"Run finished") == 1
    assert list(tmp_path.glob("trackio/auroram*"))


def test_a_package_that_is_missing_is_told_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Mlflow, "packages", ("mlflow_that_nobody_has",))
    (tmp_path / "recipe.toml").write_text(
        'name = "r"\ntrackers = [{ kind = "mlflow" }]\n'
        '[stages.corpus]\nkind = "corpus"\n[stages.corpus.sources]\n'
        'en = { files = ["recipe.toml"], language = "en", licence = "CC0-1.0" }\n'
    )
    assert main(["run", "recipe.toml"]) == 2
    assert not (tmp_path / "runs").exists()


def test_a_package_that_is_missing_is_named_with_its_extra():
    with pytest.raises(ConfigError, match=r"pip install 'auroram\[no_such_tracker\]'"):
        needed("no_such_tracker")
