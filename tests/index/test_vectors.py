import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.codes import CodedStore, Codes
from index.vectors import FlatStore


def brute_force(
    vectors: np.ndarray, question: np.ndarray, k: int, among: list[int]
) -> list[tuple[int, float]]:
    scored = [(i, float(np.dot(vectors[i].astype(np.float64), question))) for i in among]
    return sorted(scored, key=lambda pair: (-round(pair[1], 5), pair[0]))[:k]


STORES = {"flat": FlatStore, "codes": lambda vectors: CodedStore(vectors, Codes.of(vectors))}


@pytest.mark.parametrize("store", STORES)
@settings(max_examples=50)
@given(seed=st.integers(0, 999), n=st.integers(16, 60), k=st.integers(1, 80), some=st.booleans())
def test_exact_search(store: str, seed: int, n: int, k: int, some: bool) -> None:
    """Every store, as long as there are no more vectors than codes leave to be compared."""
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 8)).astype(np.float32)
    vectors[n // 2] = vectors[0]  # equal scores
    question = rng.normal(size=(1, 8)).astype(np.float32)
    among = (
        sorted(rng.choice(n, size=rng.integers(1, n + 1), replace=False).tolist()) if some else list(range(n))
    )
    ids, scores = STORES[store](vectors).search(question, k, np.array(among) if some else None)
    expected = brute_force(vectors, question[0], k, among)
    found = [(i, s) for i, s in zip(ids[0].tolist(), scores[0].tolist(), strict=True) if i >= 0]
    np.testing.assert_allclose([s for _, s in found], [s for _, s in expected], rtol=1e-4, atol=1e-5)
    if k >= len(among):
        assert {i for i, _ in found} == set(among)
    assert ids.shape == scores.shape == (1, k)
    assert (ids[0, len(expected) :] == -1).all()
    assert (scores[0, len(expected) :] == -1).all()


def test_equal_scores_come_by_id() -> None:
    ids, _ = FlatStore(np.ones((5, 4), np.float32)).search(np.ones((1, 4), np.float32), 5)
    assert ids.tolist() == [[0, 1, 2, 3, 4]]
