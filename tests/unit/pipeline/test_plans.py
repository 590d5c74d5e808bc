"""What a plan says of a run that has been done elsewhere."""

import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from auroram.config.load import load_recipe
from auroram.errors import ConfigError
from auroram.model import speed
from auroram.model.speed import product_speed
from auroram.model.stored import weightless_model
from auroram.pipeline.plan import Machine, crossings, stage_plans
from auroram.pipeline.plan_memory import selected, shape_of, stage_memory
from auroram.records.mixture import Mixture, Phase
from auroram.redteam.stage import SafetySeed
from auroram.train.optimizer_settings import Muon
from auroram.train.parts import Checkpoints, Distil, LowRank, Selection, Snapshots
from auroram.train.ranks.distributed import Degrees
from auroram.train.ranks.mesh import Mesh
from auroram.train.refusals.settings import Refusals
from auroram.train.settings import Train
from auroram.vocabulary.settings import ExtendVocabulary

AURORA = Path(__file__).parents[3] / "recipes" / "aurora-m"


def machine(**changes):
    options = {"devices": 128, "tensor": 4, "pipeline": 4, "operations_per_second": 76e12}
    return Machine(**({"basis": "reached, as given"} | options | changes))


@pytest.fixture(scope="module")
def aurora():
    stages = load_recipe([AURORA / "recipe.toml"]).recipe.stages
    return stage_plans(stages, AURORA / "starcoderplus", machine(price=2.0, watts=500))


def test_aurora_m_takes_the_published_steps_operations_and_device_hours(aurora):
    assert sum(plan.tokens for plan in aurora) == pytest.approx(435e9, rel=1e-4)
    assert sum(plan.steps for plan in aurora) == pytest.approx(103_700, rel=1e-3)
    assert sum(plan.six_nd for plan in aurora) == pytest.approx(4.05e22, rel=1e-3)
    assert sum(plan.device_hours for plan in aurora) == pytest.approx(147_456, rel=5e-3)


def test_aurora_m_fits_a_device_of_64_gigabytes_and_shares_its_states_among_128(aurora):
    assert aurora[0].degrees == Degrees(data=8, tensor=4, pipeline=4)
    assert aurora[0].memory.weights == pytest.approx(4 * 15.517e9 / 128, rel=1e-3)
    assert aurora[0].memory.total < 64e9


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_speed_that_nobody_gave_is_that_of_products_in_the_type_of_the_stage(
    tiny_model, precision
):
    here = machine(operations_per_second=None, basis="measured here", devices=1, pipeline=1)
    stage = stage_of(precision=precision)
    (plan,) = stage_plans({"cap": stage}, tiny_model, replace(here, tensor=1))
    assert plan.precision == precision
    assert plan.operations_per_second == product_speed(precision).operations_per_second


def test_a_speed_that_nobody_gave_is_that_of_products_of_numbers(tiny_model):
    here = machine(operations_per_second=None, basis="measured here", devices=1, pipeline=1)
    speed._measured.cache_clear()
    (plan,) = stage_plans(
        {"cap": stage_of(precision="float32")}, tiny_model, replace(here, tensor=1)
    )
    square = torch.ones(1024, 1024)
    began = time.perf_counter()
    for _ in range(10):
        square @ square
    by_hand = 10 * 2 * 1024**3 / (time.perf_counter() - began)
    assert by_hand / 5 < plan.operations_per_second < by_hand * 5


def test_what_does_not_train_needs_fewer_operations(tiny_model):
    one = machine(devices=1, tensor=1, pipeline=1)
    kinds = {
        "whole": {},
        "upper": {"trains": Selection(layers="1", embeddings=False)},
        "thin": {"low_rank": LowRank(rank=2), "trains": Selection(embeddings=False)},
    }
    stages = {name: stage_of(**options) for name, options in kinds.items()}
    whole, upper, thin = (plan.operations for plan in stage_plans(stages, tiny_model, one))
    assert thin < upper < whole


def test_a_vocabulary_that_grows_takes_more_memory_work_and_checkpoint(tiny_model):
    grown = ExtendVocabulary(documents=("corpus",), new_tokens=1000)
    cap, cat = stage_of(model="vocabulary"), stage_of(model="cap")
    one = machine(devices=1, tensor=1, pipeline=1)
    base = stage_plans({"cap": cap}, tiny_model, one)[0]
    plans = stage_plans({"vocabulary": grown, "cap": cap, "cat": cat}, tiny_model, one)
    added = 1000 * weightless_model(tiny_model).config.hidden_size
    assert [plan.memory.weights - base.memory.weights for plan in plans] == [4 * added] * 2
    assert [plan.checkpoint_bytes - base.checkpoint_bytes for plan in plans] == [12 * added] * 2
    assert all(plan.operations == base.operations + 6 * added * plan.tokens for plan in plans)


