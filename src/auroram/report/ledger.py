"""What the run took and what it was made from, as tables."""

from auroram.records.manifest import Manifest
from auroram.report.amounts import amount, energy
from auroram.report.figure import Table
from auroram.report.findings import Findings

RESOURCE_HEADINGS = (
    "stage", "time", "peak memory", "tokens", "tokens/s", "of the peak", "operations", "energy",
)  # fmt: skip


def resource_table(findings: Findings) -> Table:
    """What each stage took, and all together: time, memory, tokens, operations, energy."""
    used = {name: stage.manifest.resources for name, stage in findings.stages.items()}
    rows = [
        [
            name,
            clock(one.wall_seconds),
            f"{one.peak_memory_bytes / 1e9:.1f} GB",
            amount(one.tokens) if one.tokens else "",
            *_speed(findings.stages[name].manifest),
            amount_of_operations(one.floating_point_operations),
            _energy(one.energy_joules),
        ]
        for name, one in used.items()
    ]
    joules = [one.energy_joules for one in used.values() if one.energy_joules is not None]
    seconds = sum(one.wall_seconds for one in used.values())
    operations = amount_of_operations(sum(one.floating_point_operations for one in used.values()))
    spent = _energy(sum(joules) if joules else None)
    rows.append(["all", clock(seconds), "", "", "", "", operations, spent])
    return Table(headings=RESOURCE_HEADINGS, rows=rows)


def methods(findings: Findings) -> list[str]:
    """How what the stages took was obtained, each way once, and what it leaves out."""
    manifests = [stage.manifest for stage in findings.stages.values()]
    peaks = [
        f"peak of the products: {told['peak_measured_by']}"
        for manifest in manifests
        if "peak_measured_by" in (told := manifest.environment.get("stage", {}))
    ]
    ways = dict.fromkeys([*(one.resources.method for one in manifests), *peaks])
    return [*ways, *filter(None, (one.uncounted for one in manifests))]


def _speed(manifest: Manifest) -> list[str]:
    """Tokens per second and share of the peak, of a stage that trained."""
    told = manifest.environment.get("stage", {})
    speed, share = told.get("tokens_per_second"), told.get("model_flop_utilisation")
    return [
        "" if speed is None else f"{speed:,.0f}",
        "" if share is None else f"{100 * share:.3g} %",
    ]


def _energy(joules: float | None) -> str:
    return "no counter" if joules is None else energy(joules)


def provenance_table(findings: Findings) -> Table:
    """Identity of each stage and of what it was made from."""
    return Table(
        headings=["stage", "kind", "made from", "identity (SHA-256)"],
        rows=[
            [
                name,
                stage.manifest.kind,
                ", ".join([*stage.manifest.inputs, *_files(len(stage.manifest.sources))]),
                stage.manifest.digest,
            ]
            for name, stage in findings.stages.items()
        ],
    )


def _files(count: int) -> list[str]:
    return [f"{count} files"] if count > 1 else ["1 file"] * count


def clock(seconds: float) -> str:
    """A length of time in its largest unit.

    >>> clock(3.25), clock(200), clock(6270)
    ('3.2 s', '3:20 min', '1:44:30 h')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, part = divmod(minutes, 60)
    if hours:
        return f"{hours}:{part:02d}:{rest:02d} h"
    return f"{minutes}:{rest:02d} min" if minutes else f"{seconds:.1f} s"


def amount_of_operations(value: float) -> str:
    """Floating-point operations in scientific notation; empty for none."""
    return f"{value:.1e}" if value else ""
