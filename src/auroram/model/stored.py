"""The weights of a Hugging Face folder, read a tensor at a time and never whole."""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, PretrainedConfig, PreTrainedModel

from auroram.errors import DataError, first_line
from auroram.model.folder import LOADING, check_settings
from auroram.model.stored_names import Made, as_stored, made_of


class StoredWeights:
    """Named tensors in one `model.safetensors` or in several shards; only their tables are held.

    A tensor is found by its name in the files and by its name in memory, where that is another: a
    folder that was saved from a model without its head, as GPT-2's and many of its kin were, has
    none of the first words (`transformer.`), and experts lie each by itself.

    Raises:
        DataError: where there are none, or one of the files is broken.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[str, Path] = {}
        self._shapes: dict[str, tuple[int, ...]] = {}
        files = sorted(folder.glob("model*.safetensors"))
        if not files:
            raise DataError(
                f"{folder / 'model.safetensors'}: not found; name a stage that has a model"
            )
        for file in files:
            self._read_table(file)

    def check(self, shapes: Mapping[str, tuple[int, ...]]) -> None:
        """Refuse a folder that lacks one of these tensors.

        Raises:
            DataError: naming the first tensor that is missing or of another shape.
        """
        for name, shape in shapes.items():
            found = tuple(self._with(self._empty, name).shape) if name in self else None
            if found != shape:
                held = "nothing of that name" if found is None else f"{found} there"
                raise DataError(
                    f"{self.folder}: no {name} of shape {shape} ({held}); "
                    "merge with a stage of the same model"
                )

    def __contains__(self, name: str) -> bool:
        """Whether a tensor of this name is stored."""
        return name in self._files or name in self._made

    def tensor(self, name: str) -> Tensor:
        """A tensor in float32."""
        return self._with(self._read, name)

    def _with(self, read: Callable[[str], Tensor], name: str) -> Tensor:
        """A tensor of this name, made of what `read` gives of stored ones."""
        return read(name) if name in self._files else self._made[name].tensor(name, read)

    def _read(self, stored: str) -> Tensor:
        # A file that stayed mapped would come into memory whole, tensor after tensor.
        with safe_open(self._files[stored], framework="pt") as opened:
            tensor: Tensor = opened.get_tensor(stored)
        return tensor.to(torch.float32)

    def _empty(self, stored: str) -> Tensor:
        return torch.empty(self._shapes[stored], device="meta")

    @cached_property
    def _made(self) -> Mapping[str, Made]:
        """Name in memory to what a tensor is made of. A model is built for it, if an empty one."""
        return made_of(weightless_model(self.folder), self._files)

    def _read_table(self, file: Path) -> None:
        try:
            with safe_open(file, framework="pt") as opened:
                for name in opened.keys():  # noqa: SIM118 -- it is no mapping
                    self._files[name] = file
                    self._shapes[name] = tuple(opened.get_slice(name).get_shape())
        except SafetensorError as error:
            raise DataError(f"{file}: broken ({error}); run its stage again") from None


def config_of(folder: Path, *, new_tokens: int = 0) -> PretrainedConfig:
    """A model's config.json, with so many tokens more in its vocabulary."""
    config: PretrainedConfig = AutoConfig.from_pretrained(folder, local_files_only=True)
    config.get_text_config().vocab_size += new_tokens
    return config


def weightless_model(folder: Path, *, new_tokens: int = 0) -> PreTrainedModel:
    """The model of a folder without its weights: its settings, and every tensor's shape.

    Args:
        folder: with its config.json.
        new_tokens: that its vocabulary is to gain.

    Raises:
        DataError: where config.json is missing, broken or of no decoder that is known.
    """
    check_settings(folder)
    try:
        with torch.device("meta"):
            model: PreTrainedModel = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
                config_of(folder, new_tokens=new_tokens), dtype=torch.float32
            )
    except LOADING as error:
        raise DataError(
            f"{folder / 'config.json'}: no model can be made of it ({first_line(error)})"
        ) from error
    return model


def shapes_of(model: PreTrainedModel) -> Mapping[str, tuple[int, ...]]:
    """Shape of each weight by its name in memory; of tied ones only the first name."""
    return {name: tuple(tensor.shape) for name, tensor in _untied(model).items()}


def stored_shapes_of(model: PreTrainedModel) -> Mapping[str, tuple[int, ...]]:
    """Shape of each weight by its name in files; of tied ones only the first name.

    Args:
        model: without weights.
    """
    return {n: tuple(tensor.shape) for n, tensor in as_stored(model, _untied(model)).items()}


def _untied(model: PreTrainedModel) -> dict[str, Tensor]:
    tied = set(model.all_tied_weights_keys)
    return {name: tensor for name, tensor in model.state_dict().items() if name not in tied}
