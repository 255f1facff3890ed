"""A passage as a row of a cluster's collection, with its stretch of its document."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from index.document import Document
from index.field import Field
from index.generation import Contents
from index.postings import Bm25, Passages
from index.store import Rows

if TYPE_CHECKING:
    from pymilvus import MilvusClient

PLACES = ("document", "opens", "closes", "first", "spans", "words", "bigrams")
"""The fields of a `Row`."""
STRETCH = ("document", "head", "text")
"""The fields that a document is made of."""

_MOST = 4096  # elements of an array
_LONGEST = 65_535  # bytes of a string
_PIECE = _LONGEST // 4  # characters, of which UTF-8 makes four bytes at most
_BREAK = -1
"""Stands between the tokens of one text and those of the next."""
_BATCH, _CHARACTERS = 500, 2_000_000
"""Rows, or characters of their documents, that are sent at once."""


class Row(NamedTuple):
    """Where a passage stands, and the tokens of its sentences."""

    document: int
    opens: int
    """The first passage of its document."""
    closes: int
    """The passage past its document's last."""
    first: int
    """The number of its first sentence."""
    spans: list[tuple[int, int]]
    words: list[list[int]]
    """Of what the passage is about; then of each sentence."""
    bigrams: list[list[int]]

    @classmethod
    def of(cls, record: dict[str, Any]) -> "Row":
        """Read `PLACES`."""
        spans = list(record["spans"])
        document, opens, closes, first = (int(record[name]) for name in PLACES[:4])
        return cls(
            document,
            opens,
            closes,
            first,
            list(zip(spans[::2], spans[1::2], strict=True)),
            _parted(record["words"]),
            _parted(record["bigrams"]),
        )


class Held(NamedTuple):
    """A document, and the tokens that its passages hold."""

    document: Document
    words: frozenset[int]
    bigrams: frozenset[int]

    @classmethod
    def of(cls, records: Sequence[dict[str, Any]]) -> "Held":
        """Read `STRETCH` of all its passages, in their order."""
        head = json.loads("".join(records[0]["head"]))
        text = "".join(piece for record in records for piece in record["text"])
        words, bigrams = head.pop("words"), head.pop("bigrams")
        document = Document(**head | {"text": text, "pages": tuple(head["pages"])})
        return cls(document, frozenset(words), frozenset(bigrams))


def _parted(tokens: Sequence[int]) -> list[list[int]]:
    parts: list[list[int]] = [[]]
    for token in tokens:
        if token == _BREAK:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def schema(client: "MilvusClient", dimension: int) -> tuple[Any, Any]:
    """Return the schema of a collection, and the parameters of its indexes.

    Both searches are exact: what is found does not depend on where it lies.
    """
    from pymilvus import DataType

    made = client.create_schema(auto_id=False, enable_dynamic_field=False)
    made.add_field("id", DataType.INT64, is_primary=True)
    made.add_field("vector", DataType.FLOAT_VECTOR, dim=dimension)
    made.add_field("lexical", DataType.SPARSE_FLOAT_VECTOR)
    for name in PLACES[:4]:
        made.add_field(name, DataType.INT64)
    # Searches do not look at the rest: it need not be in memory.
    many = {"datatype": DataType.ARRAY, "max_capacity": _MOST, "mmap_enabled": True}
    for name in PLACES[4:]:
        made.add_field(name, element_type=DataType.INT32, **many)
    for name in STRETCH[1:]:
        made.add_field(name, element_type=DataType.VARCHAR, max_length=_LONGEST, **many)
    indexes = client.prepare_index_params()
    indexes.add_index("vector", index_type="FLAT", metric_type="IP")
    indexes.add_index("lexical", index_type="SPARSE_INVERTED_INDEX", metric_type="IP")
    indexes.add_index("document", index_type="INVERTED")
    return made, indexes


def base_of_bigrams(words: int) -> int:
    """Return the number of the first bigram in a vector, after those of ``words`` words."""
    return words + 1  # number ``words`` stands for nothing, in vectors that would be empty: Milvus takes none


