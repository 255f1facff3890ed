"""The probability that the documents answer a question."""

import math

from rag.features import NAMES
from rag.overlap import Matrix

_BEST_OF = 3  # candidates, as many as there are quotes

# Logistic regression over 650 questions each of CMRC2018 trial and DRCD dev: 400 asked of the whole
# set and 250 of it without the documents that answer them, classes weighed alike.
_WEIGHTS = {
    "soft_with_passage": 5.04,
    "bigrams_with_passage": 4.50,
    "words_new": 1.54,
    "meaning": 1.63,
    "passage_dense": 3.52,
}
_MISSING = ("rarest_missing_in_document", -0.80)
_INTERCEPT = -7.28
_COLUMN = {name: column for column, name in enumerate(NAMES)}


def confidence(features: Matrix) -> float:
    """Return the probability in (0, 1) from the features of the candidates, best first."""
    best = features[:_BEST_OF]
    total = _INTERCEPT + sum(
        weight * float(best[:, _COLUMN[name]].max()) for name, weight in _WEIGHTS.items()
    )
    name, weight = _MISSING
    total += weight * float(best[:, _COLUMN[name]].min())
    return 1 / (1 + math.exp(-total))
