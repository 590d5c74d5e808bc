"""What a training step tells beside its loss: norms by group, loss by domain, speed, drift.

Figures that follow from the recipe alone (`gradient_norms`, `losses`, `drift`) go to the logs and
are the same in every run; speed and utilisation are circumstances and go to the screen, to the
trackers and beside the manifest's identity.
"""

import re
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from auroram.model.speed import Speed
from auroram.model.stored import StoredWeights
from auroram.model.usage import EnergyMeter, gpu_memory_bytes, memory_bytes
from auroram.ports import Tracker, Untracked
from auroram.records.canonical import Json
from auroram.tokens.packing import IGNORED
from auroram.train.data import MicroBatch
from auroram.train.logs import Log
from auroram.train.ranks.distributed import ALONE, Ranks
from auroram.train.ranks.parallelize import total_norms

_GROUPS = {
    "head": r"(^|\.)(lm_head|embed_out)\.",
    "embeddings": r"(embed|wte|wpe)",
    "norms": r"(norm|ln_|layernorm)",
    "attention": r"(attn|attention)",
    "feed-forward": r"(mlp|feed_forward|ffn|experts|gate)",
}
"""Group to a pattern in the names of its parameters, the first that fits counts."""


GROUPS = tuple(sorted((*_GROUPS, "other")))
"""All of them, in the order in which they are told."""


def group_of(name: str) -> str:
    """The part of a decoder that a parameter belongs to; `other` where none is known.

    >>> group_of("model.layers.3.self_attn.q_proj.weight")
    'attention'
    >>> group_of("transformer.h.0.ln_1.weight")
    'norms'
    """
    found = (group for group, pattern in _GROUPS.items() if re.search(pattern, name.lower()))
    return next(found, "other")


def gradient_norms(weights: Mapping[str, nn.Parameter], ranks: Ranks = ALONE) -> Json:
    """Norm of the gradient of each group, as it lies there: after clipping."""
    by_group: dict[str, list[Tensor]] = {group: [] for group in GROUPS}
    for name, weight in weights.items():
        if weight.grad is not None:
            by_group[group_of(name)].append(weight)
    there = ranks.over_stages([len(by_group[group]) for group in GROUPS])
    norms = total_norms([by_group[group] for group in GROUPS], ranks).tolist()
    return {group: norm for group, norm, n in zip(GROUPS, norms, there, strict=True) if n}


@torch.no_grad()
def drift(weights: Mapping[str, Tensor], folder: Path, ranks: Ranks = ALONE) -> Json:
    """How far each group has moved from the weights in a model folder: relative L2 norm.

    The stored weights are read a tensor at a time. Weights that the folder does not hold, such as
    thin matrices, are left out.

    Raises:
        DataError: where the folder holds no weights.
    """
    sums = dict.fromkeys(GROUPS, (0.0, 0.0, 0.0))
    stored = StoredWeights(folder)
    for name, weight in weights.items():
        whole, group = _whole(weight), group_of(name)
        if name in stored and ranks.counts(weight):
            before = stored.tensor(name).to(whole.device)
            moved, size, n = sums[group]
            change = float((whole - before).square().sum())
            sums[group] = (moved + change, size + float(before.square().sum()), n + 1)
    columns = (ranks.over_stages(column) for column in zip(*sums.values(), strict=True))
    return {
        group: (moved / size) ** 0.5 if size else 0.0
        for group, moved, size, n in zip(sums, *columns, strict=True)
        if n
    }