class _Kind:
    """The tokens of one kind, passage by passage."""

    def __init__(self, field: Field, passages: Rows, base: int) -> None:
        """Number tokens from ``base`` on, where both kinds stand in one vector."""
        self.field, self._base = field, base
        firsts = np.append(passages[:, 1], len(field.sentences))
        self._passages = Passages(field.sentences, field.contexts, firsts)
        self._bm25 = Bm25.of(np.diff(field.postings.indptr), self._passages.lengths)

    def weights(self, opens: int, closes: int) -> list[dict[int, float]]:
        """Return what each token adds to the score of each of some passages."""
        counted = self._passages.counted(opens, closes)
        order = np.argsort(counted.passages, kind="stable")
        bounds = np.searchsorted(counted.passages[order], np.arange(opens, closes + 1)).tolist()
        tokens = (counted.tokens[order] + self._base).tolist()
        added = self._bm25.added(counted)[order].tolist()
        return [
            dict(zip(tokens[start:stop], added[start:stop], strict=True)) for start, stop in pairwise(bounds)
        ]

    def parted(self, passage: int, first: int, stop: int) -> list[int]:
        """Return the tokens of what a passage is about, and of each of its sentences."""
        lists = [self.field.contexts[passage], *(self.field.sentences[n] for n in range(first, stop))]
        return [token for one in lists for token in (*one.tolist(), _BREAK)][:-1]

    def held(self, opens: int, closes: int, first: int, stop: int) -> list[int]:
        """Return the different tokens that some passages hold."""
        lists = self.field.sentences.part(first, stop), self.field.contexts.part(opens, closes)
        held: list[int] = np.unique(np.concatenate([one.values for one in lists])).tolist()
        return held


def rows_of(contents: Contents) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of all passages, by batches that are small enough to be sent."""
    vocabulary = len(contents.lexical.words.tokens)
    words = _Kind(contents.lexical.words, contents.passages, 0)
    bigrams = _Kind(contents.lexical.bigrams, contents.passages, base_of_bigrams(vocabulary))
    batch: list[dict[str, Any]] = []
    characters = 0
    for number, document in enumerate(contents.documents):
        for row in _rows(number, document, contents, words, bigrams):
            row["lexical"] = row["lexical"] or {vocabulary: 1.0}
            batch.append(row)
            characters += sum(map(len, [*row["text"], *row["head"]]))
            if len(batch) == _BATCH or characters > _CHARACTERS:
                yield batch
                batch, characters = [], 0
    if batch:
        yield batch


def _rows(
    number: int, document: Document, contents: Contents, words: _Kind, bigrams: _Kind
) -> Iterator[dict[str, Any]]:
    (opens,), (closes,) = (one.tolist() for one in contents.ranges([number]))
    runs = contents.passages[opens:closes, 1:].tolist()
    starts = contents.sentences[contents.passages[opens:closes, 1], 1].tolist()
    bounds = pairwise([0, *starts[1:], len(document.text)])  # what lies between two passages is the first's
    whole = (opens, closes, runs[0][0], runs[-1][1])
    head = {one.name: getattr(document, one.name) for one in fields(document) if one.name != "text"}
    head |= {"words": words.held(*whole), "bigrams": bigrams.held(*whole)}
    weights = zip(words.weights(opens, closes), bigrams.weights(opens, closes), strict=True)
    for passage, (first, stop), (start, end), (of_words, of_bigrams) in zip(
        range(opens, closes), runs, bounds, weights, strict=True
    ):
        yield {
            "id": passage,
            "vector": contents.vectors[passage],
            "lexical": of_words | of_bigrams,
            "document": number,
            "opens": opens,
            "closes": closes,
            "first": first,
            "spans": contents.sentences[first:stop, 1:].ravel().tolist(),
            "words": words.parted(passage, first, stop),
            "bigrams": bigrams.parted(passage, first, stop),
            "head": _pieces(json.dumps(head, ensure_ascii=False)) if passage == opens else [],
            "text": _pieces(document.text[start:end]),
        }


def _pieces(text: str) -> list[str]:
    return [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
