"""The weights of a Hugging Face folder, read a tensor at a time and never whole."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, PretrainedConfig, PreTrainedModel

from auroram.errors import DataError
from auroram.model.folder import check_settings


class StoredWeights:
    """Named tensors in one `model.safetensors` or in several shards; only their tables are held.

    A folder that was saved from a model without its head, as GPT-2's and many of its kin were, has
    tensors without the first word of their names (`transformer.`): they are found all the same.

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
            found = self._shapes.get(self._stored(name))
            if found != shape:
                held = "nothing of that name" if found is None else f"{found} there"
                raise DataError(
                    f"{self.folder}: no {name} of shape {shape} ({held}); "
                    "merge with a stage of the same model"
                )

    def __contains__(self, name: str) -> bool:
        """Whether a tensor of this name is stored."""
        return self._stored(name) in self._files

    def tensor(self, name: str) -> Tensor:
        """A tensor in float32."""
        # A file that stayed mapped would come into memory whole, tensor after tensor.
        stored = self._stored(name)
        with safe_open(self._files[stored], framework="pt") as opened:
            tensor: Tensor = opened.get_tensor(stored)
        return tensor.to(torch.float32)

    def _stored(self, name: str) -> str:
        """The name under which the folder has a tensor, where it has it."""
        bare = name.partition(".")[2]
        return bare if name not in self._files and bare in self._files else name

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
    with torch.device("meta"):
        model: PreTrainedModel = AutoModelForCausalLM.from_config(  # type: ignore[no-untyped-call]
            config_of(folder, new_tokens=new_tokens), dtype=torch.float32
        )
    return model


def shapes_of(model: PreTrainedModel) -> Mapping[str, tuple[int, ...]]:
    """Shape of each weight by its name; of tied ones only the first name."""
    tied = set(model.all_tied_weights_keys)
    return {
        name: tuple(tensor.shape) for name, tensor in model.state_dict().items() if name not in tied
    }
