"""The stage `tokens` in pieces: the same bytes however it is cut, and nothing encoded twice."""

from dataclasses import replace

import pytest
from token_inputs import exchange, inputs, write_documents

from auroram.adapters.embedded import Processes
from auroram.errors import DataError
from auroram.ports import Silent
from auroram.records.exchange import write_exchanges
from auroram.vocabulary import pieces
from auroram.vocabulary.settings import Tokens
from auroram.vocabulary.stage import run

SETTINGS = Tokens(documents=("corpus",), exchanges=("safety",), batch_documents=2)


@pytest.fixture
def stages(tiny_model, tmp_path):
    texts = {tag: [f"{tag} {number} " * number for number in range(9)] for tag in ("en", "fi")}
    write_documents(tmp_path / "corpus", texts, row_group_size=4)
    write_documents(tmp_path / "corpus", {"fi": ["Huomenta."]}, "held-out")
    write_exchanges(tmp_path / "safety/exchanges/train.jsonl", map(exchange, range(5)))
    write_exchanges(tmp_path / "safety/exchanges/test.jsonl", [exchange(9)])
    return inputs(tiny_model, corpus=tmp_path / "corpus", safety=tmp_path / "safety")


@pytest.fixture
def small_pieces(monkeypatch):
    """A piece is one document, or one file of exchanges."""
    monkeypatch.setattr(pieces, "SMALLEST", 1)


def written(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.mark.parametrize("smallest", [1, 60, 150])
def test_the_bytes_depend_neither_on_the_cut_nor_on_the_engine(
    stages, tmp_path, monkeypatch, smallest
):
    whole = run(SETTINGS, stages, tmp_path / "whole")
    monkeypatch.setattr(pieces, "SMALLEST", smallest)
    engine = Processes(2)
    cut = run(SETTINGS, replace(stages, engine=engine), tmp_path / "cut")
    engine.close()
    assert written(tmp_path / "cut") == written(tmp_path / "whole")
    assert cut == whole


class Stopped(Silent):
    """Ctrl-C after some pieces."""

    def __init__(self, left):
        self.left = left

    def advance(self, units, **figures):  # noqa: ARG002
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


@pytest.mark.usefixtures("small_pieces")
def test_a_stage_that_was_stopped_goes_on_with_the_next_piece(stages, tmp_path):
    out, kept = tmp_path / "out", replace(stages, key="one")
    with pytest.raises(KeyboardInterrupt):
        run(SETTINGS, replace(kept, progress=Stopped(3)), out)
    done = {path: path.stat().st_mtime_ns for path in out.glob(".work/*/*/*/*.bin")}
    assert len(done) == 3
    with pytest.raises(KeyboardInterrupt):
        run(SETTINGS, replace(kept, progress=Stopped(5)), out)
    assert {path: path.stat().st_mtime_ns for path in done} == done
    run(SETTINGS, kept, out)
    run(SETTINGS, stages, tmp_path / "at-once")
    assert written(out) == written(tmp_path / "at-once")


@pytest.mark.usefixtures("small_pieces")
def test_pieces_of_other_settings_are_not_believed(stages, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(SETTINGS, replace(stages, key="one", progress=Stopped(3)), tmp_path / "out")
    apart = replace(SETTINGS, apart=("safety",))
    run(apart, replace(stages, key="other"), tmp_path / "out")
    run(apart, stages, tmp_path / "at-once")
    assert written(tmp_path / "out") == written(tmp_path / "at-once")


@pytest.mark.usefixtures("small_pieces")
def test_a_domain_of_documents_in_one_piece_and_exchanges_in_another_is_refused(stages, tmp_path):
    write_exchanges(tmp_path / "safety/exchanges/train.jsonl", [exchange(1, domain="fi")])
    with pytest.raises(DataError, match="tokens: domain 'fi' comes from documents and"):
        run(SETTINGS, stages, tmp_path / "out")
