"""Whom the rules of harmful text hit, as a table."""

from auroram.records.manifest import Finished
from auroram.report.figure import Table
from auroram.report.findings import full_name

_SHOWN = 20


def disparity_table(stage: Finished) -> Table | None:
    """Words for people by how far their documents' share is from that of all documents.

    Those beyond chance stand first, then those that most documents hold. None where no document
    holds such a word.
    """
    rows = stage.manifest.facts.get("harm_disparities") or []
    ordered = sorted(rows, key=lambda one: (not one["is_apart"], -one["documents"]))
    if not ordered:
        return None
    return Table(
        headings=["word", "language", "says of people", "documents", "broke a rule", "of all"],
        rows=[
            [
                str(one["term"]),
                full_name(one["language"]),
                str(one["group"]),
                f"{one['documents']:,}",
                f"{one['rate']:.1%} ({one['low']:.1%} to {one['high']:.1%})"
                + (" *" if one["is_apart"] else ""),
                f"{one['all_rate']:.1%}",
            ]
            for one in ordered[:_SHOWN]
        ],
    )
