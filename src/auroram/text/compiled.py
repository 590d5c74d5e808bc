"""How a kernel is compiled: to machine code, without the interpreter's lock, kept on disk."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(kernel: Callable[P, R]) -> Callable[P, R]:
    """The kernel as machine code; the first call on a machine compiles, later runs load it."""
    return njit(cache=True, nogil=True)(kernel)
