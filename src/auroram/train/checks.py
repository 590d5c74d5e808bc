"""What is refused before any compute is spent."""

from pathlib import Path
from typing import Protocol

from transformers import AutoConfig, PreTrainedModel

from auroram.errors import ConfigError, DataError
from auroram.model.attention import unfit
from auroram.model.choices import BackendChoice, Device
from auroram.model.precision import precision_of
from auroram.model.reading import check_reading, fault_of_kind, longest_row
from auroram.model.tokenizer import Tokenizer, load_tokenizer
from auroram.records.shards import ShardSet
from auroram.train.float8 import fault_of_device
from auroram.train.settings import Train

ALIKE = ("model_type", "num_attention_heads", "num_key_value_heads", "rope_parameters")
"""What two models of equal tensors may still differ in, so that their mean would make no sense."""


class ReadsRows(Protocol):
    """Settings of a stage that puts rows through a model."""

    @property
    def sequence_tokens(self) -> int:
        """Length of a row."""
        ...

    @property
    def attention(self) -> BackendChoice:
        """What computes attention."""
        ...


def check_model(settings: ReadsRows, model: PreTrainedModel, name: str) -> None:
    """Refuse a model whose positions, attention or head do not fit how we train.

    Args:
        settings: of the stage.
        model: with its weights, in evaluation mode, with one of our attention backends.
        name: of the stage.

    Raises:
        ConfigError: where rows are longer than the model's positions, or the attention backend
            cannot do what the model's attention does.
        DataError: where packed documents or our head would be computed otherwise than by the
            model itself.
    """
    check_shape(settings, model, name, device=model.device.type)
    check_reading(model, f"stages.{name}.model", row_tokens=settings.sequence_tokens)


def check_shape(settings: ReadsRows, model: PreTrainedModel, name: str, *, device: str) -> None:
    """Of `check_model` what needs no weights, for a model that will lie on a device.

    Raises:
        ConfigError, DataError: as `check_model` does.
    """
    if fault := fault_of_kind(model):
        raise DataError(f"stages.{name}.model: {fault}; choose another model")
    if getattr(model.config.get_text_config(), "output_router_logits", False):
        raise DataError(
            f"stages.{name}.model: its config.json asks for a loss that balances experts, which "
            "training does not have; write output_router_logits = false there"
        )
    longest = longest_row(model)
    if longest is not None and settings.sequence_tokens > longest:
        raise ConfigError(
            f"stages.{name}.sequence_tokens: {settings.sequence_tokens} is more than the "
            f"{longest} positions of the model; lower it"
        )
    chosen = settings.attention
    if chosen != "fastest" and (fault := unfit(model, chosen, device)):
        raise ConfigError(f"stages.{name}.attention: {fault}")
    if getattr(model.get_output_embeddings(), "bias", None) is not None:  # type: ignore[no-untyped-call]
        raise DataError(
            f"stages.{name}.model: its output head has a bias, which training does not support; "
            "choose another model"
        )


def check_device(settings: Train, device: Device, name: str) -> None:
    """Refuse what a device cannot do.

    Raises:
        ConfigError: naming the setting.
    """
    if settings.attention == "flex" and device == "cpu":
        raise ConfigError(
            f"stages.{name}.attention: 'flex' cannot learn on a processor; write 'blocked'"
        )
    precision = precision_of(settings.precision, device=device)
    if settings.attention == "varlen" and precision == "float32":
        raise ConfigError(
            f"stages.{name}.precision: attention = 'varlen' computes in bfloat16; write that, "
            "or attention = 'flex'"
        )
    if settings.float8 and (fault := fault_of_device(device)):
        raise ConfigError(f"stages.{name}.float8: {fault}; write false")
    if settings.float8 and settings.mesh.tensor > 1:
        raise ConfigError(
            f"stages.{name}.float8: layers that tensor ranks share out have no products in 8 bits; "
            "write false, or tensor = 1"
        )


def check_tokenizer(shards: ShardSet, tokenizer: Tokenizer, place: str, model: str) -> None:
    """Refuse tokens that another tokenizer made than the model's that `place` names.

    Raises:
        DataError: where the digests differ.
    """
    if shards.tokenizer != tokenizer.digest:
        raise DataError(
            f"{place}: {model!r} has another tokenizer than the tokens were made with; "
            "name the model here that the stage of kind 'tokens' names"
        )


def check_domains(shards: ShardSet, settings: Train, name: str) -> None:
    """Refuse a mixture of domains that the shards do not hold.

    Raises:
        ConfigError: naming the unknown domains and the known ones.
    """
    known = shards.domains.get("train", {})
    unknown = [domain for domain in settings.mixture.named if domain not in known]
    if unknown:
        raise ConfigError(
            f"stages.{name}.mixture: no tokens of {', '.join(unknown)} "
            f"({settings.tokens} holds {', '.join(sorted(known))}); correct it"
        )


def unreviewed(shards: ShardSet, settings: Train, name: str) -> tuple[str, ...]:
    """A notice on the domains that hold exchanges no person reviewed, where they are allowed.

    Raises:
        DataError: where they are not.
    """
    counts = {
        domain: shard.unreviewed_documents
        for domain, shard in shards.domains["train"].items()
        if domain in settings.mixture.domains and shard.unreviewed_documents
    }
    for domain, count in counts.items():
        if not settings.allow_unreviewed:
            raise DataError(
                f"stages.{name}: {count} exchanges of {domain!r} were not reviewed by people; "
                f"have them reviewed, or write allow_unreviewed = true under [stages.{name}]"
            )
    if not counts:
        return ()
    each = ", ".join(f"{count} of {domain!r}" for domain, count in counts.items())
    return (f"{name} was trained on samples of exchanges that no person reviewed: {each}.",)


def check_alike(base: Path, other: Path, place: str) -> None:
    """Refuse two models that are not of one kind, or that read text in other tokens.

    Raises:
        DataError: naming what differs. Shapes are compared where the tensors are read.
    """
    if load_tokenizer(base).digest != load_tokenizer(other).digest:
        raise DataError(
            f"{place}: its tokenizer is not the other model's; merge models that share their tokens"
        )
    ours, theirs = (AutoConfig.from_pretrained(f, local_files_only=True) for f in (base, other))
    for key in ALIKE:
        values = getattr(ours, key, None), getattr(theirs, key, None)
        if values[0] != values[1]:
            raise DataError(
                f"{place}: its {key} is {values[1]!r} and the other's {values[0]!r}; "
                "merge models that began from one base"
            )
