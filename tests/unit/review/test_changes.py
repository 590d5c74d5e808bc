"""Diffs of answers in the languages that are reviewed."""

import pytest

from auroram.review.changes import changes


def shown(before, after):
    signs = {"same": "{}", "out": "[-{}-]", "in": "[+{}+]"}
    return "".join(signs[piece.kind].format(piece.text) for piece in changes(before, after))


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("I can't help.", "I won't help.", "I [-can-][+won+]'t help."),
        ("En voi auttaa.", "En halua auttaa.", "En [-voi-][+halua+] auttaa."),
        ("मैं मदद नहीं करूँगा।", "मैं मदद नहीं करूँगी।", "मैं मदद नहीं [-करूँगा-][+करूँगी+]।"),
        ("お手伝いできません。", "お手伝いしません。", "お手伝い[-でき-][+し+]ません。"),
        ("Tôi không thể giúp.", "Tôi sẽ không giúp.", "Tôi[+ sẽ+] không [-thể -]giúp."),
        ("same", "same", "same"),
        ("", "new", "[+new+]"),
    ],
)
def test_changes_are_told_by_words_or_unspaced_characters(before, after, expected):
    assert shown(before, after) == expected


def test_both_texts_can_be_read_off_the_pieces():
    before, after = "a b  c\n\u0301d 漢字", "a  c\nd 漢 字!"
    pieces = changes(before, after)
    assert "".join(p.text for p in pieces if p.kind != "in") == before
    assert "".join(p.text for p in pieces if p.kind != "out") == after
