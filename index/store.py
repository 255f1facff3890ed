"""The seam between a generation and where its passages lie."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.documents import Documents
from index.lexical import LexicalIndex
from index.names import Names
from index.postings import Ids
from index.ragged import Ragged
from index.segmenter import Segmenter
from index.term import Term
from index.vectors import VectorStore

Rows = NDArray[np.int64]


class Table(Protocol):
    """Rows by their numbers: an array, or what reads as one."""

    def __len__(self) -> int: ...
    def __getitem__(self, numbers: Any, /) -> Any:
        """Return a row, or those of some numbers below each other."""
        ...


class Lists(Protocol):
    """Lists of token ids, by their numbers."""

    def take(self, numbers: Sequence[int] | NDArray[np.int64], /) -> Ragged:
        """Return some of them, -1 for an empty one."""
        ...


class Tokens(Protocol):
    """One kind of token, of the passages and of their sentences."""

    size: int
    """The number of passages."""

    @property
    def tokens(self) -> Names:
        """All tokens, in the order of their ids."""
        ...

    @property
    def sentences(self) -> Lists:
        """The tokens of each sentence."""
        ...

    @property
    def contexts(self) -> Lists:
        """The tokens of what each passage is about."""
        ...

    def number(self, token: str, /) -> int | None:
        """Return the id of a token, None where no passage holds it."""
        ...

    def ids(self, tokens: Sequence[str], /) -> list[int]:
        """Return the ids of the tokens that some passage holds."""
        ...

    def stand_in(self, tokens: Sequence[int], starts: Ids, stops: Ids, /) -> NDArray[np.bool_]:
        """Tell which tokens stand in ranges of passages, each all of one document's, (tokens, ranges)."""
        ...

    def rarity(self, token: str, /) -> float:
        """Return the inverse document frequency of BM25."""
        ...

    def frequency(self, token: str, /) -> int:
        """Return how many passages hold a token."""
        ...


class Lexical(LexicalIndex, Protocol):
    """Both kinds of token, and the search over them."""

    @property
    def words(self) -> Tokens:
        """The segmenter's words."""
        ...

    @property
    def bigrams(self) -> Tokens:
        """Pairs of characters."""
        ...


class Store(Protocol):
    """What a generation is asked for, wherever it lies."""

    @property
    def documents(self) -> Documents:
        """The documents by their numbers."""
        ...

    @property
    def sentences(self) -> Table:
        """(m, 3): document number, start, end."""
        ...

    @property
    def passages(self) -> Table:
        """(n, 3): document number, first sentence, sentence past the last."""
        ...

    @property
    def dense(self) -> VectorStore:
        """The vectors of the passages."""
        ...

    @property
    def lexical(self) -> Lexical:
        """The tokens of the passages and of their sentences."""
        ...

    @property
    def terms(self) -> Sequence[Term]:
        """The terms of all documents, most frequent first."""
        ...

    @property
    def segmenter(self) -> Segmenter:
        """The segmenter that cut them."""
        ...

    def ranges(self, documents: Sequence[int] | Rows) -> tuple[Rows, Rows]:
        """Return where the passages of each document begin, and where they stop."""
        ...
