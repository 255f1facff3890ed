"""BM25 over the passages for one kind of token, and the tokens of each sentence."""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.highest import Addend
from index.names import Names
from index.postings import Ids, Postings
from index.ragged import Ragged

Tokens = Sequence[str]
_REMEMBERED = 1 << 16
"""Tokens of questions whose numbers are kept."""

Worth = Callable[[str], float]
"""What a token of the question is worth beside its rarity."""


def equal(_: str) -> float:
    """Hold all tokens worth the same."""
    return 1.0


class Numbered(NamedTuple):
    """The tokens of sentences, and of what the passages are about, by their numbers."""

    sentences: Ragged
    contexts: Ragged
    """One row for each passage."""
    names: Tokens | None = None
    """What has these numbers; None where they are those of a generation."""
    first: int = 0
    """The number of the first of the passages there."""

    def renumbered(self, numbers: NDArray[np.int32]) -> "Numbered":
        """Give each token, by its number, another."""
        parts = (self.sentences, self.contexts)
        sentences, contexts = (Ragged(numbers[one.values], one.bounds) for one in parts)
        return Numbered(sentences, contexts)


class _Entry(NamedTuple):
    column: slice
    """Where its postings are."""
    rarity: float


def rarity_of(frequency: float, size: float) -> float:
    """Return BM25's inverse document frequency, ln(1 + (n - df + ½) / (df + ½)), of n = ``size`` passages."""
    return math.log1p((size - frequency + 0.5) / (frequency + 0.5))


def _entry(indptr: Ids, size: int, token: int) -> _Entry:
    start, stop = indptr[token : token + 2].tolist()
    return _Entry(slice(start, stop), rarity_of(stop - start, size))


class Vocabulary:
    """The tokens of one kind, and how rare each is."""

    def __init__(self, tokens: Names, indptr: Ids, size: int) -> None:
        """Count from ``indptr`` in how many of ``size`` passages each token stands; see `Postings`."""
        self.tokens = tokens
        """All tokens, in the order of their ids."""
        self.number = lru_cache(_REMEMBERED)(tokens.number)
        """Returns the number of a token, None where no passage holds it."""
        self.size = size
        """The number of passages."""
        self._entry = lru_cache(_REMEMBERED)(partial(_entry, indptr, size))

    def ids(self, tokens: Tokens) -> list[int]:
        """Return the ids of the tokens that some passage holds."""
        return [number for token in tokens if (number := self.number(token)) is not None]

    def rarity(self, token: str) -> float:
        """Return `rarity_of` a token."""
        number = self.number(token)
        return rarity_of(0, self.size) if number is None else self._entry(number).rarity

    def frequency(self, token: str) -> int:
        """Return how many passages hold a token."""
        number = self.number(token)
        if number is None:
            return 0
        column = self._entry(number).column
        return int(column.stop - column.start)


class Field(Vocabulary):
    """One kind of token: BM25 over the passages, and the tokens of each sentence."""

    def __init__(self, vocabulary: Names, tokens: Numbered, postings: Postings) -> None:
        """Serve what a `FieldWriter` made or `load` read."""
        super().__init__(vocabulary, postings.indptr, len(tokens.contexts))
        self.sentences, self.contexts = tokens.sentences, tokens.contexts
        self.postings = postings

    @classmethod
    def load(cls, folder: Path) -> "Field":
        """Map what a `FieldWriter` wrote."""
        tokens = Numbered(Ragged.load(folder, "sentences"), Ragged.load(folder, "contexts"))
        return cls(Names.load(folder, "tokens"), tokens, Postings.load(folder))

    def stand_in(self, tokens: Sequence[int], starts: Ids, stops: Ids) -> NDArray[np.bool_]:
        """Tell which tokens stand in ranges of passages, each all of one document's, (tokens, ranges)."""
        # Edges of another type would have all of the postings copied.
        edges = np.concatenate([starts, stops]).astype(self.postings.indices.dtype)
        found = [self.postings.indices[self._entry(token).column].searchsorted(edges) for token in tokens]
        places = np.array(found, np.int64).reshape(-1, len(edges))
        return places[:, : len(starts)] < places[:, len(starts) :]

    def sentence(self, number: int) -> list[int]:
        """Return the token ids of a sentence, in order."""
        ids: list[int] = self.sentences[number].tolist()
        return ids

    def addends(
        self, tokens: Tokens, worth: Worth = equal, weight: float = 1.0, first: int = 0
    ) -> Iterator[Addend]:
        """Yield what each token adds to BM25 times what it is worth and ``weight``; see `Addend.first`."""
        for token in tokens:
            number, times = self.number(token), worth(token) * weight
            if number is not None and times > 0:
                column, rarity = self._entry(number)
                passages, counts = self.postings.indices[column], self.postings.counts[column]
                yield Addend(passages, counts, times * rarity, first)
