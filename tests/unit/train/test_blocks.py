"""Tensors that lie in blocks are put together from them."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file

from auroram.errors import DataError
from auroram.train.blocks import Block, StoredTensors

WHOLE = torch.arange(60.0).reshape(10, 6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("blocks")
    save_file({"w": WHOLE[:4].contiguous()}, place / "a")
    save_file({"w": WHOLE[4:, :5].contiguous()}, place / "b")
    save_file({"w": WHOLE[4:, 5:].contiguous()}, place / "c")
    return place


TABLE = {
    "a": {"w": {"offset": [0, 0], "shape": [4, 6]}},
    "b": {"w": {"offset": [4, 0], "shape": [6, 5]}},
    "c": {"w": {"offset": [4, 5], "shape": [6, 1]}},
}


@given(rows=st.tuples(st.integers(0, 9), st.integers(1, 10)), column=st.integers(0, 5))
def test_any_block_is_read_from_those_that_are_stored(folder, rows, column):
    first, count = rows[0], min(rows[1], 10 - rows[0])
    wanted = Block(offset=(first, column), shape=(count, 6 - column))
    read = StoredTensors(folder, [*TABLE], TABLE).block("w", wanted)
    assert torch.equal(read, WHOLE[first : first + count, column:])


def test_the_whole_is_what_all_blocks_make(folder):
    assert torch.equal(StoredTensors(folder, [*TABLE], TABLE)["w"], WHOLE)


def test_a_block_that_nobody_stored_is_told(folder):
    stored = StoredTensors(folder, ["a", "c"], TABLE)
    with pytest.raises(DataError, match="holds 30 of the 60 numbers asked of w"):
        stored.block("w", Block(offset=(0, 0), shape=(10, 6)))
