"""The engine that comes with Python: processes on this machine.

Workers are started afresh (*spawn*), not forked, so that no lock or thread of this process is
copied half-way. They end when this process does, however it ends.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import connection, get_context, parent_process
from pathlib import Path
from typing import Literal

import pyarrow as pa

from auroram.errors import RunError
from auroram.ports import Engine, Item, Result
from auroram.settings import Positive, settings

_PROCESSORS = Path("/sys/devices/system/cpu")


@settings
class Embedded:
    """Processes on this machine."""

    kind: Literal["embedded"] = "embedded"
    workers: Literal["cores"] | Positive = "cores"
    """Processes; `cores` for one a physical core. With 1, no further process is started."""

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
        pool = self._hired()
        try:
            for future in [pool.submit(function, item) for item in items]:
                yield future.result()
        except BrokenProcessPool as error:
            self._dismiss()
            raise RunError(
                "engine: a worker was lost, often for want of memory; run again to go on, "
                "with fewer engine.workers if it happens again"
            ) from error
        except BaseException:
            self._dismiss()
            raise

    def close(self) -> None:
        """Let the workers end."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _hired(self) -> ProcessPoolExecutor:
        if self._pool is None:
            context = get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers, context, initializer=_start_worker)
        return self._pool

    def _dismiss(self) -> None:
        """End the workers in the middle of their work."""
        if self._pool is not None:
            # Until Python 3.14 (`terminate_workers`) a pool has no public word for this.
            for worker in list((self._pool._processes or {}).values()):  # noqa: SLF001
                worker.terminate()
        self.close()


def _start_worker() -> None:
    # Ctrl-C reaches all processes of a terminal; only the first of them answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    pa.set_cpu_count(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def physical_cores() -> int:
    """Cores that this process may use; two threads of one core count once."""
    allowed = os.sched_getaffinity(0)
    siblings = {
        number: _PROCESSORS / f"cpu{number}" / "topology" / "thread_siblings_list"
        for number in allowed
    }
    try:
        return len({path.read_text() for path in siblings.values()})
    except OSError:
        return len(allowed)
