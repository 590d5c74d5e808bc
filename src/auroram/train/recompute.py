"""Layers that keep only what goes into them and compute the rest again when gradients are taken.

Source: Chen et al. 2016, arXiv:1604.06174.
"""

from functools import partial

from torch import nn
from torch.utils.checkpoint import checkpoint


def recompute_layers(layers: nn.ModuleList) -> None:
    """A third more work for a fraction of the activations; loss and gradients stay the same.

    Nothing in a step is random, so no state of a generator needs to be put back.
    """
    for layer in layers:
        layer.forward = partial(
            checkpoint, layer.forward, use_reentrant=False, preserve_rng_state=False
        )
