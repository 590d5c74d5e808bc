"""Where answers that decline part from those that help."""

from auroram.train.refusals.parting import Parting, parting_of


def test_answers_that_share_their_first_token_part_at_the_next():
    assert parting_of([[9, 1], [9, 2]], [[9, 3], [9, 3]]) == Parting(shared=(9,), declining=(1, 2))


def test_a_token_of_both_kinds_counts_where_it_is_commoner():
    declined, helped = [[1], [1], [2]], [[2], [2], [3]]
    assert parting_of(declined, helped) == Parting(shared=(), declining=(1,))


def test_answers_that_never_part_have_no_parting():
    assert parting_of([[1, 2]], [[1, 2]]) is None
    assert parting_of([], [[1]]) is None
    assert parting_of([[1]], []) is None
