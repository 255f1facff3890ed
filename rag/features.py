"""Describe candidate sentences by what the ranker looks at."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.generation import Generation, Passage
from index.lexical import cut
from index.ragged import Ragged
from index.static import StaticEmbedder
from rag.figure import Figures, kind_of
from rag.layout import Layout
from rag.likeness import Likeness
from rag.overlap import Held, Matrix, Overlap
from rag.question import Question
from rag.retrieval import Found
from rag.shape import ASKED, LOOKS, SHAPED, Looks
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
    "figure",
    "figure_with_about",
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
    "asks_figure",
    "question_words",
    "question_rarity",
    "question_unknown",
    "named",
)
"""The features, in the order of the matrix's columns; see docs/ranking.md."""


_DEFINING = ("是", "指", "即", "为", "指的是", "称为", "叫", "叫做", "又称", "就是", "is", "are", "means")
_RELATIVE_PLACES = [_OVERLAPS.index(name) for name in _RELATIVE]
_SHAPES = slice(len(_OVERLAPS) + len(_PLACES), len(_OVERLAPS) + len(_PLACES) + len(SHAPED))
_OF_BEST = slice(_SHAPES.stop, _SHAPES.stop + len(_RELATIVE))
_LEAST, _NOTHING = np.float32(1e-6), np.zeros(1, np.float32)
_NEAR = 4  # words; a gloss in brackets may stand between a name and what it is
_LEANS, _HAS_DEFINITION = LOOKS.index("leans"), LOOKS.index("has_definition")
_LOOKS = len(LOOKS) - len(SHAPED)  # that are no shapes

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
        "figure",
        "figure_with_about",
        "passage_score",
        "named",
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


