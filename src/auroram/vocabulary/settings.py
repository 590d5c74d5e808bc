"""What a recipe can say of tokens."""

from typing import ClassVar, Literal

from auroram.settings import Positive, settings
from auroram.tokens.brief import Brief
from auroram.tokens.fill_in_the_middle import FillInTheMiddle


@settings
class ExtendVocabulary:
    """Adds tokens for new languages behind a model's vocabulary, and rows for them."""

    kind: Literal["extend-vocabulary"] = "extend-vocabulary"
    room: ClassVar[str] = "vocabulary"
    model: str = "base"
    """Stage whose model is extended."""
    documents: tuple[str, ...]
    """Stages whose documents tokens are learnt from and measured on."""
    new_tokens: Positive = 8000
    """Tokens to add; fewer where the documents hold no more."""
    learns: tuple[str, ...] = ()
    """Domains that tokens are learnt from; empty for all that are not protected."""
    protects: tuple[str, ...] = ()
    """Domains whose words keep their tokens, such as `en` and `code`: merges that would change one
    of the words sampled are left out. The share of held-out texts that kept theirs is measured."""
    sample_bytes: Positive = 10_000_000
    """Bytes of text of each domain that are learnt from or protected."""
    least: Positive = 10
    """How often two pieces must stand beside one another to become a token."""

    def __post_init__(self) -> None:
        both = sorted(set(self.learns) & set(self.protects))
        if both:
            raise ValueError(f"learns and protects both name {', '.join(both)}")

    def reads(self) -> tuple[str, ...]:
        """The model's stage and those of the documents."""
        return tuple(dict.fromkeys((self.model, *self.documents)))

    def files(self) -> tuple[str, ...]:
        """None: everything comes from earlier stages."""
        return ()


@settings
class Tokens:
    """Encodes text with a model's tokenizer into shards that Megatron-LM reads unchanged."""

    kind: Literal["tokens"] = "tokens"
    room: ClassVar[str] = "vocabulary"
    model: str = "base"
    """Stage whose model's tokenizer encodes."""
    documents: tuple[str, ...] = ()
    """Stages whose documents are encoded, a domain for each language and for code."""
    exchanges: tuple[str, ...] = ()
    """Stages whose exchanges are encoded in the chat template, with only the answers learnt."""
    apart: tuple[str, ...] = ()
    """Stages of either kind whose languages are domains of their own, so that a mixture can weigh
    them: documents as in `general-fi`, after the stage, exchanges as in `safety-fi`."""
    batch_documents: Positive = 64
    """Documents that are encoded, and held in memory, together."""
    encoder: Literal["tokenizers", "fastokens"] = "tokenizers"
    """`fastokens` (an extra) is several times as fast. It must first give the same tokens for a
    sample of the documents and for hostile strings; where it does not, `tokenizers` encodes and the
    manifest says so."""
    fill_in_the_middle: FillInTheMiddle | None = None
    """Cut documents of code so that their middle is learnt last; leave out to cut none."""
    brief: Brief | None = None
    """End some exchanges with the opening of their answer; leave out to keep all whole."""

    def __post_init__(self) -> None:
        if not self.documents and not self.exchanges:
            raise ValueError("documents and exchanges are both empty; name a stage in one of them")
        if strangers := sorted(set(self.apart) - {*self.documents, *self.exchanges}):
            raise ValueError(f"apart names {', '.join(strangers)}, which is no stage of texts here")
        if self.brief and (strangers := sorted({*self.brief.stages} - {*self.exchanges})):
            raise ValueError(
                f"brief.stages names {', '.join(strangers)}, which is no stage of exchanges here"
            )

    def reads(self) -> tuple[str, ...]:
        """The model's stage and all stages with text."""
        return tuple(dict.fromkeys((self.model, *self.documents, *self.exchanges)))

    def files(self) -> tuple[str, ...]:
        """None: everything comes from earlier stages."""
        return ()
