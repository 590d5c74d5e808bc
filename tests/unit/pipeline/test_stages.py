"""Every kind that a recipe can name has the code that runs it."""

from importlib import import_module
from typing import get_args

from auroram.config.recipe import AnyStage
from auroram.pipeline.base import Base
from auroram.pipeline.stages import CODE


def test_every_stage_of_a_recipe_has_its_code():
    assert set(CODE) == {Base, *get_args(get_args(AnyStage)[0])}
    assert all(callable(import_module(f"auroram.{place}").run) for place in CODE.values())
