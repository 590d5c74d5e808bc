"""Stage `preference`: direct preference optimisation (DPO), through TRL.

A pair is a request with an answer that is wanted and one that is not. Pairs come from a file of a
review's release (what the reviewer wrote, against the draft), or are made here: the written answer
of an exchange, against what the model itself says now.

Source: Rafailov et al. 2023, arXiv:2305.18290.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import torch
from transformers import PreTrainedModel

from auroram.align.preference_settings import PreferenceTuning
from auroram.align.rows import rows_of, training_exchanges
from auroram.errors import DataError, RunError, UserError
from auroram.model.folder import load_model, save_model
from auroram.model.generation import generate, reply_text
from auroram.model.size import stored_parameters
from auroram.model.tokenizer import Tokenizer, load_tokenizer
from auroram.ports import Inputs
from auroram.records.canonical import Json
from auroram.records.done import once, work_folder
from auroram.records.exchange import Exchange
from auroram.records.json_lines import read_json_lines, write_json_lines
from auroram.records.manifest import Outcome
from auroram.records.message import Message

__all__ = ["PreferenceTuning", "run"]

AT_A_TIME = 64
"""The model's own answers that are made together, and kept once they are there."""
UNREVIEWED = "Preference tuning learned from answers that no person reviewed, as its recipe allows."


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A request with a better and a worse answer."""

    request: str
    chosen: str
    rejected: str
    reviewed: bool


def run(settings: PreferenceTuning, inputs: Inputs, out: Path) -> Outcome:
    """Write `pairs.jsonl` and `model/`.

    Raises:
        DataError: where there are no pairs, or they are unreviewed and may not be.
        UserError: where TRL is not installed.
        RunError: where no weight moved.
    """
    if find_spec("trl") is None:
        raise UserError(
            "preference: TRL is not installed; install it with `pip install 'auroram[alignment]'`"
        )
    from auroram.align.direct_preference import tune  # noqa: PLC0415 -- takes the extra

    source = inputs.model(settings.model)
    model, tokenizer = load_model(source, inputs.device), load_tokenizer(source)
    work = work_folder(out, inputs.key)
    place = out / "pairs.jsonl"
    if not place.exists():
        write_json_lines(place, _pairs(settings, inputs, model, tokenizer, work))
    pairs = [Pair(**line) for line in read_json_lines(place)]
    unreviewed = _unreviewed(settings, inputs, pairs)
    rows = list(_rows(pairs, tokenizer, settings.longest))
    if not rows:
        raise _nothing(settings, inputs, len(pairs))
    before = [parameter.detach().clone() for parameter in model.parameters()]
    log = tune(
        model,
        rows,
        settings,
        tokenizer_from=source,
        seed=inputs.seed,
        work=work,
        progress=inputs.progress,
    )
    if all(torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True)):
        raise RunError("preference tuning: no weight moved; raise rate or epochs")
    save_model(model, tokenizer_from=source, folder=out / "model")
    shutil.rmtree(work)
    tokens = settings.epochs * sum(map(_length, rows))
    return Outcome(
        notices=(UNREVIEWED,) if unreviewed else (),
        facts={"pairs": len(rows), "left_out": len(pairs) - len(rows), "log": log},
        tokens=tokens,
        # The reference reads every pair as well: 6 N for training and 2 N for reading.
        floating_point_operations=8.0 * stored_parameters(source) * tokens,
    )


def _unreviewed(
    settings: PreferenceTuning, inputs: Inputs, several: Sequence[Pair] | Sequence[Exchange]
) -> int:
    """How many of these no person reviewed; refused where none may be."""
    unreviewed = sum(not one.reviewed for one in several)
    if unreviewed and not settings.allow_unreviewed:
        raise DataError(
            f"{inputs.name}: {unreviewed} pairs were reviewed by nobody; have them reviewed, "
            "or say allow_unreviewed = true"
        )
    return unreviewed


def _nothing(settings: PreferenceTuning, inputs: Inputs, pairs: int) -> DataError:
    why = _why_none(settings, pairs)
    return DataError(f"{inputs.name}: no pair to learn from: {why}")


def _why_none(settings: PreferenceTuning, pairs: int) -> str:
    if pairs:
        return f"all {pairs} are longer than {settings.longest} tokens; raise longest"
    if settings.pairs:
        return f"{settings.pairs} holds none"
    return "each answer of the model's own is empty or the one written; name other exchanges"


def _pairs(
    settings: PreferenceTuning,
    inputs: Inputs,
    model: PreTrainedModel,
    tokenizer: Tokenizer,
    work: Path,
) -> list[Pair]:
    """The pairs of the file, or the written answers against the model's own."""
    if settings.pairs:
        return _read_pairs(inputs.path(settings.pairs))[: settings.highest_pairs]
    folders = [inputs.folder(stage) for stage in settings.exchanges]
    exchanges = training_exchanges(folders)[: settings.highest_pairs]
    _unreviewed(settings, inputs, exchanges)
    if not rows_of(((one.request, one.answer) for one in exchanges), tokenizer, settings.longest):
        raise _nothing(settings, inputs, len(exchanges))
    inputs.progress.start("the model's own answers", total=len(exchanges), unit="answers")
    asked = [
        tokenizer.chat([Message(role="user", content=one.request)], reply=True) for one in exchanges
    ]

    def answered(some: Sequence[Sequence[int]]) -> Json:
        said = generate(model, tokenizer, some, max_tokens=settings.max_tokens)
        return {"answers": [reply_text(tokenizer, ids) for ids in said]}

    own: list[str] = []
    for start in range(0, len(asked), AT_A_TIME):
        some = asked[start : start + AT_A_TIME]
        own += once(work / f"answers-{start:06}.json", partial(answered, some))["answers"]
        inputs.progress.advance(len(some))
    return [
        Pair(request=one.request, chosen=one.answer, rejected=reply, reviewed=one.reviewed)
        for one, reply in zip(exchanges, own, strict=True)
        if reply.strip() and reply != one.answer
    ]


def _read_pairs(path: Path) -> list[Pair]:
    """Pairs of a file; one that does not say so was not reviewed."""
    try:
        return [
            Pair(
                request=str(line["prompt"]),
                chosen=str(line["chosen"]),
                rejected=str(line["rejected"]),
                reviewed=line.get("reviewed") is True,
            )
            for line in read_json_lines(path)
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path}: not pairs ({error}); each line has a prompt, a chosen and a rejected answer"
        ) from None


def _rows(
    pairs: Sequence[Pair], tokenizer: Tokenizer, longest: int
) -> Iterator[dict[str, list[int]]]:
    """Pairs as TRL's collator takes them; request and answer are encoded as in training."""
    for pair in pairs:
        chosen, mask = tokenizer.exchange(pair.request, pair.chosen)
        rejected, _ = tokenizer.exchange(pair.request, pair.rejected)
        given = mask.index(1)
        if max(len(chosen), len(rejected)) <= longest:
            yield {
                "prompt_ids": chosen[:given],
                "chosen_ids": chosen[given:],
                "rejected_ids": rejected[given:],
            }


def _length(row: dict[str, list[int]]) -> int:
    return 2 * len(row["prompt_ids"]) + len(row["chosen_ids"]) + len(row["rejected_ids"])
