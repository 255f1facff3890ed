from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import features
from rag.calibration import Examples, fit
from rag.confidence import NAMES, confidence, seen

COLUMNS = [features.NAMES.index(name) for name in NAMES[1:]]


class Sentence(NamedTuple):
    score: float
    features: np.ndarray


def candidates(*rows: list[float]) -> list[Sentence]:
    matrix = np.zeros((len(rows), len(features.NAMES)), np.float32)
    matrix[:, COLUMNS] = [row[1:] for row in rows]
    return [Sentence(row[0], of) for row, of in zip(rows, matrix, strict=True)]


def test_it_looks_at_the_best_its_lead_and_what_one_of_the_best_three_misses() -> None:
    rows = [2.5, 0.1, 0.9, 0.7, 0.5], [2, 0.2, 1, 0, 0.4], [1, 0.3, 0.1, 0, 0.6], [0, 0.4, 0, 0, 1]
    np.testing.assert_allclose(seen(candidates(*rows)), [0.5, 0.1, 0.9, 0.7, 0.6], rtol=1e-6)
    np.testing.assert_allclose(seen(candidates(rows[0])), [1, 0.1, 0.9, 0.7, 0.5], rtol=1e-6)


@given(st.lists(st.floats(0, 1, width=32), min_size=5, max_size=5), st.integers(0, 4), st.floats(0.01, 1))
def test_more_of_the_question_found_is_never_less_confidence(
    row: list[float], column: int, more: float
) -> None:
    better = list(row)
    better[column] += -more if NAMES[column].startswith("rarest_missing") else more
    low, high = (confidence(candidates(one, [0.0] * 5)) for one in (row, better))
    assert 0 <= low < high + 1e-12 <= 1 + 1e-12


def test_the_fit_finds_the_weights_that_made_the_data() -> None:
    rng = np.random.default_rng(0)
    truth = np.array([2.0, -1.0, 0.5, 0.0, -0.3])
    sets = []
    for _ in range(2):
        x = rng.normal(size=(40_000, 4))
        y = (rng.random(len(x)) < 1 / (1 + np.exp(-(x @ truth[:4] + truth[4])))).astype(float)
        sets.append(Examples(x, y, y))
    weights = fit(sets)
    np.testing.assert_allclose(weights[:4], truth[:4], atol=0.1)
    # Both kinds weigh alike, so the intercept is that of an even share.
    share = sets[0].kept.mean()
    assert weights[4] == pytest.approx(truth[4] - np.log(share / (1 - share)), abs=0.1)
