"""Find near vectors among many by short codes, and let the vectors themselves decide.

Each pair of numbers of a vector becomes four bits (product quantisation), and all codes are looked
at (FAISS's fast scan). It was chosen by measurement: the bundled model's vectors do not fall into
clusters, so that inverted lists and graphs miss too many of them; see docs/performance.md.
"""

from pathlib import Path
from typing import Any, NamedTuple

import faiss
import numpy as np
from numpy.typing import NDArray

from index.embedder import Vectors
from index.mapped import mapped
from index.vectors import FlatStore, Ids, best_first

FEWEST = 20_000
"""Vectors from which on codes are faster than looking at all of them."""

CANDIDATES = 1000
"""Vectors that are compared with each question."""

LEAST_RECALL = 0.98
"""Share of the best 100 that have to be found; else all vectors are looked at."""

_BITS, _PAIR = 4, 2
"""What is written for so many numbers of a vector."""
_TRAINED_ON = 1024
"""Vectors are enough: with 4,096 recall@100 is the same."""
_AT_ONCE = 65_536
_TRIED, _BEST = 50, 100
_ODD = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D, 0x27D4EB2F], np.uint32)
"""Primes of xxHash."""
_FILES = ("codes_centroids.npy", "codes.npy")

Rows = NDArray[np.uint8]


class Taken(NamedTuple):
    """The generation before, and what has become of its passages."""

    vectors: Vectors
    codes: "Codes"
    moved: NDArray[np.int32]
    """The number of each passage now, -1 where it is gone."""


class Codes:
    """The codes of some vectors, in their order."""

    def __init__(self, centroids: Vectors, rows: Rows, about: dict[str, Any] | None = None) -> None:
        """Join what `of` made or `load` maps.

        Args:
            centroids: what each code means, (dimension / 2, 16, 2).
            rows: the codes of each vector, (n, dimension / 4).
            about: what a manifest is to say of it.

        """
        self.centroids, self.rows, self.about = centroids, rows, about or {}

    @classmethod
    def of(cls, vectors: Vectors, taken: Taken | None = None) -> "Codes":
        """Make the codes of ``vectors`` (n, dimension), the same whatever is ``taken``."""
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)  # sums of another order are other sums
        try:
            sample, new = _sample(vectors), np.ones(len(vectors), np.bool_)
            rows = np.empty((len(vectors), vectors.shape[1] // _PAIR * _BITS // 8), np.uint8)
            if taken is not None and np.array_equal(_sample(taken.vectors), sample):
                plain, stay = taken.codes.plain(), taken.moved >= 0
                rows[taken.moved[stay]], new[taken.moved[stay]] = taken.codes.rows[stay], False
            else:
                plain = _plain(vectors.shape[1])
                plain.train(sample)
            for some in _parts(np.flatnonzero(new)):
                rows[some] = plain.sa_encode(vectors[some])
        finally:
            faiss.omp_set_num_threads(threads)
        centroids = faiss.vector_to_array(plain.pq.centroids).reshape(-1, 1 << _BITS, _PAIR)
        return cls(centroids, rows, {"index": f"PQ{len(centroids)}x{_BITS}fs", "compared": CANDIDATES})

    @classmethod
    def load(cls, folder: Path) -> "Codes | None":
        """Map what `save` wrote; None where nothing was."""
        centroids, rows = (folder / name for name in _FILES)
        return cls(mapped(centroids), mapped(rows)) if rows.is_file() else None

    def save(self, folder: Path) -> None:
        """Write the codes, and what they mean."""
        centroids, rows = (folder / name for name in _FILES)
        np.save(centroids, self.centroids)
        np.save(rows, self.rows)

    def plain(self) -> Any:
        """Return a FAISS index without a vector."""
        plain = _plain(len(self.centroids) * _PAIR)
        faiss.copy_array_to_vector(self.centroids.ravel(), plain.pq.centroids)
        plain.is_trained = True
        return plain

    def engine(self) -> Any:
        """Return a FAISS index to search, in memory of its own."""
        plain = self.plain()
        faiss.copy_array_to_vector(self.rows.ravel(), plain.codes)
        plain.ntotal = len(self.rows)
        return faiss.IndexPQFastScan(plain)


def _plain(dimension: int) -> Any:
    return faiss.IndexPQ(dimension, dimension // _PAIR, _BITS, faiss.METRIC_INNER_PRODUCT)


def _sample(vectors: Vectors) -> Vectors:
    """Draw vectors by what they are, not by where: most edits leave them the same."""
    drawn = np.ascontiguousarray(vectors[:, :4]).view(np.uint32) @ _ODD
    sample: Vectors = vectors[np.argsort(drawn, kind="stable")[:_TRAINED_ON]]
    return sample


def _parts(numbers: Ids) -> list[Ids]:
    return np.split(numbers, range(_AT_ONCE, len(numbers), _AT_ONCE))


class CodedStore:
    """Searches codes first, then the vectors of the `CANDIDATES` found."""

    def __init__(self, vectors: Vectors, codes: Codes) -> None:
        """Search ``vectors`` (n, dimension), also such as are mapped."""
        self._vectors, self._engine = vectors, codes.engine()
        self._flat = FlatStore(vectors)

    def search(self, vectors: Vectors, k: int, among: Ids | None = None) -> tuple[Ids, Vectors]:
        """See `VectorStore.search`; with ``among``, exact."""
        if among is not None:
            return self._flat.search(vectors, k, among)
        found = [self._one(vector, k) for vector in vectors]
        return np.concatenate([ids for ids, _ in found]), np.concatenate([scores for _, scores in found])

    def _one(self, vector: Vectors, k: int) -> tuple[Ids, Vectors]:
        _, near = self._engine.search(vector[None], min(max(CANDIDATES, k), len(self._vectors)))
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


def codes_of(vectors: Vectors, taken: Taken | None = None) -> Codes | None:
    """Make the codes of ``vectors`` (n, dimension); None where looking at all of them is better."""
    if len(vectors) < FEWEST or vectors.shape[1] % 4:
        return None
    codes = Codes.of(vectors, taken)
    recall = CodedStore(vectors, codes).recall()
    codes.about[f"recall@{_BEST}"] = round(recall, 4)
    return codes if recall >= LEAST_RECALL else None
