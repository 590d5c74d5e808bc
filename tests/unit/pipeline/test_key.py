from dataclasses import replace

import pytest

from auroram.instruct.stage import Instructions
from auroram.pipeline.key import cache_key, code_version, source_digests
from auroram.records.mixture import Mixture, Phase
from auroram.train.ranks.mesh import Mesh
from auroram.train.settings import Train

STAGE = Instructions(documents="corpus")
ASKED = {"seed": 1, "inputs": {"corpus": "aa"}, "sources": {"pairs.jsonl": "bb"}}


def test_equal_questions_have_equal_keys():
    assert cache_key(STAGE, **ASKED) == cache_key(replace(STAGE), **ASKED)


@pytest.mark.parametrize(
    "change", [{"seed": 2}, {"inputs": {"corpus": "ab"}}, {"sources": {"pairs.jsonl": "cc"}}]
)
def test_whatever_decides_the_output_changes_the_key(change):
    assert cache_key(STAGE, **ASKED | change) != cache_key(STAGE, **ASKED)


def test_a_setting_changes_the_key():
    assert cache_key(replace(STAGE, questions=7), **ASKED) != cache_key(STAGE, **ASKED)


def test_where_a_stage_trains_does_not_change_its_key():
    mixture = Mixture(phases=(Phase(weights={"fi": 1}),), replay=0.0)
    stage = Train(model="base", tokens="tokens", budget_tokens=4096, mixture=mixture)
    cut = replace(stage, mesh=Mesh(tensor=2, pipeline=2))
    assert cache_key(cut, **ASKED) == cache_key(stage, **ASKED)


def test_rooms_have_versions_of_their_own():
    assert code_version("train") != code_version("report")


def test_a_folder_stands_for_its_files(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    (tmp_path / "a.txt").write_text("a")
    assert set(source_digests(tmp_path, ("model", "a.txt"))) == {"model/config.json", "a.txt"}
