"""What a decoder does to its logits after the product with its head: scale them, cap them.

Shape letters: N positions, V entries of the vocabulary.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescaling:
    """Logits z become cap * tanh(scale * z / cap), or scale * z where there is no cap.

    Source of the cap: Gemma 2, arXiv:2408.00118, section 2; of the scale: Granite's
    `logits_scaling`, by which it divides, and Cohere's `logit_scale`, by which it multiplies.
    """

    scale: float = 1.0
    cap: float | None = None

    def apply(self, logits_NV: Tensor) -> Tensor:
        """The logits as the model means them; the very tensor where nothing is to be done."""
        if self.scale != 1:
            logits_NV = logits_NV * self.scale
        return logits_NV if self.cap is None else torch.tanh(logits_NV / self.cap) * self.cap

    def slope(self, rescaled_NV: Tensor) -> Tensor | float:
        """Derivative of what `apply` gave by what it was given."""
        if self.cap is None:
            return self.scale
        return (1 - (rescaled_NV / self.cap).square_()).mul_(self.scale)


PLAIN = Rescaling()


def rescaling_of(model: PreTrainedModel) -> Rescaling:
    """What the model's settings say; `check_reading` tells whether that is all that it does."""
    config = model.config.get_text_config()
    scale = float(getattr(config, "logit_scale", None) or 1)
    if divisor := getattr(config, "logits_scaling", None):
        scale /= float(divisor)
    return Rescaling(scale=scale, cap=getattr(config, "final_logit_softcapping", None))
