import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import features
from rag.calibration import fit
from rag.confidence import NAMES, confidence, seen

COLUMNS = [features.NAMES.index(name) for name in NAMES]


def candidates(*rows: list[float]) -> np.ndarray:
    matrix = np.zeros((len(rows), len(features.NAMES)), np.float32)
    matrix[:, COLUMNS] = rows
    return matrix


def test_it_looks_at_the_best_three_where_they_speak_most_for_an_answer() -> None:
    matrix = candidates([0.1, 0.2, 0.9, 0.5], [0.8, 0.1, 0.1, 0.4], [0, 0.5, 0, 0.6], [1, 1, 1, 0])
    np.testing.assert_allclose(seen(matrix), [0.8, 0.5, 0.9, 0.4], rtol=1e-6)


@given(st.lists(st.floats(0, 1, width=32), min_size=4, max_size=4), st.integers(0, 3), st.floats(0.01, 1))
def test_more_of_the_question_found_is_never_less_confidence(
    row: list[float], column: int, more: float
) -> None:
    better = list(row)
    better[column] += -more if NAMES[column].startswith("rarest_missing") else more
    assert 0 <= confidence(candidates(row)) < confidence(candidates(better)) + 1e-12 <= 1 + 1e-12


def test_the_fit_finds_the_weights_that_made_the_data() -> None:
    rng = np.random.default_rng(0)
    truth = np.array([2.0, -1.0, 0.5, 0.0, -0.3])
    sets = []
    for _ in range(2):
        x = rng.normal(size=(40_000, 4))
        y = (rng.random(len(x)) < 1 / (1 + np.exp(-(x @ truth[:4] + truth[4])))).astype(float)
        sets.append((x, y))
    weights = fit(sets)
    np.testing.assert_allclose(weights[:4], truth[:4], atol=0.1)
    # Both kinds weigh alike, so the intercept is that of an even share.
    share = sets[0][1].mean()
    assert weights[4] == pytest.approx(truth[4] - np.log(share / (1 - share)), abs=0.1)
