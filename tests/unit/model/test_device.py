"""Where models are computed, and what is said where there is no GPU."""

import pytest
import torch

from auroram.errors import ConfigError
from auroram.model.device import device_of
from auroram.model.speed import product_speed

no_gpu = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")


def test_the_processor_can_always_be_chosen():
    assert device_of("cpu") == "cpu"


@no_gpu
def test_auto_is_the_processor_where_there_is_no_gpu():
    assert device_of("auto") == "cpu"


@no_gpu
def test_a_gpu_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match="PyTorch finds no GPU that it can use"):
        device_of("cuda")


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_the_peak_is_that_of_the_gpu():
    assert device_of("auto") == "cuda"
    assert "on NVIDIA" in product_speed("bfloat16", "cuda").method or torch.version.hip
