"""One task of an array job: python -m auroram.adapters.slurm_task FOLDER INDEX TASKS DIGEST.

Works on the items INDEX, INDEX + TASKS, ... of a folder that
`auroram.adapters.slurm` made. Items that have a result already are left out, so a task that
Slurm starts again goes on.
"""

import hashlib
import pickle
import sys
from pathlib import Path
from typing import Any

from auroram.adapters.slurm_folder import ITEMS, Failed, result_path
from auroram.errors import AuroramError, IntegrityError, RunError
from auroram.garbage import search_rarely
from auroram.records.files import write_bytes


def main(words: list[str]) -> int:
    """Work on the items of one array task.

    Raises:
        IntegrityError: where the items are not those that the job was made for.
    """
    search_rarely()
    folder, index, tasks, digest = Path(words[0]), int(words[1]), int(words[2]), words[3]
    content = (folder / ITEMS).read_bytes()
    if hashlib.sha256(content).hexdigest() != digest:
        raise IntegrityError(f"{folder / ITEMS}: changed since the job was made; run again")
    function, items = pickle.loads(content)
    for number in range(index, len(items), tasks):
        if not result_path(folder, number).exists():
            result = _outcome(function, items[number])
            write_bytes(result_path(folder, number), pickle.dumps(result))
    return 0


def _outcome(function: Any, item: Any) -> Any:  # noqa: ANN401 -- as the engine was given them
    try:
        return function(item)
    except AuroramError as error:
        return Failed(error=error)
    except Exception as error:  # noqa: BLE001 -- a process border: recorded and raised there
        return Failed(error=RunError(f"engine: a task failed ({type(error).__name__}: {error})"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
