"""The second map: select paragraphs, judge quality and harm, replace personal data.

Every document leaves a row in the decisions here or, where it is still good, in the last map.
Memory: a batch of the first map (8 MiB of text), its signatures, and rows on their way out.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auroram.corpus.candidates import candidate_schema
from auroram.corpus.decontamination import Decontamination
from auroram.corpus.duplicates import NearDuplicates
from auroram.corpus.funnel import Counts
from auroram.corpus.harm import Harm, HarmFigures, HarmJudge
from auroram.corpus.harm_disparity import MentionCounts, mention_counts
from auroram.corpus.ingest import Portion
from auroram.corpus.keeping import Keeping
from auroram.corpus.languages import Language, other_names
from auroram.corpus.ledger import Ledger
from auroram.corpus.opened import opened
from auroram.corpus.quality import Failure, Quality, failures_of
from auroram.corpus.redaction import Redaction
from auroram.corpus.rights import Rights
from auroram.corpus.selection import FIGURES, Selector
from auroram.errors import DataError
from auroram.ports import NameFinder
from auroram.records.canonical import Json
from auroram.records.document import (
    CONTAMINATION,
    DECISIONS,
    DOCUMENTS,
    OPT_OUTS,
    ORIGINALS,
    PERSONAL_DATA,
    REMOVED_PARAGRAPHS,
)
from auroram.records.done import once
from auroram.text.buffers import Buffer
from auroram.text.identify import FastText
from auroram.text.signals import SIGNALS, Signals, signals_of
from auroram.text.stop_words import stop_word_list

_CODE_SCRIPT = "Zyyy"
NO_TEXT = "no-text-of-language"
"""The rule that a document breaks of which no paragraph stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A portion to be judged, and what by."""

    portion: Portion
    domains: tuple[str, ...]
    """Of all portions: what is opened once a process serves all of them."""
    quality: Quality
    language: Language | None
    """None for programs."""
    harm: Harm
    redaction: Redaction
    names: NameFinder | None
    rights: Rights
    decontamination: Decontamination
    near: NearDuplicates
    root: Path
    """The folder that paths in the settings are relative to."""
    seed: int
    repeated: Path | None
    """Fingerprints of the source's boilerplate and its documents; None for programs."""
    digits: int

    def side_cars(self) -> Mapping[str, pa.Schema]:
        """Name and columns of each table beside the documents."""
        return side_cars(self.harm, self.decontamination)


