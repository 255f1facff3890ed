"""Quote what documents are about: how each begins, and what holds most of what it keeps speaking of."""

import re
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from index.generation import Generation
from rag.evidence import (
    CHARACTERS,
    QUOTE_CHARACTERS,
    QUOTE_SENTENCES,
    QUOTES,
    Evidence,
    leads,
    length_of,
    overlap,
    parted,
    run_around,
)
from rag.overlap import Held, Matrix
from rag.prevalence import settled_rarity

NAMES = ("concepts", "concepts_new")
"""The features of a quote: the share of its document's concepts that it holds, and the share which no quote
before it does."""

_CONCEPTS, _FREQUENT = 20, 200
"""Words that a document keeps speaking of, chosen among those that stand in most of its sentences."""
_AGAIN = 1 / 3
"""What a concept is worth that a quote before holds."""
_TRIED = 1000
"""Sentences that are looked at for one that can be quoted."""
_SHORT = 60
"""Characters that a sentence counts as longer than it is: a few words hold a concept by chance."""
_PROSE = re.compile(r"\w{4}.*[。！？!?.…][”’」』\"'*_)）]*\s*$", re.DOTALL)


def overview(numbers: Sequence[int], generation: Generation) -> list[Evidence]:
    """Return evidence of what some documents are about, `QUOTES` at most, of the documents in turns.

    Its probability is the share of the concepts that the quotes hold together.

    Args:
        numbers: of the documents.
        generation: has them.

    """
    texts = [_Text(number, generation) for number in numbers]
    quotes: list[tuple[_Text, range]] = []
    room = CHARACTERS
    for left in range(QUOTES if texts else 0, 0, -1):
        text = texts[(QUOTES - left) % len(texts)]
        if run := text.next(min(QUOTE_CHARACTERS, room if len(texts) == 1 else room // left)):
            quotes.append((text, run))
            room -= length_of(run, generation)
    probability = sum(text.covered for text in texts) / max(len(texts), 1)
    return [text.evidence(run, probability) for text, run in quotes]


class _Text:
    """A document, and which of its sentences are quoted."""

    def __init__(self, number: int, generation: Generation) -> None:
        self._generation = generation
        (first,), (stop,) = generation.contents.ranges([number])
        self._passages = generation.read(range(first, stop))
        self._sentences = range(self._passages[0].sentences.start, self._passages[-1].sentences.stop)
        self._weights, self._held = _concepts(self._sentences, generation)
        self._open = np.ones(len(self._weights), np.bool_)
        self._quoted: dict[range, Matrix] = {}
        self._has_prose = any(map(self._is_prose, self._sentences[:_TRIED]))

    @property
    def covered(self) -> float:
        """The share of the concepts that stand in the quotes."""
        return float(self._weights[~self._open].sum())

    def next(self, room: int) -> range | None:
        """Quote how the document begins, or else the best of what is left, where some fits."""
        runs = (self._fitting(number, room) for number in self._in_turn())
        run = next(filter(None, runs), None)
        if run is not None:
            first = run.start - self._sentences.start
            held = self._held[first : first + len(run)].any(axis=0)
            self._quoted[run] = np.array([self._weights[one].sum() for one in (held, held & self._open)])
            self._open &= ~held
        return run

    def _in_turn(self) -> Iterable[int]:
        """Return sentences in the order in which they are to be tried."""
        if not self._quoted:
            return self._sentences[:_TRIED]
        spans = self._generation.contents.sentences[np.array(self._sentences)]
        weights = np.where(self._open, self._weights, self._weights * _AGAIN)
        worth = (self._held * weights).sum(axis=1) / np.sqrt(spans[:, 2] - spans[:, 1] + _SHORT)
        order = np.argsort(-worth, kind="stable")
        tried: list[int] = (self._sentences.start + order[:_TRIED]).tolist()
        return tried

    def _fitting(self, number: int, room: int) -> range | None:
        """Return a sentence, with others where there is room; None where it is not to be quoted."""
        if self._has_prose and not self._is_prose(number):
            return None
        for run in self._runs(number):
            fits = length_of(run, self._generation) <= room and not leads(run[-1], self._generation)
            if fits and not any(overlap(run, other) for other in self._quoted):
                return run
        return None

    def _is_prose(self, number: int) -> bool:
        document, span = self._generation.document_of(number), self._generation.sentence(number)
        heads = span.start in document.heading_starts
        return not heads and _PROSE.search(document.text[span.start : span.end]) is not None

    def _runs(self, number: int) -> Iterator[range]:
        """Yield runs with a sentence, the longest first: to begin with, how its paragraph goes on."""
        if not self._quoted:
            last = number
            while last - number < QUOTE_SENTENCES - 1 and self._goes_on(last):
                last += 1
            yield from (range(number, stop) for stop in range(last + 1, number + 1, -1))
        yield run_around(number, self._generation)
        yield range(number, number + 1)

    def _goes_on(self, number: int) -> bool:
        return (
            number + 1 in self._sentences
            and self._is_prose(number + 1)
            and not parted(number, self._generation)
        )

    def evidence(self, run: range, probability: float) -> Evidence:
        """Return a quote as evidence."""
        return Evidence(
            document=self._passages[0].document,
            start=self._generation.sentence(run[0]).start,
            end=self._generation.sentence(run[-1]).end,
            passage=next(one for one in self._passages if run[0] in one.sentences),
            probability=probability,
            seen=self._quoted[run],
            names=NAMES,
        )


def _concepts(sentences: range, generation: Generation) -> tuple[Matrix, Held]:
    """Return what each concept of some sentences weighs, 1 in all, and which of them hold it, (sentences, k).

    A word weighs as many times its rarity in ordinary text as there are sentences that hold it.
    """
    words = generation.lexical.words
    texts = words.sentences.take(np.array(sentences))
    owners = np.repeat(np.arange(len(texts)), texts.lengths)
    tokens, holders = np.divmod(np.unique(texts.values.astype(np.int64) * len(texts) + owners), len(texts))
    numbers, times = np.unique(tokens, return_counts=True)
    frequent = np.argsort(-times, kind="stable")[:_FREQUENT]
    names = [words.tokens[number] for number in numbers[frequent].tolist()]
    weights = np.array(
        [
            count * settled_rarity(name, 0, 0) if len(name) > 1 and not name.isdigit() else 0.0
            for name, count in zip(names, times[frequent].tolist(), strict=True)
        ]
    )
    best = np.argsort(-weights, kind="stable")[:_CONCEPTS]
    held = np.zeros((len(texts), len(best)), np.bool_)
    for column, number in enumerate(numbers[frequent[best]].tolist()):
        held[holders[tokens == number], column] = True
    return (weights[best] / (weights[best].sum() or 1.0)).astype(np.float32), held
