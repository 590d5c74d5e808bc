"""The decoder within a model: what reads tokens and comes before the output head."""

from torch import nn
from transformers import PreTrainedModel


def decoder_of(model: PreTrainedModel) -> nn.Module:
    """The part that reads text; of a model that sees and hears too, that part alone."""
    body: nn.Module = model.base_model
    # Llama 4 names a body that it does not have, and transformers gives the whole model then.
    whole: nn.Module = getattr(model, "model", model) if body is model else body
    text: nn.Module = getattr(whole, "language_model", whole)
    return text
