"""Low-rank training: a product of two thin matrices is learnt beside each linear layer.

The large weights need no gradient and no moments, so a step is cheaper by almost a third, and
memory and checkpoints shrink. At the stage's end the products are added to the weights, so that
what comes out is an ordinary model.
"""

from collections.abc import Mapping

import torch
from peft import LoraConfig
from peft.tuners.lora import LoraLayer, LoraModel
from torch import nn
from transformers import PreTrainedModel

from auroram.settings import Positive, PositiveFloat, settings
from auroram.train.optimizer import Group

_NAME = "default"


@settings
class LowRank:
    """Which product is learnt beside a linear layer.

    The best learning rate is about ten times that of training every weight.

    Source: Hu et al. 2021, arXiv:2106.09685.
    """

    rank: Positive = 16
    """Width of the thin matrices."""
    alpha: Positive = 32
    """The product is multiplied by alpha / rank, so that the best rate is the same for any rank."""
    embedding_rate: PositiveFloat = 0.15
    """Learning rate of embeddings that train along, relative to that of the thin matrices."""

    def attach(
        self, model: PreTrainedModel, selected: Mapping[str, nn.Parameter], *, seed: int
    ) -> tuple[dict[str, nn.Parameter], list[Group]]:
        """Put thin matrices beside the selected linear layers.

        Selected embeddings train whole; selected norms and biases stay as they are.

        Returns:
            The parameters that train, by name, and in groups by their learning rate.

        Raises:
            ValueError: where no linear layer is selected.
        """
        embeddings = {id(p) for p in model.get_input_embeddings().parameters()}
        head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
        embeddings |= {id(p) for p in head.parameters()}
        whole = {name: p for name, p in selected.items() if id(p) in embeddings}
        layers = [
            name
            for name, module in model.named_modules()
            if isinstance(module, nn.Linear) and module is not head and f"{name}.weight" in selected
        ]
        if not layers:
            raise ValueError("low_rank needs a linear layer that trains; widen trains.layers")
        config = LoraConfig(r=self.rank, lora_alpha=self.alpha, target_modules=layers)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            LoraModel(model, config, _NAME)
        thin = {name: p for name, p in model.named_parameters() if p.requires_grad}
        for parameter in whole.values():
            parameter.requires_grad_()
        groups = [Group(thin.values()), Group(whole.values(), rate=self.embedding_rate)]
        return thin | whole, groups


@torch.no_grad()
def fold(model: PreTrainedModel) -> None:
    """Add what was learnt beside each linear layer to the layer, and take it away."""
    layers = [
        (name, layer) for name, layer in model.named_modules() if isinstance(layer, LoraLayer)
    ]
    for name, layer in layers:
        layer.merge()
        parent, _, last = name.rpartition(".")
        setattr(model.get_submodule(parent), last, layer.get_base_layer())
