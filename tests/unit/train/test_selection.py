"""Which parameters train."""

import pytest

from auroram.model.folder import load_model
from auroram.train.parts import Selection
from auroram.train.selection import select


def selected(tiny_model, **options):
    model = load_model(tiny_model)
    embeddings = [model.get_input_embeddings(), model.get_output_embeddings()]
    return set(select(Selection(**options), model, embeddings))


def test_everything_trains_unless_told_otherwise(tiny_model):
    names = {name for name, _ in load_model(tiny_model).named_parameters()}
    assert selected(tiny_model) == names


def test_layers_and_embeddings_are_left_out_by_name(tiny_model):
    names = selected(tiny_model, layers="1", embeddings=False)
    assert any(".layers.1." in name for name in names)
    assert not any(".layers.0." in name or "embed" in name for name in names)


@pytest.mark.parametrize("layers", ["1-", "x", "0,,1", ""])
def test_a_malformed_range_is_refused(layers):
    with pytest.raises(ValueError, match="ranges such as"):
        Selection(layers=layers)


def test_a_layer_that_does_not_exist_is_named(tiny_model):
    with pytest.raises(ValueError, match=r"names 2 to 3, .*0 to 1"):
        selected(tiny_model, layers="1-3")
