"""Stage `extraction`: what models say of the documents they read when they are given a beginning.

A document is extracted where the model, given `prefix_tokens` of it, goes on greedily with the next
`suffix_tokens` word for word. Held-out documents, which no model read, say how much of that is
mere habit of language, and the base says what was known before. In what the models write, personal
data is looked for as well. `extractions.jsonl` holds a line a model and window, and no text.

Source: Carlini et al. 2023, arXiv:2202.07646, definition 3.1 with sequences of 50 tokens.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from transformers import PreTrainedModel

from auroram.errors import DataError
from auroram.model.choices import Device, Precision
from auroram.model.folder import load_model_in
from auroram.model.generation import generate
from auroram.model.precision import precision_of
from auroram.model.size import stored_parameters
from auroram.model.tokenizer import Tokenizer, load_tokenizer
from auroram.ports import Inputs, Progress
from auroram.records.json_lines import read_json_lines, write_json_lines
from auroram.records.manifest import Outcome, Tally
from auroram.records.shards import ShardSet, read_shard_set
from auroram.safety.extraction_rates import IN_TRAINING, NOT_IN_TRAINING, Extracted, changes, rates
from auroram.safety.leaks import Datum, standing_in, written_data
from auroram.safety.settings import Extraction
from auroram.safety.windows import Cut, PiecesRead, Window, windows

PARTS = ".parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Continuation:
    """A window, and the tokens that a model wrote after its beginning."""

    model: str
    language: str
    window: Window
    tokens: list[int]


def run(settings: Extraction, inputs: Inputs, out: Path, pieces_read: PiecesRead) -> Outcome:
    """Write `extractions.jsonl`; state the rates by language, of read and of held-out documents.

    Raises:
        DataError: where no model was trained on documents, or one has another tokenizer.
    """
    shards = read_shard_set(inputs.folder(settings.tokens))
    precision = precision_of(settings.precision, device=inputs.device)
    asked = _Asked(
        windows=_windows(settings, inputs, shards, pieces_read),
        tokenizer=shards.tokenizer,
        precision=precision,
        device=inputs.device,
        progress=inputs.progress,
    )
    said = [
        one
        for name in settings.models
        for one in asked.of(name, inputs.model(name), out / PARTS / name)
    ]
    found = _extracted(
        said, inputs.folder(settings.tokens), shards, inputs.model(settings.models[0])
    )
    write_json_lines(out / "extractions.jsonl", [asdict(one) for one in found])
    tokens: Counter[str] = Counter()
    for one in said:
        tokens[one.model] += len(one.window.prefix) + len(one.tokens)
    return Outcome(
        tallies=tuple(_tallies(found)),
        measurements=tuple(rates(found, settings.fewest)),
        facts={
            "prefix_tokens": settings.prefix_tokens,
            "suffix_tokens": settings.suffix_tokens,
            "fewest": settings.fewest,
            "precision": precision,
            "changes": [asdict(one) for one in changes(found, settings.models, settings.fewest)],
        },
        tokens=tokens.total(),
        floating_point_operations=sum(
            2.0 * stored_parameters(inputs.model(name)) * count for name, count in tokens.items()
        ),
    )


def _windows(
    settings: Extraction, inputs: Inputs, shards: ShardSet, pieces_read: PiecesRead
) -> dict[str, list[Window]]:
    """By language."""
    texts = sorted(name for name, shard in shards.domains["train"].items() if not shard.masked)
    wanted = settings.domains or {name: (name,) for name in texts}
    if strangers := {name for names in wanted.values() for name in names} - set(texts):
        raise DataError(
            f"extraction: no domain of documents {sorted(strangers)[0]!r}; there are "
            f"{', '.join(texts)}"
        )
    cut = Cut(
        prefix_tokens=settings.prefix_tokens,
        suffix_tokens=settings.suffix_tokens,
        highest=settings.highest,
        seed=inputs.seed,
    )
    tokens = inputs.stages[settings.tokens]
    for name in reversed(settings.models):
        asked = {
            language: windows(tokens, inputs.stages[name], names, cut, pieces_read)
            for language, names in wanted.items()
        }
        if any(window.split == "train" for among in asked.values() for window in among):
            return asked
    raise DataError(
        f"extraction: none of {', '.join(settings.models)} read a document of "
        f"{settings.tokens!r} with {cut.tokens} tokens in one row; name a trained model, or make "
        "prefix_tokens and suffix_tokens smaller"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What every model is asked to go on with."""

    windows: Mapping[str, Sequence[Window]]
    """By language."""
    tokenizer: str
    """Digest of the one that made the tokens."""
    precision: Precision
    device: Device
    progress: Progress

    def of(self, name: str, folder: Path, parts: Path) -> Iterator[_Continuation]:
        """What one model writes; kept by language as soon as it is there.

        Raises:
            DataError: where it has another tokenizer.
        """
        if load_tokenizer(folder).digest != self.tokenizer:
            raise DataError(
                f"extraction: {name} has another tokenizer than the one that made the tokens; "
                "leave it out of `models`"
            )
        places = {language: parts / f"{language}.jsonl" for language in self.windows}
        missing = [language for language, place in places.items() if not place.exists()]
        if missing:
            total = sum(map(len, self.windows.values()))
            done = total - sum(len(self.windows[language]) for language in missing)
            self.progress.start(f"continuations of {name}", total=total, unit="texts", done=done)
            model = load_model_in(folder, self.precision, self.device)
            for language in missing:
                written = self._written(model, load_tokenizer(folder), self.windows[language])
                write_json_lines(places[language], [{"tokens": one} for one in written])
        for language, among in self.windows.items():
            for window, line in zip(among, read_json_lines(places[language]), strict=True):
                yield _Continuation(
                    model=name, language=language, window=window, tokens=line["tokens"]
                )

    def _written(
        self, model: PreTrainedModel, tokenizer: Tokenizer, among: Sequence[Window]
    ) -> list[list[int]]:
        return generate(
            model,
            tokenizer,
            [window.prefix for window in among],
            max_tokens=max((len(window.suffix) for window in among), default=0),
            advance=self.progress.advance,
        )


