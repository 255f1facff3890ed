"""Arrays that are written as they come: what is written takes no memory."""

from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from index.mapped import mapped
from index.ragged import Ragged

SHORT = np.iinfo(np.uint16).max


def kind_of(size: int) -> type[np.generic]:
    """Return the shorter of two types that hold the numbers of ``size`` things, and the one past the last."""
    return np.uint16 if size <= SHORT else np.int32


def wide_kind_of(size: int) -> type[np.generic]:
    """Return the shorter of two signed types that hold places among ``size`` things and their differences."""
    return np.int32 if size <= np.iinfo(np.int32).max else np.int64


class Appended:
    """A ``.npy`` file that grows by rows; it is open only while something is written."""

    def __init__(self, path: Path, kind: DTypeLike, *row: int) -> None:
        """Begin with none.

        Args:
            row: the shape of a row.

        """
        self.path, self._kind, self._row = path, np.dtype(kind), row
        self._rows = 0
        with path.open("wb") as file:
            self._write_header(file)

    def _write_header(self, file: BinaryIO, by_columns: bool = False) -> None:
        about = {"descr": self._kind.str, "fortran_order": by_columns, "shape": (self._rows, *self._row)}
        np.lib.format.write_array_header_1_0(file, about)  # as long for any number of rows

    def __len__(self) -> int:
        return self._rows

    def add(self, rows: ArrayLike) -> None:
        """Write rows below the others."""
        array = np.ascontiguousarray(rows, self._kind)
        with self.path.open("ab") as file:
            file.write(array.data)
        self._rows += len(array)

    def close(self) -> None:
        """Write how many there are."""
        with self.path.open("r+b") as file:
            self._write_header(file)

    def close_by_columns(self) -> None:
        """Write how many there are, and all by columns: who looks through one reads no other."""
        self.close()
        rows, aside = mapped(self.path), self.path.with_suffix(".columns")
        with aside.open("wb") as file:
            self._write_header(file, by_columns=True)
            for column in rows.T:
                file.write(np.ascontiguousarray(column).data)
        aside.replace(self.path)


class AppendedRagged:
    """Writes what `Ragged.load` maps."""

    def __init__(self, folder: Path, name: str) -> None:
        """Begin with no list."""
        self._values = Appended(folder / f"{name}.npy", np.int32)
        self._bounds = Appended(folder / f"{name}_bounds.npy", np.int64)
        self._bounds.add([0])

    def __len__(self) -> int:
        return len(self._bounds) - 1

    def add(self, lists: Ragged) -> None:
        """Write lists after the others."""
        self._bounds.add(lists.bounds[1:] + len(self._values))
        self._values.add(lists.values)

    def close(self) -> None:
        """Write how many there are."""
        self._values.close()
        self._bounds.close()

    def remove(self) -> None:
        """Remove what was written."""
        self._values.path.unlink()
        self._bounds.path.unlink()
