"""Which replies are programs that pass their tests."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import repeat

from auroram.errors import DataError
from auroram.evaluate.programs.sandbox import Sandbox
from auroram.evaluate.programs.settings import Programs, Runtime
from auroram.evaluate.programs.watching import Ran
from auroram.evaluate.tasks.items import Item
from auroram.evaluate.tasks.task import Metric
from auroram.evaluate.tasks.templates import text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One reply with its tests, as a program."""

    runtime: Runtime
    text: str

    def passes(self, sandbox: Sandbox) -> bool:
        """Whether it comes to its very end, past the tests."""
        token = secrets.token_hex(16)
        ran: Ran = sandbox.run(self.runtime, self.text + self.runtime.ending.format(token=token))
        ended = not self.runtime.ending or ran.output.rstrip().endswith(token)
        return ran.ending == "exit" and ran.code == 0 and ended


def passing(sandbox: Sandbox, programs: Programs, trials: Sequence[Trial]) -> Iterator[bool]:
    """Whether each trial passes, in order; several run at once."""
    with ThreadPoolExecutor(programs.at_once) as pool:
        yield from pool.map(Trial.passes, trials, repeat(sandbox))


def trial_of(item: Item, reply: str, metric: Metric, programs: Programs, *, place: str) -> Trial:
    """The program that a metric makes of a reply.

    Its options: `program`, a template over the row and `reply`; `runtime`, a language.

    Raises:
        DataError: where the runtime is not known or the template does not fit.
    """
    options: Mapping[str, object] = metric.options
    row = {**item.row, "reply": reply}
    try:
        runtime = programs.runtime(str(options.get("runtime", "python")))
    except ValueError as error:
        raise DataError(f"{place}: {error}") from None
    return Trial(
        runtime=runtime, text=text_of(str(options.get("program", "reply")), row, place=place)
    )
