"""Every kind of interval holds the truth about as often as it says, by simulation."""

import runpy
from pathlib import Path

import pytest

SIMULATED = runpy.run_path(
    str(Path(__file__).parents[3] / "benchmarks" / "interval_coverage.py"), run_name="simulated"
)


@pytest.mark.parametrize("kind", SIMULATED["KINDS"])
def test_an_interval_covers_the_truth_about_as_often_as_it_says(kind):
    # 400 experiments leave the share uncertain by 2 points; the benchmark runs 4,000.
    assert 0.915 <= SIMULATED["covered"](SIMULATED["KINDS"][kind], 400) <= 0.985


def test_a_loss_at_the_margin_is_seldom_called_non_inferior():
    assert SIMULATED["false_claims"](600) <= 0.025 + 0.013


def test_the_smallest_detectable_effect_is_found_four_times_in_five():
    assert SIMULATED["found"](600) == pytest.approx(0.8, abs=0.04)
