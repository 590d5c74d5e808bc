"""Where the launchers of several nodes meet, so that their ranks start and end together.

What they tell each other lies in a store that the launcher of the first node holds. A round is one
start of all ranks: it is over when all have come to their end, or when a launcher tells of a death.
All launchers then read the same deaths, and each knows by itself how to go on.
"""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict

from torch._C._distributed_c10d import PrefixStore, Store, TCPStore
from torch.distributed import DistError
from torch.distributed.elastic.multiprocessing import SignalException
from torch.distributed.elastic.rendezvous import (
    RendezvousError,
    RendezvousHandler,
    RendezvousInfo,
    RendezvousParameters,
    RendezvousStoreInfo,
    rendezvous_handler_registry,
)
from torch.distributed.elastic.rendezvous.c10d_rendezvous_backend import create_backend
from torch.distributed.elastic.utils.store import barrier
from torch.distributed.launcher.api import LaunchConfig

from auroram.adapters.launch_address import (
    ends_of_way,
    host_and_port,
    interface_of,
    is_here,
    wait_for,
)
from auroram.adapters.launch_death import STOP_SECONDS, Death, first_of
from auroram.adapters.launch_patience import Patience
from auroram.errors import RunError

KIND = "auroram"
"""Name of our meeting among torch's kinds of rendezvous."""

LOOK_SECONDS = 1.0
"""How often a launcher looks at what the others tell."""

MEET_SECONDS = 300
"""How long the first launcher waits for the last one."""

LOST_SECONDS = 45
"""After how long a silent launcher counts as gone. Torch gives ranks 30 s to stop, in silence."""


class RoundOverError(Exception):
    """A launcher has told of a death: ranks are to be stopped."""


@contextmanager
def met(*, nodes: int, where: str, say: Callable[[str], None]) -> Iterator["Meeting"]:
    """All launchers of a run, from when the last one has come until all know how it ended.

    Args:
        nodes: how many launchers there are.
        where: HOST:PORT of the one that holds the store.
        say: is handed a sentence where that one is not there yet.

    Raises:
        RunError: where they do not meet, or the one that holds the store is gone.
    """
    try:
        meeting = Meeting(nodes=nodes, where=where, say=say)
        try:
            yield meeting
        except (KeyboardInterrupt, SignalException):
            meeting.tell_gone(meeting.node)
            raise
        finally:
            meeting.leave()
    except (DistError, RendezvousError) as error:
        raise RunError(
            f"launch: the launcher that holds {where} does not answer, was it stopped?; "
            "run again to go on"
        ) from error


class _WatchedStore(PrefixStore):
    """What is told in one round; who waits for a key looks at the other launchers meanwhile."""

    def __init__(
        self, name: str, store: Store, patience: Patience, look: Callable[[], None]
    ) -> None:
        super().__init__(name, store)
        self._patience = patience
        self._look = look

    def wait(self, keys: list[str], *_: object) -> None:
        """Until all keys are there, for however long it takes, or the round is over."""
        # The agent would print what is raised here; it is met again wherever we look next.
        with suppress(RoundOverError, DistError):
            while not self._patience.ask(lambda: self.check(keys)):
                self._look()
                time.sleep(LOOK_SECONDS / 5)


