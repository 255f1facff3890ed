"""Lists of numbers of different lengths, one after another in one array."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.mapped import mapped

Numbers = NDArray[np.integer]


class Ragged:
    """List ``n`` is ``values[bounds[n]:bounds[n + 1]]``."""

    def __init__(self, values: Numbers, bounds: NDArray[np.int64]) -> None:
        """Join ``values`` with where each list begins and, last, where they all end."""
        self.values, self.bounds = values, bounds

    @classmethod
    def of(cls, lists: Sequence[Sequence[int]]) -> "Ragged":
        """Put lists one after another."""
        values = np.fromiter((value for one in lists for value in one), np.int32)
        return cls(values, np.cumsum([0, *map(len, lists)], dtype=np.int64))

    @classmethod
    def join(cls, parts: Sequence["Ragged"]) -> "Ragged":
        """Put the lists of several one after another."""
        values = [np.empty(0, np.int32), *(part.values for part in parts)]
        lengths = [np.zeros(1, np.int64), *(part.lengths for part in parts)]
        return cls(np.concatenate(values), np.cumsum(np.concatenate(lengths)))

    @classmethod
    def load(cls, folder: Path, name: str) -> "Ragged":
        """Map what `save` wrote."""
        return cls(mapped(folder / f"{name}.npy"), mapped(folder / f"{name}_bounds.npy"))

    def save(self, folder: Path, name: str) -> None:
        """Write ``NAME.npy`` and ``NAME_bounds.npy``."""
        np.save(folder / f"{name}.npy", self.values)
        np.save(folder / f"{name}_bounds.npy", self.bounds)

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

    def replaced(self, lists: Mapping[int, Iterable[int]]) -> "Ragged":
        """Put other lists in the place of some, by number."""
        if not lists:
            return self
        return Ragged.of([list(lists[n]) if n in lists else self[n].tolist() for n in range(len(self))])
