"""TRL's trainer for direct preference optimisation, on rows that are encoded already.

A tuning that was stopped goes on from the last of the trainer's own checkpoints, whose last file is
its state, and ends in the same weights. Importing this takes TRL, which is an extra, and seconds.
"""

import json
import math
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets
from transformers import PreTrainedModel, PreTrainedTokenizerFast
from transformers.trainer_callback import (
    PrinterCallback,
    TrainerCallback,
    TrainerControl,
    TrainerState,
)
from transformers.training_args import TrainingArguments
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from auroram.align.preference_settings import PreferenceTuning
from auroram.model.tokenizer import load_tokenizer
from auroram.ports import Progress

CHECKPOINTS = 10
"""That a tuning writes, about; only the last is kept."""


def tune(  # noqa: PLR0913 -- each is something else
    model: PreTrainedModel,
    rows: Sequence[dict[str, list[int]]],
    settings: PreferenceTuning,
    *,
    tokenizer_from: Path,
    seed: int,
    work: Path,
    progress: Progress,
) -> dict[str, float]:
    """Tune the model in place, which is its own reference; its first and its last loss.

    Args:
        model: as it is before.
        rows: pairs, each with its `prompt_ids`, `chosen_ids` and `rejected_ids`.
        settings: of the stage.
        tokenizer_from: a Hugging Face folder.
        seed: of the order of the pairs.
        work: the folder of the checkpoints, which are gone on from.
        progress: told each step.
    """
    batch = min(settings.batch, len(rows))
    total = settings.epochs * math.ceil(len(rows) / batch)
    saved, done = _newest_checkpoint(work)
    progress.start("preference tuning", total=total, unit="steps", done=done)
    # TRL and transformers warn about names that they themselves pass on to one another.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer = _Encoded(
            model=model,
            args=_options(model, settings, batch=batch, total=total, seed=seed, work=work),
            train_dataset=datasets.Dataset.from_list(list(rows)),
            processing_class=_spelling(tokenizer_from),
            callbacks=[_Tells(progress)],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train(resume_from_checkpoint=saved)
    model.train(mode=False)
    steps = [line for line in trainer.state.log_history if "loss" in line]
    return {"first_loss": steps[0]["loss"], "last_loss": steps[-1]["loss"]} if steps else {}


def _options(  # noqa: PLR0913 -- each is something else
    model: PreTrainedModel,
    settings: PreferenceTuning,
    *,
    batch: int,
    total: int,
    seed: int,
    work: Path,
) -> DPOConfig:
    return DPOConfig(
        output_dir=str(work),
        beta=settings.beta,
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=batch,
        learning_rate=settings.rate,
        max_length=settings.longest,
        seed=seed,
        report_to=[],
        save_strategy="steps",
        save_steps=max(1, total // CHECKPOINTS),
        save_total_limit=1,
        logging_steps=1,
        disable_tqdm=True,
        use_cpu=model.device.type == "cpu",
        bf16=False,
        activation_checkpointing=False,
        gradient_checkpointing=None,  # type: ignore[arg-type]
    )


def _newest_checkpoint(work: Path) -> tuple[str | None, int]:
    """The last whole checkpoint, if there is one, and its step; half ones are removed."""
    found = {}
    for folder in work.glob("checkpoint-*"):
        try:
            found[json.loads((folder / "trainer_state.json").read_text())["global_step"]] = folder
        except (OSError, ValueError):
            shutil.rmtree(folder)
    newest = max(found, default=0)
    return (str(found[newest]) if found else None), newest


class _Tells(TrainerCallback):
    """Tells each step and its loss."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def on_log(
        self,
        args: TrainingArguments,  # noqa: ARG002 -- the trainer's own words
        state: TrainerState,
        control: TrainerControl,  # noqa: ARG002
        **_more: object,
    ) -> None:
        """A step was made, or all of them."""
        if "loss" in (last := state.log_history[-1]):
            self._progress.advance(1, loss=last["loss"])


class _Encoded(DPOTrainer):
    """The trainer, which encodes rows itself otherwise."""

    def _prepare_dataset(self, dataset: Any, *_about: object, **_more: object) -> Any:  # noqa: ANN401
        return dataset


def _spelling(folder: Path) -> PreTrainedTokenizerFast:
    """What TRL asks for the tokens that end and fill rows."""
    tokenizer = load_tokenizer(folder)
    spelt = {id_: token for token, id_ in tokenizer.tokens.items()}
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_file=str(folder / "tokenizer.json"),
        eos_token=spelt[tokenizer.eos],
        pad_token=spelt[tokenizer.pad],
    )
