"""Several processes that mine and cut documents; what comes out does not depend on how many."""

import os
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import islice
from multiprocessing import get_all_start_methods, get_context
from typing import Any, NamedTuple, TypeVar

import numpy as np

from index.document import Document
from index.embedder import Embedder
from index.field import Numbered
from index.ragged import Numbers, Ragged
from index.segmented import Cutter, Segmented
from index.segmenter import Segmenter
from index.term import Term, mine

WORTH = 500_000
"""Characters that are worth a second process."""

PROCESSES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

_BATCH = 32  # documents
_AHEAD = 4  # batches for each process, so that what is not yet needed does not pile up

T = TypeVar("T")


class Part(NamedTuple):
    """Some documents cut, and the names of the numbers that their tokens have here."""

    segmented: list[Segmented]
    words: list[str]
    bigrams: list[str]


_work: Callable[[Sequence[Document]], Any]
"""What a process of the crew does; it has it of its parent, by being its copy."""


def _run(documents: Sequence[Document]) -> Any:
    return _work(documents)


def _begin(parent: int) -> None:
    """End with the parent, however that ends."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _shared(
    work: Callable[[Sequence[Document]], T], documents: Sequence[Document]
) -> Generator[T, None, None]:
    """Yield what ``work`` makes of batch after batch, in order."""
    global _work
    batches = (documents[start : start + _BATCH] for start in range(0, len(documents), _BATCH))
    characters = sum(len(document.text) for document in documents)
    if characters < WORTH or PROCESSES < 2 or "fork" not in get_all_start_methods():
        yield from map(work, batches)
        return
    _work = work
    with ProcessPoolExecutor(PROCESSES, get_context("fork"), _begin, (os.getpid(),)) as pool:
        waiting = [pool.submit(_run, batch) for batch in islice(batches, PROCESSES * _AHEAD)]
        while waiting:
            yield waiting.pop(0).result()
            waiting += [pool.submit(_run, batch) for batch in islice(batches, 1)]


def mine_all(documents: Sequence[Document], segmenter: Segmenter) -> list[list[Term]]:
    """Return the terms of each document."""

    def work(batch: Sequence[Document]) -> list[list[Term]]:
        return [mine([document], segmenter) for document in batch]

    return [terms for part in _shared(work, documents) for terms in part]


def segment_all(
    documents: Sequence[Document], cutter: Cutter, segmenter: Segmenter, embedder: Embedder
) -> Generator[Segmented, None, None]:
    """Yield each document cut, its tokens numbered by ``cutter``; embedded, if that takes words."""

    def work(batch: Sequence[Document]) -> Part:
        own = Cutter(segmenter)
        segmented = [own.segment(document) for document in batch]
        if embedder.reads_words:
            segmented = list(_embedded(segmented, list(own.words), embedder))
        return Part(segmented, list(own.words), list(own.bigrams))

    for part in _shared(work, documents):
        words, bigrams = np.array(cutter.words.of(part.words)), np.array(cutter.bigrams.of(part.bigrams))
        for one in part.segmented:
            yield replace(one, words=_renumbered(one.words, words), bigrams=_renumbered(one.bigrams, bigrams))


def _embedded(
    segmented: Iterable[Segmented], names: Sequence[str], embedder: Embedder
) -> Iterator[Segmented]:
    for one in segmented:
        texts = [" ".join(names[word] for word in one.words_of(n)) for n in range(len(one.passages))]
        yield replace(one, vectors=embedder.embed_passages(texts))


def _renumbered(tokens: Numbered, numbers: Numbers) -> Numbered:
    def anew(lists: Ragged) -> Ragged:
        return Ragged(numbers[lists.values].astype(np.int32) if len(numbers) else lists.values, lists.bounds)

    return Numbered(anew(tokens.sentences), anew(tokens.contexts))
