"""The same sets, read by one model after another.

What a model made of a set is kept as soon as it is there: what lies in the folder of its parts is
not read again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from auroram.evaluate.bits import Bits, Reader
from auroram.evaluate.passages import ReadingSet
from auroram.evaluate.samples import Sample, samples
from auroram.evaluate.settings import Evaluate
from auroram.model.choices import Device
from auroram.model.folder import load_model
from auroram.model.precision import precision_of
from auroram.model.tokenizer import load_tokenizer
from auroram.ports import Progress
from auroram.records.json_lines import read_json_lines, write_json_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What is read, how, and where one may look on."""

    settings: Evaluate
    sets: Sequence[ReadingSet]
    device: Device
    progress: Progress

    def take(self, name: str, folder: Path, parts: Path) -> tuple[list[Bits], list[Sample]]:
        """One model's bits of every item, and its samples.

        Args:
            name: the model's stage.
            folder: its Hugging Face folder.
            parts: where what is finished lies and new parts are put.
        """
        wanted = {one.name: parts / f"{one.name}.jsonl" for one in self.sets}
        last = parts / "samples.jsonl"
        missing = [one for one in self.sets if not wanted[one.name].exists()]
        if missing or not last.exists():
            reader = self._reader(name, folder)
            self._start(reader, missing)
            for one in missing:
                write_json_lines(wanted[one.name], reader.read(one, self.progress.advance))
            write_json_lines(last, samples(self.settings, reader))
        bits = [Bits(**line) for part in wanted.values() for line in read_json_lines(part)]
        return bits, [Sample(**line) for line in read_json_lines(last)]

    def _reader(self, name: str, folder: Path) -> Reader:
        return Reader(
            name=name,
            model=load_model(folder, self.device),
            tokenizer=load_tokenizer(folder),
            context_tokens=self.settings.context_tokens,
            precision=precision_of(self.settings.precision, device=self.device),
        )

    def _start(self, reader: Reader, missing: Sequence[ReadingSet]) -> None:
        total = sum(reader.tokens(one) for one in self.sets)
        done = total - sum(reader.tokens(one) for one in missing)
        self.progress.start(f"bits of {reader.name}", total=total, unit="tokens", done=done)