class Meeting(RendezvousHandler):
    """What a launcher hears from the others and tells them."""

    def __init__(self, *, nodes: int, where: str, say: Callable[[str], None]) -> None:
        host, port = host_and_port(where)
        holds = is_here(host)
        if not holds:
            _wait_for_holder(host, port, where, say)
        # Torch would ask what the machine calls itself to find out whether it is to hold the store.
        place = f"localhost:{port}" if holds else where
        asked = RendezvousParameters("c10d", place, KIND, nodes, nodes, read_timeout=MEET_SECONDS)
        self._store = create_backend(asked)[1]
        self._patience = Patience(LOST_SECONDS)
        self._nodes = nodes
        self.node = self._store.add("nodes", 1) - 1
        """Number of this launcher's node."""
        if self.node >= nodes:
            raise RunError(
                f"launch: {where}: as many launchers as --nodes says ({nodes}) have met there; "
                "choose another port for another run"
            )
        own, holder = ("", "") if holds else ends_of_way(host, port)
        self._store.set(f"holder-{self.node}", holder)
        self._store.set(f"host-{self.node}", socket.gethostname())
        self._store.set(f"beat-{self.node}", "")
        self._rounds = 0
        self._round = self._new_round()
        if not self._all("come", MEET_SECONDS):
            raise RunError(
                f"launch: after {MEET_SECONDS} s not all of {nodes} launchers have met at {where}; "
                "start one on each node, at about the same time"
            )
        self._heard = [(b"", time.monotonic())] * nodes
        self._address = own or self._holder()
        """Where the others reach this node."""
        self.interface = interface_of(self._address)
        """The network interface over which nodes reach each other, where that is known."""

    def _holder(self) -> str:
        """The address of the store's holder as other machines see it; its own where none does."""
        told = self._store.multi_get([f"holder-{node}" for node in range(self._nodes)])
        return next((address.decode() for address in told if address), "127.0.0.1")

    def take_in(self, config: LaunchConfig) -> None:
        """Have torch's agent start its ranks when all launchers are ready, and look as we do."""
        rendezvous_handler_registry.register(KIND, _meeting_of)
        config.rdzv_backend = KIND
        config.rdzv_configs = {"meeting": self}
        config.monitor_interval = LOOK_SECONDS

    def leave(self) -> None:
        """Wait until all know how it ended: the store ends with the launcher that holds it."""
        with suppress(DistError):
            self._all("left", STOP_SECONDS + 5)

    def _all(self, act: str, seconds: float) -> bool:
        """Whether all launchers do the same within so many seconds."""
        end = time.monotonic() + seconds
        done = self._patience.ask(lambda: self._store.add(act, 1))
        while done < self._nodes and time.monotonic() < end:
            time.sleep(LOOK_SECONDS / 5)
            done = self._patience.ask(lambda: self._store.add(act, 0))
        return done >= self._nodes

    def tell(self, death: Death) -> None:
        """Tell all launchers of a death: the round is over. What was told first of a node holds."""

        def tell() -> None:
            self._round.compare_set(f"death-{death.node}", "", json.dumps(asdict(death)))
            self._round.set("over", "yes")

        self._patience.ask(tell)

    def tell_gone(self, node: int) -> None:
        """Tell all launchers that one of them is gone."""
        with suppress(DistError):
            host = self._patience.ask(lambda: self._store.get(f"host-{node}")).decode()
            self.tell(Death(node=node, host=host, rank=None))

    def first_death(self) -> Death | None:
        """What ended the round, the same for all launchers; None where all ranks came to an end."""
        if not self._is_over():
            return None
        keys = [f"death-{node}" for node in range(self._nodes)]
        while not self._patience.ask(lambda: self._round.check(keys)):
            self._beat()
            time.sleep(LOOK_SECONDS / 5)
        told = self._patience.ask(lambda: self._round.multi_get(keys))
        return first_of(Death(**one) for one in map(json.loads, told) if one)

    def _is_over(self) -> bool:
        return self._patience.ask(lambda: self._round.check(["over"]))

    def _look(self) -> None:
        self._beat()
        if self._is_over():
            none = f"death-{self.node}"
            self._patience.ask(lambda: self._round.compare_set(none, "", "null"))
            raise RoundOverError

    def _beat(self) -> None:
        """Show the others that this launcher is there, and see that they are."""
        now = time.monotonic()
        for node, beat in enumerate(self._patience.ask(lambda: self._beats(now))):
            last, at = self._heard[node]
            if beat != last:
                self._heard[node] = (beat, now)
            elif now - at > LOST_SECONDS:
                self.tell_gone(node)

    def _beats(self, now: float) -> list[bytes]:
        self._store.set(f"beat-{self.node}", str(now))
        return self._store.multi_get([f"beat-{node}" for node in range(self._nodes)])

    def _new_round(self) -> "_WatchedStore":
        self._rounds += 1
        return _WatchedStore(f"round-{self._rounds}", self._store, self._patience, self._look)

    def next_rendezvous(self) -> RendezvousInfo:
        """Begin a round when all launchers are ready, with a store of its own for the ranks."""
        self._round = self._new_round()
        barrier(self._round, self._nodes, "ready")
        self._look()
        port = None
        if self.node == 0:
            # Held for as long as the round's ranks need it.
            self._ranks = TCPStore(self._address, 0, is_master=True, wait_for_workers=False)
            port = self._ranks.port
        place = RendezvousStoreInfo.build(self.node, self._round, self._address, port)
        return RendezvousInfo(self._round, self.node, self._nodes, place)

    def num_nodes_waiting(self) -> int:
        """None ever: what torch's agent asks while its ranks work is where we look."""
        self._look()
        return 0

    @property
    def use_agent_store(self) -> bool:
        """Ranks meet at the store of node 0's launcher."""
        return True

    def get_backend(self) -> str:
        """As torch's agent notes it."""
        return KIND

    def get_run_id(self) -> str:
        """As torch's agent notes it."""
        return KIND

    def is_closed(self) -> bool:
        """Never: a launcher leaves by itself."""
        return False

    def set_closed(self) -> None:
        """Nothing: see `is_closed`."""

    def shutdown(self) -> bool:
        """Nothing: the next round may need it."""
        return True


def _wait_for_holder(host: str, port: int, where: str, say: Callable[[str], None]) -> None:
    """Torch itself would try without an end that an interrupt could bring about."""
    try:
        wait_for(
            host,
            port,
            MEET_SECONDS,
            lambda why: say(f"launch: waits for the launcher at {where} ({why})"),
        )
    except OSError as error:
        raise RunError(
            f"launch: after {MEET_SECONDS} s no launcher answers at {where} "
            f"({error.strerror or error}); start one there at about the same time, or correct "
            "--meet"
        ) from None


def _meeting_of(parameters: RendezvousParameters) -> RendezvousHandler:
    meeting: Meeting = parameters.config["meeting"]
    return meeting
