"""Find the passages that share words with a question."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

import bm25s
import numpy as np
from numpy.typing import NDArray

from index.ragged import Ragged
from index.segmenter import Segmenter, bigrams, is_han

Tokens = Sequence[str]
Scores = NDArray[np.float32]
Ids = NDArray[np.integer]

K1, B = 0.9, 0.4
"""Of BM25, as Anserini has them; better here than 1.5 and 0.75 on four sets of questions."""

BIGRAM_WEIGHT = 0.5


class Hit(NamedTuple):
    """A passage with one retriever's score; higher is better."""

    passage: int
    score: float


Worth = Callable[[str], float]
"""What a token of the question is worth beside its rarity."""


def equal(_: str) -> float:
    """Hold all tokens worth the same."""
    return 1.0


class LexicalIndex(Protocol):
    """Ranks passages by the words they share with a text."""

    def search(self, text: str, k: int, among: Ids | None = None, worth: Worth = equal) -> list[Hit]:
        """Return at most ``k`` passages that share a word with ``text``, best first.

        With ``among``, ascending ids, only of these. ``worth`` weighs each token.
        """
        ...


def best(scores: Scores, k: int) -> list[Hit]:
    """Return the ``k`` highest positive scores, equal ones by passage id."""
    positive = np.flatnonzero(scores > 0)
    if len(positive) > k:
        threshold = np.partition(scores[positive], -k)[-k]
        positive = positive[scores[positive] >= threshold]
    order = np.lexsort((positive, -scores[positive]))[:k]
    chosen = positive[order]
    return [Hit(*pair) for pair in zip(chosen.tolist(), scores[chosen].tolist(), strict=True)]


class Field:
    """One kind of token: BM25 over the passages, and the tokens of each sentence."""

    def __init__(self, engine: bm25s.BM25, sentences: Ragged) -> None:
        """Serve an engine that has been indexed or loaded, and the token ids of each sentence."""
        self._engine = engine
        self._vocabulary: dict[str, int] = engine.vocab_dict
        self.sentences = sentences
        self.size: int = engine.scores["num_docs"]

    @classmethod
    def build(
        cls, sentences: Sequence[Tokens], passages: Sequence[range], contexts: Sequence[Tokens]
    ) -> "Field":
        """Index passages, each made of its sentences and of the tokens of its context."""
        vocabulary: dict[str, int] = {}

        def ids_of(tokens: Tokens) -> list[int]:
            return [vocabulary.setdefault(token, len(vocabulary)) for token in tokens]

        ids = [ids_of(tokens) for tokens in sentences]
        corpus = [
            ids_of(context) + [i for sentence in passage for i in ids[sentence]]
            for passage, context in zip(passages, contexts, strict=True)
        ]
        engine = bm25s.BM25(k1=K1, b=B)
        engine.index((corpus, vocabulary), create_empty_token=False, show_progress=False)
        return cls(engine, Ragged.of(ids))

    @classmethod
    def load(cls, folder: Path) -> "Field":
        """Read what `save` wrote."""
        engine = bm25s.BM25.load(folder, load_corpus=False, load_vocab=True)
        return cls(engine, Ragged(np.load(folder / "sentences.npy"), np.load(folder / "bounds.npy")))

    def save(self, folder: Path) -> None:
        """Write the field into ``folder``."""
        self._engine.save(folder, show_progress=False)
        np.save(folder / "sentences.npy", self.sentences.values)
        np.save(folder / "bounds.npy", self.sentences.bounds)

    @property
    def tokens(self) -> list[str]:
        """All tokens, in the order of their ids."""
        return list(self._vocabulary)

    def ids(self, tokens: Tokens) -> list[int]:
        """Return the ids of the tokens that some passage holds."""
        return [self._vocabulary[token] for token in tokens if token in self._vocabulary]

    def postings(self, token: int) -> Ids:
        """Return the passages that hold a token, ascending."""
        indptr = self._engine.scores["indptr"]
        postings: Ids = self._engine.scores["indices"][indptr[token] : indptr[token + 1]]
        return postings

    def sentence(self, number: int) -> list[int]:
        """Return the token ids of a sentence, in order."""
        ids: list[int] = self.sentences[number].tolist()
        return ids

    def scores(self, tokens: Tokens, worth: Worth = equal) -> Scores:
        """Return the score of each passage, what each token adds times what it is worth."""
        indptr, indices, data = (self._engine.scores[part] for part in ("indptr", "indices", "data"))
        scores = np.zeros(self.size, np.float32)
        for token in tokens:
            if (row := self._vocabulary.get(token)) is not None:
                column = slice(indptr[row], indptr[row + 1])
                scores[indices[column]] += np.float32(worth(token)) * data[column]
        return scores

    def rarity(self, token: str) -> float:
        """Return the inverse document frequency of BM25, ln(1 + (n - df + ½) / (df + ½))."""
        indptr = self._engine.scores["indptr"]
        row = self._vocabulary.get(token)
        frequency = 0 if row is None else int(indptr[row + 1] - indptr[row])
        return math.log1p((self.size - frequency + 0.5) / (frequency + 0.5))


class Cut(NamedTuple):
    """The two kinds of token of one text."""

    words: Tokens
    bigrams: Tokens


def cut(text: str, segmenter: Segmenter) -> Cut:
    """Cut ``text`` for both fields.

    Words of other scripts stand beside the bigrams too: they would count for less than Chinese
    words otherwise.
    """
    words = segmenter.words(text)
    folded = "".join(segmenter.pieces(text))
    return Cut(words, [*bigrams(folded), *(word for word in words if not is_han(word))])


class Bm25Index:
    """The weighted sum of BM25 over words and BM25 over character bigrams."""

    def __init__(self, words: Field, pairs: Field, segmenter: Segmenter) -> None:
        """Join two fields over the same passages."""
        self.words = words
        self.bigrams = pairs
        self._segmenter = segmenter

    @classmethod
    def build(
        cls,
        sentences: Sequence[Cut],
        passages: Sequence[range],
        contexts: Sequence[Cut],
        segmenter: Segmenter,
    ) -> "Bm25Index":
        """Index passages, each made of its sentences and of its context: title and headings."""
        return cls(
            Field.build([s.words for s in sentences], passages, [c.words for c in contexts]),
            Field.build([s.bigrams for s in sentences], passages, [c.bigrams for c in contexts]),
            segmenter,
        )

    @classmethod
    def load(cls, folder: Path, segmenter: Segmenter) -> "Bm25Index":
        """Read what `save` wrote."""
        return cls(Field.load(folder / "words"), Field.load(folder / "bigrams"), segmenter)

    def save(self, folder: Path) -> None:
        """Write both fields below ``folder``."""
        self.words.save(folder / "words")
        self.bigrams.save(folder / "bigrams")

    def scores(self, text: str, worth: Worth = equal) -> Scores:
        """Return the score of each passage."""
        tokens = cut(text, self._segmenter)
        words = self.words.scores(tokens.words, worth)
        return words + BIGRAM_WEIGHT * self.bigrams.scores(tokens.bigrams, worth)

    def search(self, text: str, k: int, among: Ids | None = None, worth: Worth = equal) -> list[Hit]:
        """See `LexicalIndex.search`."""
        scores = self.scores(text, worth)
        if among is not None:
            allowed = np.zeros_like(scores)
            allowed[among] = scores[among]
            scores = allowed
        return best(scores, k)
