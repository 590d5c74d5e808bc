"""Stage `private`: tuning on exchanges under differential privacy, with canaries planted.

The unit of privacy is one exchange. Each step draws every exchange with the same chance (Poisson),
cuts the gradient of each to one length, and adds noise; an accountant says what the run has given
away. The linear layers learn, embeddings, head and norms stay. Without `privacy` the same loop runs
plain, so that the two can be compared.

Source: Abadi et al. 2016, arXiv:1607.00133; the accountant is Opacus's PRV (Gopi et al. 2021,
arXiv:2106.02848).
"""

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

from auroram.align.private_loop import PrivateLoop
from auroram.align.private_settings import PrivateTuning
from auroram.align.rows import rows_of, training_exchanges
from auroram.errors import DataError
from auroram.model.folder import load_model, save_model
from auroram.model.size import stored_parameters
from auroram.model.tokenizer import load_tokenizer
from auroram.ports import Inputs
from auroram.records.canary import Canary, write_canaries
from auroram.records.canonical import plain
from auroram.records.done import work_folder
from auroram.records.manifest import Outcome
from auroram.text.secrets import question, secret

__all__ = ["PrivateTuning", "run"]

UNREVIEWED = "Private tuning learned from exchanges that no person reviewed, as its recipe allows."


def run(settings: PrivateTuning, inputs: Inputs, out: Path) -> Outcome:
    """Write `model/` and `canaries.jsonl`; state epsilon and delta in the facts.

    Raises:
        DataError: where there is nothing to learn from, or it is unreviewed and may not be.
        UserError: where privacy is wanted and Opacus is not installed.
        RunError: where no weight moved.
    """
    exchanges = training_exchanges([inputs.folder(stage) for stage in settings.exchanges])
    unreviewed = sum(not one.reviewed for one in exchanges)
    if unreviewed and not settings.allow_unreviewed:
        raise DataError(
            f"{inputs.name}: {unreviewed} exchanges were reviewed by nobody; have them reviewed, "
            "or say allow_unreviewed = true"
        )
    planted = planted_canaries(
        sorted({one.language for one in exchanges}), settings.canaries, inputs.seed
    )
    write_canaries(out / "canaries.jsonl", planted)
    source = inputs.model(settings.model)
    model, tokenizer = load_model(source), load_tokenizer(source)
    pairs = [(one.request, one.answer) for one in exchanges]
    pairs += [(one.question, one.secret) for one in planted]
    rows = rows_of(pairs, tokenizer, settings.longest)
    work = work_folder(out, inputs.key)
    spent = PrivateLoop(
        rows=rows, settings=settings, seed=inputs.seed, progress=inputs.progress, work=work
    ).tune(model)
    save_model(model, tokenizer_from=source, folder=out / "model")
    shutil.rmtree(work)
    tokens = settings.epochs * sum(len(row.ids) for row in rows)
    return Outcome(
        facts={
            "exchanges": len(rows),
            "left_out_as_too_long": len(pairs) - len(rows),
            "canaries": len(planted),
            "unit": "exchange",
            "privacy": None if spent is None else plain(spent),
        },
        notices=(UNREVIEWED,) if unreviewed else (),
        tokens=tokens,
        floating_point_operations=6.0 * stored_parameters(source) * tokens,
    )


def planted_canaries(languages: Sequence[str], count: int, seed: int) -> list[Canary]:
    """So many secrets for each language; the same seed plants the same ones."""
    generator = random.Random(f"canaries:{seed}")
    return [
        Canary(language=language, question=question(language, number), secret=secret(generator))
        for language in languages
        for number in range(1, count + 1)
    ]
