"""Clusters: exact copies, near copies, and which of them stays."""

import random
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from blake3 import blake3

from auroram.corpus.candidates import Candidates, Gathering, candidate_schema, gather
from auroram.corpus.clusters import SIZE, find_clusters
from auroram.corpus.duplicates import NearDuplicates
from auroram.corpus.pairs import ROW
from auroram.corpus.shuffle import ShuffleWriter
from auroram.ports import Serial
from auroram.text.buffers import Buffer
from auroram.text.minhash import estimated_similarity
from auroram.text.signals import signals_of


def words(start, count=120):
    return " ".join(f"word{i}" for i in range(start, start + count))


def hand_on(folder, texts, near, digits=0, **known):
    """Gather the texts as candidates, numbered in their order."""
    size = len(texts)
    ids = [f"{(i << 128) // size:032x}" for i in range(size)]
    lengths = np.array([len(text.encode()) for text in texts])
    licences = pa.array(known.get("licences", ["MIT"] * size))
    dates = pa.array(known.get("dates", [None] * size), pa.string())
    preferred = np.array(known["signal"], np.float32) if near.signal else lengths
    table = pa.table(
        {
            "id": ids,
            "record": ids,
            "content": [blake3(text.encode()).digest(16) for text in texts],
            "merit": near.merits(licences, preferred, dates),
            "signature": [row.tobytes() for row in signals_of(Buffer.of(texts)).signatures],
        },
        schema=candidate_schema(near),
    )
    with ShuffleWriter(folder / "candidates", table.schema, digits) as writer:
        writer.append(table)
    tasks = [
        Gathering(
            paths=(folder / "candidates",),
            prefix=prefix,
            digits=digits,
            near=near,
            folder=folder / "fi" / f"{prefix:x}",
        )
        for prefix in range(16**digits)
    ]
    return Candidates.of("fi", folder / "fi", [gather(task) for task in tasks])


def clusters(folder, texts, near=None, **known):
    """Best of equal texts, root of the cluster, and the cluster's size, one a text."""
    near = near or NearDuplicates()
    candidates = hand_on(folder, texts, near, **known)
    find_clusters(Serial(), [candidates], near)
    best, roots = (candidates.column(name, ROW) for name in ("best.bin", "roots.bin"))
    sizes = candidates.column("sizes.bin", SIZE)[roots]
    return best.tolist(), roots.tolist(), sizes.tolist()


def test_copies_point_to_the_first_of_them(tmp_path):
    best, roots, sizes = clusters(tmp_path, [words(0), words(500), words(0)])
    assert (best, roots, sizes) == ([0, 1, 0], [0, 1, 0], [2, 1, 2])


def test_the_longest_of_near_copies_stays(tmp_path):
    _, roots, _ = clusters(tmp_path, [words(0), words(0) + " and more", words(500)])
    assert roots == [1, 1, 2]


@pytest.mark.parametrize(
    ("prefer", "signal", "best"),
    [
        ("language_score", [0.5, 0.9, 0.7], 1),
        ("-symbol_share", [3.0, 0.0, 0.5], 1),
        ("mean_unit", [-1.0, -0.5, -2.0], 1),
        ("-mean_unit", [-1.0, 0.5, -2.0], 2),
        ("language_score", [float("nan"), 0.0, float("nan")], 1),
        ("language_score", [0.5, 0.5 + 1e-7, 0.5], 0),
    ],
)
def test_the_signal_that_is_preferred_decides_and_not_the_length(tmp_path, prefer, signal, best):
    texts = [words(0) + " and more", words(0), words(0) + " and still more"]
    _, roots, _ = clusters(tmp_path, texts, NearDuplicates(prefer=prefer), signal=signal)
    assert roots == [best] * 3


def test_of_equal_lengths_the_lowest_id_stays(tmp_path):
    _, roots, _ = clusters(tmp_path, [words(0) + " ab", words(0) + " cd"])
    assert roots == [0, 0]


def test_an_exact_copy_belongs_to_the_near_cluster_too(tmp_path):
    best, roots, sizes = clusters(tmp_path, [words(0), words(0) + " and more", words(0)])
    assert (best, roots, sizes) == ([0, 1, 0], [1, 1, 1], [3, 3, 3])


def test_a_preferred_licence_comes_before_length(tmp_path):
    near = NearDuplicates(licences=("CC0-1.0", "MIT"))
    texts = [words(0) + " and more", words(0), words(0) + " x"]
    _, roots, _ = clusters(tmp_path, texts, near, licences=["GPL-3.0-only", "MIT", "CC0-1.0"])
    assert roots == [2, 2, 2]


def test_of_copies_with_one_licence_the_one_collected_first_stays(tmp_path):
    dates = [None, "2024-03-01T00:00:00Z", "2023-12-31", "soon"]
    best, roots, _ = clusters(tmp_path, [words(0)] * 4, dates=dates)
    assert best == roots == [2, 2, 2, 2]


def groups_in_memory(signatures, similarity=0.7):
    """The lowest text of each text's group, by comparing every pair."""
    groups = list(range(len(signatures)))
    for i, j in combinations(range(len(signatures)), 2):
        if estimated_similarity(signatures[i], signatures[j]) >= similarity:
            low, high = sorted((groups[i], groups[j]))
            groups = [low if group == high else group for group in groups]
    return groups


@pytest.mark.parametrize("digits", [0, 1])
def test_clusters_are_those_of_a_search_in_memory(tmp_path, digits):
    draw = random.Random(digits)
    texts = []
    for _ in range(120):
        start = 200 * draw.randrange(40)
        parts = words(start).split()
        for _ in range(draw.randrange(12)):
            parts[draw.randrange(len(parts))] = f"other{draw.randrange(1000)}"
        texts.append(" ".join(parts) + "!" * len(texts))
    _, roots, _ = clusters(tmp_path, texts, digits=digits)
    signatures = signals_of(Buffer.of(texts)).signatures
    expected = groups_in_memory(signatures)
    assert len(set(zip(roots, expected, strict=True))) == len(set(roots))
    assert len(set(roots)) == len(set(expected)) < 120
