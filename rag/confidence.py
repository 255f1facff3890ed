"""The probability that the documents answer a question."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag import features
from rag.overlap import Matrix

MODEL = Path(__file__).parent / "model" / "confidence.json"
NAMES = (
    "found",
    "question_words",
    "asks_figure",
    "figure_missing",
    "bigrams_with_document",
    "named",
    "misnamed",
    "read",
)
"""What it looks at: how much of the question was found, how long it is, whether a figure is asked for and
whether it is missing, features, whether another document is named, and what was read; see docs/ranking.md."""

_BEST_OF = 3  # candidates, as many as there are quotes
_FEW, _ENOUGH = 2, 8  # words of a question; fewer make no less sure, more no surer
_SURE = 6.0  # of what was read; more, or less than the negative of it, is as good
_SOFT, _WORDS, _FIGURE, _ASKS_FIGURE, *_OF_BEST = (
    features.NAMES.index(name)
    for name in ("soft_with_passage", "question_words", "figure", "asks_figure", *NAMES[4:-2])
)


class Described(Protocol):
    """A sentence with the features of `rag.features`."""

    @property
    def features(self) -> Matrix:
        """(features,), in the order of `rag.features.NAMES`."""
        ...


def seen(candidates: Sequence[Described], lead: float, misnamed: float, read: float) -> NDArray[np.float64]:
    """Return `NAMES` of candidates, best first, and of what was told of the best.

    That is its lead (`rag.rival`), whether its document is misnamed (`rag.title`), and what was read of it.
    The features are those of the best; a figure may stand in any of the best three. Found is what its passage
    holds of the question; of what it lacks, as much as it leads: where all is there, others may well say it
    too; where a name is missing, others look as good.
    """
    best = candidates[0]
    soft = float(best.features[_SOFT])
    words = np.log1p(np.clip(float(best.features[_WORDS]), _FEW, _ENOUGH))
    figure = max(float(one.features[_FIGURE]) for one in candidates[:_BEST_OF])
    asks = best.features[_ASKS_FIGURE]
    found = soft + (1 - soft) * lead
    sure = min(max(read, -_SURE), _SURE)
    return np.array(
        [found, words, asks, asks * (1 - figure), *best.features[_OF_BEST], misnamed, sure], np.float64
    )


@cache
def _model() -> tuple[NDArray[np.float64], float]:
    record = json.loads(MODEL.read_text("utf-8"))
    return np.array([record[name] for name in NAMES]), record["intercept"]


def probability(seen: NDArray[np.float64]) -> float:
    """Return the probability in (0, 1), by logistic regression, of what `seen` returns.

    It was fitted on questions whose documents, or the sentences that answer, were there or were taken
    away; see `rag.calibration`.
    """
    weights, intercept = _model()
    return float(1 / (1 + np.exp(-(seen @ weights + intercept))))
