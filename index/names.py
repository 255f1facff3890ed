"""Different strings with a number each, found by number or by name without being read."""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any, overload
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from index.appended import wide_kind_of
from index.mapped import mapped
from index.ragged import Ragged

_hash = crc32
"""Many names of one hash are only slower to find."""


class Names(Sequence[str]):
    """Name ``n`` is the UTF-8 of ``text[bounds[n]:bounds[n + 1]]``; ascending ``hashes`` are of ``order``."""

    def __init__(
        self,
        text: NDArray[np.uint8],
        bounds: NDArray[np.int64],
        hashes: NDArray[np.uint32],
        order: NDArray[np.int32],
    ) -> None:
        """Join what `of` made or `load` maps."""
        self._text, self._bounds, self._hashes, self._order = text, bounds, hashes, order

    @classmethod
    def of(cls, names: Sequence[str]) -> "Names":
        """Number ``names`` in their order."""
        encoded = [name.encode() for name in names]
        text = np.frombuffer(b"".join(encoded), np.uint8)
        hashes = np.fromiter(map(_hash, encoded), np.uint32, len(encoded))
        order = np.argsort(hashes, kind="stable")
        bounds = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        return cls(text, bounds, hashes[order], order.astype(np.int32))

    def joined(self, others: "Names", kept: NDArray[np.bool_]) -> tuple["Names", NDArray[np.int32]]:
        """Number the ``kept`` of these and all ``others`` by hash: who came first leaves no trace.

        Returns:
            the names, and the new number of each of these and, after them, of the others; -1 for none.

        """
        hashes = np.concatenate([self._hash_of_each(), others._hash_of_each()])
        text = np.concatenate([self._text, others._text])
        bounds = np.concatenate([self._bounds, others._bounds[1:] + len(self._text)])
        chosen = np.concatenate([np.flatnonzero(kept), np.arange(len(self), len(hashes))])
        chosen = chosen[np.argsort(hashes[chosen], kind="stable")]
        _settle(chosen, hashes[chosen], lambda n: text[bounds[n] : bounds[n + 1]].tobytes())
        anew = np.full(len(hashes), -1, np.int32)
        anew[chosen] = order = np.arange(len(chosen), dtype=np.int32)
        taken = Ragged(text, bounds).take(chosen)
        return Names(taken.values, taken.bounds, hashes[chosen], order), anew

    def _hash_of_each(self) -> NDArray[np.uint32]:
        hashes = np.empty(len(self), np.uint32)
        hashes[self._order] = self._hashes
        return hashes

    @classmethod
    def load(cls, folder: Path, name: str) -> "Names":
        """Map what `save` wrote."""
        return cls(*(mapped(folder / f"{name}_{part}.npy") for part in _PARTS))

    def save(self, folder: Path, name: str) -> None:
        """Write four files, ``NAME_….npy``."""
        bounds = self._bounds.astype(wide_kind_of(len(self._text)))
        arrays: Sequence[NDArray[Any]] = (self._text, bounds, self._hashes, self._order)
        for part, array in zip(_PARTS, arrays, strict=True):
            np.save(folder / f"{name}_{part}.npy", array)

    def number(self, name: str) -> int | None:
        """Return the number of a name, None where it is none of them."""
        (number,) = self.numbers([name])
        return number

    def numbers(self, names: Sequence[str]) -> list[int | None]:
        """Return the number of each name, None where it is none of these."""
        encoded = [name.encode(errors="replace") for name in names]
        hashes = np.fromiter(map(_hash, encoded), np.uint32, len(encoded))
        return list(map(self._number, encoded, hashes, np.searchsorted(self._hashes, hashes).tolist()))

    def _number(self, encoded: bytes, wanted: np.uint32, place: int) -> int | None:
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


def _settle(numbers: NDArray[np.int64], hashes: NDArray[np.uint32], name_of: Any) -> None:
    """Order those of equal hashes by name, in place."""
    same = np.flatnonzero(hashes[1:] == hashes[:-1])
    for _, places in groupby(same.tolist(), lambda place: hashes[place]):
        first, *rest = places
        group = slice(first, first + len(rest) + 2)
        numbers[group] = sorted(numbers[group].tolist(), key=name_of)
