"""Layers compiled to native code, where a stage is long enough to pay for it.

Layers that are alike share one graph, in which attention is one operator: what is compiled is a
layer, not a model. Compiled and not, results differ by rounding alone. Held-out rows are measured
without it, as they have another shape.

Whether it pays is decided by operations alone: on a slower processor a stage and the compiler take
longer alike, and a stage that is killed must decide the same when it goes on.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from auroram.errors import ConfigError, first_line
from auroram.train.parts import Compile

SAVED, SAVED_BY_THIN = 0.05, 0.01
"""Share of a step's time that compiled layers save (benchmarks/compilation.py) where their weights
train (8 % at 10M parameters, 5 % at 30M and 135M, one thread of a Zen 4), and where thin matrices
do (135M, two threads)."""

COMPILING = 2.8e12
"""Operations of training that a thread does in the time that compiling takes: 11 s, or 25 s with
thin matrices."""

PAYS_ON_A_GPU = 1e16
"""Operations of a stage from which compiling pays on a GPU (benchmarks/gpu.py): an H200 wins its
10 s back within a third of them, and a slower GPU sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """Whether layers are compiled, and why."""

    on: bool = False
    why: str = "nobody asked"

    def paused(self) -> AbstractContextManager[object]:
        """While it is open, layers compute as they are written."""
        return torch.compiler.set_stance("force_eager") if self.on else nullcontext()

    def __str__(self) -> str:
        """As a person reads it.

        >>> str(Compilation(on=False, why="the recipe says so"))
        'layers are not compiled: the recipe says so'
        """
        return f"layers are {'' if self.on else 'not '}compiled: {self.why}"


NOT_COMPILED = Compilation()


def decide(choice: Compile, balance: float, *, device: str, ranks: int, place: str) -> Compilation:
    """Whether the layers of a stage are compiled.

    Args:
        choice: of the recipe.
        balance: how many times the stage wins back what compiling takes.
        device: that it runs on.
        ranks: that train it together.
        place: of the choice in the recipe.

    Raises:
        ConfigError: where it is wanted and cannot be had.
    """
    if choice == "off":
        return Compilation(why="the recipe says off")
    why = f"it saves {balance:.2g} times what compiling takes"
    if choice == "auto" and balance <= 1:
        longer = f"{1 / balance:.2g}" if balance > 0.1 else f"{1 / balance:,.0f}"
        return Compilation(why=f"compiling takes {longer} times what it would save")
    fault = _fault(device, ranks)
    if fault and choice == "on":
        raise ConfigError(f"{place}: 'on' cannot be had: {fault}; write 'auto' or 'off'")
    if fault:
        return Compilation(why=fault)
    return Compilation(on=True, why="the recipe says on" if choice == "on" else why)


def balance_of(operations: float, *, thin: bool, threads: int, device: str) -> float:
    """How many times a stage of so many operations wins back what compiling its layers takes.

    Args:
        operations: of the whole stage.
        thin: whether thin matrices train, and not the layers' own weights.
        threads: of the matrix products.
        device: that it runs on.
    """
    if device == "cuda":
        return operations / PAYS_ON_A_GPU
    return (SAVED_BY_THIN if thin else SAVED) * operations / threads / COMPILING


def compile_layers(layers: nn.ModuleList) -> None:
    """Let each layer compile its forward and backward pass when it is first used."""
    for layer in layers:
        layer.forward = torch.compile(layer.forward, dynamic=False)


def _fault(device: str, ranks: int) -> str | None:
    """Why layers cannot be compiled here; None where a trifle can."""
    if ranks > 1:
        return f"layers are compiled on one process only ({ranks} ranks train)"
    numbers = torch.ones(8, device=device)
    try:
        torch.compile(_trifle, dynamic=False)(numbers)
    except RuntimeError as error:
        return f"it needs a C++ compiler such as g++, on a GPU Triton ({first_line(error)})"
    return None


def _trifle(numbers: Tensor) -> Tensor:
    return numbers * 2 + 1
