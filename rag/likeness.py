"""How near in meaning the words of a question and of sentences are."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.generation import Generation
from index.ragged import Ragged
from index.static import StaticEmbedder
from index.store import Rows
from rag.overlap import Matrix

_BLOCK = 16
"""Columns that OpenBLAS multiplies at once; fewer take longer."""


class Likeness:
    """Compares by the vectors of the bundled model."""

    def __init__(self, generation: Generation, vectors: StaticEmbedder) -> None:
        """Look up the vector of each word of the generation."""
        self.vectors = vectors
        self.rows = vectors.rows_of(generation.lexical.words.tokens)
        """Of each word of the generation, -1 where the model lacks it."""
        self._lengths = np.zeros(generation.sentences, np.float32)
        """Of the sum of each sentence's word vectors; 0 where it is not known yet."""

    def of(self, words: Sequence[str], sentences: Rows, texts: Ragged) -> tuple[Matrix, Matrix]:
        """Match each word of a question with the nearest word of each sentence.

        Args:
            words: of the question, each once.
            texts: the words of ``sentences``.

        Returns:
            the likeness of the nearest word, (words, sentences) in [0, 1]; and the cosine of the
            question's words and each sentence's, (sentences,).

        """
        aims = self._aims(words)
        distinct, places = _distinct(texts.values, len(self.rows))
        rows = self.rows.take(distinct)
        along = np.ascontiguousarray((self.vectors.rows(rows) @ aims.T)[:, : len(words) + 1].T)
        along[:-1] /= self.vectors.lengths.take(rows)
        along = along.take(places, axis=1)
        best, sums = np.zeros((len(words), len(texts)), np.float32), np.zeros(len(texts), np.float32)
        if len(full := np.flatnonzero(texts.lengths)):
            starts = texts.bounds.take(full)
            best[:, full] = np.maximum.reduceat(along[:-1], starts, axis=1)
            sums[full] = np.add.reduceat(along[-1], starts, dtype=np.float64)
        return best.clip(0, 1), sums / self._lengths_of(sentences, texts)

    def _aims(self, words: Sequence[str]) -> Matrix:
        """Return the unit vectors of words, then that of their sum, then zeros up to a whole block."""
        rows = self.vectors.rows_of(words)
        aims = np.zeros((-(-(len(words) + 1) // _BLOCK) * _BLOCK, self.vectors.dimension), np.float32)
        vectors = self.vectors.rows(rows)
        whole = vectors.sum(axis=0)
        aims[: len(words)] = vectors / self.vectors.lengths.take(rows)[:, None]
        aims[len(words)] = whole / max(float(whole @ whole) ** 0.5, 1e-12)
        return aims

    def _lengths_of(self, sentences: Rows, texts: Ragged) -> Matrix:
        """Return the length of the sum of each sentence's word vectors, never zero, (sentences,)."""
        lengths = self._lengths.take(sentences)
        for place in np.flatnonzero(lengths == 0).tolist():
            rows = self.vectors.rows(self.rows.take(texts[place]))
            lengths[place] = max(float(np.linalg.norm(rows.sum(axis=0))), 1e-12)
        self._lengths[sentences] = lengths
        return lengths


def _distinct(numbers: NDArray[np.integer], bound: int) -> tuple[Rows, Rows]:
    """Return the different numbers below ``bound``, and the place of each number among them."""
    values, each = numbers.astype(np.int64), np.arange(len(numbers))
    last = np.empty(bound, np.int64)
    last[values] = each  # of those alike, the last is written last
    kept = np.flatnonzero(last.take(values) == each)
    distinct = values.take(kept)
    last[distinct] = each[: len(kept)]
    return distinct, last.take(values)
