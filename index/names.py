"""Different strings with a number each, found by number or by name without being read."""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from index.mapped import mapped


def _hash(name: bytes) -> int:
    return int.from_bytes(blake2b(name, digest_size=8).digest(), "little")


class Names(Sequence[str]):
    """Name ``n`` is the UTF-8 of ``text[bounds[n]:bounds[n + 1]]``; ascending ``hashes`` are of ``order``."""

    def __init__(
        self,
        text: NDArray[np.uint8],
        bounds: NDArray[np.int64],
        hashes: NDArray[np.uint64],
        order: NDArray[np.int64],
    ) -> None:
        """Join what `of` made or `load` maps."""
        self._text, self._bounds, self._hashes, self._order = text, bounds, hashes, order

    @classmethod
    def of(cls, names: Sequence[str]) -> "Names":
        """Number ``names`` in their order."""
        encoded = [name.encode() for name in names]
        text = np.frombuffer(b"".join(encoded), np.uint8)
        hashes = np.fromiter(map(_hash, encoded), np.uint64, len(encoded))
        order = np.argsort(hashes, kind="stable")
        return cls(text, np.cumsum([0, *map(len, encoded)], dtype=np.int64), hashes[order], order)

    @classmethod
    def load(cls, folder: Path, name: str) -> "Names":
        """Map what `save` wrote."""
        return cls(*(mapped(folder / f"{name}_{part}.npy") for part in _PARTS))

    def save(self, folder: Path, name: str) -> None:
        """Write four files, ``NAME_….npy``."""
        arrays: Sequence[NDArray[Any]] = (self._text, self._bounds, self._hashes, self._order)
        for part, array in zip(_PARTS, arrays, strict=True):
            np.save(folder / f"{name}_{part}.npy", array)

    def number(self, name: str) -> int | None:
        """Return the number of a name, None where it is none of them."""
        encoded = name.encode(errors="replace")
        wanted = np.uint64(_hash(encoded))
        place = int(np.searchsorted(self._hashes, wanted))
        while place < len(self) and self._hashes[place] == wanted:
            if self._encoded(number := int(self._order[place])) == encoded:
                return number
            place += 1
        return None

    def _encoded(self, number: int) -> bytes:
        return self._text[self._bounds[number] : self._bounds[number + 1]].tobytes()

    def __len__(self) -> int:
        return len(self._order)

    @overload
    def __getitem__(self, number: int) -> str: ...
    @overload
    def __getitem__(self, number: slice) -> list[str]: ...
    def __getitem__(self, number: int | slice) -> str | list[str]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        return self._encoded(range(len(self))[number]).decode()

    def __iter__(self) -> Iterator[str]:
        whole, bounds = self._text.tobytes(), self._bounds.tolist()
        return (whole[start:stop].decode() for start, stop in pairwise(bounds))

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.number(name) is not None


_PARTS = ("text", "bounds", "hashes", "order")
