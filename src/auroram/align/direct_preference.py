"""TRL's trainer for direct preference optimisation, on rows that are encoded already.

Importing this takes TRL, which is an extra, and seconds.
"""

import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets
from transformers import PreTrainedModel, PreTrainedTokenizerFast
from trl.trainer.dpo_config import DPOConfig
from trl.trainer.dpo_trainer import DPOTrainer

from auroram.align.preference_settings import PreferenceTuning
from auroram.model.tokenizer import load_tokenizer


def tune(
    model: PreTrainedModel,
    rows: Sequence[dict[str, list[int]]],
    settings: PreferenceTuning,
    *,
    tokenizer_from: Path,
    seed: int,
) -> dict[str, float]:
    """Tune the model in place, which is its own reference; its first and its last loss.

    Args:
        model: as it is before.
        rows: pairs, each with its `prompt_ids`, `chosen_ids` and `rejected_ids`.
        settings: of the stage.
        tokenizer_from: a Hugging Face folder.
        seed: of the order of the pairs.
    """
    # TRL and transformers warn about names that they themselves pass on to one another.
    with tempfile.TemporaryDirectory() as waste, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = DPOConfig(
            output_dir=waste,
            beta=settings.beta,
            num_train_epochs=settings.epochs,
            per_device_train_batch_size=min(settings.batch, len(rows)),
            learning_rate=settings.rate,
            max_length=settings.longest,
            seed=seed,
            report_to=[],
            save_strategy="no",
            logging_steps=1,
            disable_tqdm=True,
            use_cpu=model.device.type == "cpu",
            bf16=False,
            activation_checkpointing=False,
            gradient_checkpointing=None,  # type: ignore[arg-type]
        )
        trainer = _Encoded(
            model=model,
            args=options,
            train_dataset=datasets.Dataset.from_list(list(rows)),
            processing_class=_spelling(tokenizer_from),
        )
        trainer.train()
    model.train(mode=False)
    steps = [line for line in trainer.state.log_history if "loss" in line]
    return {"first_loss": steps[0]["loss"], "last_loss": steps[-1]["loss"]} if steps else {}


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
