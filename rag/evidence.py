"""Choose the runs of sentences that an answer quotes."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from index.document import Document
from index.generation import Generation, Passage
from rag.features import NAMES
from rag.listing import items_after
from rag.overlap import Matrix
from rag.ranker import Candidate, Weighed
from rag.shape import LEADS, LEANS

QUOTES = 3
CHARACTERS = 400
"""Of all quotes of an answer together, so that they are chosen and not heaped."""
QUOTE_SENTENCES = 3
QUOTE_CHARACTERS = 250
GAP = 4.0
"""What the ranker scores so much less than the best is not worth quoting."""
NEW = 1.4
"""What a sentence gains that holds all of the question that the sentences before it lack."""

_SEVERAL = NAMES.index("asks_several")


@dataclass(frozen=True)
class Evidence:
    """One to three sentences chosen for answering."""

    document: Document
    start: int
    end: int
    passage: Passage
    probability: float
    """That the documents answer the question, and these sentences do."""
    seen: Matrix = field(compare=False)
    """The features of the best of the sentences."""
    names: Sequence[str] = field(default=NAMES, compare=False)
    """What these are."""

    @property
    def features(self) -> Mapping[str, float]:
        """The features by name; see docs/ranking.md."""
        return dict(zip(self.names, self.seen.tolist(), strict=True))

    @property
    def quote(self) -> str:
        """The sentences, verbatim."""
        return self.document.text[self.start : self.end]


class _Run(NamedTuple):
    """Sentences that stand together, and the best candidate among them."""

    sentences: range
    best: Candidate


def run_around(number: int, generation: Generation) -> range:
    """Return a sentence with what it leans on or leads in, or with what leans on it.

    At most `QUOTE_SENTENCES` and `QUOTE_CHARACTERS`, within the paragraph but for what was led in.
    """
    document, owner = generation.document_of(number), generation.owner(number)

    def leans(n: int) -> bool:
        span = generation.sentence(n)
        return LEANS.match(document.text, span.start, span.end) is not None

    def joins(first: int, last: int) -> bool:
        if first < 0 or last >= generation.sentences:
            return False
        if generation.owner(first) != owner or generation.owner(last) != owner:
            return False
        start, end = generation.sentence(first).start, generation.sentence(last).end
        return (
            last - first < QUOTE_SENTENCES
            and end - start <= QUOTE_CHARACTERS
            and not any(parted(n, generation) for n in range(first, last))
        )

    first = last = number
    while leads(last, generation) and joins(first, last + 1):
        last += 1
    while leans(first) and joins(first - 1, last):
        first -= 1
    if joins(first, last + 1) and leans(last + 1):
        last += 1
    return range(first, last + 1)


def leads(number: int, generation: Generation) -> bool:
    """Tell whether a sentence says little without the next one: a heading, or the lead-in of a list."""
    document, span = generation.document_of(number), generation.sentence(number)
    heads = span.start in document.heading_starts
    return heads or LEADS.search(document.text[span.start : span.end + 1]) is not None


def parted(number: int, generation: Generation) -> bool:
    """Tell whether a blank line parts a sentence from the next one, which it does not lead in."""
    text = generation.document_of(number).text
    end, start = generation.sentence(number).end, generation.sentence(number + 1).start
    return "\n\n" in text[end:start] and not leads(number, generation)


def choose(weighed: Weighed, generation: Generation) -> list[Evidence]:
    """Choose what to quote, most convincing first, none overlapping.

    Sentences are taken one by one, each with what it leans on, or alone where there is no room for that,
    unless it is there to lead in others. One that touches a run already taken joins it, unless that would
    be too long or it leads in something new; the others begin a run of their own, `QUOTES` at most, with
    `CHARACTERS` in all. A list that the best leads in is quoted as far as there is room before all else.
    """
    runs: list[_Run] = []
    for candidate in _in_turn(weighed.candidates):
        if len(runs) == QUOTES and all(len(run.sentences) == QUOTE_SENTENCES for run in runs):
            break
        if len(runs) < QUOTES or any(_may_touch(candidate.sentence, run.sentences) for run in runs):
            around = run_around(candidate.sentence, generation)
            tries = [_Run(around, candidate)]
            if len(around) > 1 and not leads(candidate.sentence, generation):
                tries.append(_Run(range(candidate.sentence, candidate.sentence + 1), candidate))
            any(take(run, runs, generation) for take in (_join, _begin) for run in tries)
        if candidate is weighed.candidates[0]:
            _go_on(runs, generation)
    return [_evidence(run, weighed, generation) for run in runs]


def _in_turn(candidates: Sequence[Candidate]) -> Iterator[Candidate]:
    """Yield what is worth quoting: the best; then again and again the best by score and by what is new.

    Who asks for two things gets the second of them before the first once more (maximal marginal
    relevance, Carbonell and Goldstein 1998, over the question's words).
    """
    left = [one for one in candidates if one.score >= candidates[0].score - GAP]
    scores = np.array([one.score for one in left])
    held = np.array([one.held for one in left])
    open_words = np.ones(held.shape[-1:], np.float32)
    gain = _gains(held, open_words)
    chosen = 0
    while gain.any():
        yield left[chosen]
        scores[chosen] = -np.inf
        if (new := held[chosen] * open_words).any():
            open_words[new > 0] = 0
            gain = _gains(held, open_words)
        chosen = int((scores + gain).argmax())
    # From here on nothing is new: they come as they are scored.
    yield from (left[place] for place in np.flatnonzero(scores > -np.inf).tolist())


def _gains(held: Matrix, open_words: Matrix) -> Matrix:
    """Return what each sentence would add, by the words that none before it holds, (sentences,)."""
    with np.errstate(invalid="ignore"):  # see `rag.overlap`: OpenBLAS raises that flag with no NaN
        gains: Matrix = NEW * (held @ open_words)
    return gains


def length_of(run: range, generation: Generation) -> int:
    """Return the characters of sentences that stand together."""
    return generation.sentence(run.stop - 1).end - generation.sentence(run.start).start


def _room(runs: Sequence[_Run], generation: Generation) -> int:
    return CHARACTERS - sum(length_of(run.sentences, generation) for run in runs)


def _join(one: _Run, runs: list[_Run], generation: Generation) -> bool:
    """Add a run to the one that it touches and return true, where there is room for it."""
    touched = [n for n, other in enumerate(runs) if _touch(one.sentences, other.sentences, generation)]
    if len(touched) != 1:
        return False
    other = runs[touched[0]]
    joined = range(
        min(one.sentences.start, other.sentences.start), max(one.sentences.stop, other.sentences.stop)
    )
    length = length_of(joined, generation)
    short = len(joined) <= QUOTE_SENTENCES and length <= QUOTE_CHARACTERS
    fits = short and length - length_of(other.sentences, generation) <= _room(runs, generation)
    if fits:
        runs[touched[0]] = other._replace(sentences=joined)
    return fits


def _begin(one: _Run, runs: list[_Run], generation: Generation) -> bool:
    """Take a run as one of its own and return true, where it overlaps none and there is room for it."""
    length = length_of(one.sentences, generation)
    fits = len(runs) < QUOTES and length <= min(QUOTE_CHARACTERS, _room(runs, generation))
    apart = not any(overlap(one.sentences, other.sentences) for other in runs)
    if fits and apart:
        runs.append(one)
    return fits and apart


def overlap(one: range, other: range) -> bool:
    """Tell whether two runs have a sentence in common."""
    return one.start < other.stop and other.start < one.stop


def _go_on(runs: list[_Run], generation: Generation) -> None:
    """Add what goes on with the list at the end of the only run, to it and as one more."""
    best = runs[0]
    if not (leads(best.sentences.start, generation) or best.best.features[_SEVERAL]):
        return
    while items := items_after(runs[0].sentences, generation, 1):
        if not _join(_Run(items, best.best), runs, generation):
            break
    items = items_after(runs[0].sentences, generation, QUOTE_SENTENCES)
    while items and not _begin(_Run(items, best.best), runs, generation):
        items = items[:-1]


def _may_touch(sentence: int, other: range) -> bool:
    """Tell whether what is around a sentence may reach to a run."""
    return other.start - QUOTE_SENTENCES < sentence < other.stop + QUOTE_SENTENCES


def _touch(one: range, other: range, generation: Generation) -> bool:
    first, second = sorted((one, other), key=lambda run: run.start)
    if first.stop < second.start or generation.owner(one.start) != generation.owner(other.start):
        return False
    return first.stop > second.start or not leads(second.start, generation)


def _evidence(run: _Run, weighed: Weighed, generation: Generation) -> Evidence:
    behind = run.best.score - weighed.candidates[0].score
    return Evidence(
        document=generation.document_of(run.sentences.start),
        start=generation.sentence(run.sentences.start).start,
        end=generation.sentence(run.sentences.stop - 1).end,
        passage=run.best.passage,
        probability=weighed.confidence * math.exp(behind),
        seen=run.best.features,
    )
