"""How a kernel is compiled: to machine code, without the interpreter's lock, kept on disk.

Numba takes a kept kernel for current as long as the file that it stands in is the same, even where
a kernel that it calls from another file has changed. So kernels are kept in folders named by a
digest of their file and of all files of this package that it imports: a new version of the package
never runs machine code of an old one.

Numba is imported by the first call: many commands read settings that stand beside kernels, and
call none.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, cached_property
from hashlib import sha256
from inspect import getfile
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Generic, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

_ROOT = Path(__file__).parents[1]
_IMPORT = re.compile(rf"^from {_ROOT.name}\.([\w.]+) import", re.MULTILINE)
_OPTIONS = Lock()
"""Held while Numba's options, which are the whole process's, are changed for one kernel."""


def compiled(kernel: Callable[P, R]) -> Callable[P, R]:
    """The kernel as machine code; the first call on a machine compiles, later runs load it."""
    return _Kernel(kernel)


class _Kernel(Generic[P, R]):
    def __init__(self, kernel: Callable[P, R]) -> None:
        self._kernel = kernel

    @cached_property
    def _machine_code(self) -> Callable[P, R]:
        from numba import njit  # noqa: PLC0415 -- heavy

        with _kept_in(kernel_folder(Path(getfile(self._kernel)))):
            return njit(cache=True, nogil=True)(self._kernel)

    @property
    def _numba_type_(self) -> object:
        # Numba asks for it where it meets the name of this kernel in another one.
        from numba import typeof  # noqa: PLC0415 -- heavy

        return typeof(self._machine_code)  # type: ignore[no-untyped-call]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        return self._machine_code(*args, **kwargs)


@cache
def kernel_folder(file: Path) -> Path:
    """Where the machine code of a file's kernels is kept: beside it, or in the user's cache."""
    digest = sha256()
    for source in sorted(sources_of(file)):
        digest.update(source.read_bytes())
    beside = file.parent / "__pycache__"
    writable = os.access(beside if beside.exists() else file.parent, os.W_OK)
    place = beside if writable else Path.home() / ".cache" / _ROOT.name
    return place / f"kernels-{digest.hexdigest()[:16]}"


@cache
def sources_of(file: Path) -> frozenset[Path]:
    """The file and every file of this package that it imports, directly or not."""
    found: set[Path] = set()
    waiting = [file]
    while waiting:
        source = waiting.pop()
        if source not in found:
            found.add(source)
            for name in _IMPORT.findall(source.read_text(encoding="utf-8")):
                place = _ROOT.joinpath(*name.split("."))
                waiting += place.glob("*.py") if place.is_dir() else [place.with_suffix(".py")]
    return frozenset(found)


def is_kept(module: ModuleType) -> bool:
    """Whether an earlier run left machine code of a module's kernels on this machine."""
    with _OPTIONS:
        return _place(kernel_folder(Path(getfile(module)))).is_dir()


@contextmanager
def _kept_in(folder: Path) -> Iterator[None]:
    # Numba asks for the folder once, when a kernel is decorated.
    from numba import config  # noqa: PLC0415 -- heavy

    options = vars(config)
    with _OPTIONS:
        chosen = options["CACHE_DIR"]
        options["CACHE_DIR"] = str(_place(folder))
        try:
            yield
        finally:
            options["CACHE_DIR"] = chosen


def _place(folder: Path) -> Path:
    # Below a root that the user chose, so that a cluster can keep machine code on a local disk.
    from numba import config  # noqa: PLC0415 -- heavy

    chosen = vars(config)["CACHE_DIR"]
    return Path(chosen) / folder.name if chosen else folder
