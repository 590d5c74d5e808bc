"""A training run over tokens: verdicts, heat map, plane, curves with their laws, and items."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from auroram.records.canonical import Json
from auroram.records.manifest import Finished
from auroram.report.charts import Course, Labels, course_chart
from auroram.report.figure import Figure, Table, change, share, tick_change, tick_share
from auroram.report.findings import Findings, called, colours, full_name, in_order, named_colours
from auroram.report.heat_map import heat_maps
from auroram.report.learning import split_name
from auroram.report.movers import MoverGroup, mover_groups
from auroram.report.plane import plane

CHANGES = "bits_per_byte"
QUESTIONS = {
    "choice": ("Which text goes on?", "Share of right choices among four; chance is 25 %."),
    "copying": ("Copying a list in context", "Share of a list's tokens that are sure at a repeat."),
    "own_language": (
        "Continuations in the language of their beginning",
        "What is missing to 100 % is language confusion.",
    ),
    "refusal_preferred": (
        "Refusing is likelier than another answer",
        "Harmful requests of the test split, held against the answer to a benign one.",
    ),
    "divergence_from_base": (
        "Divergence from the base",
        "Kullback-Leibler, nats a token, on text of the languages that the base knew.",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """What the page shows of one stage of kind `probe`."""

    stage: str
    verdicts: Sequence[Json]
    figures: Sequence[Figure]
    laws: Sequence[Figure]
    unfitted: Sequence[str]
    """Why there is no law, each reason once."""
    movers: Sequence[MoverGroup]


def every_series(findings: Findings) -> list[Series]:
    """The stages that followed a training run, in order."""
    return [_series(findings, stage) for stage in findings.of_kind("probe")]


def _series(findings: Findings, stage: Finished) -> Series:
    points = findings.records(stage, "curves.jsonl")
    fits = findings.records(stage, "fits.jsonl")
    upstream = stage.manifest.settings["upstream"]
    splits = [*dict.fromkeys(one["split"] for one in points if one["measure"] == CHANGES)]
    figures = []
    for split in splits:
        here = _changes_on(points, split)
        sweeps = findings.of_kind("merge-sweep") if split == "held-out" else []
        swept = {one.manifest.stage: findings.records(one, "sweep.jsonl") for one in sweeps}
        trained = {stage.manifest.stage: here} | _others(findings, stage, split)
        figures += [*heat_maps(here), _changes(here), *plane(trained, upstream, swept)]
    figures += [_question(points, measure) for measure in QUESTIONS if _has(points, measure)]
    return Series(
        stage=stage.manifest.stage,
        verdicts=findings.records(stage, "verdicts.jsonl"),
        figures=figures,
        laws=list(_laws(points, fits)),
        unfitted=list(
            dict.fromkeys(f"No law is shown: {f['reason']}." for f in fits if f["reason"])
        ),
        movers=mover_groups(findings.records(stage, "movers.jsonl")),
    )


def _others(findings: Findings, stage: Finished, split: str) -> dict[str, list[Json]]:
    """The other series that hold the same languages against a base: a sweep, of replay say."""
    found = {
        one.manifest.stage: _changes_on(findings.records(one, "curves.jsonl"), split)
        for one in findings.of_kind("probe")
        if one.manifest.stage != stage.manifest.stage
        and one.manifest.settings["upstream"] == stage.manifest.settings["upstream"]
    }
    return {name: points for name, points in found.items() if points}


def _changes_on(points: Sequence[Json], split: str) -> list[Json]:
    return [one for one in points if (one["measure"], one["split"]) == (CHANGES, split)]


def _has(points: Sequence[Json], measure: str) -> bool:
    return any(one["measure"] == measure for one in points)


def _changes(points: Sequence[Json]) -> Figure:
    """Change of bits per byte against the base over tokens, a line for each language."""
    names = in_order([one["language"] for one in points])
    split = split_name(points[0]["split"])
    labels = Labels(
        title=f"Change in bits per byte over tokens, {split}",
        description="One line for each language; below zero is better than the base.",
        number=tick_change,
        axis="change against the base",
    )
    return Figure(
        heading=f"Over tokens: {split}",
        picture=course_chart(
            {called(name): _change_course(points, name) for name in names},
            named_colours(names),
            labels,
            borders={},
        ),
        caption="Change in bits per byte against the base, paired over the same documents. Lower "
        "is better.",
        table=_over_tokens(points, lambda one: _with_ends(one, "change", change)),
    )


def _change_course(points: Sequence[Json], language: str) -> Course:
    here = [one for one in points if one["language"] == language]
    trained = [one for one in here if one["change"] is not None]
    line = [(one["tokens"], one["change"]) for one in trained]
    band = [(one["tokens"], one["change_low"], one["change_high"]) for one in trained]
    return Course(line=[(0.0, 0.0), *line], band=[(0.0, 0.0, 0.0), *band], dots=line)


def _question(points: Sequence[Json], measure: str) -> Figure:
    heading, reading = QUESTIONS[measure]
    here = [one for one in points if one["measure"] == measure]
    if len({one["split"] for one in here}) > 1:
        here = [{**one, "language": f"{one['language']} {one['split']}"} for one in here]
    names = in_order([one["language"] for one in here])
    is_share = measure != "divergence_from_base"
    write, on_axis = (share, tick_share) if is_share else ("{:.3g}".format, "{:.4g}".format)
    shades = named_colours(names)
    courses = {
        called(name): Course(
            line=[(one["tokens"], one["value"]) for one in here if one["language"] == name],
            dots=[(one["tokens"], one["value"]) for one in here if one["language"] == name],
        )
        for name in names
    }
    labels = Labels(title=heading, description=reading, number=on_axis, axis="tokens trained on")
    return Figure(
        heading=heading,
        picture=course_chart(courses, shades, labels, borders={}),
        caption=f"{reading} The intervals stand in the table.",
        table=_over_tokens(here, lambda one: _with_ends(one, "value", write)),
    )


def _laws(points: Sequence[Json], fits: Sequence[Json]) -> Iterator[Figure]:
    """A law of bits per byte each, where there is one."""
    for fit in fits:
        if fit["measure"] == CHANGES and not fit["reason"]:
            here = [
                one
                for one in points
                if all(one[key] == fit[key] for key in ("measure", "split", "language"))
                and one["tokens"] > 0
            ]
            yield _law(fit, here)


def _law(fit: Json, points: Sequence[Json]) -> Figure:
    language, split = full_name(fit["language"]), split_name(fit["split"])
    shade = colours([fit["language"]])[fit["language"]]
    half = max(one["tokens"] for one in points) / 2
    labels = Labels(
        title=f"Power law of bits per byte, {language}, {split}",
        description="Dots are measured, the dashed line is fitted to the first half.",
        number="{:.4g}".format,
        axis="bits per byte",
    )
    course = Course(
        line=[(x, law) for x, law, _, _ in fit["band"]],
        band=[(x, low, high) for x, _, low, high in fit["band"]],
        dots=[(one["tokens"], one["value"]) for one in points],
        kind="law",
    )
    held = "holds" if fit["holds"] else "does not hold: it is not to be extended"
    return Figure(
        heading=f"{language}: {split}",
        picture=course_chart({"law": course}, {"law": shade}, labels, borders={"predicted": half}),
        caption=f"Fitted to {fit['fitted']} checkpoints: limit {fit['limit']:.3f}, exponent "
        f"{fit['exponent']:.2f}. On the second half it is off by {fit['error']:.4f} bits per byte "
        f"(root mean square), {fit['inside']} of {fit['held_out']} checkpoints lie in the band: "
        f"the law {held}.",
        table=Table(
            headings=["tokens", "measured"],
            rows=[[f"{one['tokens']:,}", f"{one['value']:.4f}"] for one in points],
        ),
    )


def _over_tokens(points: Sequence[Json], write: Callable[[Json], str]) -> Table:
    names = in_order([one["language"] for one in points])
    tokens = sorted({one["tokens"] for one in points})
    words = {(one["tokens"], one["language"]): write(one) for one in points}
    return Table(
        headings=["tokens", *map(called, names)],
        rows=[[f"{t:,}", *(words.get((t, name), "") for name in names)] for t in tokens],
    )


def _with_ends(one: Json, key: str, write: Callable[[float], str]) -> str:
    """A figure with its interval, in words."""
    low, high = ("change_low", "change_high") if key == "change" else ("low", "high")
    if one[key] is None:
        return ""
    if one[low] is None:
        return f"{write(one[key])} (n = {one['n']})"
    return f"{write(one[key])} ({write(one[low])} to {write(one[high])})"
