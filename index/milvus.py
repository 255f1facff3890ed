"""A generation whose passages lie in a Milvus; only what is small is read from its folder."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.cluster import MOST, Cluster
from index.documents import Documents
from index.embedder import Vectors
from index.field import Vocabulary, Worth, equal
from index.lexical import BIGRAM_WEIGHT, Hit, cut
from index.manifest import Manifest
from index.mapped import mapped
from index.names import Names
from index.postings import Ids as Numbers
from index.ragged import Ragged
from index.row import PLACES, STRETCH, Held, Row, base_of_bigrams
from index.segmenter import Segmenter
from index.store import Rows
from index.term import Term
from index.vectors import Ids, best_first

FILES = (
    "dictionary.json terms.json characters.npy ids_*.npy "
    "words/tokens_*.npy words/indptr.npy bigrams/tokens_*.npy bigrams/indptr.npy"
).split()
"""What a host needs of the folder of a generation, beside its manifest."""

_ROWS, _DOCUMENTS = 20_000, 256
"""Passages and documents that stay in memory."""
_STRETCHES = 1000
"""Passages whose text is read at once."""


class MilvusStore:
    """See `index.store.Store`."""

    def __init__(
        self, folder: Path, manifest: Manifest, cluster: Cluster, segmenter: Segmenter, terms: Sequence[Term]
    ) -> None:
        """Serve the collection that ``manifest`` names; ``folder`` is the generation's."""
        self.segmenter, self.terms = segmenter, terms
        rows = Reader(cluster, manifest.store["collection"], manifest.counts["passages"])
        self.sentences = Sentences(rows, manifest.counts["sentences"])
        self.passages = Passages(rows)
        self.lexical = MilvusLexical(
            MilvusTokens(folder / "words", rows, lambda row: row.words),
            MilvusTokens(folder / "bigrams", rows, lambda row: row.bigrams),
            segmenter,
            rows,
        )
        self.dense = MilvusVectors(rows)
        self.documents = Documents(
            Names.load(folder, "ids"),
            mapped(folder / "characters.npy"),
            lambda number: rows.held(rows.range_of(number)[0]).document,
        )
        self._rows = rows

    def ranges(self, documents: Sequence[int] | Rows) -> tuple[Rows, Rows]:
        """See `index.store.Store.ranges`."""
        ranges = np.array([self._rows.range_of(int(number)) for number in documents], np.int64)
        return ranges.reshape(-1, 2)[:, 0], ranges.reshape(-1, 2)[:, 1]


