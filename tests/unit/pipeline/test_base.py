"""A recipe may bring the chat template that its base model lacks, or lay its own over one."""

import pytest

from auroram.adapters.folder import FolderModel
from auroram.config.load import load_recipe
from auroram.errors import ConfigError, DataError
from auroram.model.tokenizer import load_tokenizer
from auroram.pipeline.base import Base, run
from auroram.ports import Inputs, Silent
from auroram.records.message import Message

SHORT = "{% for message in messages %}<|im_start|>{{ message['content'] }}{% endfor %}"


@pytest.fixture
def brought(tiny_model, tmp_path):
    def bring(template: str):
        (tmp_path / "own.jinja").write_text(template)
        model = FolderModel(path=str(tiny_model), licence="Apache-2.0")
        inputs = Inputs(root=tmp_path, name="base", seed=0, stages={}, progress=Silent())
        run(Base(model=model, chat_template="own.jinja"), inputs, tmp_path / "out")
        return tmp_path / "out" / "model"

    return bring


def test_the_recipes_template_is_the_models_from_then_on(brought):
    tokenizer = load_tokenizer(brought(SHORT))
    ids = tokenizer.chat([Message(role="user", content="hey")], reply=True)
    assert ids == [tokenizer.control["<|im_start|>"], *tokenizer.encode("hey")]


def test_the_models_own_file_stays_as_it_was(brought, tiny_model):
    before = (tiny_model / "chat_template.jinja").read_text()
    brought(SHORT)
    assert (tiny_model / "chat_template.jinja").read_text() == before


def test_a_broken_template_stops_the_first_stage(brought):
    with pytest.raises(DataError, match="broken chat template"):
        brought("{% for message in %}")


def test_a_template_that_is_not_there_is_a_fault_of_the_recipe(tmp_path, tiny_model):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(
        f"""
        name = "x"
        chat_template = "chatlm.jinja"
        base = {{ kind = "folder", path = "{tiny_model}", licence = "Apache-2.0" }}
        [stages.report]
        kind = "report"
        """
    )
    (tmp_path / "chatml.jinja").write_text(SHORT)
    with pytest.raises(ConfigError, match=r"no file 'chatlm.jinja'; did you mean 'chatml.jinja'"):
        load_recipe([recipe])
