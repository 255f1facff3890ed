"""How near a search of all vectors comes to only reading them."""

from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import faiss
import numpy as np

from benchmarks.speed.figure import Figure, compare, ratio
from index.mapped import mapped
from index.vectors import FlatStore

COUNT, DIMENSION = 200_000, 192
TURNS = 9
"""More than elsewhere: each takes milliseconds."""


def _taken(work: Callable[[], object]) -> float:
    begun = perf_counter()
    work()
    return perf_counter() - begun


def measure() -> list[Figure]:
    """Search mapped vectors on one thread, in turns with what does no more than read them."""
    rng = np.random.default_rng(0)
    with TemporaryDirectory() as scratch:
        path = Path(scratch, "vectors.npy")
        np.save(path, rng.normal(size=(COUNT, DIMENSION)).astype(np.float32))
        vectors = mapped(path)
        question = vectors[:1].copy()
        store = FlatStore(vectors)
        readings = (vectors.max, vectors.view(np.int64).max)  # each was the fastest on some machine
        faiss.omp_set_num_threads(1)
        ours, theirs = compare(
            lambda: _taken(lambda: store.search(question, 100)),
            lambda: min(_taken(reading) for reading in readings),
            TURNS,
        )
    bandwidth = vectors.nbytes / median(theirs) / 1e9
    return [
        Figure(
            f"flat search of one question, {COUNT:,} × {DIMENSION} numbers, one thread",
            f"{median(ours) * 1000:.1f} ms",
            f"only reading them ({bandwidth:.1f} GB/s): {median(theirs) * 1000:.1f} ms",
            ratio(ours, theirs),
            "≤ 1.5",
        )
    ]
