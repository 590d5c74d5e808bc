"""Which modules are linear layers and no more."""

from typing import TypeGuard

from torch import nn


def is_linear(module: nn.Module) -> TypeGuard[nn.Linear]:
    """Whether it multiplies and adds its bias; a router of experts does more with its product."""
    return isinstance(module, nn.Linear) and type(module).forward is nn.Linear.forward
