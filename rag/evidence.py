"""Choose the sentences that answer a question."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from index.document import Document
from index.generation import Generation, Passage
from index.lexical import BIGRAM_WEIGHT, Cut, Field, cut
from rag.question import Question
from rag.retrieval import Found

RANKER = "overlap-2"
"""Names the rules below in an answer's provenance."""

PASSAGES = 10
"""Passages whose sentences are weighed."""

CONTEXT_WEIGHT = 1.5
PASSAGE_WEIGHT = 0.7

QUOTE_SENTENCES = 3
QUOTE_CHARACTERS = 200
QUOTES = 3
CHARACTERS = 400
"""Of all quotes of an answer together, so that they are chosen and not heaped."""
GAP = 1.5

_LEANS = re.compile(
    r"[“‘「『\"'*_(（]*(?:这|那|它|他|她|其(?!他|余|它|实|次|中一)|此(?!外|时|后|前)|该|前者|后者|即|也就是|指的是|換句話|换句话"
    r"|這|他們|她們|牠|該|後者|(?:it|this|that|they|these|those|he|she)\b)",
    re.IGNORECASE,
)
"""How a sentence begins that says little without the one before it."""


@dataclass(frozen=True)
class Evidence:
    """One to three sentences chosen for answering."""

    document: Document
    start: int
    end: int
    passage: Passage
    score: float
    probability: float
    """That the documents answer the question, and these sentences do."""

    @property
    def quote(self) -> str:
        """The sentences, verbatim."""
        return self.document.text[self.start : self.end]


class _Overlap:
    """The share of a question's rarity that some tokens cover, in [0, 1]."""

    def __init__(self, question: Question, generation: Generation) -> None:
        self._generation = generation
        self._fields = (generation.lexical.words, generation.lexical.bigrams)
        tokens = cut(question.topic, generation.segmenter)
        self._weights = tuple(map(self._weigh, self._fields, tokens, (1.0, BIGRAM_WEIGHT)))
        self._total = sum(
            weight * sum(field.rarity(token) for token in set(part))
            for field, part, weight in zip(self._fields, tokens, (1.0, BIGRAM_WEIGHT), strict=True)
        )

    @staticmethod
    def _weigh(field: Field, tokens: Sequence[str], weight: float) -> dict[int, float]:
        return {field.ids([token])[0]: weight * field.rarity(token) for token in tokens if field.ids([token])}

    def of_sentences(self, numbers: Iterable[int]) -> list[set[int]]:
        """Return which of the question's tokens the sentences hold, by field."""
        numbers = list(numbers)
        return [
            {token for n in numbers for token in field.sentence(n) if token in weights}
            for field, weights in zip(self._fields, self._weights, strict=True)
        ]

    def of_text(self, text: str) -> list[set[int]]:
        """Return which of the question's tokens a text holds, by field."""
        tokens: Cut = cut(text, self._generation.segmenter)
        return [
            {token for token in field.ids(part) if token in weights}
            for field, part, weights in zip(self._fields, tokens, self._weights, strict=True)
        ]

    def share(self, held: Sequence[set[int]]) -> float:
        """Return the share that the tokens cover."""
        covered = sum(
            weights[token] for tokens, weights in zip(held, self._weights, strict=True) for token in tokens
        )
        return covered / self._total if self._total else 0.0


def _union(*helds: Sequence[set[int]]) -> list[set[int]]:
    return [set().union(*(held[field] for held in helds)) for field in range(2)]


def leans(text: str) -> bool:
    """Tell whether a sentence begins by pointing back at the one before it."""
    return _LEANS.match(text) is not None


