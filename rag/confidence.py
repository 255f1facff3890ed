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
    "gap",
    "question_words",
    "asks_figure",
    "figure_missing",
    "soft_with_passage",
    "bigrams_with_document",
    "named",
)
"""What it looks at: by how much the best score leads, how long the question is, whether a figure is asked
for and whether it is missing, and features; see docs/ranking.md."""

_BEST_OF = 3  # candidates, as many as there are quotes
_ENOUGH = 8  # words of a question; more of them make no surer
_LEAD = 1.0  # of a sentence that is alone; about as much as the best of many leads by
_WORDS, _FIGURE, _ASKS_FIGURE, *_OF_BEST = (
    features.NAMES.index(name) for name in ("question_words", "figure", "asks_figure", *NAMES[4:])
)


class Scored(Protocol):
    """A sentence with the ranker's score and the features of `rag.features`."""

    @property
    def score(self) -> float:
        """Higher is better."""
        ...

    @property
    def features(self) -> Matrix:
        """(features,), in the order of `rag.features.NAMES`."""
        ...


def seen(candidates: Sequence[Scored]) -> NDArray[np.float64]:
    """Return `NAMES` of candidates, best first.

    The features are those of the best; a figure may stand in any of the best three.
    """
    best = candidates[0]
    lead = best.score - candidates[1].score if len(candidates) > 1 else _LEAD
    words = np.log1p(min(float(best.features[_WORDS]), _ENOUGH))
    figure = max(float(one.features[_FIGURE]) for one in candidates[:_BEST_OF])
    asks = best.features[_ASKS_FIGURE]
    return np.array([lead, words, asks, asks * (1 - figure), *best.features[_OF_BEST]], np.float64)


@cache
def _model() -> tuple[NDArray[np.float64], float]:
    record = json.loads(MODEL.read_text("utf-8"))
    return np.array([record[name] for name in NAMES]), record["intercept"]


def confidence(candidates: Sequence[Scored]) -> float:
    """Return the probability in (0, 1), by logistic regression, from candidates, best first.

    It was fitted on questions whose documents, or the sentences that answer, were there or were taken
    away; see `rag.calibration`.
    """
    weights, intercept = _model()
    return float(1 / (1 + np.exp(-(seen(candidates) @ weights + intercept))))
