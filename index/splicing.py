"""Count passages, most of which were counted for the generation before: their postings are taken over."""

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from index import postings
from index.appended import Appended, kind_of
from index.postings import Counted, Passages, Postings

_BLOCK = 1 << 20
"""Postings that are looked at at once."""

Numbers = NDArray[np.int32]
Places = NDArray[np.int64]


class Taken(NamedTuple):
    """Passages of the generation before, and what has become of them."""

    passages: Passages
    postings: Postings
    moved: Numbers
    """The number of each passage now, -1 where it is gone."""
    renamed: Numbers
    """The number of each token now, -1 where it is gone; those that stay keep their order."""


def write(passages: Passages, vocabulary: int, folder: Path, taken: Taken) -> None:
    """Do what `index.postings.write` does, which counts all passages."""
    stay = taken.moved[taken.moved >= 0]
    is_new = np.ones(len(passages.contexts), np.bool_)
    is_new[stay] = False
    gone, new = np.flatnonzero(taken.moved < 0), np.flatnonzero(is_new)
    tokens = max(taken.passages.lengths[gone].sum(), passages.lengths[new].sum())
    if len(stay) and (np.diff(stay) > 0).all() and tokens <= postings.BLOCK:
        out, into = taken.passages.counted_all(gone), passages.counted_all(new)
        postings.save_indptr(_frequencies(taken, out, into, vocabulary), folder)
        _splice(taken, out, into, kind_of(len(passages.contexts)), folder)
    else:
        postings.write(passages, vocabulary, folder)


def _frequencies(taken: Taken, gone: Counted, new: Counted, vocabulary: int) -> Places:
    """Return how many passages hold each token now."""
    left = np.diff(taken.postings.indptr) - np.bincount(gone.tokens, minlength=len(taken.renamed))
    frequencies = np.bincount(new.tokens, minlength=vocabulary)
    stay = taken.renamed >= 0
    frequencies[taken.renamed[stay]] += left[stay]
    return frequencies


def _splice(taken: Taken, gone: Counted, new: Counted, kind: DTypeLike, folder: Path) -> None:
    """Write the postings that stay, in their order, and the new ones between them."""
    old = taken.postings
    indices, counts = Appended(folder / "indices.npy", kind), Appended(folder / "counts.npy", np.uint8)
    leave, come = _places(old, gone.tokens, gone.tokens + 1, gone.passages), _places_among(taken, new)
    moved, passages, times = taken.moved.astype(kind), new.passages.astype(kind), new.counts.astype(np.uint8)
    for start, stop in _blocks(len(old.indices)):
        first, last = np.searchsorted(come, [start, stop if stop < len(old.indices) else stop + 1])
        out = leave[slice(*np.searchsorted(leave, [start, stop]))] - start
        into = come[first:last] - start
        into -= np.searchsorted(out, into)
        stay = np.delete(moved.take(old.indices[start:stop]), out)
        indices.add(np.insert(stay, into, passages[first:last]))
        counts.add(np.insert(np.delete(old.counts[start:stop], out), into, times[first:last]))
    indices.close()
    counts.close()


def _places_among(taken: Taken, new: Counted) -> Places:
    """Return before which of the old postings each new one belongs."""
    passages, tokens = (np.flatnonzero(numbers >= 0) for numbers in (taken.moved, taken.renamed))
    follows = np.searchsorted(taken.moved[passages], new.passages)
    at = np.searchsorted(taken.renamed[tokens], new.tokens)
    known = np.append(taken.renamed[tokens], -1)[at] == new.tokens
    first = np.append(tokens, len(taken.renamed))[at]
    return _places(taken.postings, first, first + known, np.append(passages, len(taken.moved))[follows])


def _places(old: Postings, first: Places, last: Places, passages: Places) -> Places:
    """Return where each passage stands, or would stand, between the beginnings of two tokens."""
    low, high = old.indptr[first].astype(np.int64), old.indptr[last]
    while (open_ := np.flatnonzero(low < high)).size:
        middle = (low[open_] + high[open_]) // 2
        less = old.indices[middle] < passages[open_]
        low[open_[less]] = middle[less] + 1
        high[open_[~less]] = middle[~less]
    return low


def _blocks(size: int) -> list[tuple[int, int]]:
    return list(pairwise([*range(0, max(size, 1), _BLOCK), size]))
