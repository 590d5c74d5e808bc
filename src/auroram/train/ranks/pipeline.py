"""Pipeline parallelism: micro-batches go from rank to rank, each of which holds some layers.

The schedules are torch's: one forward, one backward in turn (1F1B), so that a rank keeps the
activations of as many micro-batches as there are ranks behind it and no more.

Source: Huang et al. 2019 (GPipe), arXiv:1811.06965; Narayanan et al. 2021, arXiv:2104.04473, 2.2.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.pipelining import PipelineStage, Schedule1F1B, ScheduleGPipe
from torch.distributed.pipelining.schedules import PipelineScheduleSingle

from auroram.tokens.packing import Batch
from auroram.train.data import MicroBatch
from auroram.train.passes import Loss
from auroram.train.ranks.pipeline_cut import Inbox, Place


@dataclass(slots=True, kw_only=True)
class _Work:
    """What a stage does at a time."""

    parts: Sequence[MicroBatch] = ()
    nats_of: Loss | None = None
    scale: float = 1.0
    nats: float = 0.0
    """Of the micro-batches so far, on the last stage."""


class Stage(nn.Module):
    """A model cut to one stage, as torch's schedules call it."""

    def __init__(
        self, model: nn.Module, inbox: Inbox, place: Place, states_of: Callable[[Batch], Tensor]
    ) -> None:
        super().__init__()
        self.model = model
        self.place = place
        self.work = _Work()
        self._inbox = inbox
        self._states_of = states_of

    def forward(self, *states: Tensor, index: Tensor) -> Tensor:
        """The states of a micro-batch after this stage; after the last one its nats."""
        part = self.work.parts[int(index)]
        self._inbox.states_BTD = states[0] if states else None
        if not self.place.is_last or self.work.nats_of is None:
            return self._states_of(part.batch)
        nats = self.work.nats_of(part)
        self.work.nats += float(nats.detach())
        return nats


@dataclass(kw_only=True, eq=False)
class Pipeline:
    """Takes micro-batches through the stages of all ranks of a pipeline."""

    stage: Stage
    group: dist.ProcessGroup
    """The ranks of this pipeline, in the order of their stages."""
    width: int
    """Size of the states that one stage hands to the next."""
    device: str
    _schedules: dict[tuple[int, tuple[int, ...]], PipelineScheduleSingle] = field(
        default_factory=dict
    )

    def learn(self, parts: Sequence[MicroBatch], nats_of: Loss, *, scale: float) -> float:
        """Add the gradient of all nats, times a scale, to those that lie there; the nats."""
        self.stage.work = _Work(parts=parts, nats_of=nats_of, scale=scale)
        key = (len(parts), parts[0].batch.tokens_BT.shape)
        if key not in self._schedules:
            kind = Schedule1F1B if len(parts) >= self.stage.place.stages else ScheduleGPipe
            stage = self._torch_stage(key[1])
            self._schedules[key] = kind(stage, len(parts), self._scaled, scale_grads=False)
        return self._run(self._schedules[key])

    @torch.no_grad()
    def measure(self, part: MicroBatch, nats_of: Loss) -> float:
        """The nats of a micro-batch."""
        self.stage.work = _Work(parts=[part], nats_of=nats_of)
        return self._run(ScheduleGPipe(self._torch_stage(part.batch.tokens_BT.shape), 1))

    def _run(self, schedule: PipelineScheduleSingle) -> float:
        work = self.stage.work
        numbers = torch.arange(len(work.parts), device=self.device)
        target = numbers if self.stage.place.is_last and torch.is_grad_enabled() else None
        schedule.step(index=numbers, target=target, return_outputs=False)
        nats = torch.tensor(work.nats, dtype=torch.float64, device=self.device)
        dist.all_reduce(nats, group=self.group)
        self.stage.work = _Work()
        return nats.item()

    def _scaled(self, nats: Tensor, _: Tensor) -> Tensor:
        return nats * self.stage.work.scale

    def _torch_stage(self, rows: tuple[int, ...]) -> PipelineStage:
        place = self.stage.place
        states = torch.empty(*rows, self.width, device="meta", requires_grad=True)
        nats = torch.empty((), device="meta", requires_grad=True)
        return PipelineStage(
            self.stage,
            place.stage,
            place.stages,
            torch.device(self.device),
            input_args=() if place.is_first else (states,),
            output_args=(nats if place.is_last else states,),
            group=self.group,
        )
