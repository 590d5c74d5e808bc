"""Stage `extend-vocabulary`: a model whose tokenizer knows more of the new languages.

Writes `model/`, which later stages name as their model. Old tokens keep their ids and old merges
their ranks. What became of texts that the model already knew is measured, domain by domain.
"""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq

from auroram.errors import ConfigError, DataError
from auroram.model.folder import load_model, save_model
from auroram.model.tokenizer import TOKENIZER_FILES, Tokenizer, load_tokenizer
from auroram.ports import Inputs
from auroram.records.manifest import Outcome
from auroram.records.measurement import Measurement
from auroram.vocabulary.byte_level import ByteLevel, Merge, read_byte_level
from auroram.vocabulary.embedding import add_rows
from auroram.vocabulary.fertility import Fertility, fertility
from auroram.vocabulary.merges import learn_merges, protection_of
from auroram.vocabulary.settings import ExtendVocabulary

BATCH = 64
"""Documents that are read at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Texts:
    """The documents of each domain, read again whenever they are wanted."""

    folders: tuple[Path, ...]
    most_bytes: int

    def domains(self, split: str) -> list[str]:
        files = [f for folder in self.folders for f in (folder / split).glob("*.parquet")]
        return sorted({file.stem for file in files if pq.read_metadata(file).num_rows})

    def of(self, split: str, domain: str) -> Iterator[str]:
        left = self.most_bytes
        for folder in self.folders:
            for text in _texts(folder / split / f"{domain}.parquet"):
                if left <= 0:
                    return
                left -= len(text.encode())
                yield text


def run(settings: ExtendVocabulary, inputs: Inputs, out: Path) -> Outcome:
    """Learn tokens, and write the extended model.

    Raises:
        ConfigError: where a domain is named that there are no documents of.
        DataError: where the tokenizer is no byte-level BPE, nothing can be learnt, or the
            extended tokenizer would not keep its promises.
    """
    base = inputs.model(settings.model)
    texts = _Texts(
        folders=tuple(inputs.folder(stage) / "documents" for stage in settings.documents),
        most_bytes=settings.sample_bytes,
    )
    learns = _learnt_domains(settings, texts.domains("train"), inputs.name)
    old = read_byte_level(base / "tokenizer.json")
    merges = _merges(settings, old, texts, learns)
    if not merges:
        raise DataError(
            f"{inputs.name}: no two pieces stand together {settings.least} times in "
            f"{', '.join(learns)}; give it more text, or lower least"
        )
    new = old.extended(merges)
    with TemporaryDirectory() as folder:
        _write_tokenizer(new, base, Path(folder))
        check_extension(load_tokenizer(base), load_tokenizer(Path(folder)), inputs.name)
        model = load_model(base)
        add_rows(model, replaced_pieces(old, new, merges))
        save_model(model, tokenizer_from=Path(folder), folder=out / "model")
    before, after = load_tokenizer(base), load_tokenizer(out / "model")
    added = len(new.vocabulary) - len(old.vocabulary)
    return Outcome(
        measurements=tuple(_measured(settings, inputs.name, texts, before, after)),
        notices=_fewer(settings, inputs.name, added),
        facts={
            "new_tokens": added,
            "merges": len(merges),
            "vocabulary": after.vocabulary,
            "learnt_from": list(learns),
        },
    )


def check_extension(old: Tokenizer, new: Tokenizer, name: str) -> None:
    """Refuse an extended tokenizer that moves an old token or lets text spell a control token.

    Raises:
        DataError: naming the token.
    """
    after = new.tokens
    moved = [token for token, id_ in old.tokens.items() if after.get(token) != id_]
    spelled = [
        text for text, id_ in old.control.items() if id_ in new.encode(text) or _breaks(new, text)
    ]
    if moved or spelled:
        what = "gets another id" if moved else "can be spelled by text"
        raise DataError(
            f"{name}: in the extended vocabulary {(moved or spelled)[0]!r} {what}; "
            "leave the stage out or choose another model"
        )


def replaced_pieces(
    old: ByteLevel, new: ByteLevel, merges: Sequence[Merge]
) -> dict[int, tuple[int, ...]]:
    """For each new id the old ids that its text was made of."""
    made: dict[str, tuple[int, ...]] = {token: (id_,) for token, id_ in old.vocabulary.items()}
    for left, right in merges:
        made.setdefault(left + right, made[left] + made[right])
    return {
        id_: made[token] for token, id_ in new.vocabulary.items() if token not in old.vocabulary
    }


def _breaks(tokenizer: Tokenizer, text: str) -> bool:
    return tokenizer.decode(tokenizer.encode(text)) != text


def _learnt_domains(settings: ExtendVocabulary, known: Sequence[str], name: str) -> tuple[str, ...]:
    missing = [d for d in (*settings.learns, *settings.protects) if d not in known]
    if missing:
        raise ConfigError(
            f"stages.{name}: no documents of {', '.join(missing)} "
            f"(there are {', '.join(known) or 'none'}); correct learns and protects"
        )
    learns = settings.learns or tuple(d for d in known if d not in settings.protects)
    if not learns:
        raise ConfigError(
            f"stages.{name}: nothing to learn tokens from; name stages with documents that are "
            "not all protected"
        )
    return learns


def _merges(
    settings: ExtendVocabulary, old: ByteLevel, texts: _Texts, learns: Sequence[str]
) -> list[Merge]:
    def words(domains: Sequence[str]) -> Counter[str]:
        counts: Counter[str] = Counter()
        for domain in domains:
            counts += old.word_counts(texts.of("train", domain))
        return counts

    return learn_merges(
        old,
        words(learns),
        tokens=settings.new_tokens,
        least=settings.least,
        protection=protection_of(old, words(settings.protects)) if settings.protects else None,
    )


def _write_tokenizer(new: ByteLevel, base: Path, folder: Path) -> None:
    for file in TOKENIZER_FILES:
        if (base / file).is_file():
            shutil.copyfile(base / file, folder / file)
    new.write(folder / "tokenizer.json")


def _texts(file: Path) -> Iterator[str]:
    if file.is_file():
        with pq.ParquetFile(file) as documents:
            for batch in documents.iter_batches(BATCH, columns=["text"]):
                yield from batch["text"].to_pylist()


def _measured(
    settings: ExtendVocabulary, name: str, texts: _Texts, before: Tokenizer, after: Tokenizer
) -> Iterator[Measurement]:
    """Fertility before and after, and the share of texts that kept their tokens, by domain."""
    for domain in texts.domains("train"):
        split = "held-out" if domain in texts.domains("held-out") else "train"
        sample = list(texts.of(split, domain))
        for stage, tokenizer in ((settings.model, before), (name, after)):
            yield from _fertilities(fertility(tokenizer, sample), stage, domain, split)
        pairs = zip(before.encode_batch(sample), after.encode_batch(sample), strict=True)
        yield Measurement(
            stage=name,
            measure="unchanged_texts",
            language=domain,
            value=sum(one == other for one, other in pairs) / len(sample),
            n=len(sample),
            unit="share",
            split=split,
        )


def _fertilities(found: Fertility, stage: str, domain: str, split: str) -> Iterator[Measurement]:
    values: Mapping[str, float] = {
        "tokens/byte": found.per_byte,
        "tokens/character": found.per_character,
    }
    for unit, value in values.items():
        yield Measurement(
            stage=stage,
            measure="fertility",
            language=domain,
            value=value,
            n=found.texts,
            unit=unit,
            split=split,
        )


def _fewer(settings: ExtendVocabulary, name: str, added: int) -> tuple[str, ...]:
    if added == settings.new_tokens:
        return ()
    return (
        f"{name} added {added} tokens and not {settings.new_tokens}: the documents hold no more "
        f"that occur {settings.least} times and are not protected.",
    )
