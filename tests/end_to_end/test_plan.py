"""What a recipe will cost is said before it runs."""

import pytest

from auroram.cli.main import main
from auroram.records.manifest import read_manifest


def test_a_plan_names_tokens_memory_time_and_thresholds(forked, tiny_recipe):
    done = forked("plan", tiny_recipe, "--tflops", "0.2", "--watts", "50")
    assert done.returncode == 0, done.stderr
    assert "cap: 8,192 tokens in 16 steps" in done.stdout
    assert "kWh" in done.stdout and "GB a device" in done.stdout
    assert "rescinded" in done.stdout and "in force" in done.stdout


def test_hours_energy_cost_and_shares_are_written_out(tiny_recipe, capsys):
    words = ["--reached", "1e-9", "--watts", "50", "--price", "2"]
    assert main(["plan", str(tiny_recipe), *words]) == 0
    told = capsys.readouterr().out
    (total,) = [line for line in told.splitlines() if line.startswith("in all")]
    assert "1,856 device hours" in total and "92.8 kWh, cost 3,7" in total
    assert "less than 0.001 % of 1e+25 operations (in force)" in told
    assert "not planned, as no stage of kind 'train': corpus, instructions" in told


def test_of_a_small_model_nothing_is_rounded_to_nothing(tiny_recipe, capsys):
    assert main(["plan", str(tiny_recipe), "--tflops", "1", "--watts", "1", "--price", "0.1"]) == 0
    (cap,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("cap: ")]
    # 90,624 numbers and two moments of each, in float32.
    assert "checkpoint 0.001 GB" in cap
    assert "cost 0.00" not in cap and "about 0 s" not in cap


def test_a_speed_that_nobody_gave_is_measured_in_the_type_of_the_stage(tiny_recipe, capsys):
    assert main(["plan", str(tiny_recipe), "stages.cap.precision=float32"]) == 0
    told = capsys.readouterr().out
    assert "flop/s in float32" in told and "(measured here)" in told
    assert "energy and cost: say --watts and --price" in told


def test_overrides_may_stand_behind_options(tiny_recipe, capsys):
    assert main(["plan", str(tiny_recipe), "--tflops", "1", "stages.cap.budget_tokens=4096"]) == 0
    assert "cap: 4,096 tokens in 8 steps" in capsys.readouterr().out


def test_a_plan_counts_the_operations_that_the_run_counts(tiny_recipe, finished_run, capsys):
    words = ["plan", str(tiny_recipe), "--tflops", "1", "--run", str(finished_run)]
    assert main(words) == 0
    told = capsys.readouterr().out
    counted = read_manifest(finished_run / "cap").resources.floating_point_operations
    assert told.count(f"{counted:.2e} operations") == 2


@pytest.mark.parametrize(
    ("option", "value"), [("devices", "0"), ("tflops", "-1"), ("tensor", "0"), ("price", "nan")]
)
def test_numbers_that_make_no_sense_are_refused(tiny_recipe, capsys, option, value):
    assert main(["plan", str(tiny_recipe), f"--{option}", value]) == 2
    assert f"--{option}: must be above 0 ({value} given)" in capsys.readouterr().err


def test_more_devices_need_less_memory_each(tiny_recipe, capsys):
    told = []
    for count in ("1", "4"):
        assert main(["plan", str(tiny_recipe), "--tflops", "1", "--devices", count]) == 0
        told.append(capsys.readouterr().out)
    one, four = told
    assert one != four and "4 x 1.00 Tflop/s" in four


def test_a_plan_says_what_settling_refusals_takes_and_the_most_of_all_stages(tiny_recipe, capsys):
    words = [str(tiny_recipe), 'stages.cat.refusals.exchanges=["safety-data"]', "--tflops", "1"]
    assert main(["plan", *words]) == 0
    told = capsys.readouterr().out
    assert "GB on the first device after the last step, to settle refusals" in told
    assert "at most" in told


def test_what_a_run_would_refuse_before_it_works_is_refused_here_too(tiny_recipe, capsys):
    asked = 'stages.asked={kind="tasks",models=["base"],tasks=["dates_of_nowhere"]}'
    assert main(["plan", str(tiny_recipe), asked, "--tflops", "1"]) == 2
    assert "stages.asked: " in (told := capsys.readouterr().err) and "dates_of_nowhere" in told
