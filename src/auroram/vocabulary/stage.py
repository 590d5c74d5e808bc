"""Stage `tokens`: documents and exchanges become token shards, one a domain and split."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from itertools import chain
from pathlib import Path

from auroram.errors import ConfigError, DataError
from auroram.model.tokenizer import Tokenizer, load_tokenizer
from auroram.ports import Inputs
from auroram.records.document import SPLITS
from auroram.records.manifest import Outcome
from auroram.records.shards import ShardSet, ShardWriter, shard_prefix, write_shard_set
from auroram.vocabulary.cutting import cutting_of
from auroram.vocabulary.encoding import (
    Encoded,
    documents_in,
    encoded_documents,
    encoded_exchanges,
    exchanges_in,
    first_texts,
)
from auroram.vocabulary.ledger import Ledger
from auroram.vocabulary.settings import Tokens

EXCHANGE_FILES = {"train": "train.jsonl", "held-out": "test.jsonl"}
"""Test exchanges are never trained on; as held-out shards they give a validation loss."""


def run(settings: Tokens, inputs: Inputs, out: Path) -> Outcome:
    """Write the shards of both splits and `shards.json`.

    Raises:
        ConfigError: where a domain is to be cut that there are no documents of.
        DataError: where there is no text to train on, or one domain is both kinds of text.
    """
    tokenizer = load_tokenizer(inputs.model(settings.model))
    _check_cut_domains(settings, inputs)
    notices = _quickened(settings, inputs, tokenizer)
    ledgers = {split: _write_split(split, settings, inputs, tokenizer, out) for split in SPLITS}
    if not ledgers["train"]:
        raise DataError(
            f"{inputs.name}: no document or exchange to train on; "
            "look at what the earlier stages dropped, and why"
        )
    shards = ShardSet(
        tokenizer=tokenizer.digest,
        eos=tokenizer.eos,
        vocabulary=tokenizer.vocabulary,
        domains={
            split: {domain: ledger.summary() for domain, ledger in domains.items()}
            for split, domains in ledgers.items()
        },
    )
    write_shard_set(out, shards)
    return replace(_outcome(ledgers), notices=notices)


def _check_cut_domains(settings: Tokens, inputs: Inputs) -> None:
    """Refuse to cut domains that no documents are of, as nothing would be cut."""
    if settings.fill_in_the_middle is None:
        return
    known = sorted(set(_document_files(settings, inputs, "train").values()))
    if unknown := sorted(set(settings.fill_in_the_middle.domains) - set(known)):
        raise ConfigError(
            f"stages.{inputs.name}.fill_in_the_middle.domains: no documents of "
            f"{', '.join(unknown)} (there are {', '.join(known) or 'none'}); correct it"
        )


def _quickened(settings: Tokens, inputs: Inputs, tokenizer: Tokenizer) -> tuple[str, ...]:
    """Let the chosen encoder work if it proves itself; a notice where it does not."""
    if settings.encoder == "tokenizers":
        return ()
    files = _document_files(settings, inputs, "train")
    reason = tokenizer.quicken(text for file in files for text in first_texts(file))
    if not reason:
        return ()
    return (f"{inputs.name} was encoded with tokenizers and not with fastokens: {reason}.",)


def _write_split(
    split: str, settings: Tokens, inputs: Inputs, tokenizer: Tokenizer, out: Path
) -> dict[str, Ledger]:
    documents = _document_files(settings, inputs, split)
    exchanges = _exchange_files(settings, inputs, split)
    total = sum(map(documents_in, documents)) + sum(map(exchanges_in, exchanges))
    inputs.progress.start(f"encode {split}", total=total, unit="texts")
    batch = settings.batch_documents
    cutting = cutting_of(settings.fill_in_the_middle, tokenizer, inputs, split=split)
    items = chain(
        *(
            encoded_documents(
                file, tokenizer, domain=domain, batch_documents=batch, cutting=cutting
            )
            for file, domain in documents.items()
        ),
        *(
            encoded_exchanges(
                file,
                tokenizer,
                apart=stage in settings.apart,
                brief=settings.brief if _is_cut(settings, stage, split) else None,
                seed=inputs.seed,
            )
            for file, stage in exchanges.items()
        ),
    )

    def new_shard(item: Encoded) -> ShardWriter:
        prefix = shard_prefix(out, split, item.domain)
        masked = item.mask is not None
        return ShardWriter(prefix, vocabulary=tokenizer.vocabulary, masked=masked)

    return _write(items, new_shard, inputs)


def _write(
    items: Iterable[Encoded], new_shard: Callable[[Encoded], ShardWriter], inputs: Inputs
) -> dict[str, Ledger]:
    """Each item into its domain's shard; a shard begins with the first item of its domain."""
    ledgers: dict[str, Ledger] = {}
    writers: dict[str, ShardWriter] = {}
    with ExitStack() as stack:
        for item in items:
            if item.domain not in writers:
                writers[item.domain] = stack.enter_context(new_shard(item))
                ledgers[item.domain] = Ledger(masked=item.mask is not None)
            if ledgers[item.domain].masked != (item.mask is not None):
                raise DataError(
                    f"{inputs.name}: domain {item.domain!r} comes from documents and from "
                    "exchanges; give the exchanges a domain of their own"
                )
            writers[item.domain].add(item.ids, id=item.id, mask=item.mask)
            ledgers[item.domain].add(item)
            inputs.progress.advance(1)
    return dict(sorted(ledgers.items()))


def _document_files(settings: Tokens, inputs: Inputs, split: str) -> dict[Path, str]:
    """The files of documents in their order, and the domain of each."""
    return {
        file: f"{stage}-{file.stem}" if stage in settings.apart else file.stem
        for stage in settings.documents
        for file in sorted((inputs.folder(stage) / "documents" / split).glob("*.parquet"))
    }


def _exchange_files(settings: Tokens, inputs: Inputs, split: str) -> dict[Path, str]:
    """The files of exchanges in their order, and the stage of each."""
    name = EXCHANGE_FILES[split]
    files = {inputs.folder(s) / "exchanges" / name: s for s in settings.exchanges}
    return {file: stage for file, stage in files.items() if file.exists()}


def _is_cut(settings: Tokens, stage: str, split: str) -> bool:
    """Whether exchanges of a stage are cut; held-out ones never are."""
    return bool(settings.brief and stage in settings.brief.stages and split == "train")


def _outcome(ledgers: Mapping[str, Mapping[str, Ledger]]) -> Outcome:
    by_domain = {
        split: {domain: ledger.tokens.total() for domain, ledger in domains.items()}
        for split, domains in ledgers.items()
    }
    return Outcome(
        tallies=tuple(
            tally
            for split, domains in ledgers.items()
            for domain, ledger in domains.items()
            for tally in ledger.tallies(split, domain)
        ),
        facts={"tokens": by_domain},
        tokens=sum(sum(tokens.values()) for tokens in by_domain.values()),
    )
