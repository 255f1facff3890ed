"""The terms of each document, and of all together."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.document import Document
from index.ragged import Ragged
from index.segmenter import Segmenter
from index.term import Term, mine

Rows = NDArray[np.int64]
Key = tuple[str, str | None]


class Mined(NamedTuple):
    """The terms of some documents."""

    names: Sequence[Key]
    """What the numbers of the terms mean."""
    terms: Ragged
    """The terms of each document."""
    counts: Sequence[int]
    """How often each stands there."""


def mine_each(documents: Iterable[Document], segmenter: Segmenter) -> Mined:
    """Mine documents one by one."""
    found = [mine([document], segmenter) for document in documents]
    numbers: dict[Key, int] = {}
    terms = [[_number(term, numbers) for term in some] for some in found]
    return Mined(list(numbers), Ragged.of(terms), [term.count for some in found for term in some])


def _number(term: Term, numbers: dict[Key, int]) -> int:
    return numbers.setdefault((term.name, term.other), len(numbers))


def merge(before: Sequence[Term], rows: Rows, found: Iterable[tuple[Rows, Mined]]) -> tuple[list[Term], Rows]:
    """Return the terms of all documents, most frequent first, and how often each document has each.

    Args:
        before: the terms of the generation before.
        rows: what is known, (k, 3) of document, term by its number in ``before``, count.
        found: the numbers of other documents, and what was mined in them.

    Returns:
        the terms, and rows of document, term, count, in this order.

    """
    numbers: dict[Key, int] = {}
    for term in before:
        _number(term, numbers)
    parts = [rows]
    for documents, mined in found:
        anew = np.array([numbers.setdefault(key, len(numbers)) for key in mined.names], np.int64)
        owners = np.repeat(documents, mined.terms.lengths)
        parts.append(np.stack([owners, anew[mined.terms.values], np.array(mined.counts, np.int64)], axis=1))
    rows = np.concatenate(parts)
    totals = np.bincount(rows[:, 1], rows[:, 2], minlength=len(numbers)).astype(np.int64).tolist()
    ranked = [(key, number) for key, number in numbers.items() if totals[number]]
    ranked.sort(key=lambda one: (-totals[one[1]], one[0][0], one[0][1] or "", one[0][1] is not None))
    rank = np.zeros(len(numbers), np.int64)
    rank[[number for _, number in ranked]] = np.arange(len(ranked))
    rows[:, 1] = rank[rows[:, 1]]
    return [Term(*key, totals[number]) for key, number in ranked], rows[np.lexsort((rows[:, 1], rows[:, 0]))]
