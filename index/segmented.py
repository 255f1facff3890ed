"""A document cut: its sentences, its passages, and the tokens of both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from index.document import Document
from index.embedder import Vectors
from index.field import Numbered, Numbers
from index.lexical import Cut, cut
from index.passage import passages_of
from index.ragged import Ragged
from index.segmenter import Segmenter
from index.sentence import split

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Segmented:
    """One document; its numbers of sentences and passages begin at 0."""

    sentences: Rows
    """(m, 2): start, end."""
    passages: Rows
    """(n, 2): first sentence, sentence past the last; together they hold all sentences."""
    words: Numbered
    bigrams: Numbered
    vectors: Vectors | None = None
    """(n, dimension), where they are known."""
    stale: Sequence[int] = ()
    """The passages among them whose vectors are of other tokens."""

    def words_of(self, passage: int) -> list[int]:
        """Return the words of a passage, those of its context first."""
        first, stop = self.passages[passage].tolist()
        within: list[int] = self.words.sentences.part(first, stop).values.tolist()
        context: list[int] = self.words.contexts[passage].tolist()
        return context + within

    def text_of(self, passage: int, document: Document) -> str:
        """Return the text of a passage, its context first."""
        first, stop = self.passages[passage].tolist()
        start, end = int(self.sentences[first, 0]), int(self.sentences[stop - 1, 1])
        return document.context_at(start) + "\n" + document.text[start:end]


class Cutter:
    """Cuts texts with one segmenter and numbers their tokens."""

    def __init__(self, segmenter: Segmenter, words: Sequence[str] = (), bigrams: Sequence[str] = ()) -> None:
        """Begin with tokens that have their numbers."""
        self.words, self.bigrams = Numbers(), Numbers()
        self.words.of(words)
        self.bigrams.of(bigrams)
        self._segmenter = segmenter

    def cut(self, text: str) -> Cut:
        """Cut one text."""
        return cut(text, self._segmenter)

    def segment(self, document: Document) -> Segmented:
        """Cut a document."""
        text, spans = document.text, split(document.text)
        runs = passages_of(document, spans)
        once: Callable[[str], Cut] = cache(self.cut)  # neighbours have their headings in common
        contexts = [once(document.context_at(spans[run.start].start)) for run in runs]
        sentences = [self.cut(text[span.start : span.end]) for span in spans]
        return Segmented(
            sentences=np.array(spans, np.int64).reshape(-1, 2),
            passages=np.array([(run.start, run.stop) for run in runs], np.int64).reshape(-1, 2),
            words=_numbered(self.words, [one.words for one in sentences], [one.words for one in contexts]),
            bigrams=_numbered(
                self.bigrams, [one.bigrams for one in sentences], [one.bigrams for one in contexts]
            ),
        )


def _numbered(
    numbers: Numbers, sentences: Sequence[Sequence[str]], contexts: Sequence[Sequence[str]]
) -> Numbered:
    return Numbered(
        Ragged.of([numbers.of(tokens) for tokens in sentences]),
        Ragged.of([numbers.of(tokens) for tokens in contexts]),
    )
