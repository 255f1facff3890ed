"""Describe candidate sentences by what the ranker looks at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.embedder import unit
from index.generation import Generation, Passage
from index.lexical import cut
from index.ragged import Ragged
from index.static import StaticEmbedder
from rag.overlap import Matrix, Overlap, longest_run
from rag.question import Question
from rag.retrieval import Found
from rag.shape import ASKED, LEANS, SHAPED
from rag.title import Titles

_OVERLAPS = (
    "words",
    "words_with_before",
    "words_with_after",
    "words_with_about",
    "words_with_passage",
    "words_with_document",
    "words_about",
    "words_new",
    "rarest_missing",
    "rarest_missing_in_passage",
    "rarest_missing_in_document",
    "soft",
    "soft_with_near",
    "soft_with_passage",
    "soft_weakest",
    "meaning",
    "bigrams",
    "bigrams_with_about",
    "bigrams_with_passage",
    "bigrams_with_document",
    "bigrams_run",
)
_PLACES = (
    "passage_score",
    "passage_rank",
    "passage_dense",
    "passage_lexical",
    "place_in_passage",
    "place_in_document",
    "opens_paragraph",
    "after_short_line",
    "is_heading",
    "length",
    "leans",
    "is_leant_on",
    "defines",
    "defined_after",
)
_RELATIVE = (
    "words",
    "words_with_about",
    "words_with_passage",
    "bigrams",
    "bigrams_with_about",
    "soft",
    "meaning",
)

NAMES = (
    *_OVERLAPS,
    *_PLACES,
    *SHAPED,
    *(f"{name}_of_best" for name in _RELATIVE),
    *ASKED,
    "question_words",
    "question_rarity",
    "question_unknown",
    "named",
)
"""The features, in the order of the matrix's columns; see docs/ranking.md."""


_DEFINING = ("是", "指", "即", "为", "指的是", "称为", "叫", "叫做", "又称", "就是", "is", "are", "means")
_NEAR = 4  # words; a gloss in brackets may stand between a name and what it is
_SHAPE = {name: 6 + place for place, name in enumerate(SHAPED)}
"""Columns of the shapes of a sentence, after its six places."""

_REMEMBERED = 200_000
"""Sentences and passages of which the describer keeps what never changes."""

RISING = frozenset(
    [
        "words",
        "words_with_before",
        "words_with_after",
        "words_with_about",
        "words_with_passage",
        "words_with_document",
        "soft",
        "soft_with_near",
        "soft_with_passage",
        "bigrams",
        "bigrams_with_about",
        "bigrams_with_passage",
        "bigrams_with_document",
        "bigrams_run",
        "passage_score",
    ]
)
"""Features of which more can never mean a worse answer."""


@dataclass(frozen=True)
class Candidates:
    """Sentences that may answer, each with its passage and its features."""

    sentences: Sequence[int]
    passages: list[Passage]
    features: Matrix
    """(sentences, features), in the order of `NAMES`."""
    held: Matrix
    """Share of the question that each of its words is, where the sentence or what is over it holds the
    word, else 0, (sentences, words)."""


