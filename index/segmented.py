"""Documents cut: their sentences, their passages, and the tokens of both."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from index.cutting import Tokens, cut_all
from index.document import Document
from index.embedder import Embedder, Vectors
from index.field import Numbered
from index.passage import passages_of
from index.ragged import Ragged
from index.segmenter import Segmenter
from index.sentence import split, unwrapped

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Segmented:
    """Some documents, one after another; their numbers and those of their sentences begin at 0."""

    documents: int
    """How many there are."""
    sentences: Rows
    """(m, 3): document, start, end."""
    passages: Rows
    """(n, 3): document, first sentence, sentence past the last; together they hold all sentences."""
    words: Numbered
    bigrams: Numbered
    vectors: Vectors | None
    """(n, dimension), where they are known."""
    texts: Sequence[str] = ()
    """What is to be embedded, where they are not."""


def segment(documents: Iterable[Document], segmenter: Segmenter, embedder: Embedder) -> Segmented:
    """Cut documents, and embed their passages if that takes words."""
    sentences: list[tuple[int, int, int]] = []
    passages: list[tuple[int, int, int]] = []
    texts: list[str] = []
    contexts: list[str] = []
    proses: list[str] = []
    number = -1
    for number, document in enumerate(documents):
        spans, first = split(document.text), len(sentences)
        sentences += [(number, *span) for span in spans]
        texts += [unwrapped(document.text[start:end]) for start, end in spans]
        for run in passages_of(document, spans):
            passages.append((number, first + run.start, first + run.stop))
            start, end = spans[run.start].start, spans[run.stop - 1].end
            contexts.append(document.context_at(start))
            if not embedder.reads_words:
                proses.append(f"{contexts[-1]}\n{unwrapped(document.text[start:end])}")
    about = {context: n for n, context in enumerate(dict.fromkeys(contexts), start=len(texts))}
    around = np.array([about[context] for context in contexts], np.int64)
    words, bigrams = (
        _numbered(tokens, len(texts), around) for tokens in cut_all([*texts, *about], segmenter)
    )
    runs = np.array(passages, np.int64).reshape(-1, 3)
    known = embedder.embed_passages(_spelled(words, runs)) if embedder.reads_words else None
    rows = np.array(sentences, np.int64).reshape(-1, 3)
    return Segmented(number + 1, rows, runs, words, bigrams, known, proses)


def _numbered(tokens: Tokens, sentences: int, around: NDArray[np.int64]) -> Numbered:
    return Numbered(tokens.texts.part(0, sentences), tokens.texts.take(around), tokens.names)


def _spelled(words: Numbered, passages: Rows) -> list[str]:
    """Return the words of each passage, those of its context first, joined by blanks."""
    firsts = np.append(passages[:, 1], len(words.sentences))
    within = Ragged(words.sentences.values, words.sentences.bounds[firsts])
    both = words.contexts.beside(within)
    names = np.array(words.names, object)[both.values].tolist()
    bounds = both.bounds.tolist()
    return [" ".join(names[start:stop]) for start, stop in pairwise(bounds)]
