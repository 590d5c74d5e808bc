"""What `fastest` means on which processor."""

import pytest

from auroram.model.precision import precision_of

PROCESSORS = {
    "Zen 4": ("vendor_id : AuthenticAMD\nflags : avx2 avx512_bf16", "bfloat16"),
    "Xeon with tiles": ("vendor_id : GenuineIntel\nflags : avx512_bf16 amx_bf16", "bfloat16"),
    "Xeon without tiles": ("vendor_id : GenuineIntel\nflags : avx512_bf16", "float32"),
    "older": ("vendor_id : AuthenticAMD\nflags : avx2", "float32"),
}


@pytest.mark.parametrize(("cpuinfo", "expected"), PROCESSORS.values(), ids=PROCESSORS)
def test_fastest_is_what_was_measured_for_the_processor(tmp_path, cpuinfo, expected):
    (tmp_path / "cpuinfo").write_text(cpuinfo)
    assert precision_of("fastest", tmp_path / "cpuinfo") == expected


def test_a_machine_that_says_nothing_computes_in_float32(tmp_path):
    assert precision_of("fastest", tmp_path / "none") == "float32"


def test_a_precision_that_is_asked_for_is_taken(tmp_path):
    assert precision_of("bfloat16", tmp_path / "none") == "bfloat16"
