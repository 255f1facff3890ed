"""Find the passages of the highest sums without adding up all of what tokens add.

MaxScore of Turtle and Flood (1995): once the k-th best sum is more than all that the tokens left could add,
no passage without a sum can come in, and few of those with one are looked up further.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.postings import Ids, Scores

_BATCH = 1 << 16
"""Postings that are added before sums are looked at first; twice as many before the next time."""

_DEARER = 16
"""How many postings are added in the time that one is looked up in."""

_ROUNDED = 1 - 1e-4
"""Sums of 32 bits are off by less."""


class Addend(NamedTuple):
    """What one token of a question adds to passages."""

    passages: Ids
    """Those that hold it, ascending."""
    counts: NDArray[np.uint8]
    """How often each of them does."""
    most: float
    """The most that it can add to any passage, above 0: `share` of it is added."""
    first: int = 0
    """Where the norms begin that its passages have."""


def share(counts: NDArray[Any], norms: Scores) -> Scores:
    """Return what BM25 makes of how often tokens stand in passages, and of how long these are, [0, 1)."""
    times = np.asarray(counts, np.float32)
    shares: Scores = times / (times + norms)
    return shares


def sums(
    addends: Sequence[Addend], norms: Scores, size: int, k: int, among: Ids | None = None
) -> tuple[Scores, Ids | None]:
    """Add up for each of ``size`` passages, fully only for those that are among the ``k`` best.

    Args:
        norms: what each passage's length adds to counts, those of one field after those of another.

    Returns:
        the sums, the same for the ``k`` best, bit for bit, whatever ``k``; and the passages that can be
        among the best, ascending, at most those of ``among``; None for all.

    """
    total, chosen = _nothing(size, among), among
    leading: Ids = np.empty(0, np.int32)
    for batch, left in _batches(sorted(addends, key=attrgetter("most"), reverse=True)):
        _add(total, batch, norms, chosen)
        if left:
            if len(leading) < k:
                lists = [leading, *(one.passages for one in batch)]
                if chosen is not None and len(chosen) < sum(map(len, lists)):
                    lists = [chosen]
                leading = _leading(total, lists, k)
            chosen = _within_reach(total, k, left, leading, chosen)
    return total, chosen


def _nothing(size: int, among: Ids | None) -> Scores:
    """Return the sums to begin with; those of passages that do not count stay below all others."""
    if among is None:
        return np.zeros(size, np.float32)
    total = np.full(size, -np.inf, np.float32)
    total[among] = 0
    return total


def _leading(total: Scores, lists: Sequence[Ids], k: int) -> Ids:
    """Return the ``k`` best of the passages in ``lists``, and maybe more."""
    passages = np.concatenate(lists)
    passages = passages[total[passages] > 0]
    enough = k * len(lists)  # each stands in a list once at most
    if len(passages) > enough:
        known = total[passages]
        passages = passages[known >= np.partition(known, -enough)[-enough]]
    return np.unique(passages)


def _batches(addends: Sequence[Addend]) -> Iterator[tuple[Sequence[Addend], float]]:
    """Yield addends, each time of about twice as many postings, with the most that those left can add."""
    left = [*accumulate((one.most for one in reversed(addends)), initial=0.0)][::-1]
    start, size, full = 0, 0, _BATCH
    for stop, one in enumerate(addends):
        if size and size + len(one.passages) > full:
            yield addends[start:stop], left[stop]
            start, size, full = stop, 0, 2 * full
        size += len(one.passages)
    if start < len(addends):
        yield addends[start:], 0.0


def _add(total: Scores, batch: Sequence[Addend], norms: Scores, chosen: Ids | None) -> None:
    """Add to the passages ``chosen`` at least."""
    sizes = [len(one.passages) for one in batch]
    if chosen is not None and sum(sizes) > max(_BATCH, len(chosen) * len(batch) * _DEARER):
        for one in batch:
            _look_up(total, one, norms, chosen)
        return
    # Of the types that are worked with, so that none is made twice.
    passages = np.concatenate([one.passages for one in batch], dtype=np.intp)
    counts = np.concatenate([one.counts for one in batch], dtype=np.float32)
    most, first = np.array([one.most for one in batch], np.float32), np.array([one.first for one in batch])
    added = share(counts, norms.take(passages + first.repeat(sizes)))
    added *= most.repeat(sizes)
    np.add.at(total, passages, added)


def _look_up(total: Scores, one: Addend, norms: Scores, chosen: Ids) -> None:
    # Numbers of another type would have all of the postings copied.
    places = one.passages.searchsorted(chosen.astype(one.passages.dtype))
    places[places == len(one.passages)] = 0
    held = one.passages[places] == chosen
    found = chosen[held]
    total[found] += share(one.counts[places[held]], norms[one.first + found]) * np.float32(one.most)


def _within_reach(total: Scores, k: int, left: float, leading: Ids, chosen: Ids | None) -> Ids | None:
    """Return which of the passages ``chosen`` can be among the ``k`` best when ``left`` more is added."""
    if len(leading) < k:
        return chosen
    reach = np.partition(total[leading], -k)[-k] * _ROUNDED - left
    if reach <= 0:
        return chosen
    return np.flatnonzero(total >= reach) if chosen is None else chosen[total[chosen] >= reach]
