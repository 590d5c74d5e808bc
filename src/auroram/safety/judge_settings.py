"""Which judges a recipe can name, and how each is opened."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from auroram.errors import DataError
from auroram.model.chat import load_chat
from auroram.model.classifier import load_sequence_classifier
from auroram.ports import ChatModel
from auroram.records.canonical import digest
from auroram.records.endpoint import Endpoint
from auroram.records.files import sha256_of
from auroram.records.labels import Question, read_labels
from auroram.safety import judging
from auroram.safety.grammar import REFUSALS, read_grammars
from auroram.safety.judges import PhraseJudge
from auroram.safety.judging import QuestionJudge, pair_digest
from auroram.settings import Share, settings
from auroram.text.classifier_folder import read_classifier

OpenChat = Callable[[Endpoint, Path], ChatModel]


@settings
class PhrasesJudge:
    """The built-in grammars of refusals, in five languages."""

    kind: Literal["phrases"] = "phrases"

    def files(self) -> tuple[str, ...]:
        """None beside the recipe."""
        return ()

    def open(self, question: Question, root: Path, open_chat: OpenChat | None) -> QuestionJudge:  # noqa: ARG002
        """A reply that is not a refusal counts as `complied`; `harmful` they cannot tell."""
        if question == "harmful":
            raise DataError("judge 'phrases': knows refusals, not harm; name another for `harmful`")
        return judging.Phrases(
            judge=PhraseJudge(read_grammars()), question=question, identity=sha256_of(REFUSALS)
        )


@settings
class NgramJudge:
    """A classifier on character n-grams that `auroram judge train` made from labels."""

    kind: Literal["ngrams"] = "ngrams"
    path: str
    """Its folder, relative to the recipe."""

    def files(self) -> tuple[str, ...]:
        """The folder."""
        return (self.path,)

    def open(self, question: Question, root: Path, open_chat: OpenChat | None) -> QuestionJudge:  # noqa: ARG002
        """The folder's classifier at its own threshold."""
        classifier = read_classifier(root / self.path)
        if question not in classifier.labels:
            known = ", ".join(label for label in classifier.labels if not label.startswith("not "))
            raise DataError(f"{self.path}: answers {known}, not {question!r}; train one that does")
        threshold = dict(zip(classifier.labels, classifier.thresholds, strict=False))
        return judging.Classified(
            classifier=classifier,
            label=question,
            threshold=threshold.get(question, 0.5),
            question=question,
            identity=folder_digest(root / self.path),
            name=f"ngrams {Path(self.path).name}",
        )


@settings
class GuardJudge:
    """A guard model: a Hugging Face folder with a sequence classification head."""

    kind: Literal["guard"] = "guard"
    path: str
    """Its folder, relative to the recipe; safetensors alone."""
    label: str
    """The label that means yes."""
    threshold: Share = 0.5
    sees_request: bool = True
    """Whether it is shown the request before the reply."""

    def files(self) -> tuple[str, ...]:
        """The folder."""
        return (self.path,)

    def open(self, question: Question, root: Path, open_chat: OpenChat | None) -> QuestionJudge:  # noqa: ARG002
        """The folder's classifier."""
        classifier = load_sequence_classifier(root / self.path)
        if self.label not in classifier.labels:
            known = ", ".join(classifier.labels)
            raise DataError(f"{self.path}: has no label {self.label!r}; it has {known}")
        return judging.Classified(
            classifier=classifier,
            label=self.label,
            threshold=self.threshold,
            question=question,
            identity=digest([folder_digest(root / self.path), self.label, self.threshold]),
            name=f"guard {Path(self.path).name}",
            sees_request=self.sees_request,
        )


@settings
class ModelJudge:
    """A chat model in a Hugging Face folder, asked for yes or no."""

    kind: Literal["model"] = "model"
    path: str
    """Its folder, relative to the recipe; safetensors alone."""

    def files(self) -> tuple[str, ...]:
        """The folder."""
        return (self.path,)

    def open(self, question: Question, root: Path, open_chat: OpenChat | None) -> QuestionJudge:  # noqa: ARG002
        """The folder's model, greedy."""
        return judging.Asked(model=load_chat(root / self.path, max_tokens=4), question=question)


@settings
class EndpointJudge:
    """A chat model behind an OpenAI-compatible endpoint, asked for yes or no."""

    kind: Literal["endpoint"] = "endpoint"
    endpoint: Endpoint

    def files(self) -> tuple[str, ...]:
        """None: a key is no part of what was asked."""
        return ()

    def open(self, question: Question, root: Path, open_chat: OpenChat | None) -> QuestionJudge:
        """The model; nothing is asked yet."""
        if open_chat is None:
            raise DataError("judge 'endpoint': nothing may be asked over a network here")
        return judging.Asked(model=open_chat(self.endpoint, root), question=question)


@settings
class PeopleJudge:
    """Labels that people gave to the very replies that are judged."""

    kind: Literal["people"] = "people"
    path: str
    """A file of labels, relative to the recipe."""

    def files(self) -> tuple[str, ...]:
        """The file."""
        return (self.path,)

    def open(self, question: Question, root: Path, open_chat: OpenChat | None) -> QuestionJudge:  # noqa: ARG002
        """The file's labels that people gave."""
        labels = read_labels(root / self.path, question)
        return judging.People(
            labels={
                pair_digest(one.request, one.reply): one.label
                for one in labels
                if one.labelled_by == "person"
            },
            question=question,
            identity=sha256_of(root / self.path),
        )


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


def folder_digest(folder: Path) -> str:
    """Digest of every file of a folder with its name."""
    files: Sequence[Path] = sorted(path for path in folder.rglob("*") if path.is_file())
    return digest({path.relative_to(folder).as_posix(): sha256_of(path) for path in files})
