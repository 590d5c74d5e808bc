"""What the run took and what it was made from, as tables."""

from auroram.report.charts import amount
from auroram.report.figure import Table
from auroram.report.findings import Findings


def resource_table(findings: Findings) -> Table:
    """Time, memory, tokens and operations of each stage, and of all together."""
    rows = []
    seconds = operations = 0.0
    for name, stage in findings.stages.items():
        used = stage.manifest.resources
        seconds += used.wall_seconds
        operations += used.floating_point_operations
        rows.append(
            [
                name,
                clock(used.wall_seconds),
                f"{used.peak_memory_bytes / 1e9:.1f} GB",
                amount(used.tokens) if used.tokens else "",
                amount_of_operations(used.floating_point_operations),
                f"{used.energy_joules / 1e3:.0f} kJ" if used.energy_joules else "no counter",
            ]
        )
    rows.append(["all", clock(seconds), "", "", amount_of_operations(operations), ""])
    return Table(
        headings=["stage", "time", "peak memory", "tokens", "operations", "energy"], rows=rows
    )


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
    """Seconds as minutes and seconds: 200 is `3:20 min`."""
    whole = round(seconds)
    return f"{whole // 60}:{whole % 60:02d} min" if whole >= 60 else f"{seconds:.1f} s"


def amount_of_operations(value: float) -> str:
    """Floating-point operations in scientific notation; empty for none."""
    return f"{value:.1e}" if value else ""
