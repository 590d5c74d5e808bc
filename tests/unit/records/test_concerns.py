"""The taxonomy of concerns."""

import pytest

from auroram.errors import DataError
from auroram.records.concerns import CONCERNS, LANGUAGES, read_taxonomy

TAXONOMY = read_taxonomy()
SEEDED = ("harm", "cyber", "cbrn", "illegal", "privacy", "evasion")


@pytest.fixture
def spoilt(tmp_path):
    """A copy of the taxonomy with one text replaced by another."""

    def make(*changes):
        text = CONCERNS.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "concerns.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return make


def test_the_six_concerns_of_the_executive_order_keep_their_ids():
    assert tuple(TAXONOMY.concerns)[:6] == SEEDED


def test_every_concern_is_titled_and_defined_in_five_languages():
    for concern in TAXONOMY.concerns.values():
        assert set(concern.title) == set(concern.definition) == set(LANGUAGES)


def test_nobody_claims_to_have_checked_the_definitions():
    assert TAXONOMY.checked_by == dict.fromkeys(LANGUAGES, ())


def test_the_order_is_rescinded_and_says_when():
    order = TAXONOMY.framework("us-eo-14110")
    assert (order.status, order.rescinded.isoformat()) == ("rescinded", "2025-01-20")


def test_every_concern_answers_to_the_order_and_to_a_risk_of_nist():
    for concern in TAXONOMY.concerns.values():
        assert concern.crosswalk["us-eo-14110"], concern.id
        assert concern.crosswalk["nist-ai-600-1"], concern.id


@pytest.mark.parametrize(
    ("framework", "category", "concerns"),
    [
        ("harmbench", "chemical_biological", ("cbrn",)),
        ("harmbench", "copyright", ("ip",)),
        ("do-not-answer", "Assisting illegal activities", ("illegal",)),
        ("mlcommons", "non_violent_crimes", ("cyber", "illegal")),
        ("advbench", "Cheating/plagiarism", ("ip",)),
        ("harmbench", "no such category", ()),
    ],
)
def test_a_category_maps_into_concerns(framework, category, concerns):
    assert TAXONOMY.mapped(framework, category) == concerns


def test_all_categories_of_harmbench_and_do_not_answer_map_somewhere():
    counts = {
        name: sum(len(one.crosswalk[name]) for one in TAXONOMY.concerns.values())
        for name in ("harmbench", "do-not-answer")
    }
    assert counts == {"harmbench": 7, "do-not-answer": 12}


def test_what_was_not_compared_with_its_source_is_a_reference_that_is_used():
    used = {
        part
        for one in TAXONOMY.concerns.values()
        for all_ in one.crosswalk.values()
        for part in all_
    }
    for framework in TAXONOMY.frameworks.values():
        assert set(framework.unverified) <= used


def test_an_unknown_framework_is_refused_with_the_known_ones():
    with pytest.raises(DataError, match="no such framework; known: us-eo-14110, nist-ai-600-1"):
        TAXONOMY.framework("us-eo-1411")


def test_all_faults_of_a_file_are_named_at_once(spoilt):
    path = spoilt(
        ('id = "cyber"\n', 'id = "harm"\n'),
        ('fi = "Kyberhyökkäykset"\n', ""),
        ('harmbench = ["harmful"]', 'harmbunch = ["harmful"]'),
    )
    with pytest.raises(DataError) as raised:
        read_taxonomy(path)
    said = str(raised.value)
    assert "'harm': stands twice" in said
    assert "title is missing in fi" in said
    assert "unknown framework 'harmbunch'" in said


def test_a_file_that_is_no_toml_is_named(tmp_path):
    (tmp_path / "x.toml").write_text("= 1")
    with pytest.raises(DataError, match=r"x.toml: cannot be read as TOML"):
        read_taxonomy(tmp_path / "x.toml")