class Describer:
    """Describes the sentences of one generation."""

    def __init__(self, generation: Generation, vectors: StaticEmbedder) -> None:
        """Look up the vector of each word of the generation; ``vectors`` are the bundled model's."""
        self._generation = generation
        self.likeness = Likeness(generation, vectors)
        self._looks = Looks(generation)
        self.titles = Titles(generation)
        self._figures = Figures(generation.lexical.words)
        self._defining = frozenset(generation.lexical.words.ids(_DEFINING))

    def describe(self, question: Question, found: Sequence[Found]) -> Candidates:
        """Describe every sentence of the passages ``found``."""
        if not found:
            return Candidates([], [], np.zeros((0, len(NAMES)), np.float32), np.zeros((0, 0), np.float32))
        layout = Layout.of(found, self._generation)
        tokens = cut(question.topic, self._generation.segmenter)
        titles = [item.passage.document.title for item in found]
        named = self.titles.named(titles, tokens.bigrams)
        aside = question.aside | self.titles.several(titles, named)
        asked = Overlap(self._generation.lexical, tokens, self._generation.segmenter.kind, aside)
        texts = self._generation.lexical.words.sentences.take(layout.numbers)
        own = texts.part(0, len(layout.owner))
        kind = kind_of(question.plain)
        figure = self._figures.near(asked, own, kind)
        *overlaps, held = self._overlaps(asked, layout, texts, own, figure)
        places, shapes = self._places(asked, layout, found, own)
        same = [
            *(asks.search(question.plain) is not None for asks in ASKED.values()),
            kind is not None,
            len(asked.tokens),
            np.log1p(asked.total),
            asked.unknown,
        ]
        matrix = np.empty((len(NAMES), len(layout.owner)), np.float32)
        for row, values in zip(matrix[: _SHAPES.start], [*overlaps, *places], strict=True):
            row[:] = values
        matrix[_SHAPES] = shapes
        matrix[_OF_BEST] = _relative(matrix[_RELATIVE_PLACES])
        matrix[_OF_BEST.stop : -1] = np.array(same, np.float32)[:, None]
        matrix[-1] = np.array(named, np.float32).take(layout.owner)
        passages = [item.passage for item in found for _ in item.passage.sentences]
        return Candidates(layout.sentences.tolist(), passages, np.ascontiguousarray(matrix.T), held)

    def _overlaps(
        self, asked: Overlap, layout: Layout, texts: Ragged, own_texts: Ragged, figure: Matrix
    ) -> list[Matrix]:
        """Return the rows of `_OVERLAPS`; and last `Candidates.held`."""
        words, bigrams = self._generation.lexical.words, self._generation.lexical.bigrams
        count, owner, starts = len(layout.owner), layout.owner, layout.starts
        every = asked.held(texts, bigrams.sentences.take(layout.sentences))
        own, above, below = (
            every[:, :count],
            every.take(layout.above, axis=1),
            every.take(layout.below, axis=1),
        )
        context = asked.held(words.contexts.take(layout.passages), bigrams.contexts.take(layout.passages))
        passage = np.logical_or.reduceat(own, starts, axis=1) | context
        document = asked.held_between(*self._generation.ranges(layout.passages)) | context
        about = context.take(owner, axis=1)
        both = own | about
        best, meaning = self.likeness.of(asked.tokens, layout.sentences, own_texts)
        soft = np.maximum(best, own[asked.words])
        near = np.maximum(soft, (about | above | below)[asked.words])
        whole = np.maximum(np.maximum.reduceat(soft, starts, axis=1), passage[asked.words])
        *of_passage, lacking = asked.share(passage, document, context, ~context).take(owner, axis=1)
        rest = np.maximum(lacking, _LEAST)
        *of_own, new = asked.share(own, own | above, own | below, both, own & ~about)
        return [
            *of_own,
            *of_passage,
            new / rest,
            *asked.rarest_missing(both),
            *asked.rarest_missing(passage, document).take(owner, axis=1),
            *asked.share(soft, near),
            *asked.settled_share(whole).take(owner, axis=1),
            np.maximum(soft, about[asked.words]).min(axis=0, initial=1),
            meaning,
            *_figured(asked, figure, about[asked.words], rest),
            *asked.bigram_share(own, both),
            *asked.bigram_share(passage).take(owner, axis=1),
            *asked.settled_bigram_share(document).take(owner, axis=1),
            asked.longest_run(own),
            asked.shares(both),
        ]

    def _places(
        self, asked: Overlap, layout: Layout, found: Sequence[Found], texts: Ragged
    ) -> tuple[list[Matrix], NDArray[np.bool_]]:
        """Return the rows of `_PLACES`, and those of `SHAPED`."""
        contents, owner, sentences = self._generation.contents, layout.owner, layout.sentences
        highest, tokens = max(found[0].score, 1e-6), asked.total + asked.bigrams_total
        scores = np.array([(one.score / highest, one.dense, one.lexical / tokens) for one in found]).T
        score, dense, lexical = scores.take(owner, axis=1)
        documents, starts, ends = contents.sentences[sentences].T
        looks = self._looks.of(layout.numbers).T
        opens, short, heading, leans = looks[:_LOOKS, : len(owner)]
        after = looks.take(layout.below, axis=1)
        places = [
            score,
            1 / (1 + owner),
            dense,
            lexical,
            np.arange(len(owner)) - layout.starts.take(owner),
            starts / np.maximum(contents.documents.characters.take(documents), 1),
            opens,
            short,
            heading,
            np.log1p(ends - starts),
            leans,
            after[_LEANS],
            self._defines(asked, texts),
            after[_LEANS] & after[_HAS_DEFINITION],
        ]
        return places, looks[_LOOKS:, : len(owner)]

    def _defines(self, asked: Overlap, texts: Ragged) -> Matrix:
        """Tell how soon after the rarest word of the question a defining word follows, (texts,).

        1 / (1 + words between), 0 where none follows soon.
        """
        defines = np.zeros(len(texts), np.float32)
        rarest = asked.rarest_known()
        for place in np.flatnonzero(texts.values == (-1 if rarest is None else rarest)).tolist():
            text = int(texts.bounds.searchsorted(place, "right")) - 1
            end = min(place + 1 + _NEAR, int(texts.bounds[text + 1]))
            followers = texts.values[place + 1 : end].tolist()
            between = next((n for n, word in enumerate(followers) if word in self._defining), None)
            if between is not None:
                defines[text] = max(defines[text], 1 / (1 + between))
        return defines


def _figured(asked: Overlap, figure: Matrix, about: Held, rest: Matrix) -> Sequence[Matrix]:
    """Return ``figure`` and ``figure_with_about``, which are nothing where no figure is."""
    if not figure.any():
        return _NOTHING, _NOTHING
    figured, with_about = asked.share(figure * ~about, np.maximum(figure, about))
    return figured / rest, with_about


def _relative(rows: Matrix) -> Matrix:
    """Return each of `_RELATIVE` as a share of the most that a sentence has."""
    shares: Matrix = rows / np.maximum(rows.max(axis=1, keepdims=True), _LEAST)
    return shares