_Rows = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Where ranges of passages begin and stop."""


class _About(NamedTuple):
    """The token ids of what a passage is about: its title and headings."""

    words: list[int]
    bigrams: list[int]


@dataclass(frozen=True)
class _Layout:
    """Which sentence of which passage each row of the matrix is."""

    found: Sequence[Found]
    numbers: Sequence[int]
    """The sentences, passage by passage."""
    owner: NDArray[np.int64]
    """The passage of each."""
    starts: NDArray[np.int64]
    """The first row of each passage."""

    @classmethod
    def of(cls, found: Sequence[Found]) -> "_Layout":
        """Lay out the sentences of all passages."""
        sizes = [len(item.passage.sentences) for item in found]
        numbers = [n for item in found for n in item.passage.sentences]
        return cls(found, numbers, np.repeat(np.arange(len(found)), sizes), np.cumsum([0, *sizes])[:-1])


class Describer:
    """Describes the sentences of one generation."""

    def __init__(self, generation: Generation, vectors: StaticEmbedder) -> None:
        """Look up the vector of each word of the generation; ``vectors`` are the bundled model's."""
        self._generation = generation
        self._vectors = vectors
        self._rows = vectors.rows_of(generation.lexical.words.tokens)
        self._lengths = np.full(generation.sentences + 1, np.float32(-1))
        """Of the sum of each sentence's word vectors, where it is known; the last is of no sentence."""
        self._shapes: dict[int, list[float]] = {}
        self._abouts: dict[int, _About] = {}
        self._titles = Titles(generation)

    def _shape(self, number: int) -> list[float]:
        # Other threads may clear the memory at any moment, so it is never read twice.
        if (shape := self._shapes.get(number)) is None:
            if len(self._shapes) > _REMEMBERED:
                self._shapes.clear()
            shape = self._shapes[number] = self._look_at(number)
        return shape

    def _look_at(self, number: int) -> list[float]:
        generation = self._generation
        document, span = generation.document_of(number), generation.sentence(number)
        text = document.text[span.start : span.end]
        line = document.text.rfind("\n", 0, span.start) + 1
        above = document.text[
            max(0, document.text.rfind("\n", 0, max(line - 1, 0))) : max(line - 1, 0)
        ].strip()
        short = 0 < len(above) <= 30 and above[-1] not in "。！？；…!?;，,"
        heading = span.start in document.heading_starts
        return [
            span.start / max(len(document.text), 1),
            float(not document.text[line : span.start].strip()),
            float(short),
            float(heading),
            float(np.log1p(span.end - span.start)),
            float(LEANS.match(text) is not None),
            *(float(shape.search(text) is not None) for shape in SHAPED.values()),
        ]

    def _about(self, passage: Passage) -> _About:
        if (about := self._abouts.get(passage.id)) is None:
            if len(self._abouts) > _REMEMBERED:
                self._abouts.clear()
            text = passage.document.context_at(passage.start)
            tokens, lexical = cut(text, self._generation.segmenter), self._generation.lexical
            about = _About(lexical.words.ids(tokens.words), lexical.bigrams.ids(tokens.bigrams))
            self._abouts[passage.id] = about
        return about

    def describe(self, question: Question, found: Sequence[Found]) -> Candidates:
        """Describe every sentence of the passages ``found``."""
        if not found:
            return Candidates([], [], np.zeros((0, len(NAMES)), np.float32), np.zeros((0, 0), np.float32))
        layout = _Layout.of(found)
        numbers, owner = layout.numbers, layout.owner
        tokens = cut(question.topic, self._generation.segmenter)
        words = Overlap(self._generation.lexical.words, tokens.words)
        pairs = Overlap(self._generation.lexical.bigrams, tokens.bigrams)
        rows = self._documents(found)
        shapes = np.array([self._shape(n) for n in numbers], np.float32)
        asked = [float(kind.search(question.text) is not None) for kind in ASKED.values()]
        *of_words, held = self._word_overlaps(tokens.words, words, layout, rows)
        overlaps = [*of_words, *self._bigram_overlaps(pairs, layout, rows)]
        after = self._neighbours(numbers, 1)
        leant_on = [self._shape(n)[5] if n >= 0 else 0.0 for n in after]
        defines = self._defines(words, numbers)
        highest = max(found[0].score, 1e-6)
        scores = np.array([[item.score / highest, item.dense, item.lexical] for item in found])[owner]
        places = [
            scores[:, 0],
            1 / (1 + owner),
            scores[:, 1],
            scores[:, 2] / (words.total + pairs.total),
            np.arange(len(numbers)) - layout.starts[owner],
            *shapes[:, :6].T,
            np.array(leant_on),
            defines,
            np.array(leant_on) * [self._shape(n)[_SHAPE["has_definition"]] if n >= 0 else 0.0 for n in after],
        ]
        by_name = dict(zip(_OVERLAPS, overlaps, strict=True))
        relative = [by_name[name] / max(float(by_name[name].max()), 1e-6) for name in _RELATIVE]
        same = [
            *asked,
            float(len(words.weights)),
            float(np.log1p(words.total)),
            words.unknown,
            self._titles.named((item.passage.document.title for item in found), tokens.bigrams),
        ]
        constant = [np.full(len(numbers), value) for value in same]
        columns = [*overlaps, *places, *shapes[:, 6:].T, *relative, *constant]
        passages = [item.passage for item in found for _ in item.passage.sentences]
        return Candidates(numbers, passages, np.stack(columns, axis=1).astype(np.float32), held)

    def _word_overlaps(
        self, tokens: Sequence[str], words: Overlap, layout: _Layout, rows: _Rows
    ) -> list[Matrix]:
        """Return the overlaps of words; and last `Candidates.held`."""
        field = self._generation.lexical.words
        found, numbers, owner, starts = layout.found, layout.numbers, layout.owner, layout.starts
        before, after = self._neighbours(numbers, -1), self._neighbours(numbers, 1)
        around = np.unique(np.concatenate([numbers, before, after]))
        texts = field.sentences.take(around)
        held = words.held(texts)
        places = [np.searchsorted(around, near) for near in (numbers, before, after)]
        own, above, below = (held[near] for near in places)
        about = words.held(Ragged.of([self._about(item.passage).words for item in found]))[owner]
        passage = np.logical_or.reduceat(own, starts)[owner] | about
        document = words.in_rows(*rows)[owner] | about
        rest = np.maximum(words.total - about.astype(np.float32) @ words.weights, np.float32(1e-6))
        soft, meaning = (likeness[places[0]] for likeness in self._soft(tokens, held, around, texts))
        near = np.maximum(soft, about | above | below)
        whole = np.maximum(np.maximum.reduceat(soft, starts)[owner], passage)
        return [
            words.share(own),
            words.share(own | above),
            words.share(own | below),
            words.share(own | about),
            words.share(passage),
            words.share(document),
            words.share(about),
            (own & ~about).astype(np.float32) @ words.weights / rest,
            words.rarest(~(own | about)),
            words.rarest(~passage),
            words.rarest(~document),
            words.share(soft),
            words.share(near),
            words.share(whole),
            np.maximum(soft, about).min(axis=1, initial=1),
            meaning,
            (own | about) * words.weights / np.float32(words.total),
        ]

    def _bigram_overlaps(self, pairs: Overlap, layout: _Layout, rows: _Rows) -> list[Matrix]:
        field = self._generation.lexical.bigrams
        found, owner, starts = layout.found, layout.owner, layout.starts
        own = pairs.held(field.sentences.take(layout.numbers))
        about = pairs.held(Ragged.of([self._about(item.passage).bigrams for item in found]))[owner]
        passage = np.logical_or.reduceat(own, starts)[owner] | about
        document = pairs.in_rows(*rows)[owner] | about
        return [
            pairs.share(own),
            pairs.share(own | about),
            pairs.share(passage),
            pairs.share(document),
            longest_run(own),
        ]

    def _defines(self, words: Overlap, numbers: Sequence[int]) -> Matrix:
        """Tell in which sentences a defining word follows the rarest word of the question, (rows,)."""
        field = self._generation.lexical.words
        rarest, defining = words.rarest_known(), set(field.ids(_DEFINING))

        def follows(ids: list[int]) -> bool:
            at = [n for n, token in enumerate(ids) if token == rarest]
            return any(not defining.isdisjoint(ids[n + 1 : n + 1 + _NEAR]) for n in at)

        return np.array([follows(field.sentence(n)) for n in numbers], np.float32)

    def _neighbours(self, numbers: Sequence[int], offset: int) -> list[int]:
        """Return the sentence so far from each, -1 where its document has none."""
        others = np.array(numbers) + offset
        inside = (others >= 0) & (others < self._generation.sentences)
        owners = self._generation.owners(np.concatenate([np.where(inside, others, numbers), numbers]))
        same = owners[: len(numbers)] == owners[len(numbers) :]
        neighbours: list[int] = np.where(inside & same, others, -1).tolist()
        return neighbours

    def _documents(self, found: Sequence[Found]) -> _Rows:
        """Return where the passages of each one's document begin and stop."""
        return self._generation.ranges([item.passage.id for item in found])

    def _soft(
        self, tokens: Sequence[str], exact: NDArray[np.bool_], sentences: NDArray[np.int64], texts: Ragged
    ) -> tuple[Matrix, Matrix]:
        """Match each word of the question with the nearest word of each sentence.

        Returns:
            the likeness of the nearest word, (sentences, words) in [0, 1]; and the cosine of the
            question's words and each sentence's, (sentences,).
        """
        asked = self._vectors.rows(self._vectors.rows_of(list(dict.fromkeys(tokens))))
        distinct, places = np.unique(texts.values, return_inverse=True)
        numbers = self._rows[distinct]
        aims = np.vstack([unit(asked), unit(asked.sum(axis=0, keepdims=True))])
        along = self._vectors.rows(numbers) @ aims.T
        likeness = along[:, :-1] / self._vectors.lengths[numbers][:, None]
        best = np.zeros((len(texts), len(asked)), np.float32)
        full = np.flatnonzero(np.diff(texts.bounds))
        if len(full):
            best[full] = np.maximum.reduceat(likeness[places], texts.bounds[full], axis=0)
        sums = np.bincount(texts.owner, along[places, -1], len(texts)).astype(np.float32)
        return np.maximum(np.clip(best, 0, 1), exact), sums / self._lengths_of(sentences, texts)

    def _lengths_of(self, sentences: NDArray[np.int64], texts: Ragged) -> Matrix:
        """Return the length of the sum of each sentence's word vectors, (sentences,)."""
        lengths = self._lengths[sentences]
        for row in np.flatnonzero(lengths < 0).tolist():
            rows = self._vectors.rows(self._rows[texts[row]])
            lengths[row] = max(float(np.linalg.norm(rows.sum(axis=0))), 1e-12)
        self._lengths[sentences] = lengths
        return lengths
