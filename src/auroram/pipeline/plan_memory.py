"""Memory of one rank of a training stage, said before it runs.

What a step keeps for its gradient is not guessed: the model is run once without data
(`FakeTensorMode`) and every tensor that the gradient will need is counted, with the frozen layers,
thin matrices and precision of the stage. The figure holds for a row that is one document; rows of
several keep less. Everything else is arithmetic on the model's shape.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, fields
from math import ceil
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.autograd.graph import saved_tensors_hooks
from torch.multiprocessing.reductions import StorageWeakRef
from torch.overrides import TorchFunctionMode
from transformers import AutoModelForCausalLM, PreTrainedModel
from transformers.initialization import no_init_weights

from auroram.errors import DataError, first_line
from auroram.model.attention import document_mask, set_attention
from auroram.model.choices import Precision
from auroram.model.decoder import decoder_of
from auroram.model.folder import check_settings
from auroram.model.precision import autocast, precision_of
from auroram.model.stored import config_of
from auroram.train.linear import is_linear
from auroram.train.loss import CHUNK, SLICE
from auroram.train.ranks.distributed import Degrees
from auroram.train.selection import select, token_layers
from auroram.train.settings import Train
from auroram.train.thin import beside, cast_once

GAPS = 0.42
"""Bytes between blocks, of those that come and go in a step: glibc's heap, told to keep what is
freed, has holes where blocks lay that are no longer as large as what is asked for next. Measured at
10M, 30M and 135M parameters in four ways of training: 0.29 to 0.54 (benchmarks/plan.py)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Bytes of one rank at the fullest moment of a step."""

    process: float
    """The interpreter and its libraries."""
    weights: float
    """In float32; a teacher's too."""
    gradients: float
    moments: float
    """What the optimizer keeps, and a moving average."""
    copies: float
    """Weights in the type of the matrix products."""
    activations: float
    """What the forward pass keeps for the gradient."""
    logits: float
    """The output head's own: chunks of logits, and its gradients."""
    gaps: float
    """What the allocator holds between blocks that come and go."""
    together: bool
    """Whether gradients of earlier micro-batches are there when the activations are."""

    @property
    def total(self) -> float:
        """The most at one time."""
        passing = self.copies + self.activations + self.logits + self.gaps
        working = self.gradients + passing if self.together else max(self.gradients, passing)
        return self.process + self.weights + self.moments + working

    def parts(self) -> dict[str, float]:
        """Bytes by what they are for."""
        named = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in named.items() if name != "together"}


def stage_memory(
    stage: Train,
    model: PreTrainedModel,
    trained: Mapping[str, nn.Parameter],
    degrees: Degrees,
    *,
    process: float,
) -> Memory:
    """What one rank needs, the fullest one where the ranks differ.

    Weights, gradients and moments are shared out over all ranks (fully sharded data parallelism),
    layers over the pipeline, positions over the context ranks, and of the activations the part that
    tensor parallelism divides: 24 of 34 bytes. A pipeline's first rank keeps the activations of as
    many micro-batches as there are ranks behind it. Every rank holds a teacher whole. Source:
    Korthikanti et al. 2022, arXiv:2205.05198, equations 2 and 4.

    Args:
        stage: its settings.
        model: of a `shape_of`, as the stage trains it.
        trained: what trains of it, by name.
        degrees: of the mesh.
        process: bytes of the interpreter and its libraries.
    """
    row, fixed = kept_bytes(stage, model)
    if stage.recompute:
        row = _kept_by_inputs(stage, model, row)
    embeddings = {id(weight) for layer in token_layers(model) for weight in layer.parameters()}
    matrices = [w for w in trained.values() if w.ndim == 2 and id(w) not in embeddings]
    every, learnt = numbers_of(model.parameters()), numbers_of(trained.values())
    orthogonal = numbers_of(matrices)
    averaged = learnt * 4 if stage.ema else 0
    taught = every * 4 if stage.distil else 0
    moments = stage.optimizer.moment_bytes(orthogonal, learnt - orthogonal)
    batches = ceil(stage.rows_a_step / (stage.rows_a_micro_batch * degrees.data))
    divided = (10 + 24 / degrees.tensor) / 34 / degrees.pipeline / degrees.context
    waiting = min(degrees.pipeline, batches)
    copies = _copies(fixed, model, degrees)
    activations = stage.rows_a_micro_batch * row * divided * waiting
    logits = _head_bytes(stage, model, degrees)
    return Memory(
        process=process,
        weights=every * 4 / degrees.ranks + taught,
        gradients=learnt * 4 / degrees.ranks,
        moments=(moments + averaged) / degrees.ranks,
        copies=copies,
        activations=activations,
        logits=logits,
        gaps=GAPS * (copies + activations + logits),
        together=batches > 1,
    )


