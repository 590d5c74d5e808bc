"""Writing a release: whole or not at all, and never over another."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from auroram.errors import DataError
from auroram.records.canonical import digest, plain
from auroram.records.decision import GENESIS
from auroram.records.files import sha256_of, sync, write_text
from auroram.records.json_lines import write_json_lines
from auroram.records.manifest import OutputFile
from auroram.records.release import DECISIONS, FACTS, ITEMS, PREFERENCES, ReleaseFacts
from auroram.review.release.card import card
from auroram.review.release.contents import Contents
from auroram.review.release.croissant import croissant

SAID = (ITEMS, PREFERENCES, DECISIONS)
"""The files whose digest is the release's identity."""

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,60}")


def write_release(contents: Contents, folder: Path, *, name: str) -> tuple[Path, ReleaseFacts]:
    """Write the release into a folder of its own, `<name>-<digest>`, under `folder`.

    The same contents have the same digest and the same folder; it is left as it is then.

    Raises:
        DataError: where nothing was accepted, or the name cannot be a folder's.
    """
    if not NAME.fullmatch(name):
        raise DataError(f"release name {name!r}: use letters, digits, dots, hyphens; no spaces")
    if not contents.items:
        raise DataError(f"release {name!r}: no draft is accepted yet; review some first")
    folder.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".release-", dir=folder))
    try:
        facts = _write(contents, beside, name)
        place = folder / f"{name}-{facts.digest[:12]}"
        if not place.exists():
            _settle(beside, place)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return place, facts


def _write(contents: Contents, out: Path, name: str) -> ReleaseFacts:
    for file, records in zip(
        SAID, (contents.items, contents.preferences, contents.log), strict=True
    ):
        write_json_lines(out / file, records)
    _write_parquet(out / "data", contents.items)
    _write_parquet(out / "preferences", contents.preferences)
    facts = _facts(contents, name, digest({file: sha256_of(out / file) for file in SAID}))
    write_text(out / "README.md", card(contents, facts, _parquet_files(out)))
    described = replace(facts, files=_files(out))
    table = croissant(contents, described)
    write_text(out / "croissant.json", json.dumps(table, indent=1, ensure_ascii=False) + "\n")
    whole = replace(facts, files=_files(out))
    write_text(out / FACTS, json.dumps(plain(whole), indent=1, ensure_ascii=False) + "\n")
    return whole


def _facts(contents: Contents, name: str, identity: str) -> ReleaseFacts:
    reviewed = sum(item.reviewed for item in contents.items)
    log = contents.log
    return ReleaseFacts(
        name=name,
        digest=identity,
        log_number=len(log),
        log_sha256=log[-1].sha256 if log else GENESIS,
        drafts=contents.drafts,
        accepted=len(contents.items),
        rejected=contents.places["rejected"],
        disputed=contents.places["disputed"],
        open=contents.places["open"],
        reviewed=reviewed,
        unreviewed=len(contents.items) - reviewed,
        decisions_by_people=contents.decisions_by("person"),
        decisions_by_software=contents.decisions_by("software"),
        people=contents.accounts_of("person"),
        software=contents.accounts_of("software"),
        guidelines=tuple(sorted({entry.decision.guideline for entry in log})),
        first_at=log[0].decision.at if log else "",
        last_at=log[-1].decision.at if log else "",
        files=(),
    )


def _write_parquet(folder: Path, records: Sequence[object]) -> None:
    """A file for each split that has records."""
    rows = [plain(record) for record in records]
    for split in ("train", "test"):
        own = [row for row in rows if row["split"] == split]
        if own:
            folder.mkdir(exist_ok=True)
            pq.write_table(pa.Table.from_pylist(own), folder / f"{split}.parquet")


def _parquet_files(out: Path) -> list[str]:
    return sorted(path.relative_to(out).as_posix() for path in out.rglob("*.parquet"))


def _files(out: Path) -> tuple[OutputFile, ...]:
    return tuple(
        OutputFile(
            path=path.relative_to(out).as_posix(),
            size_bytes=path.stat().st_size,
            sha256=sha256_of(path),
        )
        for path in sorted(out.rglob("*"))
        if path.is_file()
    )


def _settle(beside: Path, place: Path) -> None:
    """Sync everything, take the right to write away, and rename."""
    for path in sorted(beside.rglob("*"), reverse=True):
        sync(path)
        path.chmod(0o555 if path.is_dir() else 0o444)
    beside.chmod(0o755)
    os.rename(beside, place)  # noqa: PTH104 -- must fail, not replace, where there is one
    place.chmod(0o555)
    sync(place.parent)