def _whole(tensor: Tensor) -> Tensor:
    """The tensor where it is shared out among ranks; all of them must ask."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


@dataclass(slots=True, kw_only=True)
class Gauges:
    """What is told of a stage's steps; by default nothing that must be measured first."""

    base: Path | None = None
    """Model folder that drift is counted from; None to leave it out."""
    machine: Speed | None = None
    """What the device's matrix products reach; None where nobody measured."""
    devices: int = 1
    """That train together, each with such products."""
    operations_a_token: float = 0.0
    tracker: Tracker = field(default_factory=Untracked)
    tokens: int = 0
    """Trained on by this process."""
    seconds: float = 0.0
    """That its steps took."""
    _meter: EnergyMeter = field(default_factory=EnergyMeter)
    _began: float = field(default_factory=time.perf_counter)
    _looks: int = 10
    """How often the peak may still be measured again."""
    _heard: list[tuple[MicroBatch, Tensor]] = field(default_factory=list)

    def begin(self) -> None:
        """A step begins now."""
        self._began = time.perf_counter()
        self._heard.clear()

    def hear(self, part: MicroBatch, heard_BT: Tensor) -> None:
        """The nats of each target of a micro-batch, 0 where there is none; read when told."""
        self._heard.append((part, heard_BT.double().sum(1)))

    def told(
        self, weights: Mapping[str, nn.Parameter], domains: Iterable[str], ranks: Ranks
    ) -> Json:
        """Loss by domain and gradient by group of the step whose gradients lie there."""
        names = sorted(domains)
        nats_of, targets_of = self._by_domain()
        nats = ranks.told([nats_of[domain] for domain in names])
        targets = ranks.told([targets_of[domain] for domain in names])
        losses = {d: of_all / n for d, of_all, n in zip(names, nats, targets, strict=True) if n}
        return {"losses": losses, "gradient_norms": gradient_norms(weights, ranks)}

    def _by_domain(self) -> tuple[dict[str, float], dict[str, int]]:
        """Nats and number of the targets that were heard; of no others there are none."""
        nats: dict[str, float] = defaultdict(float)
        targets: dict[str, int] = defaultdict(int)
        for part, heard_B in self._heard:
            counts = (part.batch.targets_BT != IGNORED).sum(1).tolist()
            for domain, heard, count in zip(part.domains, heard_B.tolist(), counts, strict=True):
                nats[domain] += heard
                targets[domain] += count
        return nats, targets

    def tell_held_out(self, step: int, losses: Mapping[str, float]) -> None:
        """The tracker hears the loss on held-out rows by domain."""
        self.tracker.log(step, flat({"held_out_losses": dict(losses)}))

    def log_drift(
        self, step: int, weights: Mapping[str, Tensor], log: Log, ranks: Ranks = ALONE
    ) -> None:
        """Write how far the weights are from where the stage began."""
        if self.base is not None:
            record: Json = {"step": step, "drift": drift(weights, self.base, ranks)}
            log.write(record)
            self.tracker.log(step, _figures(record))

    def end(self, step: int, tokens: int, record: Json) -> dict[str, float]:
        """A step of so many tokens ended; what to show beside its loss."""
        took = time.perf_counter() - self._began
        self.tokens += tokens
        self.seconds += took
        speed = tokens / took if took > 0 else 0.0
        shown = {} if self.machine is None else {"utilisation": self._share_of_peak(speed)}
        taken = self._taken() | {"tokens_per_second": speed}
        self.tracker.log(step, _figures(record) | shown | taken)
        return shown

    def _taken(self) -> dict[str, float]:
        """Memory of this process and energy since the stage began, in it."""
        gpu = gpu_memory_bytes()
        return {
            "memory_bytes": memory_bytes(),
            "energy_joules": self._meter.used().joules,
            **({} if gpu is None else {"gpu_memory_bytes": gpu}),
        }

    def close(self, *, whole: bool) -> None:
        """No more is told; `whole` where the stage came to its end."""
        self._meter.close()
        self.tracker.close(whole=whole)

    def circumstances(self) -> Json:
        """Speed over all steps that this process took."""
        if not self.seconds:
            return {}
        speed = self.tokens / self.seconds
        told: Json = {"tokens_per_second": round(speed, 3)}
        if self.machine is not None:
            told |= {
                "model_flop_utilisation": round(self._utilisation(speed), 4),
                "peak_operations_per_second": self.machine.operations_per_second,
                "peak_measured_by": self.machine.method,
                "devices": self.devices,
            }
        gpu = gpu_memory_bytes()
        return told if gpu is None else told | {"peak_gpu_memory_bytes": gpu}

    def _share_of_peak(self, tokens_per_second: float) -> float:
        """Utilisation of a step; above 1 the peak was measured in a slow moment, so it is again."""
        share = self._utilisation(tokens_per_second)
        if share <= 1 or self.machine is None or not self._looks:
            return share
        self._looks -= 1
        self.machine = self.machine.again()
        return self._utilisation(tokens_per_second)

    def _utilisation(self, tokens_per_second: float) -> float:
        """Share of all devices' peak. Source: Chowdhery et al. 2022, arXiv:2204.02311, app. B."""
        if self.machine is None:
            return 0.0
        peak = self.machine.operations_per_second * self.devices
        return self.operations_a_token * tokens_per_second / peak


def _figures(record: Json) -> dict[str, float]:
    """What a tracker is told of a record beside its step, which is the axis."""
    return {name: value for name, value in flat(record).items() if name != "step"}


def flat(record: Json, prefix: str = "") -> dict[str, float]:
    """The numbers of a record by name, those within an object as `object/name`.

    >>> flat({"loss": 2.0, "losses": {"fi": 3.0}, "text": "left out"})
    {'loss': 2.0, 'losses/fi': 3.0}
    """
    numbers: dict[str, float] = {}
    for name, value in record.items():
        if isinstance(value, dict):
            numbers |= flat(value, f"{prefix}{name}/")
        elif isinstance(value, int | float) and not isinstance(value, bool):
            numbers[prefix + name] = value
    return numbers
