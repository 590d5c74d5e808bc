"""Averages of weights follow their formulas."""

import pytest
import torch
from safetensors.torch import save_file

from auroram.errors import DataError
from auroram.train.averaging import merge_back, take_in
from auroram.train.parts import Ema, Merge


def averaged(decay, values):
    average = {"w": torch.tensor([99.0])}
    for n, value in enumerate(values, 1):
        take_in(Ema(decay=decay), average, {"w": torch.tensor([value])}, n)
    return average["w"].item()


def test_a_young_average_is_the_mean_of_all_steps_so_far():
    assert averaged(0.99, [1.0, 2.0, 6.0]) == pytest.approx(3.0)


def test_an_old_average_is_exponential():
    assert averaged(0.5, [1.0, 3.0, 5.0]) == pytest.approx(0.5 * 5 + 0.5 * (0.5 * 3 + 0.5 * 1))


@pytest.mark.parametrize(("share", "merged"), [(0.0, 2.0), (1.0, 10.0), (0.25, 4.0)])
def test_merging_goes_a_share_of_the_way_from_the_base(tmp_path, share, merged):
    save_file({"w": torch.tensor([2.0])}, tmp_path / "model.safetensors")
    weights = {"w": torch.tensor([10.0])}
    merge_back(Merge(share=share), weights, tmp_path)
    assert weights["w"].item() == pytest.approx(merged)


def test_a_model_of_another_shape_cannot_be_merged(tmp_path):
    save_file({"w": torch.zeros(2)}, tmp_path / "model.safetensors")
    with pytest.raises(DataError, match=r"no w of shape \(3,\)"):
        merge_back(Merge(), {"w": torch.zeros(3)}, tmp_path)
