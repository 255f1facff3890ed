"""The documents of a generation, found by number or by id, read when they are asked for."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import chain
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

Lengths = Sequence[int] | NDArray[np.int64]

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
    """Documents one after another, as they lie in the files."""

    parts: tuple[bytes, bytes]
    """Their lines and their texts."""
    lengths: tuple[Lengths, Lengths]
    """Of each document's line and text, in bytes."""
    characters: Lengths


@dataclass
class _Run:
    """Documents of the generation before that stay beside one another, by their numbers there."""

    first: int
    stop: int


class Shelf:
    """Writes documents while they come."""

    def __init__(self, folder: Path, before: "Documents | None" = None) -> None:
        """Begin with none; ``before`` are those of the generation before."""
        self._folder, self._before = folder, before or Documents.none()
        self.records: list[Record] = []
        """Of the documents that came, in their order."""
        self._characters: list[int] = []
        self._bounds = [[0], [0]]
        self._waiting: list[Written | _Run] = []

    def add(self, document: Document) -> None:
        """Put a document after the others."""
        record = Record(document.id, document.title, document.origin, document.raw, document.sha256)
        whole = record._asdict() | {"about": document.about, "pages": document.pages}
        parts = _encode(whole).encode() + b"\n", document.text.encode()
        self._waiting.append(Written(parts, ([len(parts[0])], [len(parts[1])]), [len(document.text)]))
        self._came(record)

    def take_over(self, one: Unchanged) -> None:
        """Put one of those before after the others, as it lies there."""
        last = self._waiting[-1] if self._waiting else None
        if isinstance(last, _Run) and last.stop == one.number:
            last.stop += 1
        else:
            self._waiting.append(_Run(one.number, one.number + 1))
        self._came(one.record)

    def _came(self, record: Record) -> None:
        self.records.append(record)
        if len(self.records) % _WAITING == 0:
            self._write()

    def _write(self) -> None:
        written = [
            one if isinstance(one, Written) else self._before.written(one.first, one.stop)
            for one in self._waiting
        ]
        for number, (name, bounds) in enumerate(zip(_FILES, self._bounds, strict=True)):
            with (self._folder / name).open("ab") as file:
                file.write(b"".join(one.parts[number] for one in written))
            lengths = np.concatenate([[bounds[-1]], *(one.lengths[number] for one in written)])
            bounds += np.cumsum(lengths, dtype=np.int64)[1:].tolist()
        self._characters += chain.from_iterable(one.characters for one in written)
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
        written: Callable[[int, int], Written] = lambda first, stop: [][first],
    ) -> None:
        """Join what `load` maps.

        Args:
            characters: the length of each text.
            read: reads a document, by number.
            records: reads what tells them apart; only builds ask.
            written: reads documents as they lie in the files, by their range of numbers; only builds ask.

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

        def written(first: int, stop: int) -> Written:
            line, text = places[first : stop + 1], bounds[first : stop + 1]
            parts = lines[line[0] : line[-1]].tobytes(), texts[text[0] : text[-1]].tobytes()
            return Written(parts, (np.diff(line), np.diff(text)), characters[first:stop])

        def read(number: int) -> Document:
            line, text = written(number, number + 1).parts
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
