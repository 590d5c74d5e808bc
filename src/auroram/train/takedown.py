"""What a training stage did not learn because it was taken down, and from which row on.

A takedown may come while a stage is under way: it holds from the checkpoint that the stage goes on
from. `tombstones.jsonl` in the stage's folder says so for each document, in rows of its domain as
the schedule counts them, so that what was learnt before can be told exactly.
"""

from collections.abc import Sequence

from auroram.records.tombstones import Masked, Tombstone, read_masked, write_masked
from auroram.train.loop import Job


def taken_down(stage: str, tombstones: Sequence[Tombstone]) -> tuple[str, ...]:
    """The notice of a stage that leaves documents out."""
    trained = [one for one in tombstones if one.split == "train"]
    if not trained:
        return ()
    tokens = sum(one.end - one.start for one in trained)
    return (
        f"{stage} does not learn {len(trained)} documents ({tokens:,} tokens of its shards) that "
        "were taken down.",
    )


def note_tombstones(job: Job, step: int) -> None:
    """Write down from where on each document is not learnt, after `step` steps.

    Nothing is written where nothing was taken down, and what was noted before stays.
    """
    rows = job.stream.schedule.positions(step * job.stream.rows_a_step)
    wanted = [one for one in job.tombstones if one.split == "train" and one.domain in rows]
    if not wanted:
        return
    before = {(one.domain, one.start): one.from_row for one in read_masked(job.out)}
    write_masked(
        job.out,
        [
            Masked(
                domain=one.domain,
                document=one.document,
                start=one.start,
                end=one.end,
                from_row=min(
                    rows[one.domain], before.get((one.domain, one.start), rows[one.domain])
                ),
            )
            for one in wanted
        ],
    )
