"""Layers compiled to native code, where a stage is long enough to pay for it.

Layers that are alike share one graph, in which attention is one operator: what is compiled is a
layer, not a model. Compiled and not, results differ by rounding alone. Held-out rows are measured
without it, as they have another shape.

Whether it pays is decided by operations alone: on a slower processor a stage and the compiler take
longer alike, and a stage that is killed must decide the same when it goes on.
"""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from auroram.errors import ConfigError

Compile = Literal["auto", "on", "off"]

SAVED = 0.1
"""Share of a step's time that compiled layers save."""

COMPILING = 4e12
"""Operations of training that a core does in the time of compiling, which keeps one core busy."""


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


def decide(choice: Compile, *, operations: float, device: str, place: str) -> Compilation:
    """Whether the layers of a stage are compiled.

    Args:
        choice: of the recipe.
        operations: of the whole stage.
        device: that it runs on.
        place: of the choice in the recipe.

    Raises:
        ConfigError: where it is wanted and nothing here can compile.
    """
    if choice == "off":
        return Compilation(why="the recipe says off")
    threads = torch.get_num_threads()
    if choice == "auto":
        if device == "cuda":
            return Compilation(why="what it saves on a GPU is not measured; write compile = 'on'")
        if not pays(operations, threads):
            return Compilation(why=_balance(operations, threads))
    fault = _trial(device)
    if fault and choice == "on":
        raise ConfigError(
            f"{place}: 'on' needs a C++ compiler such as g++ ({fault}); install it, "
            "or write 'auto' or 'off'"
        )
    if fault:
        return Compilation(why=f"nothing here can compile ({fault})")
    why = "the recipe says on" if choice == "on" else _balance(operations, threads)
    return Compilation(on=True, why=why)


def pays(operations: float, threads: int) -> bool:
    """Whether compiled layers save more time than compiling takes."""
    return SAVED * operations / threads > COMPILING


def compile_layers(layers: nn.ModuleList) -> None:
    """Let each layer compile its forward and backward pass when it is first used."""
    for layer in layers:
        layer.forward = torch.compile(layer.forward, dynamic=False)


def _balance(operations: float, threads: int) -> str:
    saved, cost = SAVED * operations / threads, COMPILING
    return f"it saves the time of {saved:.1e} operations a thread and takes that of {cost:.1e}"


def _trial(device: str) -> str | None:
    """Why a trifle cannot be compiled here; None where it can."""
    numbers = torch.ones(8, device=device)
    try:
        torch.compile(_trifle, dynamic=False)(numbers)
    except RuntimeError as error:
        return str(error).strip().partition("\n")[0][:200]
    return None


def _trifle(numbers: Tensor) -> Tensor:
    return numbers * 2 + 1
