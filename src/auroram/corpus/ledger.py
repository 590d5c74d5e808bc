"""Where the judgement of a portion is written down: tables cut by prefix, and the funnel."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

import pyarrow as pa

from auroram.corpus.funnel import Funnel
from auroram.corpus.quality import Failure
from auroram.corpus.shuffle import ShuffleWriter
from auroram.records.document import DECISIONS


@dataclass(slots=True)
class Ledger(AbstractContextManager["Ledger"]):
    """The tables and the funnel of one portion; the tables appear when the block is left well."""

    where: tuple[str, str]
    """Domain and source."""
    schemas: Mapping[str, pa.Schema]
    """Name of each table to its columns."""
    folder: Path
    digits: int
    funnel: Funnel = field(default_factory=Funnel)
    _writers: dict[str, ShuffleWriter] = field(default_factory=dict)
    _stack: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> "Ledger":
        """Open all tables."""
        for name, schema in self.schemas.items():
            writer = ShuffleWriter(self.folder / name, schema, self.digits)
            self._writers[name] = self._stack.enter_context(writer)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all tables, or leave none after an error."""
        self._stack.__exit__(kind, error, trace)

    def count(self, step: str, fate: tuple[str, str], **units: int) -> None:
        """So many more units of the portion met a fate."""
        self.funnel.add(step, self.where, fate, **units)

    def count_fates(
        self, step: str, failures: Sequence[Failure | None], sizes: Sequence[int]
    ) -> None:
        """Count documents that a step kept, or dropped for the rule that each broke first."""
        rules = [failure.rule if failure else None for failure in failures]
        self.funnel.add_fates(step, self.where, rules, sizes)

    def write(self, name: str, rows: pa.Table) -> None:
        """Add rows to a table."""
        self._writers[name].append(rows)

    def drop(self, rows: pa.RecordBatch, broken: Sequence[Sequence[Failure]]) -> None:
        """Decide against documents.

        Args:
            rows: with the columns `id` and `record`.
            broken: the rules that each broke, the one that counts first.
        """
        language, source = self.where
        columns = [
            rows["id"],
            [source] * len(rows),
            rows["record"],
            [language] * len(rows),
            [False] * len(rows),
            [found[0].rule for found in broken],
            [[failure.rule for failure in found] for found in broken],
            ["; ".join(failure.detail for failure in found) for found in broken],
        ]
        self.write("decisions", table_of(columns, DECISIONS))


def table_of(columns: Sequence[object], schema: pa.Schema) -> pa.Table:
    """A table of columns that are Arrow arrays, NumPy arrays or lists."""
    arrays = [
        column.cast(kind) if isinstance(column, pa.Array) else pa.array(column, kind)
        for column, kind in zip(columns, schema.types, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=schema)
