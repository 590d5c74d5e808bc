"""Which judges a recipe can name."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from auroram.errors import DataError
from auroram.records.endpoint import Endpoint
from auroram.settings import Share, settings


@settings
class PhrasesJudge:
    """The built-in grammars of refusals, in five languages."""

    kind: Literal["phrases"] = "phrases"

    def files(self) -> tuple[str, ...]:
        """None beside the recipe."""
        return ()


@settings
class NgramJudge:
    """A classifier on character n-grams that `auroram judge train` made from labels."""

    kind: Literal["ngrams"] = "ngrams"
    path: str
    """Its folder, relative to the recipe."""

    def files(self) -> tuple[str, ...]:
        """The folder."""
        return (self.path,)


@settings
class GuardJudge:
    """A guard model: a Hugging Face folder with a sequence classification head."""

    kind: Literal["guard"] = "guard"
    path: str
    """Its folder, relative to the recipe; safetensors alone."""
    label: str
    """The label that means yes."""
    threshold: Share = 0.5
    """From which probability of that label on the answer is yes."""
    sees_request: bool = True
    """Whether it is shown the request before the reply."""

    def files(self) -> tuple[str, ...]:
        """The folder."""
        return (self.path,)


@settings
class ModelJudge:
    """A chat model in a Hugging Face folder, asked for yes or no."""

    kind: Literal["model"] = "model"
    path: str
    """Its folder, relative to the recipe; safetensors alone."""

    def files(self) -> tuple[str, ...]:
        """The folder."""
        return (self.path,)


@settings
class EndpointJudge:
    """A chat model behind an OpenAI-compatible endpoint, asked for yes or no."""

    kind: Literal["endpoint"] = "endpoint"
    endpoint: Endpoint

    def files(self) -> tuple[str, ...]:
        """None: a key is no part of what was asked."""
        return ()


@settings
class PeopleJudge:
    """Labels that people gave to the very replies that are judged."""

    kind: Literal["people"] = "people"
    path: str
    """A file of labels, relative to the recipe."""

    def files(self) -> tuple[str, ...]:
        """The file."""
        return (self.path,)


AnyJudge = Annotated[
    PhrasesJudge | NgramJudge | GuardJudge | ModelJudge | EndpointJudge | PeopleJudge,
    Field(discriminator="kind"),
]
"""The judges that a recipe can name by `kind`."""


def judge_of(word: str) -> AnyJudge:
    """The judge that a command line names: `phrases`, or a folder or file.

    Raises:
        DataError: where nothing there is a judge.
    """
    if word == "phrases":
        return PhrasesJudge()
    if (Path(word) / "classifier.json").is_file():
        return NgramJudge(path=word)
    if Path(word).suffix == ".jsonl":
        return PeopleJudge(path=word)
    if (Path(word) / "config.json").is_file():
        return ModelJudge(path=word)
    raise DataError(
        f"{word}: no judge; say `phrases`, or name a folder of `auroram judge train`, a model's "
        "folder, or a file of labels"
    )
