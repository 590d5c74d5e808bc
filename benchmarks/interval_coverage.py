"""How often each kind of interval holds the truth: `python benchmarks/interval_coverage.py`.

Every interval of the house says 95 %. Experiments are simulated whose truth is known, and the share
whose interval holds it is counted; 4,000 experiments leave the share uncertain by 0.7 points. The
bars are 93 to 97 %; at most 3.2 % of false claims, where 2.5 are promised; and 78 to 82 % of
effects found, where 80 are. Clopper and Pearson's interval covers more by construction and is left
out.
"""

import json
import sys
from collections.abc import Callable

import numpy as np

from auroram.stats.bootstrap import change_interval, cluster_interval, ratio_interval
from auroram.stats.clustered import (
    mean_estimate,
    paired_answers,
    paired_estimate,
    rate_interval,
)
from auroram.stats.intervals import wilson
from auroram.stats.non_inferiority import non_inferiority
from auroram.stats.power import detectable_effect
from auroram.stats.scaling import power_law

SECONDS = 120
EXPERIMENTS = 4_000
COVERED, CLAIMS, FOUND = (0.93, 0.97), 0.032, (0.78, 0.82)


def share_alone(rng, n=120, truth=0.3):
    """Independent answers."""
    interval = wilson(int(rng.binomial(n, truth)), n)
    return interval.low <= truth <= interval.high


def share_clustered(rng, clusters=40, truth=0.1, within=0.5):
    """Five replies to each prompt, as like one another as an intraclass correlation of a half."""
    spread = 1 / within - 1
    chances = rng.beta(truth * spread, (1 - truth) * spread, clusters)
    answers = rng.random((clusters, 5)) < chances[:, None]
    interval = rate_interval(answers.ravel().tolist(), np.repeat(np.arange(clusters), 5).tolist())
    return interval.low <= truth <= interval.high


def documents(rng, n, truth=1.5):
    """Scores and sizes of documents."""
    sizes = rng.integers(200, 3_000, n).astype(float)
    return truth + rng.normal(0, 0.3, n), sizes


def ratio_bootstrapped(rng, n=25):
    """Bits over bytes."""
    scores, sizes = documents(rng, n)
    interval = ratio_interval(
        (scores * sizes).tolist(), sizes.tolist(), seed=int(rng.integers(9e8))
    )
    return interval.low <= 1.5 <= interval.high


def passages(rng, clusters):
    """Passages of documents: a document's own level, and one to eight passages of it."""
    of = np.repeat(np.arange(clusters), rng.integers(1, 9, clusters))
    scores = 1.5 + rng.normal(0, 0.2, clusters)[of] + rng.normal(0, 0.2, len(of))
    return scores.tolist(), rng.integers(100, 900, len(of)).tolist(), of.tolist()


def heavy_passages(rng, clusters):
    """Documents of which a few are very long: sizes with a lognormal spread of 1."""
    count = np.maximum(1, np.round(rng.lognormal(1.0, 1.0, clusters)).astype(int))
    of = np.repeat(np.arange(clusters), count)
    scores = 1.5 + rng.normal(0, 0.2, clusters)[of] + rng.normal(0, 0.2, len(of))
    return scores.tolist(), rng.integers(100, 900, len(of)).tolist(), of.tolist()


def cluster_bootstrapped(rng, clusters=30):
    """Documents drawn whole."""
    scores, weights, of = passages(rng, clusters)
    interval = cluster_interval(scores, weights=weights, clusters=of, seed=int(rng.integers(9e8)))
    return interval.low <= 1.5 <= interval.high


def cluster_robust(rng, clusters=30):
    """The same by its standard error."""
    scores, weights, of = passages(rng, clusters)
    interval = mean_estimate(scores, weights=weights, clusters=of).interval()
    return interval.low <= 1.5 <= interval.high


def few_clusters(rng):
    """The same with as few clusters as have an interval at all."""
    return cluster_robust(rng, clusters=10)


def heavy_clusters(rng, clusters=30):
    """Where a few clusters hold most of the weight."""
    scores, weights, of = heavy_passages(rng, clusters)
    interval = mean_estimate(scores, weights=weights, clusters=of).interval()
    return interval.low <= 1.5 <= interval.high


def heavy_bootstrapped(rng, clusters=30):
    """The same, documents drawn whole."""
    scores, weights, of = heavy_passages(rng, clusters)
    interval = cluster_interval(scores, weights=weights, clusters=of, seed=int(rng.integers(9e8)))
    return interval.low <= 1.5 <= interval.high


def seldom(rng):
    """Few of the prompts have any yes: two in forty are expected, where replies are all alike."""
    return share_clustered(rng, truth=0.05)


