"""Lists of numbers of different lengths, one after another in one array."""

from collections.abc import Sequence
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
        return self.bounds[1:] - self.bounds[:-1]

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def __getitem__(self, number: int) -> Numbers:
        return self.values[self.bounds[number] : self.bounds[number + 1]]

    def take(self, numbers: NDArray[np.int64] | Sequence[int]) -> "Ragged":
        """Return some of the lists, -1 for an empty one."""
        chosen = np.asarray(numbers, np.int64)
        starts = self.bounds.take(chosen)
        lengths = self.bounds.take(chosen + 1) - starts
        lengths[chosen < 0] = 0
        bounds = np.zeros(len(chosen) + 1, np.int64)
        lengths.cumsum(out=bounds[1:])
        places = (starts - bounds[:-1]).repeat(lengths)
        places += np.arange(len(places))
        return Ragged(self.values.take(places), bounds)

    def part(self, start: int, stop: int) -> "Ragged":
        """Take the lists in [start, stop)."""
        bounds = self.bounds[start : stop + 1]
        return Ragged(self.values[bounds[0] : bounds[-1]], bounds - bounds[0])

    def where(self, wanted: NDArray[np.bool_]) -> "Ragged":
        """Leave out all values but those ``wanted``."""
        kept = np.append(0, np.cumsum(wanted))
        return Ragged(self.values[wanted], kept[self.bounds])

    def beside(self, other: "Ragged") -> "Ragged":
        """Put each list of ``other`` after the one of the same number."""
        bounds = self.bounds + other.bounds
        values = np.empty(bounds[-1], self.values.dtype)
        values[np.arange(self.bounds[-1]) + np.repeat(other.bounds[:-1], self.lengths)] = self.values
        values[np.arange(other.bounds[-1]) + np.repeat(self.bounds[1:], other.lengths)] = other.values
        return Ragged(values, bounds)
