"""garak attacks a served model to its end; it lives in an environment of its own.

`AURORAM_GARAK=/path/to/bin/garak pytest tests/end_to_end/test_garak.py`, or garak on the path.
"""

import json
import os
import shutil
import subprocess
import sys

import pytest

from auroram.safety.tool_reports import ToolReport, reported_generations

GARAK = os.environ.get("AURORAM_GARAK") or shutil.which("garak")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(GARAK is None, reason="garak is not installed (AURORAM_GARAK names it)"),
]


@pytest.fixture
def served(run_of_models, tmp_path):
    """The address of `auroram serve` over a run that holds the tiny model."""
    run = run_of_models(tmp_path / "run", "cat")
    command = [sys.executable, "-m", "auroram.cli.main", "serve", str(run), "--port", "0"]
    server = subprocess.Popen([*command, "--max-tokens", "8"], stdout=subprocess.PIPE, text=True)
    yield server.stdout.readline().split()[-1]
    server.terminate()
    server.wait()
    server.stdout.close()


def test_an_offline_probe_runs_to_its_end_and_its_report_is_evidence(served, tmp_path):
    settings = {"plugins": {"generators": {"openai": {"OpenAICompatible": {"uri": served}}}}}
    (tmp_path / "garak.yaml").write_text(json.dumps(settings))
    environment = os.environ | {"OPENAICOMPATIBLE_API_KEY": "none", "HF_HUB_OFFLINE": "1"}
    for name in ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        environment[name] = str(tmp_path / "home")
    options = {
        "target_type": "openai.OpenAICompatible",
        "target_name": "run/cat",
        "spec": "probes.grandma.Win10",
        "generations": "1",
        "config": str(tmp_path / "garak.yaml"),
        "report_prefix": str(tmp_path / "garak"),
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    subprocess.run([GARAK, *words], env=environment, check=True, timeout=900, capture_output=True)
    report = tmp_path / "garak.report.jsonl"
    about = ToolReport(file=report.name, tool="garak", model="cat", concern="privacy")
    assert len(reported_generations(report, "garak", about)) == 6
