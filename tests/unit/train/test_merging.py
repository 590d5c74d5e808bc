"""Merging follows mergekit's results, and its papers where mergekit goes its own way."""

import json

import pytest
import torch
from mergekit_numbers import MODELS, NUMBERS, SHAPES, WEIGHTS, numbers_of, write_models
from safetensors.torch import load_file

from auroram.train.merge_settings import Dare, Linear, Slerp, TaskArithmetic, Ties
from auroram.train.merging import merged_tensor

OURS = {
    "linear": (Linear(), WEIGHTS),
    "slerp": (Slerp(), {"one": 0.7}),
    "task-arithmetic": (TaskArithmetic(scale=0.9), WEIGHTS),
    "ties": (Ties(density=0.3, scale=0.9), WEIGHTS),
    "dare, all kept": (Dare(density=1.0, scale=0.9), WEIGHTS),
    "dare, all kept, signs elected": (Dare(density=1.0, scale=0.9, elect_signs=True), WEIGHTS),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    write_models(folder)
    return {name: load_file(folder / name / "model.safetensors") for name in MODELS}


@pytest.mark.parametrize(("name", "method", "weights"), [(n, *OURS[n]) for n in OURS], ids=OURS)
def test_every_method_gives_what_mergekit_gives(models, name, method, weights):
    merged = {}
    for key in SHAPES:
        tensors = [models[model][key] for model in weights]
        made = merged_tensor(method, models["base"][key], tensors, list(weights.values()), seed=0)
        merged[key] = made.numpy()
    expected = json.loads(NUMBERS.read_text())[name]
    for key, numbers in numbers_of(merged).items():
        assert numbers == pytest.approx(expected[key], abs=2e-5), key


def dropped(seed):
    base, task = torch.zeros(100_000), torch.ones(100_000)
    return merged_tensor(Dare(density=0.25), base, [task], [1.0], seed=seed)


def test_dare_keeps_a_share_and_enlarges_it_so_that_the_mean_stays():
    merged = dropped(seed=1)
    assert set(merged.tolist()) == {0.0, 4.0}
    assert merged.mean().item() == pytest.approx(1.0, abs=0.03)


def test_dare_drops_the_same_entries_for_the_same_seed_alone():
    assert torch.equal(dropped(seed=1), dropped(seed=1))
    assert not torch.equal(dropped(seed=1), dropped(seed=2))


def test_ties_leaves_what_disagrees_with_the_elected_sign_out_of_the_mean():
    tasks = [torch.tensor([3.0, 1.0]), torch.tensor([-1.0, 3.0])]
    merged = merged_tensor(Ties(density=1.0), torch.zeros(2), tasks, [1.0, 1.0], seed=0)
    assert merged.tolist() == [3.0, 2.0]


@pytest.mark.parametrize(("share", "wanted"), [(0.0, [1.0, 0.0]), (1.0, [0.0, 1.0])])
def test_slerp_ends_where_the_models_are(share, wanted):
    ends = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    merged = merged_tensor(Slerp(), ends[0], [ends[1]], [share], seed=0)
    torch.testing.assert_close(merged, torch.tensor(wanted))


def test_slerp_keeps_the_length_halfway_where_a_mean_would_shorten_it():
    ends = torch.tensor([1.0, 0.0]), torch.tensor([0.0, 1.0])
    merged = merged_tensor(Slerp(), ends[0], [ends[1]], [0.5], seed=0)
    assert merged.norm().item() == pytest.approx(1.0)


def test_a_model_of_weight_nothing_has_no_part_in_the_mean():
    tensors = [torch.tensor([9.0]), torch.tensor([1.0]), torch.tensor([3.0])]
    assert merged_tensor(Linear(), tensors[0], tensors, [0.0, 1.0, 1.0], seed=0).item() == 2.0
