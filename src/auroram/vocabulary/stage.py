"""Stage `tokens`: documents and exchanges become token shards, one a domain and split.

The texts are cut into pieces, which the engine spreads; what is written depends neither on it nor
on the cut. Each piece leaves a note when it is done, so that a killed stage goes on where it was.
Memory: `batch_documents` documents in a worker, 16 bytes a document of the largest domain here.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from auroram.errors import ConfigError, DataError
from auroram.model.tokenizer import Tokenizer, load_tokenizer
from auroram.ports import Inputs
from auroram.records.document import SPLITS
from auroram.records.done import work_folder
from auroram.records.manifest import Outcome
from auroram.records.shards import ShardSet, join_shards, shard_prefix, write_shard_set
from auroram.vocabulary.cutting import cutting_of
from auroram.vocabulary.ledger import Ledger
from auroram.vocabulary.parts import (
    ExchangePart,
    Part,
    document_parts,
    exchanges_in,
    first_texts,
)
from auroram.vocabulary.pieces import Piece, encode, gathered
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
    parts = [part for split in SPLITS for part in _parts(split, settings, inputs, tokenizer)]
    work = work_folder(out, inputs.key)
    shards = _encoded(_pieces(parts, inputs.model(settings.model), tokenizer, work), inputs)
    if not shards["train"]:
        raise DataError(
            f"{inputs.name}: no document or exchange to train on; "
            "look at what the earlier stages dropped, and why"
        )
    for split, domains in shards.items():
        for domain, shard in domains.items():
            join_shards(shard.parts, shard_prefix(out, split, domain))
    shard_set = ShardSet(
        tokenizer=tokenizer.digest,
        eos=tokenizer.eos,
        vocabulary=tokenizer.vocabulary,
        domains={
            split: {domain: shard.ledger.summary() for domain, shard in domains.items()}
            for split, domains in shards.items()
        },
    )
    write_shard_set(out, shard_set)
    shutil.rmtree(work)
    return replace(_outcome(shards), notices=notices)


@dataclass(frozen=True, slots=True)
class _Shard:
    """What the pieces have of one domain and split."""

    ledger: Ledger
    parts: list[Path]
    """Shards of the pieces, in order."""


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


def _pieces(parts: list[Part], model: Path, tokenizer: Tokenizer, work: Path) -> list[Piece]:
    return [
        Piece(
            parts=together,
            out=work / f"{number:06}",
            tokenizer=model,
            digest=tokenizer.digest,
            is_fast=tokenizer.is_fast,
        )
        for number, together in enumerate(gathered(parts))
    ]


def _parts(split: str, settings: Tokens, inputs: Inputs, tokenizer: Tokenizer) -> Iterator[Part]:
    """All texts of a split: documents by stage and domain, then exchanges."""
    cutting = cutting_of(settings.fill_in_the_middle, tokenizer, inputs)
    for file, domain in _document_files(settings, inputs, split).items():
        cut = cutting and split == "train" and domain in cutting.settings.domains
        yield from document_parts(
            file,
            split=split,
            domain=domain,
            batch_documents=settings.batch_documents,
            cutting=cutting if cut else None,
        )
    for file, stage in _exchange_files(settings, inputs, split).items():
        yield ExchangePart(
            file=file,
            texts=exchanges_in(file),
            bytes=file.stat().st_size,
            split=split,
            apart=stage in settings.apart,
            brief=settings.brief if _is_cut(settings, stage, split) else None,
            seed=inputs.seed,
        )


def _encoded(pieces: list[Piece], inputs: Inputs) -> dict[str, dict[str, _Shard]]:
    """By split and domain, what came of the pieces.

    Raises:
        DataError: where a domain is of documents and of exchanges.
    """
    shards: dict[str, dict[str, _Shard]] = {split: {} for split in SPLITS}
    inputs.progress.start("encode", total=sum(piece.texts for piece in pieces), unit="texts")
    for piece, note in zip(pieces, inputs.engine.map(encode, pieces), strict=True):
        for noted in note["shards"]:
            split, domain, masked = noted["split"], noted["domain"], noted["masked"]
            shard = shards[split].setdefault(domain, _Shard(Ledger(masked=masked), []))
            if shard.ledger.masked != masked:
                raise DataError(
                    f"{inputs.name}: domain {domain!r} comes from documents and from "
                    "exchanges; give the exchanges a domain of their own"
                )
            shard.ledger.include(noted)
            shard.parts.append(piece.prefix(split, domain, masked=masked))
        inputs.progress.advance(piece.texts)
    return {split: dict(sorted(domains.items())) for split, domains in shards.items()}


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


def _outcome(shards: Mapping[str, Mapping[str, _Shard]]) -> Outcome:
    by_domain = {
        split: {domain: shard.ledger.tokens.total() for domain, shard in domains.items()}
        for split, domains in shards.items()
    }
    return Outcome(
        tallies=tuple(
            tally
            for split, domains in shards.items()
            for domain, shard in domains.items()
            for tally in shard.ledger.tallies(split, domain)
        ),
        facts={"tokens": by_domain},
        tokens=sum(sum(tokens.values()) for tokens in by_domain.values()),
    )
