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
    """Exact search with FAISS, over vectors that stay where they are."""

    def __init__(self, vectors: Vectors) -> None:
        """Search ``vectors`` (n, dimension), also such as are mapped; row numbers are passage ids."""
        self._vectors = vectors

    def search(self, vectors: Vectors, k: int, among: Ids | None = None) -> tuple[Ids, Vectors]:
        """See `VectorStore.search`."""
        rows = self._vectors if among is None else self._vectors[among]
        # More than there are is not foreseen in knn.
        scores, ids = faiss.knn(vectors, rows, min(k, len(rows)), metric=faiss.METRIC_INNER_PRODUCT)
        return best_first(ids if among is None else among[ids], scores, k)


def best_first(ids: Ids, scores: Vectors, k: int) -> tuple[Ids, Vectors]:
    """Order what was found (q, at most k), equal scores by id, and pad it to ``k`` with -1."""
    best_ids, best_scores = np.full((len(ids), k), -1, np.int64), np.full((len(ids), k), -1, np.float32)
    for row, (found, near) in enumerate(zip(ids, scores, strict=True)):
        order = np.lexsort((found, -near))
        best_ids[row, : len(order)] = found[order]
        best_scores[row, : len(order)] = near[order]
    return best_ids, best_scores
