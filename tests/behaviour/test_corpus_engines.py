"""The corpus stage writes the same bytes whoever does the work, and goes on where it was killed."""

import pytest
from corpus_engines import Dying, Shuffled, contents, inputs, write_corpus

from auroram.adapters.embedded import Processes
from auroram.adapters.slurm import Slurm
from auroram.corpus.plan import plan_of
from auroram.corpus.stage import curate, run
from auroram.ports import Serial


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """The folder of a corpus and the settings of a stage that reads it."""
    root = tmp_path_factory.mktemp("corpus")
    return root, write_corpus(root)


@pytest.fixture(scope="module")
def plain(corpus, tmp_path_factory):
    """Outcome and files of an undisturbed run in one process."""
    root, settings = corpus
    out = tmp_path_factory.mktemp("plain")
    return run(settings, inputs(root, Serial()), out), contents(out)


def test_two_processes_write_the_same_bytes(corpus, plain, tmp_path):
    engine = Processes(2)
    outcome = run(corpus[1], inputs(corpus[0], engine), tmp_path)
    engine.close()
    assert (outcome, contents(tmp_path)) == plain


@pytest.mark.parametrize("seed", [1, 2])
def test_the_order_of_the_work_changes_no_byte(corpus, plain, tmp_path, seed):
    outcome = run(corpus[1], inputs(corpus[0], Shuffled(seed)), tmp_path)
    assert (outcome, contents(tmp_path)) == plain


@pytest.mark.parametrize("target", [1, 3000])
def test_how_the_input_is_cut_changes_no_byte(corpus, plain, tmp_path, target):
    plan = plan_of(corpus[1], inputs(corpus[0], Serial()), tmp_path / ".work", target=target)
    assert (curate(plan, tmp_path), contents(tmp_path)) == plain


@pytest.mark.slow
def test_a_slurm_array_writes_the_same_bytes(slurm, corpus, plain, tmp_path):
    engine = Slurm(workers=2, poll_seconds=0.05).start(tmp_path / "jobs")
    outcome = run(corpus[1], inputs(corpus[0], engine), tmp_path / "out")
    assert (outcome, contents(tmp_path / "out")) == plain


@pytest.mark.parametrize("items", [0, 1, 3, 6, 9, 12, 15])
def test_a_killed_stage_goes_on_and_ends_in_the_same_bytes(corpus, plain, tmp_path, items):
    with pytest.raises(KeyboardInterrupt):
        run(corpus[1], inputs(corpus[0], Dying(items), key="k"), tmp_path)
    outcome = run(corpus[1], inputs(corpus[0], Serial(), key="k"), tmp_path)
    assert (outcome, contents(tmp_path)) == plain


def test_what_is_finished_is_not_done_again(plain, tmp_path):
    settings = write_corpus(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run(settings, inputs(tmp_path, Dying(2), key="k"), tmp_path / "out")
    for path in tmp_path.glob("*.gz"):
        path.write_bytes(b"nobody reads me again")
    outcome = run(settings, inputs(tmp_path, Serial(), key="k"), tmp_path / "out")
    assert (outcome, contents(tmp_path / "out")) == plain


@pytest.mark.parametrize("key", ["", "other"])
def test_work_under_another_key_is_not_believed(corpus, plain, tmp_path, key):
    note = tmp_path / ".work" / "portions" / "fi" / "0" / "ingested.json"
    note.parent.mkdir(parents=True)
    note.write_text("{}")
    (tmp_path / ".work" / "key").write_text("some key of long ago")
    outcome = run(corpus[1], inputs(corpus[0], Serial(), key=key), tmp_path)
    assert (outcome, contents(tmp_path)) == plain
