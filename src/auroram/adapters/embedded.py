"""The engine that comes with Python: processes on this machine.

This process is one of the workers. The others are started afresh (*spawn*), not forked, so that no
lock or thread of this one is copied half-way; it works while they start. They end when this process
does, however it ends.
"""

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from typing import Generic, Literal

import pyarrow as pa

from auroram.adapters.cores import physical_cores
from auroram.errors import RunError
from auroram.garbage import search_rarely
from auroram.ports import Engine, Item, Result
from auroram.settings import Positive, settings


@settings
class Embedded:
    """Processes on this machine."""

    kind: Literal["embedded"] = "embedded"
    workers: Literal["cores"] | Positive = "cores"
    """Processes, this one among them; `cores` for one a physical core."""

    def start(self, folder: Path) -> Engine:
        """The engine; it needs no folder."""
        del folder
        return Processes(physical_cores() if self.workers == "cores" else self.workers)


class Processes:
    """An engine of processes, which are hired at the first `map` that has several items."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """The result of each item, in the order of the items.

        Raises:
            RunError: where a worker was lost.
        """
        if self.workers == 1 or len(items) < 2:
            yield from map(function, items)
            return
        work = _Work.of(function, items)
        pool = self._hired()
        try:
            servers = [work.served_by(pool) for _ in range(self.workers - 1)]
            yield from work.results()
            for server in servers:
                server.join()
        except BaseException as error:
            work.waiting.clear()
            self._dismiss()
            if isinstance(error, BrokenProcessPool):
                raise RunError(
                    "engine: a worker was lost, often for want of memory; run again to go on, "
                    "with fewer engine.workers if it happens again"
                ) from error
            raise

    def close(self) -> None:
        """Let the workers end."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _hired(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers - 1, context, initializer=_start_worker)
        return self._pool

    def _dismiss(self) -> None:
        """End the workers in the middle of their work."""
        if self._pool is not None:
            # Until Python 3.14 (`terminate_workers`) a pool has no public word for this.
            for worker in list((self._pool._processes or {}).values()):  # noqa: SLF001
                worker.terminate()
        self.close()


@dataclass(frozen=True, slots=True)
class _Work(Generic[Item, Result]):
    """The items of one `map`: whoever is free takes the next."""

    function: Callable[[Item], Result]
    items: Sequence[Item]
    waiting: deque[int]
    """Numbers of the items that nobody has taken."""
    outcomes: tuple[Future[Result], ...]
    """What became of each item."""

    @classmethod
    def of(cls, function: Callable[[Item], Result], items: Sequence[Item]) -> "_Work[Item, Result]":
        """All of it, untaken."""
        outcomes: tuple[Future[Result], ...] = tuple(Future() for _ in items)
        return cls(function, items, deque(range(len(items))), outcomes)

    def served_by(self, pool: ProcessPoolExecutor) -> threading.Thread:
        """A thread that hands one item after another to one worker of the pool.

        A pool that is handed all of them keeps some back for each worker, which this process
        could not take when it has nothing left to do.
        """

        def in_pool(item: Item) -> Result:
            return pool.submit(self.function, item).result()

        def serve() -> None:
            while self._take(in_pool):
                continue

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        return thread

    def results(self) -> Iterator[Result]:
        """Each item's result; works on items that wait while the next one is not there."""
        for outcome in self.outcomes:
            while not outcome.done() and self._take(self.function):
                continue
            yield outcome.result()

    def _take(self, how: Callable[[Item], Result]) -> bool:
        """Do one item; False where none waits."""
        try:
            number = self.waiting.popleft()
        except IndexError:
            return False
        try:
            self.outcomes[number].set_result(how(self.items[number]))
        except Exception as error:  # noqa: BLE001 -- raised where the item's turn comes
            self.outcomes[number].set_exception(error)
        return True


def _start_worker() -> None:
    # Ctrl-C reaches all processes of a terminal; only the first of them answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    pa.set_cpu_count(1)
    os.environ["RAYON_NUM_THREADS"] = "1"  # threads of encoders, for the same reason
    search_rarely()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)
