"""What the stage `redteam` can be told."""

import re
from collections.abc import Collection, Mapping
from dataclasses import field
from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from auroram.ports import PackageFile
from auroram.records.concerns import read_taxonomy
from auroram.records.endpoint import Endpoint
from auroram.redteam.language import written_languages
from auroram.redteam.mutations.registry import MUTATIONS, MutationName
from auroram.settings import Count, Positive, Share, settings

LANGUAGES = ("en", "fi", "hi", "ja", "vi")
_OUTSIDE = re.compile(r"strong[-_]?reject|x[-_]?s[-_]?test", re.IGNORECASE)
_HARMFUL_ANSWERS = "many_shot_examples"


@settings
class LocalFile:
    """A file beside the recipe."""

    kind: Literal["file"] = "file"
    file: str
    """Its path, relative to the recipe."""


AnyPlace = Annotated[LocalFile | PackageFile, Field(discriminator="kind")]
"""Where a prompt set lies."""


@settings
class PromptSet:
    """Prompts that others have published, and what must be known of them."""

    place: AnyPlace
    """`.csv`, `.jsonl`, `.jsonl.gz`, or PyRIT's `.prompt`."""
    style: Literal["prompts", "dialogues"] = "prompts"
    """Of dialogues only the first human turn is read."""
    text: str = "value"
    """Column of the prompt, or of the dialogue."""
    id: str = ""
    """Column of the prompt's own id; empty where the digest of its text must do."""
    category: str = ""
    """Column of the prompt's categories; empty where its words alone tell its concern."""
    categories: str = ""
    """The framework of the taxonomy whose categories these are, such as `harmbench`."""
    only: Mapping[str, str] = field(default_factory=dict)
    """Column to the value that it must have; other rows are left out, and counted."""
    language: str = "en"
    """BCP 47 tag."""
    licence: str
    """SPDX id of the prompts' licence."""
    published: str
    """ISO date on which the set was published."""
    held_out: bool = False
    """Whether all of it is for tests; nothing like it is then trained on."""
    most: Count = 500
    """Most requests that are taken, chosen by a keyed hash."""

    def __post_init__(self) -> None:
        named = self.place.file if isinstance(self.place, LocalFile) else _words(self.place)
        if _OUTSIDE.search(named):
            raise ValueError(f"{named}: StrongREJECT and XSTest are outside checks; leave them out")
        if _HARMFUL_ANSWERS in named:
            raise ValueError(f"{named}: holds harmful answers; it is never read")
        if "harmbench" in named.lower() + self.categories and not self.held_out:
            raise ValueError("HarmBench is for tests alone; say held_out = true")
        if bool(self.category) != bool(self.categories):
            raise ValueError(
                "category and categories go together: a column, and whose words it has"
            )
        if self.categories:
            _known("framework", self.categories, read_taxonomy().frameworks)
        date.fromisoformat(self.published)


@settings
class ByTemplate:
    """Refusals put together from the language's own sentences."""

    kind: Literal["template"] = "template"


@settings
class LocalModel:
    """A model of this run, or in a folder, that writes greedily on this machine."""

    kind: Literal["model"] = "model"
    stage: str = ""
    """The earlier stage whose model writes."""
    folder: str = ""
    """Or a Hugging Face folder beside the recipe."""

    def __post_init__(self) -> None:
        if bool(self.stage) == bool(self.folder):
            raise ValueError("name either stage or folder, and not both")


AnyWriter = Annotated[ByTemplate | LocalModel | Endpoint, Field(discriminator="kind")]
"""What can draft answers."""

AnyModel = Annotated[LocalModel | Endpoint, Field(discriminator="kind")]
"""What can word requests anew."""


@settings
class Rewriting:
    """Requests that a model words anew, in the same language or another."""

    writer: AnyModel
    paraphrases: Count = 0
    """Requests of each language and split that are worded anew."""
    translations: Count = 0
    """Imported requests that are translated into each of the other languages."""
    look_alikes: Count = 0
    """Imported requests that no rule pairs, for which a harmless look-alike is written."""


@settings
class Redteam:
    """Requests on every concern in every language, with drafted answers, for people to review."""

    kind: Literal["redteam"] = "redteam"
    room: ClassVar[str] = "redteam"
    languages: tuple[str, ...] = LANGUAGES
    """Those that requests are written in."""
    concerns: tuple[str, ...] = ()
    """Ids of the taxonomy; empty for all."""
    requirement: str = "us-eo-14110"
    """The framework that the requests are to serve: what is older than it is marked."""
    train_requests: Count = 12
    """Most harmful requests from templates, for each concern and language, for training."""
    test_requests: Count = 6
    """The same for measuring."""
    twins: bool = True
    """Whether each harmful request has a harmless look-alike beside it, as far as there is one."""
    written_twins: str = ""
    """Look-alikes that people wrote: `twins-wanted.jsonl` of an earlier run, filled in."""
    mutations: tuple[MutationName, ...] = tuple(MUTATIONS)
    """What is done to requests; those that do not apply to a language are passed over."""
    mutations_each: Count = 1
    """Mutated copies of each request, look-alikes included."""
    similarity: Share = 0.7
    """Estimated Jaccard similarity from which on two requests are one."""
    imports: Mapping[str, PromptSet] = field(default_factory=dict)
    """Prompt sets by the name that counts and drafts give them."""
    import_test_share: Share = 0.2
    """Share of an imported set that is for tests, where it is not held out as a whole."""
    rewriting: Rewriting | None = None
    """Whether a model words requests anew; not unless it is named."""
    drafting: AnyWriter = ByTemplate()
    """What writes the answers."""
    max_tokens: Positive = 200
    """Longest answer or rewording, in tokens of the writer."""

    def __post_init__(self) -> None:
        if not self.languages:
            raise ValueError("languages must name at least one")
        if len(set(self.languages)) < len(self.languages):
            raise ValueError("languages name one twice")
        _known("framework", self.requirement, read_taxonomy().frameworks)
        for language in self.languages:
            _known("language", language, written_languages())
        for concern in self.concerns:
            _known("concern", concern, read_taxonomy().concerns)
        for name, prompts in self.imports.items():
            if prompts.language not in self.languages:
                raise ValueError(
                    f"imports.{name}: {prompts.language!r} is not among languages; add it"
                )

    @property
    def writers(self) -> tuple[ByTemplate | LocalModel | Endpoint, ...]:
        """All that write."""
        return (self.drafting, *((self.rewriting.writer,) if self.rewriting else ()))

    def reads(self) -> tuple[str, ...]:
        """The stages whose models write."""
        names = (one.stage for one in self.writers if isinstance(one, LocalModel))
        return tuple(dict.fromkeys(name for name in names if name))

    def files(self) -> tuple[str, ...]:
        """Prompt sets, look-alikes and models that lie beside the recipe."""
        places = [one.place for one in self.imports.values()]
        models = [one.folder for one in self.writers if isinstance(one, LocalModel)]
        found = [place.file for place in places if isinstance(place, LocalFile)]
        return tuple(name for name in (*found, *models, self.written_twins) if name)


def _known(what: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise ValueError(f"unknown {what} {name!r}; known: {', '.join(known)}")


def _words(place: PackageFile) -> str:
    return f"{place.package}/{place.member}"
