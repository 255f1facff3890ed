"""By how much the document that answers best leads the others.

Reports that differ in little but the company answer each other's questions: where the right one was
taken away, a sentence of the next looks as good, and so does one of the document after that. The one
that answers stands alone.
"""

from collections.abc import Sequence
from typing import Protocol

from index.generation import Generation, Passage
from rag.features import NAMES
from rag.overlap import Matrix
from rag.title import NAMED

UNRIVALLED = 0.55
"""The lead where there is one document only: about that of an average question of many documents."""
_ENOUGH = 10
"""Other documents; to lead fewer says less, for what is unlike all of them leads whatever is asked."""
_MOST = 6.0  # of the ranker's score; a greater lead makes no surer
_NAMED = NAMES.index("named")


class Ranked(Protocol):
    """A sentence with its place, the ranker's score and the features of `rag.features`."""

    @property
    def sentence(self) -> int:
        """Its number in the generation."""
        ...

    @property
    def passage(self) -> Passage:
        """Where it stands."""
        ...

    @property
    def score(self) -> float:
        """Higher is better."""
        ...

    @property
    def features(self) -> Matrix:
        """(features,), in the order of `rag.features.NAMES`."""
        ...


def lead(candidates: Sequence[Ranked], generation: Generation) -> float:
    """Return by how much the best of candidates, best first, leads those of rival documents, in [0, 1].

    Documents that the question names are no rivals, and a sentence that says the very same is none either.
    """
    others = len(generation.documents) - 1
    most = UNRIVALLED + (1 - UNRIVALLED) * min(others / _ENOUGH, 1)
    best = candidates[0]
    said = _text(best, generation)
    for other in candidates[1:]:
        elsewhere = other.passage.document.id != best.passage.document.id
        if elsewhere and other.features[_NAMED] < NAMED and _text(other, generation) != said:
            return min((best.score - other.score) / _MOST, most)
    return most


def _text(candidate: Ranked, generation: Generation) -> str:
    start, end = generation.sentence(candidate.sentence)
    return candidate.passage.document.text[start:end]
