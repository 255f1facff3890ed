"""The seam between a generation and where its passages lie."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from index.documents import Documents
from index.lexical import Bm25Index
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
    def lexical(self) -> Bm25Index:
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
