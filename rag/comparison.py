"""Two evaluations of the same questions, question by question."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from index.errors import SettingError
from rag.asked import Asked
from rag.bootstrap import SEED, Values, interval, mean, resamples
from rag.score import Score

T = TypeVar("T", Asked, Score)

PERMUTATIONS = 10_000
_AT_ONCE = 500


@dataclass(frozen=True)
class Difference:
    """How a metric moved from before to after, over the questions that have it in both.

    ``low`` and ``high`` bound the difference of the means with 95 % (paired bootstrap); ``p`` is that
    of approximate randomisation, two-sided: (c + 1) / (n + 1), where c of n random exchanges of
    before and after, question by question, moved the mean at least as far (Noreen, 1989).
    """

    before: float
    after: float
    low: float
    high: float
    p: float
    n: int
    wins: int
    ties: int
    losses: int


@dataclass(frozen=True)
class Flip:
    """A question that moved."""

    id: str
    question: str
    kind: str
    before: float
    after: float


@dataclass(frozen=True)
class Comparison:
    """What changed between two reports."""

    questions: int
    """In both, with the same id and the same text."""
    only_before: int
    only_after: int
    differences: dict[str, Difference]
    metric: str
    """The one by which questions flipped."""
    flips: list[Flip]
    """Furthest fallen first."""


def outcomes(score: Score) -> dict[str, float]:
    """Return what can be compared of one question."""
    rate = "answered_share" if score.answerable else "false_answer_rate"
    return {**score.metrics, rate: float(score.answered)}


def pairs_of(before: Sequence[Score], now: Sequence[T]) -> list[tuple[Score, T]]:
    """Pair questions that were asked with those that are, or are to be, by id and text.

    Raises:
        SettingError: they have none in common.

    """
    old = {(one.id, one.question): one for one in before}
    pairs = [(old[one.id, one.question], one) for one in now if (one.id, one.question) in old]
    if not pairs:
        raise SettingError("两次评测没有一道相同的题（编号与问题都相同）；请用同一个问题集的报告比较")
    return pairs


def compare(before: Sequence[Score], after: Sequence[Score]) -> Comparison:
    """Pair two evaluations by question; see `pairs_of`."""
    pairs = pairs_of(before, after)
    rows = [(outcomes(one), outcomes(other)) for one, other in pairs]
    names = list(dict.fromkeys(name for _, one in rows for name in one))
    columns = {
        name: np.array([(one.get(name, np.nan), other.get(name, np.nan)) for one, other in rows])
        for name in names
    }
    metric = next((name for name in ("recall@3", "hit@3", "false_answer_rate") if name in columns), names[0])
    moved = [
        Flip(new.id, new.question, new.kind, float(one), float(other))
        for (_, new), (one, other) in zip(pairs, columns[metric], strict=True)
        if np.isfinite(one) and np.isfinite(other) and one != other
    ]
    return Comparison(
        questions=len(pairs),
        only_before=len(before) - len(pairs),
        only_after=len(after) - len(pairs),
        differences={name: found for name in names if (found := _difference(columns[name])) is not None},
        metric=metric,
        flips=sorted(moved, key=lambda flip: flip.after - flip.before),
    )


def _difference(pairs: Values) -> Difference | None:
    """Compare the pairs (n, 2) that are known on both sides."""
    pairs = pairs[np.isfinite(pairs).all(axis=1)]
    if not len(pairs):
        return None
    moved: Values = pairs[:, 1] - pairs[:, 0]
    low, high = interval(np.concatenate([mean(moved)(counts) for counts in resamples(len(moved))]))
    return Difference(
        before=float(pairs[:, 0].mean()),
        after=float(pairs[:, 1].mean()),
        low=low,
        high=high,
        p=randomisation(moved),
        n=len(moved),
        wins=int((moved > 0).sum()),
        ties=int((moved == 0).sum()),
        losses=int((moved < 0).sum()),
    )


def randomisation(moved: Values, times: int = PERMUTATIONS, seed: int = SEED) -> float:
    """Return the p-value of the mean of ``moved``, the differences question by question."""
    random = np.random.default_rng(seed)
    moved = moved[moved != 0]  # a tie is the same either way
    # What is equal but for rounding is as far.
    far = abs(moved.sum()) - 1e-9
    count = 0
    for first in range(0, times, _AT_ONCE):
        shape = (min(_AT_ONCE, times - first), len(moved))
        signs = random.integers(2, size=shape, dtype=np.int8) * 2.0 - 1.0
        count += int((np.abs(signs @ moved) >= far).sum())
    return (count + 1) / (times + 1)
