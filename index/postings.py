"""Which passages hold each token and how often, counted in blocks of what lies on disk."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from index.appended import kind_of, wide_kind_of
from index.mapped import mapped
from index.ragged import Ragged

Scores = NDArray[np.float32]
Ids = NDArray[np.integer]

K1, B = 0.9, 0.4
"""Of BM25, as Anserini has them; better here than 1.5 and 0.75 on four sets of questions."""

BLOCK = 1 << 20
"""Tokens that are counted at once."""

MOST = 255
"""Counted for this many and more: a byte is enough for all but the strangest passages."""


class Counted(NamedTuple):
    """How often each token stands in some passages, at most `MOST`, by token, then by passage."""

    tokens: NDArray[np.int64]
    passages: NDArray[np.int64]
    counts: NDArray[np.int64]


class Postings(NamedTuple):
    """The passages that hold each token, token by token."""

    indices: Ids
    """The passages, ascending for each token."""
    counts: NDArray[np.uint8]
    """How often each passage holds the token, at most `MOST`."""
    indptr: Ids
    """Where each token's passages begin, and the last one's end."""
    norms: Scores
    """What the length of each passage adds to its counts; see `Bm25`."""

    @classmethod
    def load(cls, folder: Path) -> "Postings":
        """Map what a `FieldWriter` wrote."""
        return cls(*(mapped(folder / f"{name}.npy") for name in cls._fields))


class Passages(NamedTuple):
    """The tokens of passages, by number."""

    sentences: Ragged
    contexts: Ragged
    """One list for each passage."""
    firsts: Ids
    """The first sentence of each passage, and the end of the last one's."""

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How many tokens each passage has."""
        return np.diff(self.sentences.bounds[self.firsts]) + self.contexts.lengths

    def counted(self, start: int, stop: int) -> Counted:
        """Count the tokens of the passages in [start, stop)."""
        inside = self.sentences.bounds[self.firsts[start : stop + 1]]
        around = self.contexts.bounds[start : stop + 1]
        pairs = np.concatenate(self._tokens(start, stop)).astype(np.int64)
        pairs <<= 32
        lengths = np.concatenate([np.diff(inside), np.diff(around)])
        pairs |= np.repeat(np.tile(np.arange(start, stop), 2), lengths)
        pairs.sort()
        first = np.ones(len(pairs), np.bool_)
        np.not_equal(pairs[1:], pairs[:-1], out=first[1:])
        places = np.flatnonzero(first)
        size, pairs = len(pairs), pairs[places]
        counts = np.minimum(np.diff(places, append=size), MOST)
        return Counted(pairs >> 32, pairs & 0xFFFFFFFF, counts)

    def frequencies(self, numbers: NDArray[np.int64], vocabulary: int) -> NDArray[np.int64]:
        """Count how many of some passages, by their ascending numbers, hold each token."""
        held = np.zeros(vocabulary, np.int64)
        for start, stop in _blocks(self.lengths[numbers]):
            held += np.bincount(self.counted_all(numbers[start:stop]).tokens, minlength=vocabulary)
        return held

    def _tokens(self, start: int, stop: int) -> list[Ids]:
        inside, around = (
            self.sentences.bounds[self.firsts[[start, stop]]],
            self.contexts.bounds[[start, stop]],
        )
        return [self.sentences.values[slice(*inside)], self.contexts.values[slice(*around)]]

    def counted_all(self, numbers: NDArray[np.int64]) -> Counted:
        """Count the tokens of some passages, by their ascending numbers."""
        parts = [self.counted(0, 0), *(self.counted(run[0], run[-1] + 1) for run in _runs(numbers))]
        tokens, passages, counts = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        order = np.lexsort((passages, tokens))
        return Counted(tokens[order], passages[order], counts[order])


class Bm25(NamedTuple):
    """Robertson and Zaragoza's BM25, with the inverse document frequency of Lucene."""

    rarities: NDArray[np.float64]
    """`index.field.rarity_of` of each token, but for the last bit: numpy's logarithm is another."""
    norms: Scores
    """What each passage's length adds to its counts."""

    @classmethod
    def of(cls, frequencies: Ids, lengths: NDArray[np.int64]) -> "Bm25":
        """Count with the number of passages that hold each token, and with that of each passage's tokens."""
        n = len(lengths)
        return cls(np.log1p((n - frequencies + 0.5) / (frequencies + 0.5)), norms_of(lengths))

    def added(self, one: Counted) -> Scores:
        """Return what each token adds to the score of the passage that holds it."""
        added = self.rarities[one.tokens] * one.counts / (one.counts + self.norms[one.passages])
        return added.astype(np.float32)


def _runs(numbers: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Part ascending numbers where one is left out."""
    return [run for run in np.split(numbers, 1 + np.flatnonzero(np.diff(numbers) > 1)) if len(run)]


def norms_of(lengths: NDArray[np.int64]) -> Scores:
    """Return what the length of each passage adds to its counts."""
    average = max(lengths.mean(), 1e-9) if len(lengths) else 1.0
    norms: Scores = (K1 * (1 - B + B * lengths / average)).astype(np.float32)
    return norms


def write(passages: Passages, vocabulary: int, folder: Path) -> None:
    """Write which passages hold each token.

    Args:
        vocabulary: the number of tokens.

    """
    starts = list(_blocks(passages.lengths))
    count = lru_cache(2)(passages.counted)  # where all is two blocks, it is counted once
    frequencies = np.zeros(vocabulary, np.int64)
    for block in starts:
        frequencies += np.bincount(count(*block).tokens, minlength=vocabulary)
    indptr = save_indptr(frequencies, folder)
    indices = _new(folder / "indices.npy", kind_of(len(passages.contexts)), indptr[-1])
    counts = _new(folder / "counts.npy", np.uint8, indptr[-1])
    free = indptr[:-1].copy()
    for block in starts:
        one = count(*block)
        held = np.bincount(one.tokens, minlength=vocabulary)
        places = np.arange(len(one.tokens)) + np.repeat(free - (np.cumsum(held) - held), held)
        indices[places], counts[places] = one.passages, one.counts
        free += held


def save_indptr(frequencies: NDArray[np.int64], folder: Path) -> NDArray[np.int64]:
    """Write where the postings of each token begin, and return it."""
    indptr = np.append(0, np.cumsum(frequencies))
    np.save(folder / "indptr.npy", indptr.astype(wide_kind_of(int(indptr[-1]))))
    return indptr


def _blocks(lengths: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield ranges of passages that hold about `BLOCK` tokens each."""
    ends = np.cumsum(lengths)
    start = 0
    while start < len(lengths):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + BLOCK, "right")))
        yield start, stop
        start = stop


def _new(path: Path, kind: DTypeLike, size: int) -> NDArray[np.generic]:
    return np.lib.format.open_memmap(path, "w+", kind, (int(size),))