@contextmanager
def shape_of(folder: Path, *, new_tokens: int = 0) -> Iterator[PreTrainedModel]:
    """The model of a folder, to compute with without data while this is open.

    Args:
        folder: with its config.json, of which no more is read.
        new_tokens: that its vocabulary has gained since.

    Raises:
        DataError: where config.json is missing, broken or of no decoder that is known.
    """
    check_settings(folder)
    config = config_of(folder, new_tokens=new_tokens)
    # What draws first weights looks at numbers, and here are none.
    with FakeTensorMode(), no_init_weights():
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
        model.tie_weights()  # as what makes first weights would have done
        model.train(mode=False)
        yield model


def selected(stage: Train, model: PreTrainedModel) -> dict[str, nn.Parameter]:
    """Freeze what does not train, as the stage will; the parameters that do, by name.

    Raises:
        ValueError: where the stage's selection does not fit the model.
    """
    ends = token_layers(model)
    weights = select(stage.trains, model, ends)
    if not stage.low_rank:
        return weights
    kept = {id(p) for module in ends for p in module.parameters()}
    whole = [p for p in weights.values() if id(p) in kept]
    layers = {
        name: module
        for name, module in model.named_modules()
        if is_linear(module) and module is not ends[-1] and f"{name}.weight" in weights
    }
    model.requires_grad_(requires_grad=False)
    for name, layer in layers.items():
        model.set_submodule(name, _Thin(layer, stage.low_rank.rank, precision_of(stage.precision)))
    for parameter in whole:
        parameter.requires_grad_()
    return {name: p for name, p in model.named_parameters() if p.requires_grad}


class _Thin(nn.Module):
    """A linear layer with a product of two thin matrices beside it, computed as a stage does."""

    def __init__(self, layer: nn.Linear, rank: int, precision: Precision) -> None:
        super().__init__()
        self.layer = layer
        self.weight = layer.weight
        self.held = cast_once(layer.weight, precision)
        self.down = nn.Linear(layer.in_features, rank, bias=False)
        self.up = nn.Linear(rank, layer.out_features, bias=False)

    def forward(self, states: Tensor) -> Tensor:
        """The layer's output and the product's."""
        return beside(states, self.held, None, self.down.weight, self.up.weight, 2.0)


def kept_bytes(stage: Train, model: PreTrainedModel) -> tuple[float, float]:
    """Bytes kept for the gradient: a row's own, and what does not depend on rows.

    Raises:
        DataError: where the model cannot be run without data.
    """
    # It is a processor that looks; what the others keep is less than `blocked` does.
    set_attention(model, "sdpa" if stage.attention == "sdpa" else "blocked")
    try:
        # One row alone would be another case: an axis of length 1 is never copied.
        two, three = (_saved_bytes(stage, model, rows) for rows in (2, 3))
    except (TypeError, ValueError, IndexError, RuntimeError, AttributeError) as error:
        raise DataError(
            f"memory of a model of type {model.config.model_type!r} cannot be told without data "
            f"({first_line(error)}); plan with another model, or run the recipe and look"
        ) from error
    return three - two, 3 * two - 2 * three


