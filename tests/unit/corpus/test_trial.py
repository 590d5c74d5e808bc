"""Other bounds are tried on the figures alone, and agree with judging the texts again."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auroram.corpus.quality import Quality, failures_of
from auroram.corpus.trial import trial
from auroram.text.signals import SIGNALS

OLD = Quality()
NEW = Quality(lowest_characters=300, highest_digit_share=0.5, highest_top_2gram_share=0.1)


@pytest.fixture
def figures(tmp_path):
    """Figures of 400 documents, also written as a stage's side-cars."""
    rng = np.random.default_rng(3)
    shares = rng.beta(1.0, 6.0, (400, len(SIGNALS)))
    shares[:, :6] = rng.lognormal([6, 5, 2, 1.7, 3.5, 5], 1.0, (400, 6))
    shares[:, SIGNALS.index("letter_share")] = rng.beta(9.0, 1.0, 400)
    found = shares.astype(np.float32)
    ids = [f"{i:032x}" for i in range(400)]
    columns = {name: found[:, i] for i, name in enumerate(SIGNALS)}
    pq.write_table(pa.table({"id": ids, **columns}), tmp_path / "signals.parquet")
    kept = [not broken for broken in judged(found, OLD)]
    decisions = pa.table({"id": ids, "language": ["fi"] * 400, "kept": kept})
    pq.write_table(decisions, tmp_path / "decisions.parquet", row_group_size=37)
    return found


def judged(figures, quality):
    return failures_of(figures, SIGNALS, quality)


def test_what_is_kept_is_what_the_rules_keep(figures, tmp_path):
    (found,) = trial(tmp_path, {"fi": OLD}, {"fi": NEW})
    old, new = judged(figures, OLD), judged(figures, NEW)
    assert found.old_kept == sum(not broken for broken in old)
    assert found.new_kept == sum(not broken for broken in new)
    assert found.new_kept - found.old_kept == found.won - found.lost
    assert found.lost_written == found.lost


@pytest.mark.parametrize(("quality", "side"), [(OLD, "old"), (NEW, "new")])
def test_each_rule_counts_what_it_dropped_first_and_at_all(figures, tmp_path, quality, side):
    (found,) = trial(tmp_path, {"fi": OLD}, {"fi": NEW})
    broken = [[failure.rule for failure in one] for one in judged(figures, quality)]
    for rule in found.rules:
        assert getattr(rule, f"{side}_first") == sum(one[:1] == [rule.rule] for one in broken)
        assert getattr(rule, f"{side}_any") == sum(rule.rule in one for one in broken)


def test_the_same_bounds_change_nothing(figures, tmp_path):
    (found,) = trial(tmp_path, {"fi": OLD}, {})
    assert (found.won, found.lost) == (0, 0)
    assert found.documents == len(figures)


def test_a_domain_without_documents_has_zeros(figures, tmp_path):
    found = trial(tmp_path, {"fi": OLD, "vi": OLD}, {})
    assert [one.documents for one in found] == [len(figures), 0]
