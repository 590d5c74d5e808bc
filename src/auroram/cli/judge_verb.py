"""auroram judge fetch OUT | sheet RUN OUT | train LABELS OUT | measure JUDGE LABELS CARD"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from auroram.adapters.endpoint import open_endpoint
from auroram.adapters.pyrit_labels import fetch_pyrit_labels
from auroram.cli.numbers import at_least
from auroram.pipeline.run_folder import RunFolder
from auroram.records.canonical import Json
from auroram.records.endpoint import Endpoint
from auroram.records.generation import read_generations
from auroram.records.json_lines import write_json_lines
from auroram.records.labels import QUESTIONS, LabelledReply, read_labels, write_labels
from auroram.safety.cards import Card, LanguageCard, measured_card, write_card
from auroram.safety.judge_settings import EndpointJudge, judge_of
from auroram.safety.judge_training import JudgeTraining, not_learned, train_judge
from auroram.safety.judging import QuestionJudge
from auroram.safety.label_sheet import label_sheet
from auroram.safety.open_judge import open_judge
from auroram.stats.intervals import Interval
from auroram.text.classifier_folder import DESCRIPTION


def parser() -> argparse.ArgumentParser:
    """What `auroram judge` can be told."""
    result = argparse.ArgumentParser(
        prog="auroram judge",
        description="Measures the judges of models' replies against people's labels, so that rates "
        "can be corrected for their error.",
    )
    verbs = result.add_subparsers(dest="action", required=True, metavar="ACTION")

    def add(name: str, what: str) -> argparse.ArgumentParser:
        return verbs.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")

    fetch = add("fetch", "fetch PyRIT's labels (English) with pip")
    fetch.add_argument("out", type=Path, help="the file of labels to write, JSON lines")
    sheet = add("sheet", "write a run's assessed replies for people to label")
    sheet.add_argument("run", type=Path, help="the run's folder, such as runs/quickstart")
    sheet.add_argument("out", type=Path, help="the file to write; people fill in each `label`")
    sheet.add_argument("--languages", nargs="+", default=[], help="of the requests; all by default")
    sheet.add_argument(
        "--count",
        type=at_least(1),
        default=200,
        help="most replies of each language; 200 by default",
    )
    train = add("train", "train a judge on character n-grams from labels")
    train.add_argument("labels", type=Path, help="a file of labels")
    train.add_argument("out", type=Path, help="the folder to write; its card is beside it")
    measure = add(
        "measure", "write a judge's card: how often it is right about replies that people labelled"
    )
    measure.add_argument(
        "judge", help="`phrases`, a folder of `train`, a model's folder, or an endpoint's URL"
    )
    measure.add_argument("labels", type=Path, help="a file of labels")
    measure.add_argument("card", type=Path, help="the card to write")
    measure.add_argument("--model", default="", help="the model's name at an endpoint")
    measure.add_argument("--key-file", default="", help="the file with an endpoint's key")
    for verb in (sheet, train, measure):
        verb.add_argument(
            "--question",
            choices=QUESTIONS,
            default="refused",
            help="what the labels answer and the judge is asked of a reply; refused by default",
        )
    return result


def main(arguments: argparse.Namespace) -> int:
    """Fetch, train or measure, and show the card."""
    if arguments.action == "fetch":
        labels = fetch_pyrit_labels()
        write_labels(arguments.out, labels)
        for question in QUESTIONS:
            print(f"{question}: {sum(one.question == question for one in labels)} labels")
        print(f"wrote {arguments.out}")
        return 0
    if arguments.action == "sheet":
        lines = _sheet(arguments)
        write_json_lines(arguments.out, lines)
        print(f"wrote {len(lines)} replies to {arguments.out}; put true or false for each `label`")
        return 0
    read = read_labels(arguments.labels, arguments.question)
    if read.waiting:
        print(f"note: {read.waiting} replies whose label is still null are left out")
    if arguments.action == "train":
        card = train_judge(read.given, JudgeTraining(), arguments.out)
        place = arguments.out.with_name(f"{arguments.out.name}.card.json")
    else:
        card, place = _measured(arguments, read.given), arguments.card
    write_card(card, place)
    print("\n".join(lines_of(card)))
    print(f"wrote {place}")
    return 0


def _sheet(arguments: argparse.Namespace) -> list[Json]:
    folder = RunFolder(arguments.run)
    stages = [one for one in folder.finished().values() if one.manifest.kind == "assess"]
    files = [
        file for one in stages for file in sorted((one.folder / "generations").glob("*.jsonl"))
    ]
    return label_sheet(
        (one for file in files for one in read_generations(file)),
        question=arguments.question,
        languages=arguments.languages,
        count=arguments.count,
        source=folder.path.name,
    )


def _measured(arguments: argparse.Namespace, labels: Sequence[LabelledReply]) -> Card:
    """The card on all labels but those of requests that the judge learned from."""
    judge, folder = _judge(arguments), Path(arguments.judge)
    left = not_learned(labels, folder) if (folder / DESCRIPTION).is_file() else labels
    if len(left) < len(labels):
        print(
            f"note: {len(labels) - len(left)} replies to requests that the judge learned from are "
            "left out"
        )
    return measured_card(judge, left)


def _judge(arguments: argparse.Namespace) -> QuestionJudge:
    if arguments.judge.startswith("http"):
        endpoint = Endpoint(
            url=arguments.judge, model=arguments.model or "default", key_file=arguments.key_file
        )
        judge = EndpointJudge(endpoint=endpoint)
        return open_judge(judge, arguments.question, Path(), open_endpoint)
    return open_judge(judge_of(arguments.judge), arguments.question, Path(), None)


def lines_of(card: Card) -> list[str]:
    """A card as a table of text."""
    return [
        f"judge {card.judge}, question {card.question}, labelled by "
        f"{'people' if card.labelled_by == 'person' else 'software'}",
        f"{'language':<10}{'sensitivity':<40}{'specificity':<40}unscored",
        *(_line(language, counts) for language, counts in card.languages.items()),
    ]


def _line(language: str, counts: LanguageCard) -> str:
    sensitivity = _words(counts.hits, counts.positives, counts.sensitivity)
    specificity = _words(counts.rejections, counts.negatives, counts.specificity)
    return f"{language:<10}{sensitivity:<40}{specificity:<40}{counts.unscored}"


def _words(hits: int, n: int, interval: Interval | None) -> str:
    if interval is None:
        return "no labels"
    return f"{hits / n:.1%} ({interval.low:.1%} to {interval.high:.1%}, n = {n})"
