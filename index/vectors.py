"""Find the passages whose vectors are nearest to a question's."""

from typing import Protocol

import faiss
import numpy as np
from numpy.typing import NDArray

from index.embedder import Vectors

Ids = NDArray[np.int64]


class VectorStore(Protocol):
    """Holds one unit vector for each passage."""

    def search(self, vectors: Vectors, k: int, among: Ids | None = None) -> tuple[Ids, Vectors]:
        """Find the ``k`` nearest passages to each of ``vectors`` (q, dimension).

        Returns:
            ids (q, k) and inner products (q, k), best first, equal scores by id; where there are
            fewer passages than ``k``, padded with -1. With ``among``, only these passages.

        """
        ...


class FlatStore:
    """Exact search with FAISS."""

    def __init__(self, vectors: Vectors) -> None:
        """Index ``vectors`` (n, dimension); row numbers are passage ids."""
        self._index = faiss.IndexFlatIP(vectors.shape[1])
        self._index.add(np.ascontiguousarray(vectors))

    def search(self, vectors: Vectors, k: int, among: Ids | None = None) -> tuple[Ids, Vectors]:
        """See `VectorStore.search`."""
        chosen = None
        if among is not None:
            # faiss adds the keyword when it is imported, where type checkers do not see it.
            chosen = faiss.SearchParameters(sel=faiss.IDSelectorBatch(among))  # type: ignore[call-arg]
        scores, ids = self._index.search(vectors, k, params=chosen)
        order = np.lexsort((ids, -scores))
        ids, scores = np.take_along_axis(ids, order, 1), np.take_along_axis(scores, order, 1)
        return ids, np.where(ids < 0, np.float32(-1), scores)