def run_around(number: int, generation: Generation) -> range:
    """Return a sentence with what it leans on, or with what leans on it.

    At most `QUOTE_SENTENCES` and `QUOTE_CHARACTERS`, within the paragraph.
    """
    document = generation.document_of(number)

    def says(n: int) -> str:
        span = generation.sentence(n)
        return document.text[span.start : span.end]

    def joins(first: int, last: int) -> bool:
        if first < 0 or last >= generation.sentences or generation.document_of(first) is not document:
            return False
        start, end = generation.sentence(first).start, generation.sentence(last).end
        return (
            generation.document_of(last) is document
            and last - first < QUOTE_SENTENCES
            and end - start <= QUOTE_CHARACTERS
            and "\n\n" not in document.text[start:end]
        )

    first = last = number
    while leans(says(first)) and joins(first - 1, last):
        first -= 1
    if joins(first, last + 1) and leans(says(last + 1)):
        last += 1
    return range(first, last + 1)


def _probability(share: float, dense: float) -> float:
    # Logistic regression over 600 questions each of CMRC2018 and DRCD, half of them asked of an
    # index without the document that answers them.
    return 1 / (1 + math.exp(-(12.9 * share + 5.7 * dense - 7.4)))


@dataclass(frozen=True)
class _Candidate:
    """A sentence with what it leans on, and how well it answers."""

    run: range
    passage: Passage
    score: float
    probability: float


def _candidates(question: Question, found: Sequence[Found], generation: Generation) -> Iterator[_Candidate]:
    overlap = _Overlap(question, generation)
    best = found[0].score
    for item in found[:PASSAGES]:
        passage = item.passage
        about = overlap.of_text("\n".join([passage.document.title, *passage.headings]))
        whole = overlap.share(_union(about, overlap.of_sentences(passage.sentences)))
        for number in passage.sentences:
            run = run_around(number, generation)
            near = overlap.share(_union(about, overlap.of_sentences(run)))
            score = (
                overlap.share(overlap.of_sentences([number]))
                + CONTEXT_WEIGHT * (near + whole)
                + PASSAGE_WEIGHT * item.score / best
            )
            yield _Candidate(run, passage, score, _probability(near, item.dense))


def rank(question: Question, found: Sequence[Found], generation: Generation) -> list[Evidence]:
    """Choose the runs of sentences to quote, most convincing first.

    Sentences are taken by their score. One that touches a run already taken joins it; the others
    begin a run of their own, `QUOTES` at most, with `CHARACTERS` in all. What scores `GAP` less
    than the best is not worth quoting.
    """
    if not found:
        return []
    candidates = sorted(_candidates(question, found, generation), key=lambda one: (-one.score, one.run.start))
    chosen: list[_Candidate] = []
    for one in candidates:
        if one.score < candidates[0].score - GAP:
            break
        _take(one, chosen, generation)
    return [_evidence(one, generation) for one in chosen]


def _take(one: _Candidate, chosen: list[_Candidate], generation: Generation) -> None:
    """Add a candidate to those chosen, where there is room for it."""

    def length(run: range) -> int:
        return generation.sentence(run.stop - 1).end - generation.sentence(run.start).start

    room = CHARACTERS - sum(length(other.run) for other in chosen)
    touched = [n for n, other in enumerate(chosen) if _touch(one.run, other.run, generation)]
    if not touched:
        if len(chosen) < QUOTES and length(one.run) <= room:
            chosen.append(one)
        return
    other = chosen[touched[0]]
    run = range(min(one.run.start, other.run.start), max(one.run.stop, other.run.stop))
    short = len(run) <= QUOTE_SENTENCES and length(run) <= QUOTE_CHARACTERS
    if len(touched) == 1 and short and length(run) - length(other.run) <= room:
        chosen[touched[0]] = replace(other, run=run, probability=max(one.probability, other.probability))


def _touch(one: range, other: range, generation: Generation) -> bool:
    same = generation.document_of(one.start) is generation.document_of(other.start)
    return same and one.start <= other.stop and other.start <= one.stop


def _evidence(one: _Candidate, generation: Generation) -> Evidence:
    return Evidence(
        document=generation.document_of(one.run.start),
        start=generation.sentence(one.run.start).start,
        end=generation.sentence(one.run.stop - 1).end,
        passage=one.passage,
        score=one.score,
        probability=one.probability,
    )
