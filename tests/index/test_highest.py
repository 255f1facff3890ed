from unittest.mock import patch

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from index import highest
from index.highest import Addend, sums
from index.lexical import Hit, best

SIZE = 24
ADDENDS = st.lists(
    st.builds(
        lambda held, most, worth: Addend(
            np.array(sorted(held), np.int32),
            np.array([held[one] * most for one in sorted(held)], np.float32),
            worth,
            most * worth,
        ),
        st.dictionaries(st.integers(0, SIZE - 1), st.sampled_from([0.3, 0.5, 0.7, 1.0]), min_size=1),
        st.sampled_from([0.1, 0.2, 1.0, 1.7, 4.0]),
        st.sampled_from([0.3, 0.5, 1.0]),
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
        for passage, added in zip(one.passages.tolist(), one.added, strict=True):
            scores[passage] += added * np.float32(one.worth)
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
        total, chosen = sums(addends, SIZE, k, among)
    assert best(total, k, chosen) == all_of(addends, among)[:k]


def test_what_cannot_be_among_the_best_is_not_looked_at() -> None:
    rare = Addend(np.array([5, 9], np.int32), np.array([3, 2], np.float32), 1.0, 4.0)
    common = Addend(np.arange(1000, dtype=np.int32), np.full(1000, 0.5, np.float32), 1.0, 1.0)
    with patch.object(highest, "_BATCH", 1):
        total, chosen = sums([common, rare], 1000, 2)
    assert chosen is not None
    assert chosen.tolist() == [5, 9]
    assert np.flatnonzero(total).tolist() == [5, 9]
