"""BM25 over the passages for one kind of token, and the tokens of each sentence."""

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.mapped import mapped
from index.names import Names
from index.ragged import Ragged

Tokens = Sequence[str]
Scores = NDArray[np.float32]
Ids = NDArray[np.integer]

K1, B = 0.9, 0.4
"""Of BM25, as Anserini has them; better here than 1.5 and 0.75 on four sets of questions."""

_REMEMBERED = 1 << 16
"""Tokens of questions whose numbers are kept."""

Worth = Callable[[str], float]
"""What a token of the question is worth beside its rarity."""


def equal(_: str) -> float:
    """Hold all tokens worth the same."""
    return 1.0


class Numbers(dict[str, int]):
    """Numbers tokens as they come."""

    def of(self, tokens: Tokens) -> list[int]:
        """Return the number of each token; a new one gets the next."""
        return [self.setdefault(token, len(self)) for token in tokens]


class Numbered(NamedTuple):
    """The tokens of sentences, and of what the passages are about, by their numbers."""

    sentences: Ragged
    contexts: Ragged
    """One row for each passage."""

    @classmethod
    def join(cls, parts: Sequence["Numbered"]) -> "Numbered":
        """Put rows below each other."""
        return cls(
            Ragged.join([part.sentences for part in parts]), Ragged.join([part.contexts for part in parts])
        )


def compact(numbers: Numbers, tokens: Numbered) -> tuple[list[str], Numbered]:
    """Number the tokens anew in the order of their first place, so that history leaves no trace."""
    sentences, contexts = tokens
    stream = np.concatenate([sentences.values, contexts.values])
    first = np.full(len(numbers), len(stream))
    first[stream[::-1]] = np.arange(len(stream) - 1, -1, -1)  # the last to be written is the first place
    order = np.argsort(first, kind="stable")[: np.count_nonzero(first < len(stream))]
    anew = np.zeros(len(numbers), np.int32)
    anew[order] = np.arange(len(order))
    names = list(numbers)
    renumbered = Numbered(*(Ragged(anew[one.values], one.bounds) for one in tokens))
    return [names[number] for number in order], renumbered


class Postings(NamedTuple):
    """What each token adds to the score of each passage that holds it, token by token."""

    data: Scores
    indices: Ids
    """The passages, ascending for each token."""
    indptr: Ids
    """Where each token's passages begin, and the last one's end."""

    @classmethod
    def build(cls, tokens: Numbered, owners: Ids, vocabulary: int) -> "Postings":
        """Score passages by BM25, with the inverse document frequency of Lucene.

        Args:
            owners: the passage of each sentence.
            vocabulary: the number of tokens.

        """
        from scipy.sparse import csr_array  # only builds need it

        n = len(tokens.contexts)
        lengths = np.bincount(owners, tokens.sentences.lengths, n).astype(np.int64)
        counted = sum(
            csr_array((np.ones(len(values), np.int32), values, bounds), shape=(n, vocabulary))
            for values, bounds in (
                (tokens.sentences.values, np.concatenate([[0], np.cumsum(lengths)])),
                (tokens.contexts.values, tokens.contexts.bounds),
            )
        )
        columns = counted.tocsc()
        columns.sum_duplicates()
        lengths = lengths + tokens.contexts.lengths
        frequencies = np.diff(columns.indptr)
        idf = np.log1p((n - frequencies + 0.5) / (frequencies + 0.5))
        norm = K1 * (1 - B + B * lengths / max(lengths.mean(), 1e-9)) if n else lengths
        data = np.repeat(idf, frequencies) * columns.data / (columns.data + norm[columns.indices])
        return cls(data.astype(np.float32), columns.indices.astype(np.int32), columns.indptr.astype(np.int64))


class Vocabulary:
    """The tokens of one kind, and how rare each is."""

    def __init__(self, tokens: Names, indptr: Ids, size: int) -> None:
        """Count from ``indptr`` in how many of ``size`` passages each token stands; see `Postings`."""
        self.tokens = tokens
        """All tokens, in the order of their ids."""
        self.number = lru_cache(_REMEMBERED)(tokens.number)
        """Returns the number of a token, None where no passage holds it."""
        self.size = size
        """The number of passages."""
        self._indptr = indptr

    def ids(self, tokens: Tokens) -> list[int]:
        """Return the ids of the tokens that some passage holds."""
        return [number for token in tokens if (number := self.number(token)) is not None]

    def rarity(self, token: str) -> float:
        """Return the inverse document frequency of BM25, ln(1 + (n - df + ½) / (df + ½))."""
        number = self.number(token)
        frequency = 0 if number is None else int(self._indptr[number + 1] - self._indptr[number])
        return math.log1p((self.size - frequency + 0.5) / (frequency + 0.5))


class Field(Vocabulary):
    """One kind of token: BM25 over the passages, and the tokens of each sentence."""

    def __init__(self, vocabulary: Names, tokens: Numbered, postings: Postings) -> None:
        """Serve what `build` made or `load` read."""
        super().__init__(vocabulary, postings.indptr, len(tokens.contexts))
        self.sentences, self.contexts = tokens
        self.postings = postings

    @classmethod
    def build(cls, numbers: Numbers, tokens: Numbered, owners: Ids) -> "Field":
        """Index passages, each made of its sentences and of the tokens of its context.

        Args:
            numbers: of the tokens; also of such as are not in ``tokens``.
            owners: the passage of each sentence.

        """
        vocabulary, tokens = compact(numbers, tokens)
        return cls(Names.of(vocabulary), tokens, Postings.build(tokens, owners, len(vocabulary)))

    @classmethod
    def load(cls, folder: Path) -> "Field":
        """Map what `save` wrote."""
        tokens = Numbered(Ragged.load(folder, "sentences"), Ragged.load(folder, "contexts"))
        postings = Postings(*(mapped(folder / f"{name}.npy") for name in Postings._fields))
        return cls(Names.load(folder, "tokens"), tokens, postings)

    def save(self, folder: Path) -> None:
        """Write the field into ``folder``."""
        folder.mkdir()
        self.tokens.save(folder, "tokens")
        self.sentences.save(folder, "sentences")
        self.contexts.save(folder, "contexts")
        for name, array in self.postings._asdict().items():
            np.save(folder / f"{name}.npy", array)

    def stand_in(self, tokens: Sequence[int], starts: Ids, stops: Ids) -> NDArray[np.bool_]:
        """Tell which tokens stand in ranges of passages, each all of one document's, (tokens, ranges)."""
        # Edges of another type would have all of the postings copied.
        edges = np.concatenate([starts, stops]).astype(self.postings.indices.dtype)
        found = [self.postings.indices[self._column(token)].searchsorted(edges) for token in tokens]
        places = np.array(found, np.int64).reshape(-1, len(edges))
        return places[:, : len(starts)] < places[:, len(starts) :]

    def _column(self, token: int) -> slice:
        return slice(self.postings.indptr[token], self.postings.indptr[token + 1])

    def sentence(self, number: int) -> list[int]:
        """Return the token ids of a sentence, in order."""
        ids: list[int] = self.sentences[number].tolist()
        return ids

    def scores(self, tokens: Tokens, worth: Worth = equal) -> Scores:
        """Return the score of each passage, what each token adds times what it is worth."""
        scores = np.zeros(self.size, np.float32)
        for token in tokens:
            if (row := self.number(token)) is not None:
                column = self._column(row)
                added = np.float32(worth(token)) * self.postings.data[column]
                scores[self.postings.indices[column]] += added
        return scores
