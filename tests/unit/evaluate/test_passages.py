"""What is read of a set, and what is left out."""

import pytest

from auroram.evaluate.passages import Item, beginning, set_of_documents, set_of_paragraphs
from auroram.evaluate.settings import Evaluate

LIMITS = Evaluate(
    models=("base",),
    documents="corpus",
    highest_documents=4,
    highest_bytes=25,
    longest_document_bytes=10,
)


def items(*sizes):
    return [Item(f"d{i}", "x" * size) for i, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("sizes", "kept", "cut"),
    [((5, 5), 2, 0), ((30, 30, 30, 30), 3, 3), ((1, 1, 1, 1, 1, 1), 4, 0), ((), 0, 0)],
)
def test_documents_are_read_until_a_limit_is_met(sizes, kept, cut):
    chosen = set_of_documents("held-out", "fi", items(*sizes), LIMITS, total=len(sizes))
    assert (chosen.kept, chosen.cut, chosen.left_out) == (kept, cut, len(sizes) - kept)
    assert all(passage.items[0].bytes <= 10 for passage in chosen.passages)


def test_paragraphs_of_a_text_are_one_passage():
    chosen = set_of_paragraphs("udhr", "fi", items(12, 12, 12, 12), LIMITS)
    assert [len(passage.items) for passage in chosen.passages] == [3]
    assert chosen.left_out == 1


@pytest.mark.parametrize("longest", range(12))
def test_a_beginning_ends_with_a_whole_character(longest):
    text = "हिन्दी"
    assert text.startswith(beginning(text, longest))
    assert len(beginning(text, longest).encode()) <= longest
