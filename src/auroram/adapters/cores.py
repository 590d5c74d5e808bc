"""The processor cores that this process may use."""

import os
from pathlib import Path

_PROCESSORS = Path("/sys/devices/system/cpu")


def physical_cores() -> int:
    """Cores that this process may use; two threads of one core count once."""
    allowed = os.sched_getaffinity(0)
    siblings = {
        number: _PROCESSORS / f"cpu{number}" / "topology" / "thread_siblings_list"
        for number in allowed
    }
    try:
        return len({path.read_text() for path in siblings.values()})
    except OSError:
        return len(allowed)
