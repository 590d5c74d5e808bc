"""The table of rules and languages holds every count of the funnel, in its order."""

from xml.etree import ElementTree as ET

from auroram.records.manifest import Finished, Manifest, Resources, Tally
from auroram.report.matrix import rule_figures


def stage(tallies, tmp_path):
    empty = {key: {} for key in ("settings", "inputs", "sources", "facts", "environment")}
    manifest = Manifest(
        stage="corpus",
        kind="corpus",
        outputs=(),
        tallies=tuple(tallies),
        measurements=(),
        notices=(),
        key="",
        resources=Resources(wall_seconds=0, processor_seconds=0, peak_memory_bytes=0),
        started_at="",
        ended_at="",
        **empty,
    )
    return Finished(folder=tmp_path, manifest=manifest)


def tally(step, outcome, value, *, reason="", domain="fi", unit="documents"):
    return Tally(
        step=step,
        domain=domain,
        source="s",
        outcome=outcome,
        reason=reason,
        unit=unit,
        value=value,
    )


FUNNEL = [
    tally("read", "read", 1200),
    tally("quality", "kept", 1000),
    tally("quality", "dropped", 150, reason="low-<b>"),
    tally("near-duplicate", "dropped", 50, reason="near-copy"),
    tally("written", "train", 900),
    tally("written", "held-out", 100),
]


def test_rows_follow_a_document_through_the_stage(tmp_path):
    (figure, *_) = rule_figures(stage(FUNNEL, tmp_path))
    assert figure.table.rows == [
        ["read", "1,200"],
        ["low-<b>", "150"],
        ["near-duplicate", "50"],
        ["kept, train", "900"],
        ["kept, held out", "100"],
    ]


def test_hostile_names_of_rules_are_escaped(tmp_path):
    (figure, *_) = rule_figures(stage(FUNNEL, tmp_path))
    ET.fromstring(figure.picture)
    assert "<b>" not in figure.picture


def test_sources_of_a_language_are_added_up(tmp_path):
    (figure, *_) = rule_figures(stage([*FUNNEL, tally("read", "read", 1)], tmp_path))
    assert figure.table.rows[0] == ["read", "1,201"]


def test_many_languages_take_several_figures(tmp_path):
    tallies = [tally("read", "read", 1, domain=f"l{i}") for i in range(13)]
    figures = list(rule_figures(stage(tallies, tmp_path)))
    assert [len(one.table.headings) - 1 for one in figures] == [6, 6, 1]
