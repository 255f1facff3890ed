"""Find the passages that share words with a question."""

from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np

from index.field import Field, Worth, equal
from index.field import Tokens as Tokens
from index.highest import sums
from index.postings import Ids, Scores
from index.segmenter import Segmenter, bigrams, is_han

BIGRAM_WEIGHT = 0.5


class Hit(NamedTuple):
    """A passage with one retriever's score; higher is better."""

    passage: int
    score: float


class LexicalIndex(Protocol):
    """Ranks passages by the words they share with a text."""

    def search(self, text: str, k: int, among: Ids | None = None, worth: Worth = equal) -> list[Hit]:
        """Return at most ``k`` passages that share a word with ``text``, best first.

        With ``among``, ascending ids, only of these. ``worth`` weighs each token.
        """
        ...


def best(scores: Scores, k: int, among: Ids | None = None) -> list[Hit]:
    """Return the ``k`` highest positive scores, of passages ``among`` these ids, equal ones by passage id."""
    positive = np.flatnonzero(scores > 0) if among is None else among[scores[among] > 0]
    if len(positive) > k:
        threshold = np.partition(scores[positive], -k)[-k]
        positive = positive[scores[positive] >= threshold]
    order = np.lexsort((positive, -scores[positive]))[:k]
    chosen = positive[order]
    return list(map(Hit, chosen.tolist(), scores[chosen].tolist()))


class Cut(NamedTuple):
    """The two kinds of token of one text."""

    words: Tokens
    bigrams: Tokens


def cut(text: str, segmenter: Segmenter) -> Cut:
    """Cut ``text`` for both fields.

    Words of other scripts stand beside the bigrams too: they would count for less than Chinese
    words otherwise.
    """
    words = segmenter.words(text)
    others = (word for word in words if not is_han(word))
    return Cut(words, [*bigrams(segmenter.folded(text)), *others])


class Bm25Index:
    """The weighted sum of BM25 over words and BM25 over character bigrams."""

    def __init__(self, words: Field, pairs: Field, segmenter: Segmenter) -> None:
        """Join two fields over the same passages."""
        self.words = words
        self.bigrams = pairs
        self._segmenter = segmenter
        self._norms = np.concatenate([words.postings.norms, pairs.postings.norms])

    @classmethod
    def load(cls, folder: Path, segmenter: Segmenter) -> "Bm25Index":
        """Map what a build wrote."""
        return cls(Field.load(folder / "words"), Field.load(folder / "bigrams"), segmenter)

    def search(self, text: str, k: int, among: Ids | None = None, worth: Worth = equal) -> list[Hit]:
        """See `LexicalIndex.search`."""
        tokens = cut(text, self._segmenter)
        addends = [
            *self.words.addends(tokens.words, worth),
            *self.bigrams.addends(tokens.bigrams, worth, BIGRAM_WEIGHT, self.words.size),
        ]
        scores, chosen = sums(addends, self._norms, self.words.size, k, among)
        return best(scores, k, chosen)
