"""The engine of a Ray cluster: every item is a task; what a lost worker held is done again.

The machines need this package installed and the run's folder under the same path, on a file
system that they share. Install it with the extra `ray`.
"""

import logging
import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from auroram.errors import ConfigError, RunError, first_line
from auroram.ports import Engine, Item, Result
from auroram.settings import Count, Positive, PositiveFloat, settings

ANSWER_SECONDS = 20.0
"""How long the head of a cluster may take to answer at all."""


@settings
class Ray:
    """Tasks on a Ray cluster."""

    kind: Literal["ray"] = "ray"
    address: str = "local"
    """Of the cluster's head, such as `head:6379`, or `auto` for the cluster that this machine is
    part of; `local` starts one on this machine."""
    cores_a_task: PositiveFloat = 1.0
    """Processor cores that are set aside for each task."""
    retries: Count = 3
    """How often a task is started again whose worker was lost."""
    waiting: Positive = 1000
    """Tasks handed to the cluster at a time."""

    def __post_init__(self) -> None:
        if "://" in self.address:
            raise ValueError(
                f"address: Ray's client ({self.address}) is not supported; run on a machine of "
                "the cluster and say auto, or HOST:PORT of its head"
            )
        _, colon, port = self.address.rpartition(":")
        if colon and not port.isdecimal():
            raise ValueError(f"address: the port of {self.address!r} is no number")

    def start(self, folder: Path) -> Engine:
        """The engine; connects at the first `map`.

        Raises:
            ConfigError: where Ray is not installed.
        """
        del folder
        try:
            import ray  # noqa: PLC0415 -- heavy, and an extra
        except ImportError:
            raise ConfigError(
                "engine: kind 'ray' needs the package ray; pip install 'auroram[ray]'"
            ) from None
        return RayTasks(ray, self)


class RayTasks:
    """An engine of Ray tasks."""

    def __init__(self, ray: Any, settings: Ray) -> None:  # noqa: ANN401 -- an untyped module
        self._ray = ray
        self._settings = settings
        self._connected = False

    @property
    def workers(self) -> int:
        """Tasks that the cluster's cores can hold now."""
        self._connect()
        cores = float(self._ray.cluster_resources().get("CPU", 1))
        return max(1, int(cores / self._settings.cores_a_task))

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """The result of each item, in the order of the items.

        Where one fails, those under way go on until `close`: Ray ends this whole process where a
        task that is told to stop ends by itself (ray-project/ray, pull request 54527).

        Raises:
            RunError: where an item lost its worker more often than `retries`.
        """
        self._connect()
        task = self._ray.remote(
            num_cpus=self._settings.cores_a_task, max_retries=self._settings.retries
        )(function)
        started: list[Any] = []
        for position in range(len(items)):
            ahead = items[len(started) : position + self._settings.waiting]
            started += [task.remote(item) for item in ahead]
            yield self._result(started[position])
            started[position] = None  # so that Ray may forget what came of it

    def close(self) -> None:
        """Leave the cluster."""
        if self._connected:
            self._ray.shutdown()
            self._connected = False

    def _connect(self) -> None:
        if self._ray.is_initialized():
            return
        address = self._settings.address
        try:
            # Ray looks for a head that does not answer for minutes, and then ends this process.
            _find(address)
            self._ray.init(
                address=address,
                log_to_driver=False,
                logging_level=logging.WARNING,
                include_dashboard=False,
            )
        except (OSError, RuntimeError, ValueError) as error:
            raise RunError(
                f"engine: no Ray cluster at {address!r} ({first_line(error)}); start one with "
                "`ray start --head`, or correct engine.address"
            ) from error
        self._connected = True

    def _result(self, reference: Any) -> Any:  # noqa: ANN401 -- whatever the function returned
        try:
            return self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from error
        except self._ray.exceptions.RayError as error:
            raise RunError(
                f"engine: Ray lost a task for good ({type(error).__name__}); "
                "look at the cluster's logs and run again to go on"
            ) from error


def _find(address: str) -> None:
    """Reach the head at HOST:PORT; other addresses are Ray's own words.

    Raises:
        OSError: where nothing answers there.
    """
    host, colon, port = address.rpartition(":")
    if colon:
        socket.create_connection((host, int(port)), ANSWER_SECONDS).close()
