"""Weigh the sentences of the passages found by how well they answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.embedder import fingerprint_of
from index.generation import Generation, Passage
from index.lexical import cut
from index.static import StaticEmbedder
from rag.confidence import probability, seen
from rag.features import Describer
from rag.followup import says_nothing
from rag.forest import MODEL, Forest
from rag.overlap import Matrix
from rag.question import Question
from rag.reader import Reader
from rag.retrieval import Found
from rag.rival import lead


class Candidate(NamedTuple):
    """A sentence that may answer."""

    sentence: int
    """Its number in the generation."""
    passage: Passage
    score: float
    features: Matrix
    """(features,), in the order of `rag.features.NAMES`."""
    held: Matrix
    """Share of the question that each of its words held is, (words,)."""


@dataclass(frozen=True)
class Weighed:
    """Candidates, best first, and the probability that they answer."""

    candidates: Sequence[Candidate]
    confidence: float


class Ranker:
    """The trained forest over the features of one generation's sentences."""

    def __init__(self, generation: Generation) -> None:
        """Read the bundled model."""
        own = generation.embedder
        vectors = own if isinstance(own, StaticEmbedder) else StaticEmbedder()
        self._generation = generation
        self._describer = Describer(generation, vectors)
        self._reader = Reader(generation, self._describer.likeness)
        self._forest = Forest(MODEL.read_text("utf-8"))
        self.name = f"forest-{fingerprint_of(MODEL)}"

    def weigh(self, question: Question, found: Sequence[Found]) -> Weighed:
        """Score every sentence of ``found``, and say how probable it is that they answer."""
        candidates = self.candidates(question, found)
        if not candidates or says_nothing(self._generation.segmenter.cut(question.plain)):
            return Weighed(candidates, 0.0)
        return Weighed(candidates, probability(self.seen(question, candidates)))

    def seen(self, question: Question, candidates: Sequence[Candidate]) -> NDArray[np.float64]:
        """Return what the confidence looks at, of candidates, best first; see `rag.confidence`."""
        best, asked = candidates[0].passage, cut(question.plain, self._generation.segmenter)
        misnamed = self._describer.titles.misnamed(best.document.title, asked.bigrams)
        read = self._reader.read(question, best)
        return seen(candidates, lead(candidates, self._generation), misnamed, read)

    def candidates(self, question: Question, found: Sequence[Found]) -> list[Candidate]:
        """Score every sentence of ``found``, best first; equal scores in the order of the text."""
        described = self._describer.describe(question, found)
        scores = self._forest.predict(described.features)
        sentences = np.array(described.sentences, np.int64)
        order = np.lexsort((sentences, -scores))
        return list(
            map(
                Candidate,
                sentences[order].tolist(),
                [described.passages[row] for row in order.tolist()],
                scores[order].tolist(),
                described.features[order],
                described.held[order],
            )
        )