class Reader:
    """Reads the rows of one collection, and keeps those that were read last."""

    def __init__(self, cluster: Cluster, collection: str, size: int) -> None:
        """Read from ``collection``, which has ``size`` passages."""
        self._cluster, self._collection = cluster, collection
        self.size = size
        self._rows: dict[int, Row] = {}
        self._passages: dict[int, int] = {}
        """Of each sentence of these."""
        self._ranges: dict[int, tuple[int, int]] = {}
        """Of the documents of these."""
        self._held: dict[int, Held] = {}
        """The documents, by their first passage."""

    def search(self, of: str, question: Any, k: int, among: Numbers | None) -> list[tuple[int, float]]:
        """Return the ``k`` best passages of a field, equal scores by id."""
        if among is not None and not len(among):
            return []
        expression = "" if among is None else _expression(among)
        limit = k + 1
        while True:  # until it is known that no equal of the last was left out
            hits = self._cluster.search(self._collection, of, question, min(limit, MOST), expression)
            if len(hits) < limit or limit >= MOST or hits[-1][1] < hits[k - 1][1]:
                return sorted(hits, key=lambda hit: (-hit[1], hit[0]))[:k]
            limit *= 4

    def rows(self, passages: Sequence[int]) -> list[Row]:
        """Return rows by their ids; those beside them are read with them."""
        found = {number: row for number in passages if (row := self._rows.get(number))}
        if len(found) < len(set(passages)):
            near = {n for number in passages for n in (number - 1, number, number + 1)}
            found |= self._read(sorted(n for n in near if 0 <= n < self.size and n not in found))
        return [found[number] for number in passages]

    def hold(self, rows: Iterable[Row]) -> None:
        """Read the documents of some rows all at once, where they are not known."""
        missing = {(row.opens, row.closes) for row in rows if row.opens not in self._held}
        if missing:
            self._read_documents(missing)

    def _read(self, wanted: Sequence[int]) -> dict[int, Row]:
        read: dict[int, Row] = {}
        for start in range(0, len(wanted), MOST):
            among = _expression(np.array(wanted[start : start + MOST]))
            for record in self._cluster.query(self._collection, among, ["id", *PLACES]):
                read[int(record["id"])] = Row.of(record)
        if len(self._rows) > _ROWS:
            for memory in (self._rows, self._passages, self._ranges):
                memory.clear()
        self._rows |= read
        for number, row in read.items():
            self._ranges[row.document] = (row.opens, row.closes)
            self._passages |= dict.fromkeys(range(row.first, row.first + len(row.spans)), number)
        return read

    def _read_documents(self, ranges: Iterable[tuple[int, int]]) -> dict[int, Held]:
        records: list[dict[str, Any]] = []
        every = np.concatenate([np.empty(0, np.int64), *(np.arange(*one) for one in sorted(ranges))])
        for start in range(0, len(every), _STRETCHES):
            among = _expression(every[start : start + _STRETCHES])
            records += self._cluster.query(self._collection, among, ["id", *STRETCH])
        records.sort(key=lambda record: int(record["id"]))
        read: dict[int, Held] = {}
        for _, stretches in groupby(records, key=lambda record: int(record["document"])):
            of = list(stretches)
            read[int(of[0]["id"])] = Held.of(of)
        if len(self._held) > _DOCUMENTS:
            self._held.clear()
        self._held |= read
        return read

    def passage_of(self, sentence: int) -> int:
        """Return the passage that holds a sentence; where no row near it is known, by looking for it."""
        if (known := self._passages.get(sentence)) is not None:
            return known
        below, above = 0, self.size
        while above - below > 1:
            middle = (below + above) // 2
            (row,) = self.rows([middle])
            below, above = (middle, above) if row.first <= sentence else (below, middle)
        return below

    def sentence(self, number: int) -> tuple[Row, int]:
        """Return the row that holds a sentence, and its place there."""
        (row,) = self.rows([self.passage_of(number)])
        return row, number - row.first

    def range_of(self, document: int) -> tuple[int, int]:
        """Return the first passage of a document, and the one past its last."""
        if (known := self._ranges.get(document)) is not None:
            return known
        (record,) = self._cluster.query(
            self._collection, f"document == {document}", ["opens", "closes"], limit=1
        )
        self._ranges[document] = found = (int(record["opens"]), int(record["closes"]))
        return found

    def held(self, opens: int) -> Held:
        """Return the document that begins with a passage."""
        if (known := self._held.get(opens)) is not None:
            return known
        (row,) = self.rows([opens])
        return self._read_documents([(row.opens, row.closes)])[opens]


def _expression(ids: Numbers) -> str:
    """Say in Milvus's language that an id is among ``ids``, ascending."""
    breaks = np.flatnonzero(np.diff(ids) != 1) + 1
    runs = [(int(run[0]), int(run[-1])) for run in np.split(ids, breaks)]
    alone = [first for first, last in runs if first == last]
    parts = [f"(id >= {first} and id <= {last})" for first, last in runs if first < last]
    return " or ".join([*parts, *([f"id in {alone}"] if alone else [])])


class Passages:
    """See `index.store.Store.passages`."""

    def __init__(self, rows: Reader) -> None:
        self._rows = rows

    def __len__(self) -> int:
        return self._rows.size

    def __getitem__(self, numbers: int | Sequence[int] | Numbers) -> Rows:
        """Return document, first sentence and sentence past the last."""
        wanted = np.atleast_1d(numbers)
        rows = self._rows.rows(wanted.tolist())
        self._rows.hold(rows)  # who asks for passages asks for their texts next
        made = np.array([(row.document, row.first, row.first + len(row.spans)) for row in rows], np.int64)
        return made[0] if np.isscalar(numbers) else made.reshape(-1, 3)


