"""Energy is read from the counters of a processor, or guessed, and the method is named."""

import pytest

from auroram.model import usage
from auroram.model.usage import EnergyMeter

RANGE = 262_143_328_850


def counter(root, number, name, microjoules):
    folder = root / f"intel-rapl:{number}"
    if not folder.exists():
        folder.mkdir()
        (folder / "name").write_text(f"{name}\n")
        (folder / "max_energy_range_uj").write_text(f"{RANGE}\n")
    beside = folder / "beside"
    beside.write_text(f"{microjoules}\n")
    beside.rename(folder / "energy_uj")


@pytest.fixture
def counters(tmp_path):
    counter(tmp_path, 0, "package-0", RANGE - 2_000_000)
    counter(tmp_path, 1, "psys", 5_000_000)
    return tmp_path


def test_a_counter_that_begins_anew_goes_on(counters):
    meter = EnergyMeter(counters)
    counter(counters, 0, "package-0", 3_000_000)
    assert meter.used().joules == 5.0
    counter(counters, 0, "package-0", 4_000_000)
    assert meter.used().joules == 6.0
    assert "RAPL" in meter.used().method
    meter.close()


def test_counters_are_read_between_so_that_no_round_is_missed(counters, monkeypatch):
    monkeypatch.setattr(usage, "READ_SECONDS", 0.01)
    meter, passed = EnergyMeter(counters), 0.0
    counter(counters, 0, "package-0", 3_000_000)
    while passed < 5.0:
        passed = meter._used / 1e6
    counter(counters, 0, "package-0", 2_000_000)
    assert meter.used().joules == pytest.approx(5.0 + RANGE / 1e6 - 1.0)
    meter.close()


def test_without_a_counter_busy_time_is_multiplied_and_that_is_said(tmp_path):
    meter = EnergyMeter(tmp_path)
    sum(range(1_000_000))
    assert meter.used().joules >= 0
    assert "guessed at 4 W a busy core" in meter.used().method
