"""How the judges that a recipe can name are opened."""

from collections.abc import Callable, Sequence
from pathlib import Path

from auroram.errors import DataError
from auroram.ports import ChatModel
from auroram.records.canonical import digest
from auroram.records.endpoint import Endpoint
from auroram.records.files import sha256_of
from auroram.records.labels import Question, read_labels
from auroram.safety import judging
from auroram.safety.grammar import REFUSALS, read_grammars
from auroram.safety.judge_settings import (
    AnyJudge,
    EndpointJudge,
    GuardJudge,
    ModelJudge,
    NgramJudge,
    PeopleJudge,
    PhrasesJudge,
)
from auroram.safety.judges import PhraseJudge
from auroram.safety.judging import QuestionJudge, pair_digest
from auroram.text.classifier_folder import read_classifier

OpenChat = Callable[[Endpoint, Path], ChatModel]


def open_judge(
    judge: AnyJudge, question: Question, root: Path, open_chat: OpenChat | None
) -> QuestionJudge:
    """The judge, ready to answer a question; none is asked anything yet.

    Args:
        judge: as the recipe says.
        question: that it is to answer.
        root: the folder of the recipe.
        open_chat: opens a model behind an endpoint; None where no network may be used.

    Raises:
        DataError: where it cannot answer the question, or is not there.
    """
    match judge:
        case PhrasesJudge():
            return _phrases(question)
        case NgramJudge():
            return _ngrams(judge, question, root / judge.path)
        case GuardJudge():
            return _guard(judge, question, root / judge.path)
        case ModelJudge(path=path):
            from auroram.model.chat import load_chat  # noqa: PLC0415 -- heavy

            return judging.Asked(model=load_chat(root / path, max_tokens=4), question=question)
        case EndpointJudge(endpoint=endpoint):
            if open_chat is None:
                raise DataError("judge 'endpoint': nothing may be asked over a network here")
            return judging.Asked(model=open_chat(endpoint, root), question=question)
        case PeopleJudge(path=path):
            return _people(root / path, question)


def _phrases(question: Question) -> QuestionJudge:
    """A reply that is not a refusal counts as `complied`; `harmful` they cannot tell."""
    if question == "harmful":
        raise DataError("judge 'phrases': knows refusals, not harm; name another for `harmful`")
    return judging.Phrases(
        judge=PhraseJudge(read_grammars()), question=question, identity=sha256_of(REFUSALS)
    )


def _ngrams(judge: NgramJudge, question: Question, folder: Path) -> QuestionJudge:
    """The folder's classifier at its own threshold."""
    classifier = read_classifier(folder)
    if question not in classifier.labels:
        known = ", ".join(label for label in classifier.labels if not label.startswith("not "))
        raise DataError(f"{judge.path}: answers {known}, not {question!r}; train one that does")
    threshold = dict(zip(classifier.labels, classifier.thresholds, strict=False))
    return judging.Classified(
        classifier=classifier,
        label=question,
        threshold=threshold.get(question, 0.5),
        question=question,
        identity=_folder_digest(folder),
        name=f"ngrams {folder.name}",
    )


def _guard(judge: GuardJudge, question: Question, folder: Path) -> QuestionJudge:
    """The folder's classifier."""
    from auroram.model.classifier import load_sequence_classifier  # noqa: PLC0415 -- heavy

    classifier = load_sequence_classifier(folder)
    if judge.label not in classifier.labels:
        known = ", ".join(classifier.labels)
        raise DataError(f"{judge.path}: has no label {judge.label!r}; it has {known}")
    return judging.Classified(
        classifier=classifier,
        label=judge.label,
        threshold=judge.threshold,
        question=question,
        identity=digest([_folder_digest(folder), judge.label, judge.threshold]),
        name=f"guard {folder.name}",
        sees_request=judge.sees_request,
    )


def _people(file: Path, question: Question) -> QuestionJudge:
    """The file's labels that people gave."""
    labels = read_labels(file, question).given
    return judging.People(
        labels={
            pair_digest(one.request, one.reply): one.label
            for one in labels
            if one.labelled_by == "person"
        },
        question=question,
        identity=sha256_of(file),
    )


def _folder_digest(folder: Path) -> str:
    """Digest of every file of a folder with its name."""
    files: Sequence[Path] = sorted(path for path in folder.rglob("*") if path.is_file())
    return digest({path.relative_to(folder).as_posix(): sha256_of(path) for path in files})
