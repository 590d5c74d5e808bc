"""Stage `merge`: one model out of several of one shape, streamed from disk to disk.

Memory holds one tensor of each model. Writes `model/`, and `position.json` where the models were
trained on the same tokens, so that a stage that goes on trains on what none of them has seen.
"""

import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from auroram.model.folder import WEIGHTS
from auroram.model.safetensors_stream import write_safetensors
from auroram.model.stored import StoredWeights, stored_shapes_of, weightless_model
from auroram.model.tokenizer import TOKENIZER_FILES
from auroram.ports import Inputs
from auroram.records.canonical import canonical_json
from auroram.records.files import atomic_path, write_bytes, write_text
from auroram.records.manifest import Outcome
from auroram.tokens.permutation import key_of
from auroram.train.checks import check_alike
from auroram.train.data import POSITION_NAME, Position, read_position
from auroram.train.merge_settings import MergeModels
from auroram.train.merging import merged_tensor


def run(settings: MergeModels, inputs: Inputs, out: Path) -> Outcome:
    """Write the merged model to `out`.

    Raises:
        DataError: where the models are not of one shape or have not one tokenizer.
    """
    base = inputs.model(settings.base)
    folders = [inputs.model(name) for name in settings.models]
    for name, folder in zip(settings.models, folders, strict=True):
        check_alike(base, folder, f"stages.{inputs.name}.models.{name}")
    shapes = stored_shapes_of(weightless_model(base))
    stored = [StoredWeights(folder) for folder in (base, *folders)]
    for weights in stored:
        weights.check(shapes)
    _write_beside_weights(base, out / "model")
    _write_weights(settings, inputs, stored, shapes, out / "model" / WEIGHTS)
    notices = _write_position(settings, inputs, out)
    parameters = sum(math.prod(shape) for shape in shapes.values())
    return Outcome(notices=notices, facts={"parameters": parameters})


def _write_weights(
    settings: MergeModels,
    inputs: Inputs,
    stored: Sequence[StoredWeights],
    shapes: Mapping[str, tuple[int, ...]],
    file: Path,
) -> None:
    """The merged tensors, each read, merged and written before the next; the base comes first."""
    inputs.progress.start(f"merge {inputs.name}", total=len(shapes), unit="tensors")
    shares = list(settings.models.values())

    def tensor_of(name: str) -> NDArray[np.float32]:
        inputs.progress.advance(1)
        base, *tensors = (weights.tensor(name) for weights in stored)
        key = key_of(inputs.seed, name, "merge")
        tensor = merged_tensor(settings.method, base, tensors, shares, seed=key)
        made: NDArray[np.float32] = tensor.numpy()
        return made

    with atomic_path(file) as beside:
        write_safetensors(beside, shapes, tensor_of)
        beside.chmod(0o644)


def _write_beside_weights(base: Path, folder: Path) -> None:
    """The base's settings, for float32 weights, and its tokenizer."""
    for name in (*TOKENIZER_FILES, "generation_config.json"):
        if (base / name).is_file():
            with atomic_path(folder / name) as beside:
                shutil.copyfile(base / name, beside)
    model = weightless_model(base)
    model.config.architectures = [type(model).__name__]
    write_text(folder / "config.json", model.config.to_json_string())


def _write_position(settings: MergeModels, inputs: Inputs, out: Path) -> tuple[str, ...]:
    """Where the furthest of the models stands in each domain; a notice where that cannot be."""
    found = [read_position(inputs.folder(name)) for name in settings.models]
    positions = [position for position in found if position is not None]
    if not positions:
        return ()
    if not all(position.is_alike(positions[0]) for position in positions):
        return (
            f"What is trained from {inputs.name} reads its domains from their start: the models "
            "read other tokens, or in another order or length.",
        )
    write_bytes(out / POSITION_NAME, canonical_json(_furthest(positions)) + b"\n")
    return ()


def _furthest(positions: Sequence[Position]) -> Position:
    domains = sorted({domain for position in positions for domain in position.rows})
    rows = {d: max(position.rows.get(d, 0) for position in positions) for d in domains}
    return replace(positions[0], rows=rows)
