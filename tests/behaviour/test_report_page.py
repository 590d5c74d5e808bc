"""The page shows what manifests say, escapes what models say, leaves out what is missing."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from auroram.records.item_file import write_items
from auroram.records.manifest import Finished, Manifest, Resources, Tally
from auroram.records.measurement import Measurement
from auroram.records.scored_item import ScoredItem
from auroram.report.findings import Findings
from auroram.report.page import headlines, render

HOSTILE = '<script>alert(1)</script> & "quotes"'
SHARE = {"unit": "share", "low": -0.3, "high": -0.2, "n": 40}


def finished(folder, name, kind, **parts):
    folder.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(
        **{
            "stage": name,
            "kind": kind,
            "settings": {},
            "inputs": {},
            "sources": {},
            "outputs": (),
            "tallies": (),
            "measurements": (),
            "notices": (),
            "facts": {},
            "key": "k",
            "resources": Resources(
                wall_seconds=90.0, processor_seconds=1.0, peak_memory_bytes=10**9, tokens=1000
            ),
            "environment": {},
            "started_at": "",
            "ended_at": "",
        }
        | parts
    )
    return Finished(folder=folder, manifest=manifest)


def evaluated(folder, changes):
    return finished(
        folder / "evaluation",
        "evaluation",
        "evaluate",
        settings={"models": ["base", "cat"]},
        measurements=tuple(changes),
    )


def write_lines(path, records):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one) + "\n" for one in records))


def training(folder, name, model, losses):
    write_lines(
        folder / name / "validation.jsonl",
        [{"tokens": 500 * n, "domain": "fi", "loss": loss} for n, loss in enumerate(losses)],
    )
    return finished(folder / name, name, "train", settings={"model": model})


def test_losses_are_compared_along_what_goes_on_from_one_another(tmp_path):
    stages = {
        "cap": training(tmp_path, "cap", "base", (4, 3.5, 3)),
        "merged": finished(tmp_path / "merged", "merged", "merge", settings={"base": "base"}),
        "cat": training(tmp_path, "cat", "cap", (3, 2.5, 2)),
        "finnish": training(tmp_path, "finnish", "base", (4, 3.9, 3.8)),
        "after": training(tmp_path, "after", "merged", (3, 2.5, 2.4)),
    }
    page = render("Title", stages)
    found = [one for one in headings(page) if one.startswith("Validation")]
    assert found == [f"Validation loss: {line}" for line in ("cap, cat", "finnish", "after")]
    for row in ("4.000</td><td>2.000", "4.000</td><td>3.800", "3.000</td><td>2.400"):
        assert row in page
    assert "Validation loss: " not in render("Title", {n: stages[n] for n in ("cap", "cat")})


def test_the_first_stretch_of_the_mixture_is_drawn_from_the_beginning(stages):
    page = render("Title", stages)
    [outline] = re.findall(r'<path d="([^"]*)" class="area', page)
    assert len(set(re.findall(r"[ML ]([\d.]+) [\d.]+", outline))) == 2


def test_a_sweep_over_shares_of_a_merge_is_drawn(tmp_path):
    points = [
        {"share": share, "domain": domain, "nats_per_token": 4 - share}
        for share in (0, 0.5, 1)
        for domain in ("fi", "en")
    ]
    write_lines(tmp_path / "sweep" / "sweep.jsonl", points)
    settings = {"base": "base", "model": "cap"}
    page = render(
        "Title", {"sweep": finished(tmp_path / "sweep", "sweep", "merge-sweep", settings=settings)}
    )
    assert "Between base and cap" in headings(page) and "share of cap" in page
    assert "3.500</td><td>3.500" in page


def test_eight_models_have_a_colour_each(tmp_path):
    models = [f"model-{n}" for n in range(8)]
    changes = [
        Measurement(
            stage=model, measure="bits_per_byte_change", language="fi", value=-0.2,
            split="held-out", **SHARE,
        )
        for model in models[1:]
    ]  # fmt: skip
    evaluation = finished(
        tmp_path, "evaluation", "evaluate", settings={"models": models}, measurements=tuple(changes)
    )
    page = render("Title", {"evaluation": evaluation})
    assert all(f"--m{n}: #" in page and f'class="m{n}"' in page for n in range(1, 8))


def test_a_stage_that_trained_tells_its_speed_and_how_all_was_measured(stages):
    resources = Resources(
        wall_seconds=90.0,
        processor_seconds=1.0,
        peak_memory_bytes=10**9,
        energy_joules=1234.0,
        method="clock; energy guessed",
    )
    told = {
        "tokens_per_second": 1234.5,
        "model_flop_utilisation": 0.723,
        "peak_measured_by": "fastest float32 product",
    }
    cat = replace(stages["cat"].manifest, resources=resources, environment={"stage": told})
    page = render("Title", stages | {"cat": replace(stages["cat"], manifest=cat)})
    for seen in ("1,234", "72.3 %", "1.23 kJ", "clock; energy guessed.", "fastest float32"):
        assert seen in page


@pytest.fixture
def stages(tmp_path):
    changes = [
        Measurement(
            stage="cat",
            measure="bits_per_byte_change",
            language=language,
            value=-0.25,
            split="held-out",
            **SHARE,
        )
        for language in ("fi", "vi")
    ]
    tally = Tally(
        step="near-duplicate", domain="fi", source="*", outcome="dropped", unit="bytes", value=9
    )
    write_lines(
        tmp_path / "cat" / "validation.jsonl",
        [{"tokens": t, "domain": "fi", "loss": 3 - t / 1000} for t in (0, 500, 1000)],
    )
    write_lines(tmp_path / "cat" / "mixture.jsonl", [{"tokens": 1000, "domains": {"fi": 1000}}])
    write_lines(
        tmp_path / "evaluation" / "samples.jsonl",
        [{"model": "cat", "language": "fi", "form": "reply", "prompt": HOSTILE, "reply": HOSTILE}],
    )
    return {
        "corpus": finished(tmp_path / "corpus", "corpus", "corpus", tallies=(tally,)),
        "cat": finished(tmp_path / "cat", "cat", "train", notices=("Nobody reviewed this.",)),
        "evaluation": evaluated(tmp_path, changes),
    }


def test_a_mixture_that_was_counted_once_is_drawn_and_keeps_languages_of_two_scripts_apart(stages):
    domains = {"sr-Latn": 250, "sr-Cyrl": 500, "general-sr-Cyrl": 250}
    write_lines(stages["cat"].folder / "mixture.jsonl", [{"tokens": 1000, "domains": domains}])
    page = render("Title", stages)
    mixture = page[page.index("Mixture over tokens") :].partition("</svg>")[0]
    places = [re.findall(r"(?:^|L)([\d.]+)", area) for area in re.findall(r'd="M([^"]*)', mixture)]
    assert len(places) == 2 and all(len({*place}) > 1 for place in places)
    assert "sr-Latn" in mixture and "sr-Cyrl" in mixture
    assert "Serbian (Latin)" in page and "Serbian (Cyrillic)" in page


def test_languages_that_are_replayed_count_as_known_and_not_as_learnt(tmp_path):
    changes = [
        Measurement(
            measure="bits_per_byte_change", stage="cat", language=language, split="udhr",
            value=value, **SHARE,
        )
        for language, value in (("sv", 0.01), ("et", -0.2))
    ]  # fmt: skip
    mixture = {"replay": 0.2, "replay_weights": {"general-sv": 1}}
    found = {
        "cat": finished(tmp_path / "cat", "cat", "train", settings={"mixture": mixture}),
        "evaluation": evaluated(tmp_path, changes),
    }
    meanings = [one.meaning for one in headlines(Findings(found))]
    assert meanings == ["bits per byte, Estonian", "bits per byte, Swedish"]


def test_samples_stand_in_the_direction_of_their_script(stages):
    sample = {"model": "cat", "language": "ar", "form": "reply", "prompt": "ما؟", "reply": "لا."}
    write_lines(stages["evaluation"].folder / "samples.jsonl", [sample])
    page = render("Title", stages)
    assert '<p class="prompt" lang="ar" dir="auto">ما؟' in page
    assert '<dd dir="auto">لا.' in page


class Headings(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found, self._open = [], False

    def handle_starttag(self, tag, _attributes):
        self._open = tag in ("h2", "h3")

    def handle_data(self, data):
        if self._open:
            self.found.append(data.strip())
            self._open = False


def headings(page):
    parser = Headings()
    parser.feed(page)
    return parser.found


def test_every_section_with_data_is_there(stages):
    found = headings(render("Title", stages))
    for wanted in (
        "Held-out documents",
        "Validation loss",
        "Mixture",
        "Corpus funnel",
        "Samples",
        "Resources",
        "Provenance",
    ):
        assert wanted in found


def asked(tmp_path):
    """A stage of kind `tasks` whose second model gains one of four items."""
    out = tmp_path / "asked"
    for model, right in (("base", 1), ("cat", 2)):
        rows = [
            ScoredItem(
                run=model, model=model, tokens_seen=0, task="dates_fi", language="fi", split="test",
                item=f"i{n}", cluster=f"i{n}", measure="accuracy", score=float(n < right),
                answer=HOSTILE,
            )
            for n in range(4)
        ]  # fmt: skip
        write_items(out, model, rows)
    about = {"task": "dates_fi", "right": "7. maaliskuuta"}
    questions = [{**about, "item": f"i{n}", "question": f"kysymys {n}"} for n in range(4)]
    write_lines(out / "questions.jsonl", questions)
    figures = [
        Measurement(
            stage=model, measure="accuracy", language="fi", value=value, split="dates_fi", **SHARE
        )
        for model, value in (("base", 0.25), ("cat", 0.5))
    ]  # fmt: skip
    return {"asked": finished(out, "asked", "tasks", measurements=tuple(figures))}


def test_a_task_has_its_figure_and_the_items_that_turned(stages, tmp_path):
    page = render("Title", stages | asked(tmp_path))
    assert "dates: accuracy" in headings(page)
    assert "kysymys 1" in page and "7. maaliskuuta" in page
    assert "kysymys 0" not in page and "<script" not in page


def test_what_a_model_says_cannot_become_markup(stages):
    page = render(HOSTILE, stages)
    assert "<script" not in page and "&lt;script&gt;" in page


def test_notices_stand_on_the_page(stages):
    assert "Nobody reviewed this." in render("Title", stages)


def test_a_run_that_has_only_begun_still_has_a_page(stages):
    found = headings(render("Title", {"corpus": stages["corpus"]}))
    assert "Corpus funnel" in found and "Samples" not in found


def test_whom_the_rules_of_harm_hit_stands_on_the_page(tmp_path):
    row = {"language": "fi", "group": "gender", "term": "woman", "documents": 50, "flagged": 20}
    shares = {"rate": 0.4, "low": 0.26, "high": 0.55, "all_documents": 900, "all_rate": 0.02}
    facts = {"harm_disparities": [row | shares | {"is_apart": True}]}
    page = render("Title", {"corpus": finished(tmp_path, "corpus", "corpus", facts=facts)})
    assert "40.0% (26.0% to 55.0%) *" in page and "<td>2.0%</td>" in page


def rate(value, low, high):
    return Measurement(
        stage="cat",
        measure="refusal_rate",
        language="fi",
        value=value,
        low=low,
        high=high,
        n=320,
        unit="share",
        split="safety-test",
    )


def test_only_none_and_all_are_said_to_be_none_and_all(tmp_path):
    measured = (rate(319 / 320, 0.9827, 0.99992), replace(rate(0.0, 0.0, 0.004), language="vi"))
    settings = {"models": ["cat"]}
    safety = finished(tmp_path, "safety", "safety", settings=settings, measurements=measured)
    page = render("Title", {"safety": safety})
    assert "99.7 % (98 % to 99.99 %; n = 320)" in page and "0 % (0 % to 0.4 %; n = 320)" in page


def test_marks_on_an_axis_of_small_shares_differ(tmp_path):
    settings = {"models": ["cat"]}
    few = (rate(0.008, 0.002, 0.022),)
    safety = finished(tmp_path, "safety", "safety", settings=settings, measurements=few)
    marks = re.findall(r'class="tick middle">([^<]+)<', render("Title", {"safety": safety}))
    assert marks == ["0 %", "1 %", "2 %"]
    few = (rate(0.004, 0.001, 0.012),)
    safety = finished(tmp_path, "safety", "safety", settings=settings, measurements=few)
    marks = re.findall(r'class="tick middle">([^<]+)<', render("Title", {"safety": safety}))
    assert marks == ["0 %", "0.5 %", "1 %"]


def test_marks_on_an_axis_of_losses_differ(tmp_path):
    stages = {"cap": training(tmp_path, "cap", "base", (2.41, 2.36, 2.33))}
    page = render("Title", stages)
    marks = re.findall(r'class="tick end">([^<]+)<', page)
    assert marks == ["2.34", "2.36", "2.38", "2.4"]


def test_a_value_without_evidence_is_said_to_be_without(stages, tmp_path):
    weak = Measurement(
        stage="cat",
        measure="refusal_rate",
        language="fi",
        value=None,
        n=3,
        unit="share",
        split="safety-test",
    )
    stages["safety"] = finished(
        tmp_path / "s", "safety", "safety", settings={"models": ["cat"]}, measurements=(weak,)
    )
    assert "insufficient evidence (n = 3)" in render("Title", stages)
