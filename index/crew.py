"""Several processes that mine and cut documents; what comes out does not depend on how many."""

import os
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import islice
from multiprocessing import get_all_start_methods, get_context
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from index.document import Document
from index.documents import Documents
from index.embedder import Embedder
from index.errors import BuildError
from index.mined import Mined, mine_each
from index.segmented import Segmented, segment
from index.segmenter import Segmenter

WORTH = 500_000
"""Characters that are worth a second process."""

PROCESSES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

_BATCH = 150_000
"""Characters that a process takes at once, at the most."""
_SHARES = 10
"""Batches that each process gets at least, so that all end at about the same time."""
_AHEAD = 4  # batches for each process, so that what is not yet needed does not pile up

Numbers = NDArray[np.int64]
T = TypeVar("T")


_work: Callable[[Numbers], Any]
"""What a process of the crew does; as a copy of its parent it has it from there."""


def _run(numbers: Numbers) -> Any:
    return _work(numbers)


def _begin(parent: int) -> None:
    """End with the parent, however that ends."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def batches_of(documents: Documents, numbers: Numbers, characters: int) -> list[Numbers]:
    """Cut ascending numbers of documents into runs without gaps, of about so many characters each."""
    if not len(numbers):
        return []
    full = np.diff(np.cumsum(documents.characters[numbers]) // characters) > 0
    return np.split(numbers, 1 + np.flatnonzero(full | (np.diff(numbers) > 1)))


def _shared(
    work: Callable[[Sequence[Document]], T], documents: Documents, numbers: Numbers, segmenter: Segmenter
) -> Generator[tuple[Numbers, T], None, None]:
    """Yield some of the ``numbers``, and what ``work`` makes of these documents, in order."""
    global _work

    def run(some: Numbers) -> T:
        return work([documents.read(number) for number in some.tolist()])

    characters = documents.characters[numbers].sum()
    batches = iter(batches_of(documents, numbers, min(_BATCH, 1 + characters // (PROCESSES * _SHARES))))
    if characters < WORTH or PROCESSES < 2 or "fork" not in get_all_start_methods():
        yield from ((some, run(some)) for some in batches)
        return
    _work = run
    segmenter.load()
    with _told(), ProcessPoolExecutor(PROCESSES, get_context("fork"), _begin, (os.getpid(),)) as pool:
        waiting = [(some, pool.submit(_run, some)) for some in islice(batches, PROCESSES * _AHEAD)]
        while waiting:
            some, result = waiting.pop(0)
            yield some, result.result()
            waiting += [(some, pool.submit(_run, some)) for some in islice(batches, 1)]


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BrokenProcessPool as error:  # the system kills who takes the last of its memory
        raise BuildError(
            "建索引的一个进程中途消失了，多半是内存不够；原有索引未受影响，请腾出内存后再试"
        ) from error


def mine_all(
    documents: Documents, numbers: Numbers, segmenter: Segmenter
) -> Generator[tuple[Numbers, Mined], None, None]:
    """Yield the terms of documents, some at a time: their numbers, and what was mined in them."""
    return _shared(lambda some: mine_each(some, segmenter), documents, numbers, segmenter)


def segment_all(
    documents: Documents, numbers: Numbers, segmenter: Segmenter, embedder: Embedder
) -> Generator[tuple[Numbers, Segmented], None, None]:
    """Yield documents cut, some at a time: their numbers, and what became of them; see `segment`."""
    return _shared(lambda some: segment(some, segmenter, embedder), documents, numbers, segmenter)
