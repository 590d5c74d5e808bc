"""A task: rows, how a row becomes a question, and how an answer becomes a score."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from auroram.settings import Count, Positive

Row = dict[str, Any]
"""One example as the data set has it."""

Template = str | int | Sequence[Any]
"""A field's name, a Jinja template over the row, or the value itself."""

Form = Literal["multiple_choice", "loglikelihood_rolling", "generate_until"]
"""What is asked: which choice is likeliest, how likely a text is, or to go on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Where rows lie."""

    path: str
    """`json`, `csv`, `parquet`, `made`, `package`, a local file or folder, or a hub id."""
    name: str = ""
    """The configuration on the hub, or the maker."""
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Split to files, where they are named."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """For a maker."""
    folder: Path = Path()
    """Relative files begin here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """How a row becomes text."""

    text: Template
    target: Template
    choices: Template | None = None
    target_delimiter: str = " "
    fewshot_delimiter: str = "\n\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shots:
    """Worked examples before the question."""

    count: Count = 0
    split: str = ""
    sampler: Literal["default", "first_n"] = "first_n"
    """`default` draws them for each item, as lm-evaluation-harness does; `first_n` takes the same
    for all, so that they are read once."""
    rows: tuple[Row, ...] = ()
    """The examples themselves, in the place of a split."""
    texts: Texts
    """How an example becomes text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One way to score an answer."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterChain:
    """What is done to a reply before it is scored."""

    name: str
    steps: tuple[tuple[str, Mapping[str, Any]], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """How a reply is written."""

    stops: tuple[str, ...]
    max_tokens: Positive = 256
    temperature: float | None = None
    top_p: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Everything about a task but its rows."""

    name: str
    form: Form
    language: str
    """BCP 47 tag, or `code`."""
    rows: Rows
    split: str
    """The split that is measured."""
    description: str = ""
    texts: Texts
    shots: Shots
    metrics: tuple[Metric, ...]
    filters: tuple[FilterChain, ...] = ()
    generation: Generation | None = None
    repeats: Positive = 1
    """Replies an item."""
    cluster: str = ""
    """Template of what items share a source by; empty where each stands alone."""
