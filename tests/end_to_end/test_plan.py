"""What a recipe will cost is said before it runs."""

from auroram.cli.main import main


def test_a_plan_names_tokens_memory_time_and_thresholds(forked, tiny_recipe):
    done = forked("plan", tiny_recipe, "--tflops", "0.2", "--watts", "50")
    assert done.returncode == 0, done.stderr
    assert "cap: 8,192 tokens in 16 steps" in done.stdout
    assert "kWh" in done.stdout and "GB a device" in done.stdout
    assert "rescinded" in done.stdout and "in force" in done.stdout


def test_more_devices_need_less_memory_each(tiny_recipe, capsys):
    told = []
    for count in ("1", "8"):
        assert main(["plan", str(tiny_recipe), "--tflops", "1", "--devices", count]) == 0
        told.append(capsys.readouterr().out)
    one, eight = told
    assert one != eight and "8 x 1.00 Tflop/s" in eight


def test_a_plan_says_what_settling_refusals_takes_and_the_most_of_all_stages(tiny_recipe, capsys):
    words = [str(tiny_recipe), 'stages.cat.refusals.exchanges=["safety-data"]', "--tflops", "1"]
    assert main(["plan", *words]) == 0
    told = capsys.readouterr().out
    assert "GB on the first device after the last step, to settle refusals" in told
    assert "at most" in told
