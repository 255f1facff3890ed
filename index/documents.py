"""The documents of a generation, found by number or by id, read when they are asked for."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import overload
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from index.document import Document
from index.mapped import mapped
from index.names import Names

_KEPT = 256
"""Documents that stay in memory."""


class Documents(Sequence[Document]):
    """Documents by their numbers; as long as somebody holds one, it is the only one of its number."""

    def __init__(self, ids: Names, characters: NDArray[np.int64], read: Callable[[int], Document]) -> None:
        """Read document ``n`` with ``read(n)``.

        Args:
            characters: the length of each text.

        """
        self.ids, self.characters = ids, characters
        self._read = read
        self._held = held = WeakValueDictionary[int, Document]()
        turn = Lock()

        @lru_cache(_KEPT)
        def at(number: int) -> Document:
            """Know nothing of ``self``: in a circle, its files would stay open after their generation."""
            with turn:
                if (document := held.get(number)) is None:
                    document = held[number] = read(number)
                return document

        self._at = at

    @classmethod
    def of(cls, documents: Sequence[Document]) -> "Documents":
        """Hold documents that are in memory."""
        ids = Names.of([document.id for document in documents])
        characters = np.array([len(document.text) for document in documents], np.int64)
        return cls(ids, characters, documents.__getitem__)

    @classmethod
    def load(cls, folder: Path) -> "Documents":
        """Map what `save` wrote."""
        lines = np.memmap(folder / "documents.jsonl", np.uint8, "r")
        bounds = mapped(folder / "documents_bounds.npy")

        def read(number: int) -> Document:
            record = json.loads(lines[bounds[number] : bounds[number + 1]].tobytes())
            return Document(**record | {"pages": tuple(record["pages"])})

        return cls(Names.load(folder, "ids"), mapped(folder / "characters.npy"), read)

    def save(self, folder: Path) -> None:
        """Write the documents, one a line, and what finds them."""
        bounds = np.zeros(len(self) + 1, np.int64)
        with (folder / "documents.jsonl").open("wb") as file:
            for number in range(len(self)):
                document = self._read(number)
                record = {field.name: getattr(document, field.name) for field in fields(document)}
                file.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
                bounds[number + 1] = file.tell()
        np.save(folder / "documents_bounds.npy", bounds)
        np.save(folder / "characters.npy", self.characters)
        self.ids.save(folder, "ids")

    def __len__(self) -> int:
        return len(self.ids)

    @overload
    def __getitem__(self, number: int) -> Document: ...
    @overload
    def __getitem__(self, number: slice) -> list[Document]: ...
    def __getitem__(self, number: int | slice) -> Document | list[Document]:
        if isinstance(number, slice):
            return [self[one] for one in range(*number.indices(len(self)))]
        return self._at(range(len(self))[number])

    def __iter__(self) -> Iterator[Document]:
        return (self._held.get(number) or self._read(number) for number in range(len(self)))

    @property
    def by_id(self) -> Mapping[str, Document]:
        """The documents by their ids, in their order."""
        return _ById(self)


class _ById(Mapping[str, Document]):
    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def __getitem__(self, identity: str) -> Document:
        if (number := self._documents.ids.number(identity)) is None:
            raise KeyError(identity)
        return self._documents[number]

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents.ids)

    def __len__(self) -> int:
        return len(self._documents)

    def __contains__(self, identity: object) -> bool:
        return identity in self._documents.ids
