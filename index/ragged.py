"""Lists of numbers of different lengths, one after another in one array."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.mapped import mapped

Numbers = NDArray[np.integer]


class Ragged:
    """List ``n`` is ``values[bounds[n]:bounds[n + 1]]``."""

    def __init__(self, values: NDArray[Any], bounds: NDArray[np.int64]) -> None:
        """Join ``values`` with where each list begins and, last, where they all end."""
        self.values, self.bounds = values, bounds

    @classmethod
    def of(cls, lists: Sequence[Sequence[int]]) -> "Ragged":
        """Put lists one after another."""
        values = np.fromiter((value for one in lists for value in one), np.int32)
        return cls(values, np.cumsum([0, *map(len, lists)], dtype=np.int64))

    @classmethod
    def load(cls, folder: Path, name: str) -> "Ragged":
        """Map what an `AppendedRagged` wrote."""
        return cls(mapped(folder / f"{name}.npy"), mapped(folder / f"{name}_bounds.npy"))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """How long each list is."""
        return np.diff(self.bounds)

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __getitem__(self, number: int) -> Numbers:
        return self.values[self.bounds[number] : self.bounds[number + 1]]

    @cached_property
    def owner(self) -> NDArray[np.int64]:
        """The number of the list that each value belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.bounds))

    def take(self, numbers: NDArray[np.int64] | Sequence[int]) -> "Ragged":
        """Return some of the lists, -1 for an empty one."""
        chosen = np.asarray(numbers, np.int64)
        starts = self.bounds[chosen]
        lengths = np.where(chosen < 0, 0, self.bounds[chosen + 1] - starts)
        bounds = np.concatenate([[0], np.cumsum(lengths)])
        taken = Ragged(self.values, bounds)
        places = np.repeat(starts - bounds[:-1], lengths)
        places += np.arange(bounds[-1])
        taken.values = self.values[places]
        return taken

    def part(self, start: int, stop: int) -> "Ragged":
        """Take the lists in [start, stop)."""
        bounds = self.bounds[start : stop + 1]
        return Ragged(self.values[bounds[0] : bounds[-1]], bounds - bounds[0])

    def beside(self, other: "Ragged") -> "Ragged":
        """Put each list of ``other`` after the one of the same number."""
        bounds = self.bounds + other.bounds
        values = np.empty(bounds[-1], self.values.dtype)
        values[np.arange(self.bounds[-1]) + np.repeat(other.bounds[:-1], self.lengths)] = self.values
        values[np.arange(other.bounds[-1]) + np.repeat(self.bounds[1:], other.lengths)] = other.values
        return Ragged(values, bounds)
