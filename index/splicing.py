"""Score passages, most of which were counted for the generation before: their postings are taken over."""

from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index import postings
from index.postings import Counted, Passages, Postings, Sheet

_BLOCK = 1 << 17
"""Postings that are looked at at once: what is made of them stays near the processor."""

Numbers = NDArray[np.int32]
Places = NDArray[np.int64]


class Taken(NamedTuple):
    """Postings, and what has become of their passages and tokens."""

    postings: Postings
    passages: Numbers
    """The number of each passage now, -1 where it is gone."""
    tokens: Numbers
    """The number of each token now, -1 where it is gone; those that stay keep their order."""


def write(passages: Passages, vocabulary: int, folder: Path, before: Taken) -> None:
    """Do what `index.postings.write` does, which counts all passages."""
    taken = before._replace(passages=_countable(before))
    stay = taken.passages[taken.passages >= 0]
    new = np.ones(len(passages.contexts), np.bool_)
    new[stay] = False
    if len(stay) and (np.diff(stay) > 0).all() and passages.lengths[new].sum() <= postings.BLOCK:
        _splice(taken, passages.counted_all(np.flatnonzero(new)), passages, vocabulary, folder)
    else:
        postings.write(passages, vocabulary, folder)


def _countable(taken: Taken) -> Numbers:
    """Have the passages gone that have a token more often than was written down."""
    numbers = taken.passages.copy()
    for start, stop in _blocks(len(taken.postings.counts)):
        many = taken.postings.counts[start:stop] == postings.MOST
        numbers[taken.postings.indices[start:stop][many]] = -1
    return numbers


def _splice(taken: Taken, new: Counted, passages: Passages, vocabulary: int, folder: Path) -> None:
    old = taken.postings
    frequencies = _frequencies(taken, new, vocabulary)
    sheet = Sheet(frequencies, passages.lengths, folder)
    places, blocks = _places(taken, new), _blocks(len(old.indices))
    parts = np.searchsorted(places, [start for start, _ in blocks]).tolist()
    done = 0
    for (start, stop), (first, last) in zip(blocks, pairwise([*parts, len(places)]), strict=True):
        numbers = taken.passages[old.indices[start:stop]]
        gone = np.flatnonzero(numbers < 0)
        at = places[first:last] - start
        at -= np.searchsorted(gone, at)
        numbers = np.insert(np.delete(numbers, gone), at, new.passages[first:last])
        counts = np.delete(old.counts[start:stop], gone).astype(np.int64)
        counts = np.insert(counts, at, new.counts[first:last])
        here = slice(done, done + len(numbers))
        sheet.put(here, Counted(_tokens(sheet.indptr, here), numbers, counts))
        done = here.stop


def _tokens(indptr: Places, places: slice) -> Places:
    """Return the token of each of some postings."""
    first, last = np.searchsorted(indptr, places.start, "right") - 1, np.searchsorted(indptr, places.stop)
    inside = np.clip(indptr[first : last + 1], places.start, places.stop)
    return np.repeat(np.arange(first, last), np.diff(inside))


def _frequencies(taken: Taken, new: Counted, vocabulary: int) -> Places:
    """Return how many passages hold each token now."""
    old = taken.postings
    left = np.diff(old.indptr)
    for start, stop in _blocks(len(old.indices)):
        gone = start + np.flatnonzero(taken.passages[old.indices[start:stop]] < 0)
        np.subtract.at(left, np.searchsorted(old.indptr, gone, "right") - 1, 1)
    frequencies = np.bincount(new.tokens, minlength=vocabulary)
    stay = taken.tokens >= 0
    frequencies[taken.tokens[stay]] += left[stay]
    return frequencies


def _places(taken: Taken, new: Counted) -> Places:
    """Return before which of the old postings each new one belongs."""
    passages, tokens = (np.flatnonzero(numbers >= 0) for numbers in (taken.passages, taken.tokens))
    follows = np.searchsorted(taken.passages[passages], new.passages)
    before = np.append(passages, len(taken.passages))[follows]
    at = np.searchsorted(taken.tokens[tokens], new.tokens)
    known = np.append(taken.tokens[tokens], -1)[at] == new.tokens
    column = np.append(tokens, len(taken.tokens))[at]
    low, high = taken.postings.indptr[column], taken.postings.indptr[column + known]
    while (left := np.flatnonzero(low < high)).size:
        middle = (low[left] + high[left]) // 2
        less = taken.postings.indices[middle] < before[left]
        low[left[less]] = middle[less] + 1
        high[left[~less]] = middle[~less]
    return low


def _blocks(size: int) -> list[tuple[int, int]]:
    return list(pairwise([*range(0, max(size, 1), _BLOCK), size]))
