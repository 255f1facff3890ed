from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from index import highest
from index.highest import Addend, sums
from index.lexical import Hit, best

SIZE = 24
NORMS = np.random.default_rng(0).choice([0.5, 0.9, 1.4], 2 * SIZE).astype(np.float32)
"""Of two fields."""
ADDENDS = st.lists(
    st.builds(
        lambda held, most, first: Addend(
            np.array(sorted(held), np.int32),
            np.array([held[one] for one in sorted(held)], np.uint8),
            most,
            first,
        ),
        st.dictionaries(st.integers(0, SIZE - 1), st.sampled_from([1, 2, 3, 255]), min_size=1),
        st.sampled_from([0.03, 0.1, 0.2, 0.5, 1.0, 1.7, 4.0]),
        st.sampled_from([0, SIZE]),
    ),
    max_size=8,
)
SOME = st.none() | st.sets(st.integers(0, SIZE - 1)).map(sorted).map(np.array).map(
    lambda ids: ids.astype(int)
)


def all_of(addends: list[Addend], among: np.ndarray | None) -> list[Hit]:
    """Add up everything, those that can add most first."""
    scores = np.zeros(SIZE, np.float32)
    for one in sorted(addends, key=lambda one: -one.most):
        for passage, count in zip(one.passages.tolist(), one.counts, strict=True):
            times = np.float32(count)
            scores[passage] += times / (times + NORMS[one.first + passage]) * np.float32(one.most)
    allowed = range(SIZE) if among is None else among.tolist()
    return sorted(
        (Hit(n, float(scores[n])) for n in allowed if scores[n] > 0),
        key=lambda hit: (-hit.score, hit.passage),
    )


@settings(max_examples=500)
@given(ADDENDS, st.integers(1, 30), SOME, st.integers(1, 40), st.sampled_from([0, 1, 16]))
def test_the_best_are_those_of_all_sums(
    addends: list[Addend], k: int, among: np.ndarray | None, batch: int, dearer: int
) -> None:
    with patch.object(highest, "_BATCH", batch), patch.object(highest, "_DEARER", dearer):
        total, chosen = sums(addends, NORMS, SIZE, k, among)
    assert best(total, k, chosen) == all_of(addends, among)[:k]


def test_what_cannot_be_among_the_best_is_not_looked_at() -> None:
    rare = Addend(np.array([5, 9], np.int32), np.array([3, 2], np.uint8), 4.0)
    common = Addend(np.arange(1000, dtype=np.int32), np.full(1000, 1, np.uint8), 1.0)
    with patch.object(highest, "_BATCH", 1):
        total, chosen = sums([common, rare], np.full(1000, 1, np.float32), 1000, 2)
    assert chosen is not None
    assert chosen.tolist() == [5, 9]
    assert np.flatnonzero(total).tolist() == [5, 9]
