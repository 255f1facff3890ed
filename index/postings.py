"""What each token adds to the BM25 score of each passage, made in blocks of what lies on disk."""

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.mapped import mapped
from index.ragged import Ragged

Scores = NDArray[np.float32]
Ids = NDArray[np.integer]

K1, B = 0.9, 0.4
"""Of BM25, as Anserini has them; better here than 1.5 and 0.75 on four sets of questions."""

BLOCK = 1 << 20
"""Tokens that are counted at once."""

MOST = 255
"""Written for this many and more: a byte is enough for all but the strangest passages."""


COLUMNS: dict[str, type[np.generic]] = {"data": np.float32, "indices": np.int32, "counts": np.uint8}
"""What is written of each posting, by the names of `Postings`."""


class Counted(NamedTuple):
    """How often each token stands in some passages, by token, then by passage."""

    tokens: NDArray[np.int64]
    passages: NDArray[np.int64]
    counts: NDArray[np.int64]


class Postings(NamedTuple):
    """What each token adds to the score of each passage that holds it, token by token."""

    data: Scores
    indices: Ids
    """The passages, ascending for each token."""
    counts: NDArray[np.uint8]
    """How often each passage holds the token, at most `MOST`; the next build reads them."""
    indptr: Ids
    """Where each token's passages begin, and the last one's end."""

    @classmethod
    def load(cls, folder: Path) -> "Postings":
        """Map what `write` wrote."""
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
        parts = [
            self.sentences.values[inside[0] : inside[-1]],
            self.contexts.values[around[0] : around[-1]],
        ]
        pairs = np.concatenate(parts).astype(np.int64)
        pairs <<= 32
        lengths = np.concatenate([np.diff(inside), np.diff(around)])
        pairs |= np.repeat(np.tile(np.arange(start, stop), 2), lengths)
        pairs.sort()
        first = np.ones(len(pairs), np.bool_)
        np.not_equal(pairs[1:], pairs[:-1], out=first[1:])
        places = np.flatnonzero(first)
        size, pairs = len(pairs), pairs[places]
        return Counted(pairs >> 32, pairs & 0xFFFFFFFF, np.diff(places, append=size))

    def counted_all(self, numbers: NDArray[np.int64]) -> Counted:
        """Count the tokens of some passages, by their ascending numbers."""
        runs = np.split(numbers, 1 + np.flatnonzero(np.diff(numbers) > 1))
        parts = [self.counted(run[0], run[-1] + 1) if len(run) else self.counted(0, 0) for run in runs]
        tokens, passages, counts = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        order = np.lexsort((passages, tokens))
        return Counted(tokens[order], passages[order], counts[order])


class Bm25(NamedTuple):
    """Robertson and Zaragoza's BM25, with the inverse document frequency of Lucene."""

    rarities: NDArray[np.float64]
    """`index.field.rarity_of` of each token, but for the last bit: numpy's logarithm is another."""
    norms: NDArray[np.float64]
    """What each passage's length adds to its counts."""

    @classmethod
    def of(cls, frequencies: Ids, lengths: NDArray[np.int64]) -> "Bm25":
        """Count with the number of passages that hold each token, and with that of each passage's tokens."""
        n = len(lengths)
        average = max(lengths.mean(), 1e-9) if n else 1.0
        return cls(
            np.log1p((n - frequencies + 0.5) / (frequencies + 0.5)), K1 * (1 - B + B * lengths / average)
        )

    def added(self, one: Counted) -> Scores:
        """Return what each token adds to the score of the passage that holds it."""
        counts = one.counts
        added = self.rarities[one.tokens] * counts / (counts + self.norms[one.passages])
        return added.astype(np.float32)


def columns(some: Counted, bm25: Bm25) -> tuple[Scores, Ids, Ids]:
    """Return what `COLUMNS` names, of some postings."""
    return bm25.added(some), some.passages, np.minimum(some.counts, MOST)


def write(passages: Passages, vocabulary: int, folder: Path) -> None:
    """Score passages by `Bm25`.

    Args:
        vocabulary: the number of tokens.

    """
    lengths = passages.lengths
    starts = list(_blocks(lengths))
    count = lru_cache(2)(passages.counted)  # where all is two blocks, it is counted once
    frequencies = np.zeros(vocabulary, np.int64)
    for block in starts:
        frequencies += np.bincount(count(*block).tokens, minlength=vocabulary)
    indptr, bm25 = np.append(0, np.cumsum(frequencies)), Bm25.of(frequencies, lengths)
    files = [_new(folder / f"{name}.npy", kind, indptr[-1]) for name, kind in COLUMNS.items()]
    free = indptr[:-1].copy()
    for block in starts:
        one = count(*block)
        held = np.bincount(one.tokens, minlength=vocabulary)
        places = np.arange(len(one.tokens)) + np.repeat(free - (np.cumsum(held) - held), held)
        for file, column in zip(files, columns(one, bm25), strict=True):
            file[places] = column
        free += held
    np.save(folder / "indptr.npy", indptr)


def _blocks(lengths: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Yield ranges of passages that hold about `BLOCK` tokens each."""
    ends = np.cumsum(lengths)
    start = 0
    while start < len(lengths):
        before = ends[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(ends, before + BLOCK, "right")))
        yield start, stop
        start = stop


def _new(path: Path, kind: type[np.generic], size: int) -> NDArray[np.generic]:
    return np.lib.format.open_memmap(path, "w+", kind, (int(size),))