class Sentences:
    """See `index.store.Store.sentences`."""

    def __init__(self, rows: Reader, size: int) -> None:
        self._rows, self._size = rows, size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, numbers: int | Sequence[int] | Numbers) -> Rows:
        """Return document, start and end."""
        found = map(self._rows.sentence, np.atleast_1d(numbers).tolist())
        made = np.array([(row.document, *row.spans[place]) for row, place in found], np.int64)
        return made[0] if np.isscalar(numbers) else made.reshape(-1, 3)


class MilvusVectors:
    """See `index.vectors.VectorStore`."""

    def __init__(self, rows: Reader) -> None:
        self._rows = rows

    def search(self, vectors: Vectors, k: int, among: Ids | None = None) -> tuple[Ids, Vectors]:
        """See `index.vectors.VectorStore.search`."""
        found = [self._one(vector, k, among) for vector in vectors]
        return np.concatenate([ids for ids, _ in found]), np.concatenate([scores for _, scores in found])

    def _one(self, vector: Vectors, k: int, among: Numbers | None) -> tuple[Ids, Vectors]:
        hits = self._rows.search("vector", vector, min(k, self._rows.size), among)
        ids = np.array([number for number, _ in hits], np.int64)
        return best_first(ids[None], np.array([score for _, score in hits], np.float32)[None], k)


_Part = Callable[[Any], Any]
"""Takes one kind of token from a row or a document."""


class MilvusTokens(Vocabulary):
    """See `index.store.Tokens`."""

    def __init__(self, folder: Path, rows: Reader, part: _Part) -> None:
        """Read the vocabulary from ``folder``, and ``part`` of the rows and documents."""
        super().__init__(Names.load(folder, "tokens"), mapped(folder / "indptr.npy"), rows.size)
        self._rows, self._part = rows, part
        self.sentences = _OfSentences(rows, part)
        self.contexts = _OfContexts(rows, part)

    def stand_in(self, tokens: Sequence[int], starts: Numbers, stops: Numbers) -> NDArray[np.bool_]:
        """See `index.store.Tokens.stand_in`."""
        documents = [self._part(self._rows.held(start)) for start in starts.tolist()]
        held = [[token in document for document in documents] for token in tokens]
        return np.array(held, np.bool_).reshape(len(tokens), len(documents))


class _OfSentences(NamedTuple):
    """See `index.store.Lists`."""

    rows: Reader
    part: _Part

    def take(self, numbers: Sequence[int] | NDArray[np.int64]) -> Ragged:
        """See `index.store.Lists.take`."""
        wanted = np.asarray(numbers).tolist()
        found = [None if number < 0 else self.rows.sentence(number) for number in wanted]
        return Ragged.of([self.part(one[0])[1 + one[1]] if one else [] for one in found])


class _OfContexts(NamedTuple):
    """See `index.store.Lists`."""

    rows: Reader
    part: _Part

    def take(self, numbers: Sequence[int] | NDArray[np.int64]) -> Ragged:
        """See `index.store.Lists.take`."""
        return Ragged.of([self.part(row)[0] for row in self.rows.rows(np.asarray(numbers).tolist())])


class MilvusLexical:
    """See `index.store.Lexical`: a question's inner product with what each token adds to a passage."""

    def __init__(
        self, words: MilvusTokens, bigrams: MilvusTokens, segmenter: Segmenter, rows: Reader
    ) -> None:
        self.words, self.bigrams = words, bigrams
        self._segmenter, self._rows = segmenter, rows
        self._base = base_of_bigrams(len(words.tokens))

    def search(self, text: str, k: int, among: Numbers | None = None, worth: Worth = equal) -> list[Hit]:
        """See `index.lexical.LexicalIndex.search`."""
        tokens = cut(text, self._segmenter)
        asked: dict[int, float] = defaultdict(float)
        for token in tokens.words:
            if (number := self.words.number(token)) is not None:
                asked[number] += worth(token)
        for token in tokens.bigrams:
            if (number := self.bigrams.number(token)) is not None:
                asked[self._base + number] += BIGRAM_WEIGHT * worth(token)
        asked = {number: weight for number, weight in asked.items() if weight > 0}
        return [Hit(*hit) for hit in self._rows.search("lexical", asked, k, among)] if asked else []