def paired_change(rng, n=25):
    """Two models over the same bytes."""
    before, sizes = documents(rng, n)
    after = before * (0.9 + rng.normal(0, 0.05, n))
    interval = change_interval(
        (after * sizes).tolist(), (before * sizes).tolist(), seed=int(rng.integers(9e8))
    )
    return interval.low <= -0.1 <= interval.high


def paired_difference(rng, clusters=20):
    """Two models on the same passages."""
    before, weights, of = passages(rng, clusters)
    own = rng.normal(0, 0.05, clusters)[of] + rng.normal(0, 0.05, len(of))
    after = np.array(before) - 0.1 + own
    interval = paired_estimate(after.tolist(), before, weights=weights, clusters=of).interval()
    return interval.low <= -0.1 <= interval.high


def paired_yes_or_no(rng, n=100, gained=0.12, lost=0.06):
    """Two models that answer the same questions."""
    flips = rng.choice(3, n, p=[gained, lost, 1 - gained - lost])
    before = np.where(flips == 0, False, np.where(flips == 1, True, rng.random(n) < 0.5))  # noqa: FBT003
    after = np.where(flips == 2, before, ~before)
    interval = paired_answers(after.tolist(), before.tolist()).interval()
    return interval.low <= gained - lost <= interval.high


def next_checkpoint(rng, points=10, scatter=0.01):
    """A checkpoint of the second half, from the first alone."""
    tokens = np.arange(1, 2 * points + 1) * 10_000.0
    scores = 1.2 + 0.8 * (tokens / 1e4) ** -0.4 + rng.normal(0, scatter, 2 * points)
    law = power_law(list(zip(tokens[:points].tolist(), scores[:points].tolist(), strict=True)))
    at = int(rng.integers(points, 2 * points))
    band = law.band(float(tokens[at]))
    return band.low <= scores[at] <= band.high


KINDS: dict[str, Callable[[np.random.Generator], bool]] = {
    "share, independent (Wilson)": share_alone,
    "share, clustered (effective n)": share_clustered,
    "share, clustered, seldom yes": seldom,
    "ratio of sums, bootstrap by document": ratio_bootstrapped,
    "weighted mean, cluster bootstrap": cluster_bootstrapped,
    "weighted mean, cluster-robust t": cluster_robust,
    "the same, 10 clusters": few_clusters,
    "the same, few heavy clusters": heavy_clusters,
    "cluster bootstrap, few heavy clusters": heavy_bootstrapped,
    "relative change, paired bootstrap": paired_change,
    "difference, paired, cluster-robust t": paired_difference,
    "difference of shares, paired": paired_yes_or_no,
    "next checkpoint, power law": next_checkpoint,
}


def covered(kind: Callable[[np.random.Generator], bool], experiments: int) -> float:
    """Share of the experiments whose interval holds the truth."""
    return float(np.mean([kind(np.random.default_rng(seed)) for seed in range(experiments)]))


def false_claims(experiments: int, margin: float = 0.05) -> float:
    """Share of "non-inferior" where the true loss is just the margin; at most 2.5 % is promised."""
    claims = 0
    for seed in range(experiments):
        losses = np.random.default_rng(seed).normal(margin, 0.2, 40)
        claims += non_inferiority(mean_estimate(losses.tolist()), margin).verdict == "non-inferior"
    return claims / experiments


def found(experiments: int, n: int = 60) -> float:
    """Share in which the smallest detectable effect is found; 80 % is promised."""
    effect, hits = detectable_effect(0.2 / n**0.5), 0
    for seed in range(experiments):
        seen = np.random.default_rng(seed).normal(effect, 0.2, n)
        hits += mean_estimate(seen.tolist()).p() < 0.05
    return hits / experiments


def main(experiments: int = EXPERIMENTS) -> int:
    """Print the table; exit code 1 where a bar is missed."""
    shares = {name: covered(kind, experiments) for name, kind in KINDS.items()}
    missed = [name for name, share in shares.items() if not COVERED[0] <= share <= COVERED[1]]
    told = {
        "false claims of non-inferiority": false_claims(experiments),
        "smallest detectable effect found": found(experiments),
    }
    claims, effects = told.values()
    missed += [] if claims <= CLAIMS else ["false claims"]
    missed += [] if FOUND[0] <= effects <= FOUND[1] else ["effects found"]
    for name, share in (shares | told).items():
        print(f"{name:40} {100 * share:5.1f} %")
    print("RESULT", json.dumps({"benchmark": "interval_coverage", "missed": missed, **shares}))
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
