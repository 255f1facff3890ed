"""A published index: immutable, numbered, opened whole or not at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.codes import CodedStore, Codes
from index.document import Document, Span
from index.documents import Documents
from index.embedder import Embedder, Vectors
from index.errors import NotFoundError
from index.field import Field, Numbered
from index.lexical import Bm25Index
from index.manifest import Manifest
from index.mapped import mapped
from index.names import Names
from index.postings import Postings
from index.ragged import Ragged
from index.segmenter import Segmenter
from index.spelling import Spelling
from index.store import Rows, Store
from index.term import Glossary, Term
from index.vectors import FlatStore, VectorStore

_REMEMBERED = 4096
"""Sentences whose places are kept, and ids of documents whose numbers are."""
_NAMED = 3
"""Documents whose ids are told to who asks for another."""
_BATCH = 1000
"""Passages that are read at once, where all are."""


@dataclass(frozen=True)
class Contents:
    """What a build makes and a generation keeps."""

    documents: Documents
    sentences: Rows
    """(m, 3): document number, start, end."""
    passages: Rows
    """(n, 3): document number, first sentence, sentence past the last."""
    vectors: Vectors
    codes: Codes | None
    """Where there are so many vectors that not all are to be looked at."""
    lexical: Bm25Index
    terms: Sequence[Term]
    mined: Rows
    """(k, 3): document number, term number, how often the one has the other."""
    segmenter: Segmenter

    @cached_property
    def dense(self) -> VectorStore:
        """What searches the vectors."""
        return CodedStore(self.vectors, self.codes) if self.codes else FlatStore(self.vectors)

    def ranges(self, documents: Sequence[int] | Rows) -> tuple[Rows, Rows]:
        """See `Store.ranges`."""
        owners = self.passages[:, 0]
        wanted = np.asarray(documents, owners.dtype)  # of another type, they would have all copied
        return np.searchsorted(owners, wanted), np.searchsorted(owners, wanted, "right")

    @classmethod
    def nothing(cls) -> "Contents":
        """Make the contents of no document."""
        rows, none = np.empty((0, 3), np.int64), Ragged.of([])
        nothing = Postings(
            np.empty(0, np.uint16), np.empty(0, np.uint8), np.zeros(1, np.int64), np.empty(0, np.float32)
        )
        empty = Field(Names.of([]), Numbered(none, none), nothing)
        segmenter = Segmenter()
        lexical = Bm25Index(empty, empty, segmenter)
        vectors = np.empty((0, 0), np.float32)
        return cls(Documents.none(), rows, rows, vectors, None, lexical, [], rows, segmenter)

    @classmethod
    def load(cls, folder: Path, terms: Sequence[Term], segmenter: Segmenter) -> "Contents":
        """Map what a build wrote."""
        return cls(
            documents=Documents.load(folder),
            sentences=mapped(folder / "sentences.npy"),
            passages=mapped(folder / "passages.npy"),
            vectors=mapped(folder / "vectors.npy"),
            codes=Codes.load(folder),
            lexical=Bm25Index.load(folder, segmenter),
            terms=terms,
            mined=mapped(folder / "mined.npy"),
            segmenter=segmenter,
        )

    @property
    def counts(self) -> dict[str, int]:
        """How many of each there are."""
        return {
            "documents": len(self.documents),
            "sentences": len(self.sentences),
            "passages": len(self.passages),
            "terms": len(self.terms),
            "characters": int(self.documents.characters.sum()),
        }


@dataclass(frozen=True)
class Passage:
    """The unit retrieved: a run of whole sentences."""

    id: int
    document: Document
    start: int
    end: int
    sentences: range
    """The numbers of its sentences in the generation."""

    @property
    def text(self) -> str:
        """The passage, verbatim."""
        return self.document.text[self.start : self.end]

    @cached_property
    def headings(self) -> list[str]:
        """The headings over it, outermost first."""
        return self.document.headings_at(self.start)


def _place(contents: Store, sentence: int) -> tuple[int, Span]:
    document, start, end = contents.sentences[sentence].tolist()
    return document, Span(start, end)


class Generation:
    """One index in memory."""

    def __init__(self, manifest: Manifest, contents: Store, embedder: Embedder) -> None:
        """Serve ``contents``, whose vectors ``embedder`` made."""
        self.manifest = manifest
        self.number = manifest.generation
        self.contents = contents
        self.embedder = embedder
        self.segmenter = contents.segmenter
        self.lexical = contents.lexical
        self.dense = contents.dense
        self.terms = contents.terms
        self.glossary = Glossary(contents.terms, contents.segmenter)
        self.documents = contents.documents.by_id
        # Not methods of itself: in a circle, they would outlive it.
        self._number_of = lru_cache(_REMEMBERED)(contents.documents.ids.number)
        self._place = lru_cache(_REMEMBERED)(partial(_place, contents))

    @cached_property
    def spelling(self) -> Spelling:
        """The names of the documents, as they spell them."""
        return Spelling(name for term in self.terms for name in (term.name, term.other) if name)

    def passage(self, number: int) -> Passage:
        """Return one passage by its id."""
        (passage,) = self.read([number])
        return passage

    def read(self, numbers: Sequence[int]) -> list[Passage]:
        """Return passages by their ids, in their order."""
        if not len(numbers):
            return []
        documents, first, stop = self.contents.passages[numbers].T
        starts, ends = self.contents.sentences[first][:, 1], self.contents.sentences[stop - 1][:, 2]
        columns = (one.tolist() for one in (documents, starts, ends, first, stop))
        return [
            Passage(number, self.contents.documents[document], start, end, range(one, past))
            for number, document, start, end, one, past in zip(numbers, *columns, strict=True)
        ]

    def passages(self) -> Iterator[Passage]:
        """Yield all passages, in their order."""
        for start in range(0, len(self.contents.passages), _BATCH):
            yield from self.read(range(start, min(start + _BATCH, len(self.contents.passages))))

    @property
    def sentences(self) -> int:
        """The number of sentences."""
        return len(self.contents.sentences)

    def owner(self, sentence: int) -> int:
        """Return the number of the document that holds a sentence."""
        return self._place(sentence)[0]

    def document_of(self, sentence: int) -> Document:
        """Return the document that holds a sentence."""
        return self.contents.documents[self._place(sentence)[0]]

    def sentence(self, number: int) -> Span:
        """Return the place of a sentence in its document."""
        return self._place(number)[1]

    def owners(self, sentences: NDArray[np.int64]) -> Rows:
        """Return the number of the document of each sentence."""
        owners: Rows = self.contents.sentences[sentences][:, 0]
        return owners

    def ranges(self, passages: Sequence[int] | Rows) -> tuple[Rows, Rows]:
        """Return where the passages of each one's document begin, and where they stop."""
        return self.contents.ranges(self.contents.passages[passages][:, 0])

    def document(self, identity: str) -> Document:
        """Return one document.

        Raises:
            NotFoundError: there is none of that id.

        """
        return self.contents.documents[self._number(identity)]

    def _number(self, identity: str) -> int:
        if (number := self._number_of(identity)) is None:
            ids = self.contents.documents.ids
            some = "、".join(map(repr, ids[:_NAMED]))
            raise NotFoundError(f"没有文档 {identity!r}；请核对名称：共有 {len(ids)} 篇，如 {some}")
        return number

    def passages_of(self, documents: Sequence[str]) -> Rows:
        """Return the ids of the passages of some documents, ascending."""
        starts, stops = self.contents.ranges(sorted({self._number(identity) for identity in documents}))
        empty = np.empty(0, np.int64)
        return np.concatenate([empty, *(np.arange(*span) for span in zip(starts, stops, strict=True))])

    def embed_question(self, text: str) -> Vectors:
        """Embed one question, (1, dimension)."""
        words = " ".join(self.segmenter.words(text)) if self.embedder.reads_words else text
        return self.embedder.embed_questions([words])
