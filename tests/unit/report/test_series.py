"""The page over tokens: verdicts, heat map, plane, laws and items, from records alone."""

import json
import re
from xml.etree import ElementTree as ET

import pytest

from auroram.records.manifest import Finished, Manifest, Resources
from auroram.report.page import render

HOSTILE = "<b>Marja</b> & co."


def point(language, tokens, change, **more):
    given = {
        "measure": "bits_per_byte", "split": "held-out", "language": language, "tokens": tokens,
        "model": f"cap@{tokens}" if tokens else "base", "value": 2 * (1 + change), "low": 1.5,
        "high": 2.5, "n": 12,
        "change": change if tokens else None,
        "change_low": change - 0.02 if tokens else None,
        "change_high": change + 0.02 if tokens else None,
    }  # fmt: skip
    return given | more


def curve():
    steps = range(0, 13_000, 1000)
    learnt = [point("fi", t, -0.2 * (1 - 1 / (1 + t / 1000))) for t in steps]
    kept = [point("en", t, 0.005 * (t > 0)) for t in steps]
    asked = [point("fi", t, 0.0, measure="copying", value=0.5) for t in steps]
    return [*learnt, *kept, *asked]


def fit(**more):
    band = [[1000.0 * i, 2 - 0.01 * i, 1.9 - 0.01 * i, 2.1 - 0.01 * i] for i in range(1, 13)]
    given = {
        "measure": "bits_per_byte", "split": "held-out", "language": "fi", "reason": "",
        "limit": 1.6, "exponent": 0.4, "fitted": 6, "held_out": 6, "inside": 6, "error": 0.003,
        "holds": True, "band": band,
    }  # fmt: skip
    return given | more


ONE = {"series": ["en", "code"]}


@pytest.fixture
def page(tmp_path):
    def make(
        fits=None,
        verdict="inconclusive",
        sentence="Inconclusive whether cap is.",
        stages=ONE,
        more=(),
    ):
        files = {
            "curves": [*curve(), *more],
            "fits": fits if fits is not None else [fit()],
            "verdicts": [{"verdict": verdict, "sentence": sentence}],
            "movers": [
                {
                    "measure": "bits_per_byte", "split": "held-out", "language": "fi",
                    "cluster": "doc-1", "item": "x", "text": HOSTILE, "change": -0.4,
                    "scores": [2.0, 1.5, 1.2],
                }
            ],
        }  # fmt: skip
        for name, records in files.items():
            text = "".join(json.dumps(one) + "\n" for one in records)
            (tmp_path / f"{name}.jsonl").write_text(text)
        found = {
            stage: Finished(folder=tmp_path, manifest=probed(stage, upstream))
            for stage, upstream in stages.items()
        }
        return render("Title", found)

    return make


def probed(stage, upstream):
    return Manifest(
        stage=stage, kind="probe", settings={"upstream": upstream}, inputs={}, sources={},
        outputs=(), tallies=(), measurements=(), notices=(), facts={}, key="",
        resources=Resources(wall_seconds=1, processor_seconds=1, peak_memory_bytes=1),
        environment={}, started_at="", ended_at="",
    )  # fmt: skip


def pictures(page):
    return [ET.fromstring(one) for one in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]


def titles(page):
    return [one.findtext("{http://www.w3.org/2000/svg}title") for one in pictures(page)]


def test_every_kind_of_picture_is_drawn(page):
    found = titles(page())
    for words in ("by checkpoint and language", "over tokens", "Learn-forget plane", "Power law"):
        assert any(words in title for title in found), words


def test_series_of_one_sweep_share_a_plane_and_others_do_not(page):
    sweep = {"replay-10": ["en"], "replay-50": ["en"], "elsewhere": ["code"]}
    planes = [p for p in pictures(page(stages=sweep)) if "Learn-forget" in "".join(p.itertext())]
    lines = [len(one.findall("{http://www.w3.org/2000/svg}path")) for one in planes]
    assert sorted(lines) == [2, 2]
    assert "replay-10" in page(stages=sweep)


def test_a_heat_map_has_a_cell_for_each_checkpoint_and_language(page):
    (one,) = [p for p in pictures(page()) if "by checkpoint" in "".join(p.itertext())]
    cells = one.findall("{http://www.w3.org/2000/svg}rect")
    assert len(cells) == 12 * 2
    assert {cell.get("class") for cell in cells} == {"cell kept", "cell dropped"}


def test_no_cell_of_a_heat_map_is_too_narrow_for_its_number(page):
    many = ["ar", "et", "nb", "pt-BR", "sr-Cyrl", "sr-Latn", "th"]
    more = [point(language, t, -0.1) for language in many for t in (0, 1000)]
    maps = [p for p in pictures(page(more=more)) if "by checkpoint" in "".join(p.itertext())]
    cells = [cell for one in maps for cell in one.findall("{http://www.w3.org/2000/svg}rect")]
    assert len(maps) == 2
    assert len(cells) == 12 * 2 + len(many)
    assert min(float(cell.get("width")) for cell in cells) > 50


def test_a_law_that_misses_says_so(page):
    assert "does not hold: it is not to be extended" in page(fits=[fit(holds=False)])


def test_where_there_is_no_law_the_page_says_why(page):
    text = page(fits=[fit(reason="4 checkpoints in the first half", band=[])])
    assert "No law is shown: 4 checkpoints in the first half." in text
    assert "Power law" not in text


def test_the_verdict_is_shown_as_it_was_given(page):
    assert "did not forget" not in page()
    assert '<p class="verdict non-inferior">cap did not forget en' in page(
        verdict="non-inferior", sentence="cap did not forget en."
    )


def test_text_of_items_is_escaped_and_has_its_language(page):
    text = page()
    assert HOSTILE not in text
    assert '<blockquote lang="fi">&lt;b&gt;Marja&lt;/b&gt; &amp; co.' in text


def test_the_drift_of_the_weights_is_drawn_over_the_tokens_of_the_stage(tmp_path):
    records = [{"step": step, "drift": {"attention": step / 100}} for step in (0, 10, 20)]
    text = "".join(json.dumps(one) + "\n" for one in records)
    (tmp_path / "drift.jsonl").write_text(text)
    manifest = Manifest(
        stage="cap", kind="train", settings={"batch_tokens": 512}, inputs={}, sources={},
        outputs=(), tallies=(), measurements=(), notices=(), facts={}, key="",
        resources=Resources(wall_seconds=1, processor_seconds=1, peak_memory_bytes=1),
        environment={}, started_at="", ended_at="",
    )  # fmt: skip
    text = render("Title", {"cap": Finished(folder=tmp_path, manifest=manifest)})
    assert "attention, 10.2k tokens: 20 %" in text
