"""Layers compiled to native code learn what they learn as they are written."""

import pytest
import torch
from safetensors.torch import load_file
from torch._dynamo.utils import counters

from auroram.errors import ConfigError
from auroram.train.compilation import balance_of, decide
from auroram.train.parts import LowRank
from auroram.train.stage import run
from training_log import losses

pytestmark = pytest.mark.filterwarnings("ignore")
"""torch's compiler brings deprecated parts of torch along, and looks at all tensors' gradients."""

KINDS = {"whole": {}, "thin, computed again": {"low_rank": LowRank(rank=2), "recompute": True}}


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """Nothing that was compiled before serves the test."""
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path / "inductor"))
    torch.compiler.reset()
    counters.clear()
    # That the compiler knows what the processor can do is tried once a machine, and takes longer
    # than all that is compiled here.
    with torch._inductor.config.patch({"cpp.vec_isa_ok": True}):
        yield


@pytest.mark.slow
@pytest.mark.parametrize("changes", KINDS.values(), ids=KINDS)
def test_compiled_layers_share_one_graph_and_learn_the_same(
    tmp_path, training_inputs, tiny_training, fresh, changes
):
    told = {}
    for choice in ("off", "on"):
        (tmp_path / choice).mkdir()
        settings = tiny_training(compile=choice, precision="float32", **changes)
        told[choice] = run(settings, training_inputs(), tmp_path / choice).circumstances
    assert told["on"]["compilation"] == "layers are compiled: the recipe says on"
    assert told["off"]["compilation"] == "layers are not compiled: the recipe says off"
    assert not counters["graph_break"]
    # Two layers of one shape: one graph for both, and one for the trifle that is tried first.
    assert counters["stats"]["unique_graphs"] == 2
    assert losses(tmp_path / "on") == pytest.approx(losses(tmp_path / "off"), rel=1e-5)
    one, other = (load_file(tmp_path / c / "model" / "model.safetensors") for c in ("on", "off"))
    assert all(torch.allclose(one[name], other[name], atol=1e-4) for name in one)


def test_a_short_stage_is_not_compiled_and_says_what_it_would_save():
    chosen = decide("auto", 0.25, device="cpu", ranks=1, place="stages.cap.compile")
    assert not chosen.on
    assert "not compiled: compiling takes 4 times what it would save" in str(chosen)


def test_a_stage_wins_by_its_operations_on_each_thread_and_less_by_thin_matrices():
    cpu = {"threads": 2, "device": "cpu"}
    assert balance_of(1e18, thin=True, **cpu) > 1 > balance_of(1e12, thin=False, **cpu)
    assert balance_of(1e14, thin=False, **cpu) == 5 * balance_of(1e14, thin=True, **cpu)
    one, eight = (balance_of(1e17, thin=False, threads=n, device="cuda") for n in (1, 8))
    assert one == eight > 1


def test_several_ranks_are_not_compiled():
    place = "stages.cap.compile"
    chosen = decide("auto", 1e6, device="cpu", ranks=2, place=place)
    assert not chosen.on and "2 ranks train" in str(chosen)
    with pytest.raises(ConfigError, match="on one process only"):
        decide("on", 1e6, device="cpu", ranks=2, place=place)


@pytest.fixture
def no_compiler(fresh):
    with torch._inductor.config.patch({"cpp.cxx": ("no-such-compiler",)}):
        yield


@pytest.mark.slow
def test_without_a_compiler_a_long_stage_runs_as_it_is_written(no_compiler):
    chosen = decide("auto", 1e6, device="cpu", ranks=1, place="stages.cap.compile")
    assert not chosen.on and "it needs a C++ compiler" in str(chosen)


@pytest.mark.slow
def test_without_a_compiler_asking_for_it_is_refused_in_one_sentence(no_compiler):
    with pytest.raises(ConfigError, match=r"'on' cannot be had: it needs a C\+\+ compiler"):
        decide("on", 0.0, device="cpu", ranks=1, place="stages.cap.compile")
