"""Find near vectors among many by short codes, and let the vectors themselves decide.

Each pair of numbers of a vector becomes four bits (product quantisation), and all codes are looked
at (FAISS's fast scan). It was chosen by measurement: the bundled model's vectors do not fall into
clusters, so that inverted lists and graphs miss too many of them; see docs/performance.md.
"""

from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index.embedder import Vectors
from index.vectors import FlatStore, Ids, best_first

FEWEST = 20_000
"""Vectors from which on codes are faster than looking at all of them."""

CANDIDATES = 1000
"""Vectors that are compared with each question."""

LEAST_RECALL = 0.98
"""Share of the best 100 that have to be found; else all vectors are looked at."""

_TRAINED_ON = 65_536
_TRIED, _BEST = 50, 100


class Codes:
    """The codes of some vectors, in their order."""

    def __init__(self, engine: Any, about: dict[str, Any] | None = None) -> None:
        """Serve a trained FAISS index.

        Args:
            about: what a manifest is to say of it.

        """
        self.engine, self.about = engine, about or {}

    @classmethod
    def of(cls, vectors: Vectors) -> "Codes":
        """Make the codes of ``vectors`` (n, dimension), the same every time."""
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)  # sums of another order are other sums
        try:
            dimension = vectors.shape[1]
            kind = f"PQ{dimension // 2}x4fs"
            engine = faiss.index_factory(dimension, kind, faiss.METRIC_INNER_PRODUCT)
            engine.train(vectors[:: 1 + len(vectors) // _TRAINED_ON])
            for start in range(0, len(vectors), _TRAINED_ON):
                engine.add(vectors[start : start + _TRAINED_ON])
        finally:
            faiss.omp_set_num_threads(threads)
        return cls(engine, {"index": kind, "compared": CANDIDATES})

    @classmethod
    def load(cls, path: Path) -> "Codes":
        """Read what `save` wrote."""
        return cls(faiss.read_index(str(path)))

    def save(self, path: Path) -> None:
        """Write the codes."""
        faiss.write_index(self.engine, str(path))


class CodedStore:
    """Searches codes first, then the vectors of the `CANDIDATES` found."""

    def __init__(self, vectors: Vectors, codes: Codes) -> None:
        """Search ``vectors`` (n, dimension), also such as are mapped."""
        self._vectors, self._codes = vectors, codes
        self._flat = FlatStore(vectors)

    def search(self, vectors: Vectors, k: int, among: Ids | None = None) -> tuple[Ids, Vectors]:
        """See `VectorStore.search`; with ``among``, exact."""
        if among is not None:
            return self._flat.search(vectors, k, among)
        found = [self._one(vector, k) for vector in vectors]
        return np.concatenate([ids for ids, _ in found]), np.concatenate([scores for _, scores in found])

    def _one(self, vector: Vectors, k: int) -> tuple[Ids, Vectors]:
        _, near = self._codes.engine.search(vector[None], min(max(CANDIDATES, k), len(self._vectors)))
        ids = np.sort(near[0][near[0] >= 0])
        scores = self._vectors[ids] @ vector
        if len(ids) > k:
            chosen = np.argpartition(-scores, k - 1)[:k]
            ids, scores = ids[chosen], scores[chosen]
        return best_first(ids[None], scores[None], k)

    def recall(self) -> float:
        """Return the share of the best 100 that are found, over some of the vectors as questions."""
        questions = self._vectors[:: 1 + len(self._vectors) // _TRIED]
        k = min(_BEST, len(self._vectors))
        (found, _), (best, _) = self.search(questions, k), self._flat.search(questions, k)
        shares = [len(np.intersect1d(*pair)) / k for pair in zip(found, best, strict=True)]
        return float(np.mean(shares))


def codes_of(vectors: Vectors) -> Codes | None:
    """Make the codes of ``vectors`` (n, dimension); None where looking at all of them is better."""
    if len(vectors) < FEWEST or vectors.shape[1] % 4:
        return None
    codes = Codes.of(vectors)
    recall = CodedStore(vectors, codes).recall()
    codes.about[f"recall@{_BEST}"] = round(recall, 4)
    return codes if recall >= LEAST_RECALL else None
