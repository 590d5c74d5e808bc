"""The ranks that train together: who they are, and what they add up."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.device_mesh import DeviceMesh

from auroram.errors import RunError
from auroram.train.blocks import local
from auroram.train.ranks.mesh import Mesh
from auroram.train.ranks.pipeline_cut import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Degrees:
    """How many ranks there are along each axis of the mesh."""

    data: int = 1
    tensor: int = 1
    pipeline: int = 1
    context: int = 1

    @classmethod
    def of(cls, mesh: Mesh, world: int) -> "Degrees":
        """Those of a mesh on so many ranks.

        Raises:
            ValueError: where the mesh does not divide them.
        """
        return cls(
            data=mesh.data_of(world),
            tensor=mesh.tensor,
            pipeline=mesh.pipeline,
            context=mesh.context,
        )

    @property
    def share(self) -> int:
        """Ranks that read different rows or positions; weights are shared out among them."""
        return self.data * self.context

    @property
    def ranks(self) -> int:
        """All of them."""
        return self.share * self.tensor * self.pipeline


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ranks:
    """One rank among those that train together; by default the only one."""

    rank: int = 0
    world: int = 1
    degrees: Degrees = Degrees()
    mesh: DeviceMesh | None = None
    """With the axes `pipeline`, `share` (data ranks, and the context ranks of each) and `tensor`;
    None where one process trains alone."""
    positions: dist.ProcessGroup | None = None
    """Those that share out the positions of the same rows; None where none do."""
    ends: dist.ProcessGroup | None = None
    """The first and the last stage of this rank's pipeline; None on a stage between."""
    token: str = ""
    """Another one at each start, and the same on all ranks."""
    partial: tuple[nn.Parameter, ...] = ()
    """Weights of whose gradient each tensor rank holds a part."""
    twice: tuple[nn.Parameter, ...] = ()
    """Weights that the first and the last stage both hold."""

    @property
    def is_first(self) -> bool:
        """Whether this rank writes what is to be read."""
        return self.rank == 0

    @property
    def readers(self) -> int:
        """How many ranks read different rows or positions, and share out the weights."""
        return self.degrees.share

    @property
    def context_ranks(self) -> int:
        """In how many parts the positions of a row are read."""
        return self.degrees.context

    @property
    def context_rank(self) -> int:
        """Which part of each row's positions is this rank's."""
        return self._share_rank % self.context_ranks

    @property
    def data_ranks(self) -> int:
        """In how many parts the rows of a step are read."""
        return self.degrees.data

    @property
    def data_rank(self) -> int:
        """Which part of each step's rows is this rank's."""
        return self._share_rank // self.context_ranks

    @property
    def place(self) -> Place:
        """Which stage of the pipeline is this rank's."""
        stage = self.mesh.get_local_rank("pipeline") if self.mesh else 0
        return Place(stage=stage, stages=self.degrees.pipeline)

    def holding(
        self, *, partial: tuple[nn.Parameter, ...], twice: tuple[nn.Parameter, ...]
    ) -> "Ranks":
        """The same rank, some of whose weights have partial gradients or lie on two stages."""
        return replace(self, partial=partial, twice=twice)

    def counts(self, weight: Tensor) -> bool:
        """Whether a weight is this stage's to count and to save; it may be the first one's."""
        return self.place.is_first or all(weight is not other for other in self.twice)

    def sum(self, value: float) -> float:
        """The value, summed over the ranks that read different rows or positions."""
        return self._added("share", [value])[0]

    def sum_of_rows(self, value: float) -> float:
        """The value, summed over the ranks that read different positions of the same rows."""
        if not self.positions:
            return value
        return self._added("share", [value])[0] / self.data_ranks

    def told(self, values: Sequence[float]) -> list[float]:
        """The values, summed over those that read different tokens, and over the stages."""
        return self.over_stages(self._added("share", values))

    def over_stages(self, values: Sequence[float]) -> list[float]:
        """The values, summed over the stages of the pipeline."""
        return self._added("pipeline", values)

    def _added(self, axis: str, values: Sequence[float]) -> list[float]:
        if not self.mesh or (group := self.mesh.get_group(axis)).size() == 1:
            return list(values)
        total = torch.tensor(values, dtype=torch.float64, device=self.mesh.device_type)
        dist.all_reduce(total, group=group)
        summed: list[float] = total.tolist()
        return summed

    @property
    def _share_rank(self) -> int:
        return self.mesh.get_local_rank("share") if self.mesh else 0

    def meet(self) -> None:
        """Wait until all ranks are here."""
        if self.mesh:
            dist.barrier()

    def all_say(self, *, yes: bool) -> bool:
        """Whether all ranks say yes."""
        said = torch.tensor(int(yes), device=self.mesh.device_type if self.mesh else None)
        if self.mesh:
            dist.all_reduce(said, dist.ReduceOp.MIN)
        return bool(said)

    def agree(self, step: int) -> None:
        """Make sure that all ranks stand at the same step.

        Raises:
            RunError: where they do not, as where they do not see the same folder.
        """
        if not self.mesh:
            return
        lowest = torch.tensor([step, -step], device=self.mesh.device_type)
        dist.all_reduce(lowest, dist.ReduceOp.MIN)
        if int(lowest[0]) != step or int(lowest[1]) != -step:
            raise RunError(
                f"rank {self.rank} of {self.world} found the checkpoint of step {step} and another "
                "rank another one; let all ranks see the same run folder"
            )

    @torch.no_grad()
    def complete_gradients(self) -> None:
        """Add up the gradients of which each tensor rank, or each end of a pipeline, holds a part.

        A weight that is on both ends gets the same gradient there, and so stays the same.
        """
        for parameter in self.partial:
            if self.mesh and parameter.grad is not None:
                dist.all_reduce(local(parameter.grad), group=self.mesh.get_group("tensor"))
        for parameter in self.twice:
            if parameter.grad is not None:
                dist.all_reduce(local(parameter.grad), group=self.ends)


ALONE = Ranks()
"""The one process of a run without a launcher."""
