"""Whatever a recipe asks of one process, several ranks do too."""

import json
from dataclasses import replace

import pytest
from local_ranks import alike

from auroram.records.mixture import Mixture, Phase
from auroram.train.optimizer_settings import Adafactor
from auroram.train.parts import Checkpoints, Distil, Ema, LowRank, Merge, Spikes
from auroram.train.ranks.mesh import Mesh
from auroram.train.schedule import WarmupStableDecay
from auroram.train.stage import run

SPIKY = {
    "spikes": Spikes(loss=1.001, gradient_norm=1.001, window=1),
    "schedule": WarmupStableDecay(peak=0.05, warmup=0),
    "on_bad_loss": "roll-back",
    "checkpoints": Checkpoints(every_steps=2),
}
"""So high a learning rate that steps get worse than the one before, which counts as a spike."""

CASES = {
    "thin matrices, by tensors": ({"low_rank": LowRank(rank=2)}, Mesh(tensor=2)),
    "thin matrices, by layers": ({"low_rank": LowRank(rank=2)}, Mesh(pipeline=2)),
    "computed again, by tensors": ({"recompute": True}, Mesh(tensor=2)),
    "computed again, by layers": ({"recompute": True}, Mesh(context=2, pipeline=2)),
    "adafactor": ({"optimizer": Adafactor()}, Mesh(tensor=2)),
    "rolled back, averaged, merged": ({**SPIKY, "ema": Ema(), "merge": Merge()}, Mesh(pipeline=2)),
    "taught": (
        {
            "mixture": Mixture(
                phases=(Phase(weights={"fi": 1}),), replay=0.5, replay_weights={"vi": 1}
            ),
            "distil": Distil(share=0.5),
        },
        Mesh(context=2, pipeline=2),
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_several_ranks_do_it_too(tmp_path, training, training_inputs, train_on, case):
    changes, mesh = case
    settings = training(budget_tokens=6 * 256, **changes)
    for place in ("one", "four"):
        (tmp_path / place).mkdir()
    run(settings, training_inputs(), tmp_path / "one")
    assert train_on(4, replace(settings, mesh=mesh), tmp_path / "four") == [0] * 4
    # A gradient that is all but nothing is rounding, which Adam makes as large as any other.
    alike(tmp_path / "four", tmp_path / "one", atol=1e-4)
    assert (tmp_path / "one" / "events.jsonl").exists() == ("spikes" in changes)
    assert events(tmp_path / "four") == events(tmp_path / "one")


def events(out):
    path = out / "events.jsonl"
    return (
        [json.loads(line)["step"] for line in path.read_text().splitlines()]
        if path.exists()
        else []
    )