def test_moments_in_bfloat16_make_a_checkpoint_a_third_smaller(tiny_model):
    kinds = {"whole": {}, "narrow": {"checkpoints": Checkpoints(moments="bfloat16")}}
    stages = {name: stage_of(**options) for name, options in kinds.items()}
    one = machine(devices=1, tensor=1, pipeline=1)
    whole, narrow = (plan.checkpoint_bytes for plan in stage_plans(stages, tiny_model, one))
    assert narrow == pytest.approx(whole * 2 / 3)


def test_layers_that_are_computed_again_take_a_third_more_hours(tiny_model):
    stages = {"once": stage_of(), "again": stage_of(recompute=True)}
    here = machine(devices=1, tensor=1, pipeline=1, basis="as given")
    once, again = stage_plans(stages, tiny_model, here)
    assert again.hours == pytest.approx(once.hours * 4 / 3)
    assert again.operations == once.operations


def test_a_teacher_reads_the_replayed_rows_and_is_held_whole_by_each_device(tiny_model):
    mixture = Mixture(
        phases=(Phase(weights={"fi": 1}), Phase(start=0.5, weights={"fi": 1, "en": 1})),
        replay=0.2,
        replay_weights={"en": 1},
    )
    plans = {}
    for name, distil in {"alone": None, "taught": Distil()}.items():
        stage = stage_of(mixture=mixture, distil=distil)
        here = machine(devices=2, tensor=1, pipeline=1, basis="as given")
        (plans[name],) = stage_plans({"cap": stage}, tiny_model, here)
    alone, taught = plans["alone"], plans["taught"]
    share = 0.2 + 0.8 * 0.5 * 0.5
    assert taught.operations == pytest.approx(alone.operations * (1 + share / 3), rel=1e-3)
    assert taught.six_nd == pytest.approx(alone.six_nd * (1 + share / 3), rel=1e-3)
    assert taught.hours == pytest.approx(alone.hours * (1 + share / 3), rel=1e-3)
    assert taught.memory.weights == 3 * alone.memory.weights


def test_what_is_fastest_on_a_gpu_that_is_elsewhere_is_planned(tiny_model):
    stages = {"here": stage_of(precision="bfloat16"), "fastest": stage_of()}
    one = machine(devices=1, tensor=1, pipeline=1, device="cuda")
    given, fastest = stage_plans(stages, tiny_model, one)
    assert fastest.precision == "bfloat16"
    assert fastest.memory == given.memory


def test_hours_are_paid_by_the_device(aurora):
    assert aurora[0].cost == pytest.approx(2.0 * aurora[0].device_hours)
    assert aurora[0].kilowatt_hours == pytest.approx(0.5 * aurora[0].device_hours)


def test_aurora_m_passes_a_third_of_the_computation_of_a_general_purpose_model(aurora):
    crossed = [one for one in crossings(sum(plan.six_nd for plan in aurora)) if one.share >= 1]
    assert [one.of for one in crossed] == ["modification"]


def test_devices_that_the_mesh_does_not_divide_are_refused():
    stages = load_recipe([AURORA / "recipe.toml"]).recipe.stages
    with pytest.raises(ConfigError, match=r"96 ranks are needed \(data 6 x .*\), but 100"):
        stage_plans(stages, AURORA / "starcoderplus", machine(devices=100))


def stage_of(**changes):
    mixture = Mixture(phases=(Phase(weights={"fi": 1}),), replay=0.0)
    options = {"budget_tokens": 4096, "batch_tokens": 1024, "micro_batch_tokens": 512}
    return Train(**({"model": "base", "tokens": "t", "mixture": mixture} | options | changes))


ONE = Degrees()


def planned(tiny_model, degrees=ONE, **changes):
    stage = stage_of(**changes)
    with shape_of(tiny_model) as model:
        return stage_memory(stage, model, selected(stage, model), degrees, process=0)


@pytest.mark.parametrize(
    ("changes", "devices", "said"),
    [
        (
            {"sequence_tokens": 2048, "batch_tokens": 2048},
            1,
            "2048 is more than the 1024 positions",
        ),
        ({"mesh": Mesh(tensor=3)}, 3, "3 ranks do not divide the model's 4 attention heads"),
        ({}, 4, "stages.cap.batch_tokens: 2 rows a step do not divide among 4 data ranks"),
        ({"mesh": Mesh(data=2)}, 1, "stages.cap.mesh: 2 ranks are needed .*, but 1 run"),
        ({"snapshots": Snapshots(every_tokens=1024)}, 2, "stages.cap.snapshots: for one process"),
        ({"optimizer": Muon()}, 2, "stages.cap.optimizer: muon needs whole matrices"),
    ],
)
def test_a_stage_that_a_run_would_refuse_is_not_planned(tiny_model, changes, devices, said):
    with pytest.raises(ConfigError, match=said):
        stage_plans(
            {"cap": stage_of(**changes)},
            tiny_model,
            machine(devices=devices, tensor=None, pipeline=None),
        )


