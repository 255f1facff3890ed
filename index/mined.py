"""The terms of each document, and of all together."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.term import Term

Rows = NDArray[np.int64]
Values = NDArray[np.int32]
Key = tuple[str, str | None]


class Mined(NamedTuple):
    """The terms of one document: their numbers, and how often each stands there."""

    terms: Values
    counts: Values


class TermNumbers(dict[Key, int]):
    """Numbers terms as they come."""

    def of(self, terms: Iterable[Term]) -> Mined:
        """Number the terms of one document."""
        terms = list(terms)
        numbers = [self.setdefault((term.name, term.other), len(self)) for term in terms]
        return Mined(np.array(numbers, np.int32), np.array([term.count for term in terms], np.int32))


def merge(numbers: TermNumbers, mined: Sequence[Mined]) -> tuple[list[Term], Rows]:
    """Return the terms of all documents, most frequent first, and how often each document has each.

    Returns:
        the terms, and rows (k, 3) of document, term, count, in this order.

    """
    documents = np.repeat(np.arange(len(mined)), [len(one.terms) for one in mined])
    terms = np.concatenate([one.terms for one in mined] or [np.empty(0, np.int32)])
    counts = np.concatenate([one.counts for one in mined] or [np.empty(0, np.int32)])
    totals = np.bincount(terms, counts, minlength=len(numbers)).astype(np.int64).tolist()
    found = [(key, number) for key, number in numbers.items() if totals[number]]
    found.sort(key=lambda one: (-totals[one[1]], one[0][0], one[0][1] or "", one[0][1] is not None))
    rank = np.zeros(len(numbers), np.int64)
    rank[[number for _, number in found]] = np.arange(len(found))
    rows = np.stack([documents, rank[terms], counts], axis=1).astype(np.int64)
    return [Term(*key, totals[number]) for key, number in found], rows[np.lexsort((rows[:, 1], rows[:, 0]))]