def _kept_by_inputs(stage: Train, model: PreTrainedModel, row: float) -> float:
    """What goes into each layer, in float32, and the one layer that is computed again."""
    config = model.config.get_text_config()
    layers = int(config.num_hidden_layers)
    return float(layers * stage.sequence_tokens * config.hidden_size * 4 + row / layers)


def _saved_bytes(stage: Train, model: PreTrainedModel, rows: int) -> int:
    own = {_place(p) for p in model.parameters()}
    saved: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: Tensor) -> Tensor:
        if _place(tensor) not in own:
            saved[_place(tensor)] = tensor.untyped_storage()
        return tensor

    ids_BT = torch.zeros(rows, stage.sequence_tokens, dtype=torch.int64)
    positions_BT = torch.arange(stage.sequence_tokens).expand(rows, -1)
    with ExitStack() as stack:
        stack.enter_context(saved_tensors_hooks(keep, lambda tensor: tensor))
        stack.enter_context(autocast(precision_of(stage.precision)))
        stack.enter_context(_GroupsOfAnyType())
        held = decoder_of(model)(
            input_ids=ids_BT,
            position_ids=positions_BT,
            attention_mask=document_mask(ids_BT),
            use_cache=False,
        )
    del held
    return sum(storage.nbytes() for storage in saved.values())


class _GroupsOfAnyType(TorchFunctionMode):
    """Products of experts by transformers' own operator, which keeps the same tensors.

    That of torch tells what it would give for bfloat16 alone.
    """

    def __torch_function__(
        self,
        func: Any,  # noqa: ANN401 -- as torch hands it on
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:  # noqa: ANN401 -- as above
        options = kwargs or {}
        if func is not torch._grouped_mm:  # noqa: SLF001 -- as transformers' models call it
            return func(*args, **options)
        return torch.ops.transformers.grouped_mm_fallback(*args, offs=options["offs"])


def _place(tensor: Tensor) -> int:
    """What tensors that share their numbers have in common, here where none has an address."""
    place: int = StorageWeakRef(tensor.untyped_storage()).cdata  # type: ignore[no-untyped-call]
    return place


def _copies(fixed: float, model: PreTrainedModel, degrees: Degrees) -> float:
    """On one rank all of them; on several the layer that is at work and the next, put together."""
    if degrees.share == 1:
        return fixed / degrees.tensor / degrees.pipeline
    layers = int(model.config.get_text_config().num_hidden_layers)
    return 2 * fixed / layers / degrees.tensor


def _head_bytes(stage: Train, model: PreTrainedModel, degrees: Degrees) -> float:
    """The output head's own at its fullest: while it makes logits, or as it hands on gradients.

    Logits come a chunk at a time, beside the gradients that grow. In bfloat16 the head is there
    once more as it is multiplied, and a slice of the chunk in float32; when the logits are gone,
    its gradient becomes float32. A head that does not train has none.
    """
    config = model.config.get_text_config()
    narrow = precision_of(stage.precision) == "bfloat16"
    width, exact = (2, 4) if narrow else (4, 0)
    head: Tensor = model.get_output_embeddings().weight  # type: ignore[no-untyped-call]
    numbers = head.numel()
    learnt = numbers if head.requires_grad else 0
    positions = stage.rows_a_micro_batch * stage.sequence_tokens / degrees.context
    states = positions * config.hidden_size * width
    chunk = len(head) * (CHUNK * width + SLICE * exact) + 2 * CHUNK * config.hidden_size * width
    copy = numbers * width if narrow else 0
    return float(max(copy + learnt * width + chunk + states, learnt * (width + exact) + 2 * states))


def numbers_of(tensors: Iterable[Tensor]) -> int:
    """How many numbers they hold together."""
    return sum(tensor.numel() for tensor in tensors)