def side_cars(harm: Harm, decontamination: Decontamination) -> dict[str, pa.Schema]:
    """Name and columns of each table that a portion leaves beside its documents."""
    figures = (*FIGURES, *SIGNALS, *harm.columns())
    columns = [pa.field(name, pa.float32(), nullable=False) for name in figures]
    tables = {
        "decisions": DECISIONS,
        "opt-outs": OPT_OUTS,
        "originals": ORIGINALS,
        "personal-data": PERSONAL_DATA,
        "removed-paragraphs": REMOVED_PARAGRAPHS,
        "signals": pa.schema([pa.field("id", pa.string(), nullable=False), *columns]),
    }
    return tables | ({"contamination": CONTAMINATION} if decontamination.sets else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A portion after the second map."""

    passed: int
    """Documents."""
    counts: Counts
    mentions: list[tuple[str, str, str, str, int]]
    """Documents by language, group, identity term and fate."""


def judge(task: Judgement) -> Judged:
    """Judge a portion; leaves its good documents, candidates and side-cars, cut by prefix."""
    return Judged(**once(task.portion.folder / "judged.json", lambda: _judge(task)))


def _judge(task: Judgement) -> Json:
    folder = task.portion.folder
    passing = {"good": DOCUMENTS, "candidates": candidate_schema(task.near)}
    schemas = {**passing, **task.side_cars()}
    where = task.portion.where
    with Ledger(where=where, schemas=schemas, folder=folder, digits=task.digits) as ledger:
        work = _Judge(task, ledger)
        with pa.OSFile(str(folder / "raw.arrow")) as raw:
            for batch in pa.ipc.open_stream(raw):
                work.batch(batch)
        with pa.OSFile(str(folder / "opt-outs.arrow")) as opt_outs:
            ledger.write("opt-outs", pa.ipc.open_stream(opt_outs).read_all())
    mentions = [[*key, number] for key, number in work.mentions.items()]
    return {"passed": work.passed, "counts": ledger.funnel.plain(), "mentions": mentions}


@dataclass(slots=True)
class _Judge:
    task: Judgement
    ledger: Ledger
    passed: int = 0
    mentions: MentionCounts = field(default_factory=Counter)

    def batch(self, rows: pa.RecordBatch) -> None:
        """Judge some documents."""
        self._take_down(rows.filter(pc.is_valid(rows["request"])))
        rows = self._permitted(rows)
        texts, figures = self._selected(rows)
        signals = self._signals(Buffer.of(texts))
        sizes = pc.binary_length(texts).to_pylist()
        figures = {**figures, **_columns(signals)}
        broken = self._by_quality(figures, sizes)
        harm = self._by_harm(texts, broken, sizes)
        figures = {**figures, **_columns(signals), **_harms(harm)}
        self._record_signals(rows["id"], figures, sizes)
        goes, stays = (
            [i for i, found in enumerate(broken) if bool(found) == bad] for bad in (1, 0)
        )
        self.ledger.drop(rows.take(pa.array(goes, pa.int64())), [broken[i] for i in goes])
        if stays:
            signal = self.task.near.signal
            of_good = {name: figures[name][stays] for name in {"language_score", signal} - {""}} | {
                "signatures": signals.signatures[stays]
            }
            good = _left(rows, texts, stays)
            self.passed += self._keeping().keep(good, of_good, self.ledger)

    def _take_down(self, rows: pa.RecordBatch) -> None:
        """Hand on what was taken down, as a candidate for the search for copies of it."""
        if not len(rows):
            return
        selector = _selector(self.task)
        texts = selector.select_all(rows["text"]).texts() if selector else rows["text"]
        left = np.flatnonzero(pc.binary_length(texts).to_numpy()).tolist()
        signals = self._signals(Buffer.of(texts))
        taken = _left(rows, texts, left)
        self._keeping().take_down(taken, signals.signatures[left], self.ledger)

    def _signals(self, buffer: Buffer) -> Signals:
        near, language = self.task.near, self.task.language
        words = stop_word_list(language.stop_words if language else ())
        return signals_of(
            buffer,
            shingle=near.shingle,
            hashes=near.hashes,
            words=words,
            paragraph_a_line=language is not None,
        )

    def _permitted(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """The documents that may be used; the others are decided against."""
        refused = rows.filter(pc.is_valid(rows["refused_by"]))
        columns = (refused[name].to_pylist() for name in ("refused_by", "refused_for"))
        whys = [[Failure(rule=rule, detail=why)] for rule, why in zip(*columns, strict=True)]
        self.ledger.drop(refused, whys)
        return rows.filter(pc.is_null(rows["refused_by"])) if len(refused) else rows

    def _selected(self, rows: pa.RecordBatch) -> tuple[pa.Array, Mapping[str, NDArray[np.float32]]]:
        """What is left of each text, and the figures of its language."""
        selector = _selector(self.task)
        if selector is None:
            whole = np.array([1.0, 1.0, 0.0, 0.0], np.float32)
            figures = np.repeat(whole[:, np.newaxis], len(rows), axis=1)
            return rows["text"], dict(zip(FIGURES, figures, strict=True))
        found = selector.select_all(rows["text"])
        removed = found.removed(rows["id"], self.task.portion.name)
        self.ledger.write("removed-paragraphs", removed)
        for (step, outcome, reason, unit), value in found.fates().items():
            self.ledger.count(step, (outcome, reason), **{unit: value})
        return found.texts(), {name: getattr(found, name) for name in FIGURES}

    def _by_quality(
        self, figures: Mapping[str, NDArray[np.float32]], sizes: Sequence[int]
    ) -> list[list[Failure]]:
        """Every rule that each document broke; where no text is left, only that."""
        columns = np.stack([*figures.values()], axis=1)
        broken = failures_of(columns, [*figures], self.task.quality)
        language = self.task.portion.source.language
        detail = f"no paragraph of {language} that is not boilerplate"
        empty = [row for row, size in enumerate(sizes) if not size]
        for row in empty:
            broken[row] = [Failure(rule=NO_TEXT, detail=detail)]
        self.ledger.count("language", ("kept", ""), documents=len(sizes) - len(empty))
        if empty:
            self.ledger.count("language", ("dropped", NO_TEXT), documents=len(empty))
        left = [row for row, size in enumerate(sizes) if size]
        firsts = [broken[row][0] if broken[row] else None for row in left]
        self.ledger.count_fates("quality", firsts, [sizes[row] for row in left])
        return broken

    def _by_harm(
        self, texts: pa.Array, broken: list[list[Failure]], sizes: Sequence[int]
    ) -> HarmFigures:
        """Figures of harm; where harmful text is dropped, its broken rules join the others."""
        harm, language = self.task.harm, self.task.portion.source.language
        judge = harm_judge(harm, self.task.domains, self.task.root)
        found = judge.judge(texts.to_pylist(), language)
        among = np.array([not one for one in broken], np.bool_)
        if harm.action == "off":
            return found
        self.mentions.update(mention_counts(found, among))
        drops = harm.action == "drop"
        for row, rules in enumerate(found.failures):
            if among[row] and rules and not drops:
                self.ledger.count("harm", ("tagged", rules[0].rule), documents=1)
            if drops and sizes[row]:
                broken[row].extend(rules)
        left = np.flatnonzero(among).tolist()
        firsts = [broken[row][0] if broken[row] else None for row in left]
        self.ledger.count_fates("harm", firsts, [sizes[row] for row in left])
        return found

    def _record_signals(
        self, ids: pa.Array, figures: Mapping[str, NDArray[np.float32]], sizes: Sequence[int]
    ) -> None:
        schema = self.ledger.schemas["signals"]
        columns = [np.ascontiguousarray(figures[name]) for name in schema.names[1:]]
        table = pa.Table.from_arrays([ids, *map(pa.array, columns)], schema=schema)
        self.ledger.write("signals", table.filter(pa.array(np.array(sizes, np.int64) > 0)))

    def _keeping(self) -> Keeping:
        task = self.task
        return Keeping(
            redaction=task.redaction,
            names=task.names,
            rights=task.rights,
            decontamination=task.decontamination,
            near=task.near,
            root=task.root,
            seed=task.seed,
            script=task.language.script if task.language else _CODE_SCRIPT,
        )


def _left(rows: pa.RecordBatch, texts: pa.Array, places: Sequence[int]) -> pa.RecordBatch:
    """Some of the documents, with what is left of their texts."""
    chosen = pa.array(places, pa.int64())
    text = texts.take(chosen).cast(pa.string())
    return rows.take(chosen).set_column(1, rows.schema.field("text"), text)


def _columns(signals: Signals) -> Mapping[str, NDArray[np.float32]]:
    return dict(zip(SIGNALS, signals.figures.T, strict=True))


def _harms(harm: HarmFigures) -> Mapping[str, NDArray[np.float32]]:
    return dict(zip(harm.columns, harm.figures.T, strict=True))


def harm_judge(harm: Harm, domains: tuple[str, ...], root: Path) -> HarmJudge:
    """What judges harm in these domains, opened once a process.

    Raises:
        DataError: where a list or a classifier cannot be used.
    """
    return opened("harm", (harm, domains), root, _open_harm)


def _open_harm(settings: tuple[Harm, tuple[str, ...]], root: Path) -> HarmJudge:
    harm, domains = settings
    return HarmJudge.open(harm, root, domains)


def identifier_of(language: Language, tag: str, root: Path) -> FastText:
    """The classifier that a language asks.

    Raises:
        DataError: where its file cannot be used, or it knows no label of the language.
    """
    file = language.identifier
    found = FastText(file=str(root / file) if file else "")
    check_labels(language, tag, found.tags)
    return found


def check_labels(language: Language, tag: str, labels: Collection[str]) -> None:
    """Refuse a language that is told by words and of which a classifier has no label.

    Raises:
        DataError: naming the label that it is likely to mean.
    """
    wanted = language.wanted(tag)
    if not (wanted.script_decides or wanted.labels & set(labels)):
        raise DataError(
            f"languages.{tag}: {language.identifier or 'lid.176'} has no label "
            f"{', '.join(sorted(wanted.labels))}; {_likely_label(wanted.labels, labels)}, another "
            "`identifier`, or let `decided_by` be 'script'"
        )


def _likely_label(wanted: Collection[str], known: Collection[str]) -> str:
    near = sorted({other for one in wanted for other in other_names(one)} & set(known))
    return f"give labels = {near}" if near else "name one that it has as `labels`"


def _selector(task: Judgement) -> Selector | None:
    if task.language is None or task.repeated is None:
        return None
    tag = task.portion.source.language
    return Selector(
        wanted=task.language.wanted(tag),
        identifier=identifier_of(task.language, tag, task.root),
        repeated=np.load(task.repeated, mmap_mode="r"),
    )
