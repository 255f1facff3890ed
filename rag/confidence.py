"""The probability that the documents answer a question."""

import json
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag import features
from rag.overlap import Matrix

MODEL = Path(__file__).parent / "model" / "confidence.json"
NAMES = ("soft_with_passage", "bigrams_with_passage", "passage_dense", "rarest_missing_in_document")
"""The features that it looks at; see docs/ranking.md."""

_BEST_OF = 3  # candidates, as many as there are quotes
_COLUMNS = [features.NAMES.index(name) for name in NAMES]
_LOWEST = np.array([name.startswith("rarest_missing") for name in NAMES])


def seen(candidates: Matrix) -> NDArray[np.float64]:
    """Return each of `NAMES` where the best candidates, best first, speak most for an answer."""
    best = candidates[:_BEST_OF, _COLUMNS].astype(np.float64)
    strongest: NDArray[np.float64] = np.where(_LOWEST, best.min(axis=0), best.max(axis=0))
    return strongest


@cache
def _model() -> tuple[NDArray[np.float64], float]:
    record = json.loads(MODEL.read_text("utf-8"))
    return np.array([record[name] for name in NAMES]), record["intercept"]


def confidence(candidates: Matrix) -> float:
    """Return the probability in (0, 1), by logistic regression, from candidates, best first.

    It was fitted on questions whose documents were there or were taken away; see `rag.calibration`.
    """
    weights, intercept = _model()
    return float(1 / (1 + np.exp(-(seen(candidates) @ weights + intercept))))
