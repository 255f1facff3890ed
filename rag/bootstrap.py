"""How far chance may have moved what was measured on a sample of questions."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Statistic = Callable[[Values], Values]
"""From how often each question counts, (b, n), to the statistic, (b,); NaN where it is undefined."""

RESAMPLES = 1000
SEED = 0
_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Estimate:
    """What was measured, and its 95 % interval.

    The bounds are equal where the questions all agree, which says little when they are few: see ``n``.
    """

    value: float
    low: float
    high: float
    n: int
    """Questions that it was measured on."""


def resamples(n: int, times: int = RESAMPLES, seed: int = SEED) -> Iterator[Values]:
    """Yield samples of ``n`` questions with replacement, as counts (b, n), ``times`` rows in all."""
    random = np.random.default_rng(seed)
    rows = max(1, _AT_ONCE // max(n, 1))
    for first in range(0, times, rows):
        b = min(rows, times - first)
        drawn = random.integers(n, size=(b, n)) + np.arange(b)[:, None] * n
        yield np.bincount(drawn.ravel(), minlength=b * n).reshape(b, n).astype(np.float64)


def interval(samples: Values) -> tuple[float, float]:
    """Return the percentile interval of 95 % (Efron, 1979) of a resampled statistic."""
    low, high = np.nanpercentile(samples, [2.5, 97.5])
    return float(low), float(high)


def estimate(statistics: dict[str, tuple[Statistic, int]], n: int) -> dict[str, Estimate]:
    """Estimate statistics of ``n`` questions from the same resamples.

    Args:
        statistics: by name, the statistic and the number of questions that it rests on; one that
            rests on none, or that these questions leave undefined, is left out.

    """
    once = np.ones((1, n))
    values = {name: float(of(once)[0]) for name, (of, rests) in statistics.items() if rests}
    names = [name for name, value in values.items() if np.isfinite(value)]
    drawn: dict[str, list[Values]] = {name: [] for name in names}
    for counts in resamples(n) if names else ():
        for name in names:
            drawn[name].append(statistics[name][0](counts))
    return {
        name: Estimate(values[name], *interval(np.concatenate(drawn[name])), statistics[name][1])
        for name in names
    }


def mean(values: Values) -> Statistic:
    """Return the mean of ``values`` (n,) over the questions where they are not NaN."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)

    def statistic(counts: Values) -> Values:
        with np.errstate(invalid="ignore"):
            result: Values = (counts @ filled) / (counts @ known.astype(np.float64))
        return result

    return statistic


def quantile(values: Values, share: float) -> Statistic:
    """Return the smallest of ``values`` that at least ``share`` of the questions do not exceed."""
    order = np.argsort(values, kind="stable")
    ascending = values[order]

    def statistic(counts: Values) -> Values:
        below = np.cumsum(counts[:, order], axis=1)
        enough = below >= share * below[:, -1:]
        result: Values = ascending[enough.argmax(axis=1)]
        return result

    return statistic


def auroc(scores: Values, positive: NDArray[np.bool_]) -> Statistic:
    """Return the chance that a positive scores above a negative, ties counting half."""
    order = np.argsort(scores, kind="stable")
    _, starts = np.unique(scores[order], return_index=True)
    positives = positive[order].astype(np.float64)

    def statistic(counts: Values) -> Values:
        drawn = counts[:, order]
        above = np.add.reduceat(drawn * positives, starts, axis=1)
        level = np.add.reduceat(drawn * (1 - positives), starts, axis=1)
        below = np.cumsum(level, axis=1) - level
        pairs = above.sum(axis=1) * level.sum(axis=1)
        with np.errstate(invalid="ignore"):
            result: Values = (above * (below + level / 2)).sum(axis=1) / pairs
        return result

    return statistic


def ece(scores: Values, right: NDArray[np.bool_], bins: int) -> Statistic:
    """Return the expected calibration error over ``bins`` of equal width (Guo et al., 2017)."""
    member = np.eye(bins)[bin_of(scores, bins)]

    def statistic(counts: Values) -> Values:
        gap: Values = counts @ (member * (scores - right)[:, None])
        result: Values = np.abs(gap).sum(axis=1) / counts.sum(axis=1)
        return result

    return statistic


def bin_of(scores: Values, bins: int) -> NDArray[np.int64]:
    """Return the bin of each score in [0, 1]; 1 falls into the last."""
    return np.minimum((scores * bins).astype(np.int64), bins - 1)
