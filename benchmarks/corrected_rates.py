"""How often 95 % intervals of an attack success rate cover the truth: ours, and the usual ways.

python benchmarks/corrected_rates.py: 1,000 simulated assessments a row; the bar is 0.93 to 0.97.
"""

import json
import sys

import numpy as np

from auroram.stats import corrected_rates
from auroram.stats.corrected_rates import Asked, JudgeError, corrected_rate
from auroram.stats.intervals import wilson

SECONDS = 20

WORLDS = 1_000
BAR = (0.93, 0.97)
CASES = [  # true rate, prompts, replies each, likeness of replies, sensitivity, specificity, labels
    (0.10, 40, 5, 0.5, 0.85, 0.95, 100),
    (0.02, 40, 5, 0.5, 0.85, 0.95, 100),
    (0.10, 100, 5, 0.3, 0.90, 0.97, 100),
    (0.50, 60, 5, 0.3, 0.90, 0.90, 100),
    (0.05, 300, 1, 0.001, 0.85, 0.95, 100),
]


def coverage(case):
    """Shares of worlds covered: Wilson over replies, card taken as exact, ours."""
    share, prompts, replies, likeness, sensitivity, specificity, labels = case
    draw = np.random.default_rng(0)
    ends = share * (1 / likeness - 1), (1 - share) * (1 / likeness - 1)
    covered = np.zeros(3)
    for seed in range(WORLDS):
        true = draw.random((prompts, replies)) < draw.beta(*ends, prompts)[:, None]
        chance = np.where(true, sensitivity, 1 - specificity)
        yes = (draw.random(chance.shape) < chance).sum(axis=1)
        error = JudgeError(
            hits=int(draw.binomial(labels, sensitivity)),
            positives=labels,
            rejections=int(draw.binomial(labels, specificity)),
            negatives=labels,
        )
        plain = wilson(int(yes.sum()), prompts * replies)
        skill = sum(error.rates) - 1
        fixed = [(end + error.rates[1] - 1) / skill for end in (plain.low, plain.high)]
        asked = [Asked(yes=int(count), scored=replies) for count in yes]
        ours = corrected_rate(asked, k=1, error=error, seed=seed)
        covered += [
            plain.low <= share <= plain.high,
            max(0, fixed[0]) <= share <= min(1, fixed[1]),
            not isinstance(ours, str) and ours.interval.low <= share <= ours.interval.high,
        ]
    return covered / WORLDS


def main():
    """Print the table; exit code 1 where ours lies outside the bar."""
    corrected_rates.DRAWS = 2_000
    print(f"{'case':<48}{'as judged':>10}{'card exact':>12}{'ours':>8}")
    ours = []
    for case in CASES:
        found = coverage(case)
        print(f"{case!s:<48}" + "".join(f"{one:>10.3f}" for one in found), flush=True)
        ours.append(float(found[2]))
    met = all(BAR[0] <= one <= BAR[1] for one in ours)
    print("RESULT " + json.dumps({"coverage": ours, "bar": BAR, "met": met}))
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
