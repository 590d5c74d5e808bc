"""A stage on a GPU learns what it learns on a processor, by each of its ways to compute."""

import pytest
import torch

from auroram.train.float8 import fault_of_device
from auroram.train.parts import LowRank

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.filterwarnings("ignore"),
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU"),
]

FLOAT32 = {
    "as on a processor": {"attention": "blocked"},
    "masked": {"attention": "sdpa"},
    "flex": {"attention": "flex"},
    "compiled": {"attention": "flex", "compile": "on"},
    "computed again": {"recompute": True},
    "thin matrices": {"low_rank": LowRank(rank=2)},
}
BFLOAT16 = {
    "flex": {"attention": "flex"},
    "varlen": {"attention": "varlen"},
    "compiled": {"attention": "varlen", "compile": "on"},
    "computed again": {"attention": "varlen", "recompute": True, "compile": "on"},
}


@pytest.mark.parametrize("changes", FLOAT32.values(), ids=FLOAT32)
def test_float32_learns_what_a_processor_learns(trained, changes):
    plain = {name: value for name, value in changes.items() if name == "low_rank"}
    here, weights = trained("cpu", precision="float32", **plain)
    there, others = trained("cuda", precision="float32", **changes)
    assert there == pytest.approx(here, rel=1e-4)
    assert all(torch.allclose(weights[name], others[name], atol=1e-3) for name in weights)


@pytest.mark.parametrize("changes", BFLOAT16.values(), ids=BFLOAT16)
def test_bfloat16_stays_close_to_it(trained, changes):
    here, _ = trained("cpu", precision="float32")
    there, _ = trained("cuda", precision="bfloat16", **changes)
    assert there == pytest.approx(here, rel=5e-3)


def test_products_in_8_bits_stay_close_too(trained):
    if fault := fault_of_device("cuda"):
        pytest.skip(fault)
    here, _ = trained("cpu", precision="float32")
    there, _ = trained("cuda", precision="bfloat16", attention="varlen", float8=True)
    assert there == pytest.approx(here, rel=2e-2)
