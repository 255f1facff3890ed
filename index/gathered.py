"""Lists of tokens that stay where they are until all tokens are known, and are numbered anew then."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.appended import Appended, AppendedRagged, wide_kind_of
from index.ragged import Ragged

_BLOCK = 1 << 20
"""Numbers that are written at once."""


class Gathered:
    """Writes what `Ragged.load` maps, of lists that are taken over and of new ones, in their order."""

    def __init__(self, folder: Path, name: str, before: Ragged) -> None:
        """Begin with no list; ``before`` are those of the generation before."""
        self._folder, self._name, self._before = folder, name, before
        self._aside = f"{name}_new"
        self._new = AppendedRagged(folder, self._aside)
        self._runs: list[tuple[bool, int, int]] = []
        """Whether lists are new, the first of them, and the one past the last."""

    def take_over(self, start: int, stop: int) -> None:
        """Put those in [start, stop) of the lists before after the others."""
        self._runs.append((False, start, stop))

    def add(self, lists: Ragged) -> None:
        """Put new lists after the others."""
        start = self._runs.pop()[1] if self._runs and self._runs[-1][0] else len(self._new)
        self._new.add(lists)
        self._runs.append((True, start, len(self._new)))

    def write(self, anew: NDArray[np.integer]) -> Ragged:
        """Write all lists, each value by its new number, and map them."""
        self._new.close()
        sources = self._before, Ragged.load(self._folder, self._aside)
        runs = [(sources[is_new], start, stop) for is_new, start, stop in self._runs]
        size = sum(int(lists.bounds[stop]) - int(lists.bounds[start]) for lists, start, stop in runs)
        values = Appended(self._folder / f"{self._name}.npy", anew.dtype)
        bounds = Appended(self._folder / f"{self._name}_bounds.npy", wide_kind_of(size))
        bounds.add([0])
        for lists, start, stop in runs:
            first, last = lists.bounds[[start, stop]].tolist()
            bounds.add(lists.bounds[start + 1 : stop + 1].astype(np.int64) + (len(values) - first))
            for place in range(first, last, _BLOCK):
                values.add(anew.take(lists.values[place : min(place + _BLOCK, last)]))
        values.close()
        bounds.close()
        self._new.remove()
        return Ragged.load(self._folder, self._name)
