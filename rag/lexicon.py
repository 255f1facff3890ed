"""The words of lessons, by numbers."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.embedder import Vectors
from index.segmenter import Segmenter
from index.static import StaticEmbedder
from rag.lesson import Excerpt, Pair
from rag.reader import ABOUT, ASKED, LONGEST, SENTENCE, inputs, kind_of

NONE = 0
"""The number of no word."""

Numbers = NDArray[np.int64]


class Spelt(NamedTuple):
    """The words of a passage."""

    words: Numbers
    sentences: Numbers
    """The number of the sentence that holds each, -1 for title and headings."""


class Lexicon:
    """Numbers the words of pairs."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        """Cut all texts."""
        self._segmenter = Segmenter()
        self._numbers = {"": NONE}
        self.questions = {text: self._cut(text)[:ASKED] for text in dict.fromkeys(text for text, _ in pairs)}
        self.excerpts = {one: self._spelt(one) for one in dict.fromkeys(excerpt for _, excerpt in pairs)}

    def _cut(self, text: str) -> Numbers:
        words = self._segmenter.words(text)
        return np.array([self._numbers.setdefault(word, len(self._numbers)) for word in words], np.int64)

    def _spelt(self, excerpt: Excerpt) -> Spelt:
        texts = [
            self._cut(excerpt.about)[:ABOUT],
            *(self._cut(text)[:SENTENCE] for text in excerpt.sentences),
        ]
        numbers = np.repeat(np.arange(-1, len(excerpt.sentences)), [*map(len, texts)])
        return Spelt(np.concatenate(texts)[:LONGEST], numbers[:LONGEST])

    def inputs(self, vectors: StaticEmbedder) -> Vectors:
        """Return what is known of each word, zero for no word; see `rag.reader.inputs`."""
        _, *words = self._numbers
        known = inputs(vectors, vectors.rows_of(words), np.array([kind_of(word) for word in words]))
        return np.vstack([np.zeros_like(known[:1]), known])


def padded(lists: Iterable[Numbers], filling: int) -> Numbers:
    """Put lists below one another, all as long as the longest."""
    rows = list(lists)
    table = np.full((len(rows), max(map(len, rows))), filling, np.int64)
    lengths = np.array([*map(len, rows)])
    table[np.arange(table.shape[1]) < lengths[:, None]] = np.concatenate(rows)
    return table
