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
    order = np.lexsort((ids, -scores))
    missing = ((0, 0), (0, k - ids.shape[1]))
    found = (np.take_along_axis(ids, order, 1), np.take_along_axis(scores, order, 1))
    padded_ids, padded_scores = (np.pad(one, missing, constant_values=-1) for one in found)
    return padded_ids.astype(np.int64), padded_scores.astype(np.float32)
