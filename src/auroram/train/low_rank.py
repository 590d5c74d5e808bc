"""Low-rank training: a product of two thin matrices is learnt beside each linear layer.

The large weights need no gradient and no moments, so a step is cheaper by almost a third, and
memory and checkpoints shrink. At the stage's end the products are added to the weights, so that
what comes out is an ordinary model.
"""

import json
from collections.abc import Mapping
from pathlib import Path

import torch
from peft import LoraConfig
from peft.tuners.lora import LoraLayer, LoraModel
from safetensors.torch import save_file
from torch import nn
from transformers import PreTrainedModel

from auroram.records.files import atomic_path, write_text
from auroram.train.experts import expert_tensors
from auroram.train.linear import is_linear
from auroram.train.parts import LowRank

_NAME = "default"


def attach(
    settings: LowRank,
    model: PreTrainedModel,
    selected: Mapping[str, nn.Parameter],
    *,
    seed: int,
) -> dict[str, float]:
    """Put thin matrices beside the selected linear layers.

    Selected embeddings train whole; selected norms and biases stay as they are.

    Returns:
        Name of each parameter that trains to its learning rate, relative to the schedule's.

    Raises:
        ValueError: where no linear layer is selected, or an adapter that is to be kept would
            lack embeddings that train.
    """
    embeddings = {id(p) for p in model.get_input_embeddings().parameters()}
    head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    embeddings |= {id(p) for p in head.parameters()}
    whole = {name: p for name, p in selected.items() if id(p) in embeddings}
    if settings.keep_adapter and whole:
        raise ValueError(
            "low_rank.keep_adapter: embeddings train whole and are no part of an adapter; "
            "set trains.embeddings = false"
        )
    layers = [
        name
        for name, module in model.named_modules()
        if is_linear(module) and module is not head and f"{name}.weight" in selected
    ]
    if not layers:
        raise ValueError("low_rank needs a linear layer that trains; widen trains.layers")
    config = LoraConfig(r=settings.rank, lora_alpha=settings.alpha, target_modules=layers)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        LoraModel(model, config, _NAME)
    thin = [name for name, p in model.named_parameters() if p.requires_grad]
    for parameter in whole.values():
        parameter.requires_grad_()
    return dict.fromkeys(thin, 1.0) | dict.fromkeys(whole, settings.embedding_rate)


def left_alone(model: PreTrainedModel, stage: str) -> tuple[str, ...]:
    """A notice where a model has experts, which are no linear layers and get no thin matrices."""
    alone = sum(tensor.numel() for _, tensor in expert_tensors(model))
    if not alone:
        return ()
    share = alone / sum(parameter.numel() for parameter in model.parameters())
    return (
        f"stages.{stage}.low_rank: the experts, {100 * share:.0f} % of the parameters, stay as "
        "they are; without low_rank they train",
    )


def save_adapter(model: PreTrainedModel, settings: LowRank, folder: Path) -> None:
    """Write the thin matrices as a folder that PEFT loads beside the model they were learnt on.

    The same matrices give the same bytes. The weights come last.
    """
    layers = {name: m for name, m in model.named_modules() if isinstance(m, LoraLayer)}
    tensors = {
        f"base_model.model.{name}.{part}.weight": getattr(layer, part)[_NAME].weight.detach()
        for name, layer in layers.items()
        for part in ("lora_A", "lora_B")
    }
    table = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": settings.rank,
        "lora_alpha": settings.alpha,
        "lora_dropout": 0.0,
        "bias": "none",
        "target_modules": sorted(layers),
    }
    write_text(folder / "adapter_config.json", json.dumps(table, indent=1) + "\n")
    with atomic_path(folder / "adapter_model.safetensors") as beside:
        save_file({n: t.float().contiguous() for n, t in tensors.items()}, beside)
        beside.chmod(0o644)


@torch.no_grad()
def fold(model: PreTrainedModel) -> None:
    """Add what was learnt beside each linear layer to the layer, and take it away."""
    layers = [
        (name, layer) for name, layer in model.named_modules() if isinstance(layer, LoraLayer)
    ]
    for name, layer in layers:
        layer.merge()
        # A hastened layer holds its pass and is held by it: only the garbage collector would find
        # them, and the copies of the weights with them.
        vars(layer).pop("forward", None)
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, layer.get_base_layer())
