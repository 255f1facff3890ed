"""Read the passage that seems to answer, and tell whether it does.

That a passage speaks of a thing can be told by words; whether it says what is asked of the thing cannot.
"""

import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

from index.generation import Generation, Passage
from index.static import StaticEmbedder
from index.store import Rows
from rag.likeness import Likeness
from rag.network import Network, Text
from rag.overlap import Matrix
from rag.question import Question

MODEL = Path(__file__).parent / "model" / "reader.safetensors"

LONGEST = 144
"""Words of a passage that are read, its title and headings among them."""
SENTENCE, ABOUT, ASKED = 70, 14, 24
"""Words that are read of a sentence, of the title and the headings together, and of a question."""
NOTHING = -10.0
"""What is returned where there is nothing to read; the network seldom says less."""

_KINDS = (re.compile(r"[\d.,%]+"), re.compile(r"[a-z0-9_.+#-]+"))
"""A number; a word of another script. All others are of one kind."""
_UNMET = -1


def kind_of(word: str) -> int:
    """Return 1 for a number, 2 for a word of Latin letters, 0 for all else; ``word`` is folded."""
    return next((n for n, kind in enumerate(_KINDS, start=1) if kind.fullmatch(word)), 0)


def inputs(vectors: StaticEmbedder, rows: Rows, kinds: NDArray[np.integer]) -> Matrix:
    """Return what is known of words, by their rows in the model and their kinds, (words, dimension + 5).

    Its unit vector, zero for a word that the model lacks; its kind, one of three; whether the model lacks
    it; and ln(1 + the length of its vector).
    """
    lengths, known = vectors.lengths.take(rows), rows >= 0
    kind = kinds[:, None] == np.arange(len(_KINDS) + 1)
    return np.column_stack(
        [vectors.rows(rows) / lengths[:, None], kind, ~known, np.log1p(lengths * known)]
    ).astype(np.float32, copy=False)


class Reader:
    """Reads passages of one generation with the bundled network."""

    def __init__(self, generation: Generation, likeness: Likeness) -> None:
        """Read the network's weights."""
        self._generation = generation
        self._likeness = likeness
        self._network = Network(load_file(MODEL))
        self._kinds = np.full(len(generation.lexical.words.tokens), _UNMET, np.int8)
        """Of each word of the generation that was met."""

    def read(self, question: Question, passage: Passage) -> float:
        """Return the log-odds that the best sentence of a passage answers, against that none does."""
        asked = self._generation.segmenter.words(question.plain)[:ASKED]
        numbers, sentences = self._words(passage)
        starts = np.flatnonzero((np.diff(sentences, prepend=-1) != 0) & (sentences >= 0))
        if not asked or not len(starts):
            return NOTHING
        return float(self._network.read(self._text(asked, numbers, sentences, starts)).max())

    def _words(self, passage: Passage) -> tuple[Rows, Rows]:
        """Return the numbers of what is read, and the sentence of each, -1 for the title and headings."""
        words = self._generation.lexical.words
        about = words.contexts.take([passage.id]).values[:ABOUT]
        texts = words.sentences.take(passage.sentences)
        within = np.arange(len(texts.values)) - np.repeat(texts.bounds[:-1], texts.lengths)
        short = within < SENTENCE
        numbers = np.concatenate([about, texts.values[short]])[:LONGEST].astype(np.int64)
        sentences = np.repeat(np.arange(len(texts)), texts.lengths)[short]
        return numbers, np.concatenate([np.full(len(about), -1), sentences])[:LONGEST]

    def _text(self, asked: list[str], numbers: Rows, sentences: Rows, starts: Rows) -> Text:
        vectors, words = self._likeness.vectors, self._generation.lexical.words
        rows = vectors.rows_of(asked), self._likeness.rows.take(numbers)
        kinds = np.array([kind_of(word) for word in asked], np.int8), self._kinds_of(numbers)
        question, passage = (inputs(vectors, *one) for one in zip(rows, kinds, strict=True))
        known = np.array([-1 if (n := words.number(word)) is None else n for word in asked])
        same = known[:, None] == numbers
        begins = np.diff(sentences, prepend=-2) != 0
        width = vectors.dimension
        beside = np.column_stack([passage, same.any(axis=0), sentences < 0, begins])
        return Text(question, beside, question[:, :width] @ passage[:, :width].T, same, starts)

    def _kinds_of(self, numbers: Rows) -> NDArray[np.int8]:
        tokens, kinds = self._generation.lexical.words.tokens, self._kinds.take(numbers)
        for place in np.flatnonzero(kinds == _UNMET).tolist():
            kinds[place] = kind_of(tokens[int(numbers[place])])
        self._kinds[numbers] = kinds
        return kinds
