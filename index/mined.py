"""The terms of each document, and of all together."""

from collections.abc import Iterable, Sequence
from itertools import islice
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
    return Mined(list(numbers), Ragged.of(terms), [term.times for some in found for term in some])


def _number(term: Term, numbers: dict[Key, int]) -> int:
    return numbers.setdefault((term.name, term.other), len(numbers))


class Merged(NamedTuple):
    """The terms of all documents."""

    terms: Sequence[Term]
    """Most frequent first."""
    rows: Rows
    """How often each document has each: document, term, count, in this order."""
    new: Sequence[Term]
    """Those that were not there before."""


def merge(before: Sequence[Term], rows: Rows, found: Iterable[tuple[Rows, Mined]]) -> Merged:
    """Add up the terms of all documents.

    Args:
        before: the terms of the generation before.
        rows: what is known, (k, 3) of document, term by its number in ``before``, count.
        found: the numbers of other documents, and what was mined in them.

    """
    numbers: dict[Key, int] = {(name, other): number for number, (name, other, _) in enumerate(before)}
    parts = [rows]
    for documents, mined in found:
        anew = np.array([numbers.setdefault(key, len(numbers)) for key in mined.names], np.int64)
        owners = np.repeat(documents, mined.terms.lengths)
        parts.append(np.stack([owners, anew[mined.terms.values], np.array(mined.counts, np.int64)], axis=1))
    rows = np.concatenate(parts)
    totals = np.bincount(rows[:, 1], rows[:, 2], minlength=len(numbers)).astype(np.int64)
    terms = [*before, *(Term(*key, 0) for key in islice(numbers, len(before), None))]
    changed = np.flatnonzero(totals != np.array([term.times for term in terms], np.int64)).tolist()
    for number in changed:
        terms[number] = Term(*terms[number][:2], int(totals[number]))
    order = np.flatnonzero(totals).tolist()
    if changed:  # else they are in order still
        order.sort(key=lambda number: _place(terms[number]))
    rank = np.zeros(len(numbers), np.int64)
    rank[order] = np.arange(len(order))
    rows[:, 1] = rank[rows[:, 1]]
    by_document = np.argsort(rows[:, 0] * len(numbers) + rows[:, 1], kind="stable")
    return Merged([terms[number] for number in order], rows[by_document], terms[len(before) :])


def _place(term: Term) -> tuple[int, str, str, bool]:
    return -term.times, term.name, term.other or "", term.other is not None