def test_context_ranks_share_the_positions_of_the_same_rows(tiny_model):
    """They are no data ranks: a step has as many micro-batches as without them."""
    stage = stage_of(mesh=Mesh(context=2))
    (plan,) = stage_plans({"cap": stage}, tiny_model, machine(devices=4, tensor=1, pipeline=1))
    assert plan.degrees == Degrees(data=2, context=2)
    one, two, data = (
        planned(tiny_model, d) for d in (Degrees(), Degrees(context=2), Degrees(data=2))
    )
    assert two.activations == one.activations / 2
    assert (two.weights, two.gradients, two.moments) == (data.weights, data.gradients, data.moments)
    assert two.logits < one.logits
    assert (one.together, two.together, data.together) == (True, True, False)


def test_devices_that_hold_no_context_group_are_refused(tiny_model):
    stage = stage_of(mesh=Mesh(context=2))
    with pytest.raises(ConfigError, match=r"2 ranks are needed \(.* x context 2\), but 3 run"):
        stage_plans({"cap": stage}, tiny_model, machine(devices=3, tensor=1, pipeline=1))


def test_thin_matrices_and_frozen_layers_need_less(tiny_model):
    whole = planned(tiny_model)
    thin = planned(tiny_model, low_rank=LowRank(rank=2), trains=Selection(embeddings=False))
    upper = planned(tiny_model, trains=Selection(layers="1", embeddings=False))
    assert thin.moments < upper.moments < whole.moments
    assert upper.activations < 0.7 * whole.activations


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_head_that_does_not_train_needs_no_room_for_its_gradient(tiny_model, precision):
    options = {"precision": precision, "micro_batch_tokens": 1024}
    whole, fixed = (
        planned(tiny_model, trains=Selection(embeddings=on), **options) for on in (True, False)
    )
    of_the_head = 259 * 64 * (4 if precision == "float32" else 2)
    assert whole.logits - fixed.logits == of_the_head
    assert fixed.weights == whole.weights


def test_activations_grow_with_the_rows_that_go_through_at_once(tiny_model):
    one, two = (planned(tiny_model, micro_batch_tokens=512 * rows) for rows in (1, 2))
    assert two.activations == 2 * one.activations
    assert (one.together, two.together) == (True, False)


def test_bfloat16_keeps_less_for_the_gradient_and_copies_of_the_weights(tiny_model):
    single, half = (planned(tiny_model, precision=kind) for kind in ("float32", "bfloat16"))
    assert half.activations < single.activations
    assert half.copies > single.copies == 0


def test_layers_that_are_computed_again_keep_less(tiny_model):
    kept, again = (planned(tiny_model, recompute=on) for on in (False, True))
    assert again.activations < 0.7 * kept.activations
    assert again.weights == kept.weights


def with_refusals(tiny_model, *, languages=("fi",), devices=1, **changes):
    """The plan of a stage that settles refusals on seed requests in these languages."""
    stages = {
        "safety": SafetySeed(languages=languages),
        "cat": stage_of(refusals=Refusals(exchanges=("safety",), **changes)),
    }
    (plan,) = stage_plans(stages, tiny_model, machine(devices=devices, tensor=1, pipeline=1))
    return plan


def test_settling_refusals_takes_a_second_model_and_factors_of_what_may_change(tiny_model):
    plan = with_refusals(tiny_model)
    assert plan.refusals.weights == 2 * plan.memory.weights
    attention, feed_forward = 64**2 + 64**2, 128**2 + 64**2
    assert plan.refusals.factors == 4 * (attention + feed_forward)
    assert plan.peak_bytes == max(plan.memory.total, plan.refusals.total)


def test_more_layers_that_may_change_need_more(tiny_model):
    upper, both = (with_refusals(tiny_model, unchanged=share).refusals for share in (0.5, 0.0))
    assert both.factors == 2 * upper.factors
    assert both.activations > upper.activations
    assert both.logits == upper.logits


def test_requests_are_counted_in_the_languages_of_the_stages_that_make_them(tiny_model):
    one, two, named = (
        with_refusals(tiny_model, **options).refusals
        for options in (
            {},
            {"languages": ("fi", "hi")},
            {"languages": ("fi", "hi")} | {"requests": 60},
        )
    )
    assert one.keys < two.keys
    assert named.keys == one.keys


def test_the_first_device_alone_holds_whole_models_to_settle_refusals(tiny_model):
    one, two = (with_refusals(tiny_model, devices=count) for count in (1, 2))
    assert two.refusals.weights == 1.25 * one.refusals.weights
    assert two.memory.weights == one.memory.weights / 2


def test_a_stage_that_settles_no_refusals_has_its_fullest_moment_in_a_step(tiny_model):
    (plan,) = stage_plans({"cat": stage_of()}, tiny_model, machine(devices=1, tensor=1, pipeline=1))
    assert plan.refusals is None and plan.peak_bytes == plan.memory.total
