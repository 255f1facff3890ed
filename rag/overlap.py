"""What of a question's words or bigrams stands in a text."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.field import Field
from index.ragged import Ragged
from rag.echo import echo

Matrix = NDArray[np.float32]


class Overlap:
    """Tells which of a question's tokens texts hold, in one field, and what they weigh."""

    def __init__(self, field: Field, tokens: Sequence[str]) -> None:
        """Weigh each of ``tokens`` once, by its rarity in ``field`` and how likely it is to be repeated."""
        self._field = field
        unique = list(dict.fromkeys(tokens))
        self.weights = np.array([field.rarity(token) * echo(token) for token in unique], np.float32)
        self.total = float(self.weights.sum()) or 1.0
        self._columns = {
            found[0]: column for column, token in enumerate(unique) if (found := field.ids([token]))
        }
        self._known = np.array(sorted(self._columns), np.int64)
        self._order = np.array([self._columns[token] for token in self._known.tolist()], np.int64)
        self.unknown = 1 - sum(float(self.weights[c]) for c in self._columns.values()) / self.total

    def rarest_known(self) -> int | None:
        """Return the id of the token that weighs most of those the documents hold, None without one."""
        return max(self._columns, key=lambda token: float(self.weights[self._columns[token]]), default=None)

    def held(self, texts: Ragged) -> NDArray[np.bool_]:
        """Return which tokens each list of token ids holds, (lists, tokens)."""
        held = np.zeros((len(texts), len(self.weights)), np.bool_)
        if len(self._known):
            places = np.searchsorted(self._known, texts.values)
            places[places == len(self._known)] = 0
            there = np.flatnonzero(self._known[places] == texts.values)
            held[texts.owner[there], self._order[places[there]]] = True
        return held

    def in_rows(self, starts: NDArray[np.int64], stops: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which tokens stand anywhere in the passages of some documents, (documents, tokens)."""
        held = np.zeros((len(starts), len(self.weights)), np.bool_)
        for token, column in self._columns.items():
            held[:, column] = self._field.stands_in(token, starts, stops)
        return held

    def share(self, held: NDArray[np.bool_] | Matrix) -> Matrix:
        """Return the share of the question's rarity that is held, (rows,)."""
        share: Matrix = held.astype(np.float32) @ self.weights / np.float32(self.total)
        return share

    def rarest(self, missing: NDArray[np.bool_]) -> Matrix:
        """Return the share of the rarest token that is missing, (rows,)."""
        rarest: Matrix = (missing * self.weights).max(axis=1, initial=0) / np.float32(self.total)
        return rarest


def longest_run(held: NDArray[np.bool_]) -> Matrix:
    """Return the longest run of neighbouring bigrams held, as a share of all, (rows,)."""
    run = np.zeros(len(held), np.float32)
    best = run.copy()
    for column in np.ascontiguousarray(held.T):
        run += 1
        run *= column
        np.maximum(best, run, out=best)
    return best / np.float32(max(held.shape[1], 1))
