"""What is refused before any compute is spent."""

from transformers import PreTrainedModel

from auroram.errors import ConfigError, DataError
from auroram.model.tokenizer import Tokenizer
from auroram.records.shards import ShardSet
from auroram.train.data import domains_of
from auroram.train.settings import Train


def check_model(settings: Train, model: PreTrainedModel, name: str) -> None:
    """Refuse a model whose positions or head do not fit how we train.

    Raises:
        ConfigError: where rows are longer than the model's positions.
        DataError: where logits are more than the head's weights times the hidden states.
    """
    longest = getattr(model.config, "max_position_embeddings", settings.sequence_tokens)
    if settings.sequence_tokens > longest:
        raise ConfigError(
            f"stages.{name}.sequence_tokens: {settings.sequence_tokens} is more than the "
            f"{longest} positions of the model; lower it"
        )
    head = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    scaled = [key for key in _HEAD_EXTRAS if getattr(model.config, key, None) not in {None, 1}]
    if scaled or getattr(head, "bias", None) is not None:
        raise DataError(
            f"stages.{name}.model: its head has a bias or scales its logits "
            f"({', '.join(scaled) or 'bias'}), which training does not support yet; "
            "choose another model"
        )


_HEAD_EXTRAS = ("final_logit_softcapping", "logits_scaling", "logit_scale")


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
    unknown = [domain for domain in domains_of(settings.mixture) if domain not in known]
    if unknown:
        raise ConfigError(
            f"stages.{name}.mixture: no tokens of {', '.join(unknown)} "
            f"({settings.tokens} holds {', '.join(sorted(known))}); correct the weights"
        )


def unreviewed(shards: ShardSet, settings: Train, name: str) -> tuple[str, ...]:
    """A notice for each domain that holds exchanges no person reviewed, where they are allowed.

    Raises:
        DataError: where they are not.
    """
    counts = {
        domain: shard.unreviewed_documents
        for domain, shard in shards.domains["train"].items()
        if domain in domains_of(settings.mixture) and shard.unreviewed_documents
    }
    for domain, count in counts.items():
        if not settings.allow_unreviewed:
            raise DataError(
                f"stages.{name}: {count} exchanges of {domain!r} were not reviewed by people; "
                f"have them reviewed, or write allow_unreviewed = true under [stages.{name}]"
            )
    return tuple(
        f"{name} was trained on samples of {count} exchanges of {domain!r} that no person reviewed."
        for domain, count in counts.items()
    )
