"""The documents of a generation, found by number or by id, read when they are asked for."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock
from typing import NamedTuple, overload
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from index.document import Document
from index.mapped import mapped
from index.names import Names

_KEPT = 256
"""Documents that stay in memory."""

_WAITING = 100
"""Documents that are written at once."""

_encode = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would make one for each record
_FILES = ("documents.jsonl", "texts.txt")


def _bounds_of(path: Path) -> Path:
    return path.with_name(f"{path.stem}_bounds.npy")


class Record(NamedTuple):
    """What tells a document from another, or from itself at another time."""

    id: str
    title: str
    origin: str
    raw: str
    sha256: str


class Unchanged(NamedTuple):
    """A document of the generation before that is to be the same in the next."""

    number: int
    """Its number there."""
    record: Record


class Written(NamedTuple):
    """A document as it lies in the files."""

    line: bytes
    text: bytes


class Shelf:
    """Writes documents while they come."""

    def __init__(self, folder: Path) -> None:
        """Begin with none."""
        self._folder = folder
        self.records: list[Record] = []
        """Of the documents that came, in their order."""
        self._characters: list[int] = []
        self._bounds = [[0], [0]]
        self._waiting: list[Written] = []

    def add(self, document: Document) -> None:
        """Put a document after the others."""
        record = Record(document.id, document.title, document.origin, document.raw, document.sha256)
        whole = record._asdict() | {"about": document.about, "pages": document.pages}
        line = _encode(whole).encode() + b"\n"
        self._put(record, len(document.text), Written(line, document.text.encode()))

    def take_over(self, one: Unchanged, documents: "Documents") -> None:
        """Put one of other documents after the others, as it lies there."""
        characters = int(documents.characters[one.number])
        self._put(one.record, characters, documents.written(one.number))

    def _put(self, record: Record, characters: int, written: Written) -> None:
        self.records.append(record)
        self._characters.append(characters)
        self._waiting.append(written)
        if len(self._waiting) == _WAITING:
            self._write()

    def _write(self) -> None:
        for name, bounds, parts in zip(_FILES, self._bounds, zip(*self._waiting, strict=True), strict=False):
            with (self._folder / name).open("ab") as file:
                file.write(b"".join(parts))
            bounds += (bounds[-1] + np.cumsum([len(part) for part in parts])).tolist()
        self._waiting.clear()

    def close(self) -> "Documents":
        """Write what the documents are found by, and map them."""
        self._write()
        for name, bounds in zip(_FILES, self._bounds, strict=True):
            np.save(_bounds_of(self._folder / name), bounds)
        np.save(self._folder / "characters.npy", self._characters)
        Names.of([record.id for record in self.records]).save(self._folder, "ids")
        return Documents.load(self._folder, self.records)


class Documents(Sequence[Document]):
    """Documents by their numbers; as long as somebody holds one, it is the only one of its number."""

    def __init__(
        self,
        ids: Names,
        characters: NDArray[np.int64],
        read: Callable[[int], Document],
        records: Callable[[], list[Record]] = list,
        written: Callable[[int], Written] = lambda number: [][number],
    ) -> None:
        """Join what `load` maps.

        Args:
            characters: the length of each text.
            read: reads a document, by number.
            records: reads what tells them apart; only builds ask.
            written: reads a document as it lies in the files, by number; only builds ask.

        """
        self.ids, self.characters = ids, characters
        self.read, self.records, self.written = read, records, written
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
    def none(cls) -> "Documents":
        """Make a sequence of no document."""
        return cls(Names.of([]), np.empty(0, np.int64), lambda number: [][number])

    @classmethod
    def load(cls, folder: Path, known: list[Record] | None = None) -> "Documents":
        """Map what a `Shelf` wrote, which may have the records still."""
        lines, texts = (np.asarray(np.memmap(folder / name, np.uint8, "r")) for name in _FILES)
        places, bounds = (mapped(_bounds_of(folder / name)) for name in _FILES)

        def written(number: int) -> Written:
            line = lines[places[number] : places[number + 1]].tobytes()
            return Written(line, texts[bounds[number] : bounds[number + 1]].tobytes())

        def read(number: int) -> Document:
            line, text = written(number)
            record = json.loads(line)
            del record["sha256"]
            return Document(**record | {"text": text.decode(), "pages": tuple(record["pages"])})

        @cache
        def records() -> list[Record]:
            # At once: a call for each line takes three times as long.
            found = json.loads(b"[" + lines.tobytes().rstrip(b"\n").replace(b"\n", b",") + b"]")
            return [Record(*map(record.__getitem__, Record._fields)) for record in found]

        ids, characters = Names.load(folder, "ids"), mapped(folder / "characters.npy")
        return cls(ids, characters, read, records if known is None else lambda: known, written)

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
        return (self._held.get(number) or self.read(number) for number in range(len(self)))

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
