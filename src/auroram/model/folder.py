"""Hugging Face model folders: what comes in, what goes out.

Weights are float32 in one `model.safetensors`. Pickled weights and code from a model's folder are
never run.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
from transformers.utils.logging import disable_progress_bar

from auroram.errors import DataError, first_line
from auroram.model.attention import set_attention
from auroram.model.choices import Device, Precision
from auroram.model.stored_names import as_stored
from auroram.model.tokenizer import TOKENIZER_FILES
from auroram.records.files import atomic_path, write_text

WEIGHTS = "model.safetensors"

LOADING = (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError)
"""What transformers raises of a folder that it cannot make a model of."""


def load_model_in(folder: Path, precision: Precision, device: Device = "cpu") -> PreTrainedModel:
    """The model of a folder with weights and products of one type, as it writes replies.

    Raises:
        DataError: as `load_model` does.
    """
    model = load_model(folder, device)
    return model.bfloat16() if precision == "bfloat16" else model


def load_model(folder: Path, device: Device = "cpu") -> PreTrainedModel:
    """The causal language model of a folder: float32, no dropout, our blocked attention.

    Raises:
        DataError: where the folder is missing, holds no safetensors, or is of a kind that
            transformers cannot read without code from the folder itself.
    """
    check_settings(folder)
    _check_weights(folder)
    disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    except LOADING as error:
        raise DataError(
            f"{folder}: not a model that can be loaded ({first_line(error)})"
        ) from error
    model: PreTrainedModel = loaded[0]
    # transformers would fill them with random numbers and say so in the log alone.
    if missing := sorted(loaded[1]["missing_keys"]):
        raise DataError(f"{folder}: {len(missing)} weights are missing ({missing[0]}, ...)")
    set_attention(model, "blocked")
    model.train(mode=False)
    moved: PreTrainedModel = model.to(device)  # type: ignore[arg-type]  # transformers' own
    return moved


def save_model(
    model: PreTrainedModel,
    *,
    tokenizer_from: Path,
    folder: Path,
    dtype: torch.dtype = torch.float32,
) -> None:
    """Write the model and a copy of its tokenizer: the same weights give the same bytes.

    The weights come last, so that a folder that holds them is whole.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in TOKENIZER_FILES:
        if (tokenizer_from / name).is_file():
            with atomic_path(folder / name) as beside:
                shutil.copyfile(tokenizer_from / name, beside)
    _write_settings(model, folder)
    with atomic_path(folder / WEIGHTS) as beside:
        weights = {name: tensor.to(dtype) for name, tensor in weights_of(model).items()}
        weights = as_stored(model, weights)
        save_file(weights, beside, metadata={"format": "pt"})
        beside.chmod(0o644)


def weights_of(model: PreTrainedModel) -> dict[str, torch.Tensor]:
    """The weights by their names in memory; of tied ones only the first name."""
    tied = set(model.all_tied_weights_keys)
    return {
        name: tensor.detach().float().contiguous()
        for name, tensor in model.state_dict().items()
        if name not in tied
    }


def _write_settings(model: PreTrainedModel, folder: Path) -> None:
    model.config.architectures = [type(model).__name__]
    write_text(folder / "config.json", model.config.to_json_string())
    if model.generation_config is not None:
        write_text(folder / "generation_config.json", model.generation_config.to_json_string())


def check_settings(folder: Path) -> None:
    """Refuse a folder whose config.json is missing, broken or of no decoder that is known.

    Raises:
        DataError: naming the file.
    """
    settings = folder / "config.json"
    if not settings.is_file():
        raise DataError(f"{settings}: not found; name a Hugging Face model folder")
    try:
        table = json.loads(settings.read_text(encoding="utf-8"))
    except ValueError as error:
        raise DataError(f"{settings}: not JSON ({error}); fetch the model again") from None
    if table.get("model_type") not in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES:
        raise DataError(
            f"{settings}: not a decoder that transformers knows by itself "
            f"({table.get('model_type')!r}); choose a causal language model"
        )
    if quantized := table.get("quantization_config"):
        raise DataError(
            f"{settings}: its weights are quantized ({quantized.get('quant_method', 'unknown')}), "
            "which cannot be trained; name the model in bfloat16 or float32"
        )


def _check_weights(folder: Path) -> None:
    if not any(folder.glob("*.safetensors")):
        raise DataError(
            f"{folder}: no safetensors weights; pickled weights are not opened, convert them first"
        )
