from statistics import fmean

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.bootstrap import Statistic, Values, auroc, bin_of, ece, estimate, interval, mean, quantile, resamples

ROWS = st.lists(
    st.tuples(st.integers(0, 6).map(lambda n: n / 6), st.booleans(), st.integers(0, 3)),
    min_size=1,
    max_size=25,
)


def expanded(rows: list[tuple[float, bool, int]]) -> tuple[list[float], list[bool]]:
    """Write out each question as often as it counts."""
    return [s for s, _, n in rows for _ in range(n)], [b for _, b, n in rows for _ in range(n)]


def counted(of: Statistic, rows: list[tuple[float, bool, int]]) -> float:
    return float(of(np.array([[n for _, _, n in rows]], float))[0])


@given(ROWS)
def test_each_statistic_is_that_of_the_questions_written_out(rows: list[tuple[float, bool, int]]) -> None:
    scores, flags = np.array([s for s, _, _ in rows]), np.array([b for _, b, _ in rows])
    drawn, truths = expanded(rows)
    if not drawn:
        return
    assert counted(mean(scores), rows) == pytest.approx(fmean(drawn))
    for share in (0.5, 0.99):
        want = min(s for s in drawn if sum(other <= s for other in drawn) >= share * len(drawn))
        assert counted(quantile(scores, share), rows) == want
    pairs = [
        (s > t) + (s == t) / 2
        for s, positive in zip(drawn, truths, strict=True)
        for t, other in zip(drawn, truths, strict=True)
        if positive and not other
    ]
    if pairs:
        assert counted(auroc(scores, flags), rows) == pytest.approx(fmean(pairs))
    else:
        assert np.isnan(counted(auroc(scores, flags), rows))
    gap = 0.0
    for number in range(5):
        held = [
            i for i, s in enumerate(drawn) if number / 5 <= s < (number + 1) / 5 or (number == 4 and s == 1)
        ]
        if held:
            gap += len(held) * abs(fmean(drawn[i] for i in held) - fmean(truths[i] for i in held))
    assert counted(ece(scores, flags, 5), rows) == pytest.approx(gap / len(drawn))


def test_values_that_are_not_known_do_not_count() -> None:
    values = np.array([1.0, np.nan, 0.0])
    assert mean(values)(np.array([[1.0, 5.0, 3.0], [0.0, 9.0, 1.0]])).tolist() == [0.25, 0.0]


def test_the_bins_of_confidence() -> None:
    assert bin_of(np.array([0, 0.0999, 0.1, 0.95, 1.0]), 10).tolist() == [0, 0, 1, 9, 9]


def test_resamples_are_samples_with_replacement() -> None:
    counts = np.concatenate(list(resamples(7, 300)))
    assert counts.shape == (300, 7)
    assert set(counts.sum(axis=1)) == {7.0}
    assert counts.mean() == 1
    assert 0.7 < counts.var() < 1.0  # binomial: 6/7
    assert (np.concatenate(list(resamples(7, 300))) == counts).all()
    assert (np.concatenate(list(resamples(7, 300, seed=1))) != counts).any()


@pytest.mark.parametrize("kind", ["share", "graded"])
def test_intervals_cover_the_truth_in_93_to_97_of_100_sets(kind: str) -> None:
    random = np.random.default_rng(7)

    def draw() -> Values:
        return (
            random.random(200) < 0.7
            if kind == "share"
            else random.choice([0, 0.5, 1], 200, p=[0.2, 0.2, 0.6])
        )  # type: ignore[return-value]

    covered = 0
    counts = list(resamples(200))
    for _ in range(1000):
        low, high = interval(np.concatenate([mean(draw().astype(float))(some) for some in counts]))
        covered += low <= 0.7 <= high
    assert 930 <= covered <= 970


def test_estimates_are_paired_and_what_cannot_be_told_is_left_out() -> None:
    values = np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    nothing = np.full(5, np.nan)
    found = estimate({"a": (mean(values), 5), "b": (mean(values), 5), "c": (mean(nothing), 0)}, 5)
    assert found["a"] == found["b"]
    assert found["a"].low < found["a"].value == 0.6 < found["a"].high
    assert set(found) == {"a", "b"}
