"""The manifest: what a stage was asked, what came out, and under which circumstances.

Two digests. `digest` is the identity: settings, inputs, outputs, counts, measurements and
notices, so two honest runs of the same thing have one identity. `circumstances_digest` covers
times, resources and environment, and with them the identity. Manifests name their inputs by
digest, so a run is a Merkle graph.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auroram.errors import IntegrityError
from auroram.records.canonical import Json, digest, plain
from auroram.records.files import write_text
from auroram.records.measurement import Measurement

MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputFile:
    """A file that a stage wrote."""

    path: str
    """Relative to the stage's folder, with forward slashes."""
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many units of something met a fate: one bar of a funnel."""

    step: str
    """Where in the stage: `read`, `language`, `quality`, `exact-duplicate`, `written`, ..."""
    domain: str
    """Language or `code`, or another domain of a mixture."""
    source: str
    """The source's name in the recipe; `*` where sources are pooled."""
    outcome: str
    """`kept`, `dropped`, `changed`, ..."""
    reason: str = ""
    """Why, where the outcome needs a reason."""
    unit: str
    """`documents`, `paragraphs`, `bytes`, `tokens`, `samples`, ..."""
    value: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What the work took, and how each figure was obtained."""

    wall_seconds: float
    processor_seconds: float
    peak_memory_bytes: int
    """Largest resident size of a process while the stage ran: this one or one of its workers."""
    tokens: int = 0
    """Tokens that went through a model, or that were written."""
    floating_point_operations: float = 0.0
    """Estimated from the model's shape: as `train.facts` says of training, 2 N per token read."""
    energy_joules: float | None = None
    """Read from counters, or guessed, as `method` says; None where nothing was tried."""
    method: str = "wall clock, process times and peak resident size of the operating system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a stage's `run` answers; the pipeline makes the manifest of it."""

    tallies: tuple[Tally, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    notices: tuple[str, ...] = ()
    """Sentences that every page must carry, such as that safety data was not reviewed."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Small named results that later stages or pages read (JSON types only)."""
    circumstances: Mapping[str, Any] = field(default_factory=dict, compare=False)
    """What may differ in another run of the same thing, such as speed; no part of the identity."""
    tokens: int = 0
    floating_point_operations: float = 0.0
    renderings: tuple[str, ...] = ()
    """Paths of written files that show circumstances too, such as times on a page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The record of one finished stage."""

    stage: str
    kind: str
    settings: Json
    """Every setting with its default written out."""
    inputs: Mapping[str, str]
    """Name of an earlier stage to the digest of its manifest."""
    sources: Mapping[str, str]
    """Path in the recipe of a file read to its SHA-256; URL of one to what its server said of its
    version: size, ETag, time of change."""
    outputs: tuple[OutputFile, ...]
    tallies: tuple[Tally, ...]
    measurements: tuple[Measurement, ...]
    notices: tuple[str, ...]
    facts: Json
    key: str
    """The cache key: digest of settings, inputs, sources and code version."""
    resources: Resources
    environment: Json
    """Of the process that ended the stage; `resumed` where it went on with what an earlier one had
    done: time, memory and energy are then those of the last, tokens and operations those of all."""
    started_at: str
    ended_at: str
    renderings: tuple[OutputFile, ...] = ()
    """Files that show circumstances too: checked like outputs, but no part of the identity."""

    @property
    def uncounted(self) -> str:
        """What its resources leave out, in words; empty for nothing."""
        if not self.environment.get("resumed"):
            return ""
        return (
            f"{self.stage} went on with what an earlier process had done, whose time, memory and "
            "energy are not counted"
        )

    @property
    def files(self) -> tuple[OutputFile, ...]:
        """Everything that the stage wrote."""
        return self.outputs + self.renderings

    @property
    def digest(self) -> str:
        """The identity: what was asked and what came out."""
        return digest({name: getattr(self, name) for name in _IDENTITY})

    @property
    def circumstances_digest(self) -> str:
        """Everything else, bound to the identity."""
        beside = {name: getattr(self, name) for name in _CIRCUMSTANCES}
        return digest(beside | {"identity": self.digest})


_IDENTITY = (
    "stage", "kind", "settings", "inputs", "sources",
    "outputs", "tallies", "measurements", "notices", "facts",
)  # fmt: skip
_CIRCUMSTANCES = ("key", "resources", "environment", "started_at", "ended_at", "renderings")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A stage that ended: where its files lie and what it says of them."""

    folder: Path
    manifest: Manifest


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, which makes the stage finished."""
    table = plain(manifest) | {
        "digest": manifest.digest,
        "circumstances_digest": manifest.circumstances_digest,
    }
    write_text(folder / MANIFEST_NAME, json.dumps(table, indent=1, ensure_ascii=False) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a finished stage.

    Raises:
        IntegrityError: where the file cannot be understood or its digests do not hold.
        FileNotFoundError: where the stage is not finished.
    """
    path = folder / MANIFEST_NAME
    try:
        table = json.loads(path.read_text())
        stated = table.pop("digest"), table.pop("circumstances_digest")
        manifest = Manifest(**(table | _typed(table)))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise IntegrityError(
            f"{path}: not a manifest ({error}); delete the folder and run again"
        ) from error
    if stated != (manifest.digest, manifest.circumstances_digest):
        raise IntegrityError(
            f"{path}: changed since it was written; delete the folder and run again"
        )
    return manifest


def _typed(table: Json) -> Json:
    return {
        "outputs": tuple(OutputFile(**item) for item in table["outputs"]),
        "renderings": tuple(OutputFile(**item) for item in table["renderings"]),
        "tallies": tuple(Tally(**item) for item in table["tallies"]),
        "measurements": tuple(Measurement(**item) for item in table["measurements"]),
        "notices": tuple(table["notices"]),
        "resources": Resources(**table["resources"]),
    }