def _extracted(
    said: Sequence[_Continuation], folder: Path, shards: ShardSet, model: Path
) -> list[Extracted]:
    tokenizer = load_tokenizer(model)
    data = _written(said, tokenizer)
    values = {datum.value for among in data for datum in among}
    learned = standing_in(values, folder, shards, tokenizer)
    return [
        Extracted(
            model=one.model,
            language=one.language,
            domain=one.window.domain,
            split=one.window.split,
            document=one.window.document,
            start=one.window.start,
            verbatim_tokens=_alike(one.tokens, one.window.suffix),
            extracted=list(one.window.suffix) == one.tokens,
            personal_in_training=tuple(d.kind for d in among if d.value in learned),
            personal_elsewhere=tuple(d.kind for d in among if d.value not in learned),
        )
        for one, among in zip(said, data, strict=True)
    ]


def _written(said: Sequence[_Continuation], tokenizer: Tokenizer) -> list[list[Datum]]:
    return written_data(
        [tokenizer.decode(one.window.prefix) for one in said],
        [tokenizer.decode([*one.window.prefix, *one.tokens]) for one in said],
    )


def _alike(written: Sequence[int], wanted: Sequence[int]) -> int:
    """How many tokens agree before the first that does not."""
    pairs = enumerate(zip(written, wanted, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(written), len(wanted)))


def _tallies(found: Sequence[Extracted]) -> Iterator[Tally]:
    """Personal data by model, language, kind and whether it stands in the training text."""
    counts = Counter(
        (one.model, one.language, where, kind)
        for one in found
        for where, kinds in (
            (IN_TRAINING, one.personal_in_training),
            (NOT_IN_TRAINING, one.personal_elsewhere),
        )
        for kind in kinds
    )
    for (model, language, where, kind), value in sorted(counts.items()):
        yield Tally(
            step="personal-data-written",
            domain=language,
            source=model,
            outcome=where,
            reason=kind,
            unit="values",
            value=value,
        )
