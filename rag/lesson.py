"""What the reader learns from: questions beside passages, and which of their sentences answer."""

import random
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

from index.document import Span
from index.errors import QuestionError
from index.generation import Generation, Passage
from index.static import StaticEmbedder
from rag.asked import documents_of, records_of
from rag.metric import share
from rag.question import Question, understand
from rag.retrieval import retrieve
from rag.training import World, index

FOUND = 8
"""Passages of a lesson where they are those that retrieval finds."""
READ = 6
"""Passages of a lesson that are read at once."""
LONGEST = 24
"""Sentences of a passage that are read."""
HELD_OUT = 10
"""One document of so many is not learnt from, for the confidence to be fitted on its questions."""
_ANSWERING, _OTHERS = 3, 2
"""Where a document is read alone: its passages that answer, at most, and those of others beside it."""
_CUT = 0.7
"""What a lesson without the sentences that answer weighs: others may say the same in other words."""


class Excerpt(NamedTuple):
    """A passage as it is read."""

    about: str
    """Title and headings."""
    sentences: tuple[str, ...]


Pair = tuple[str, Excerpt]
"""A question, and what it is read beside."""


class Page(NamedTuple):
    """A passage of a lesson."""

    excerpt: Excerpt
    right: frozenset[int]
    """The numbers of the sentences that answer."""
    own: bool
    """Whether it is of the document that was asked."""

    def cut(self) -> "Page":
        """Leave out the sentences that answer."""
        rest = (text for number, text in enumerate(self.excerpt.sentences) if number not in self.right)
        return Page(self.excerpt._replace(sentences=tuple(rest)), frozenset(), self.own)


@dataclass(frozen=True)
class Lesson:
    """A question and the passages that may answer it; those found sooner come first."""

    question: str
    pages: Sequence[Page]
    weight: float = 1.0

    @property
    def answered(self) -> bool:
        """Whether a sentence answers."""
        return any(page.right for page in self.pages)

    @property
    def pairs(self) -> list[Pair]:
        """What is read, in order."""
        return [(self.question, page.excerpt) for page in self.pages]

    def without_own(self) -> "Lesson":
        """Take away the passages of the document that was asked."""
        return replace(self, pages=[page for page in self.pages if not page.own])

    def without_answers(self) -> "Lesson":
        """Cut out the sentences that answer, and passages of which nothing is left."""
        cut = [page.cut() if page.right else page for page in self.pages]
        return replace(
            self, pages=[page for page in cut if page.excerpt.sentences], weight=self.weight * _CUT
        )

    def some(self, rng: random.Random) -> "Lesson":
        """Take `READ` passages: all that answer come before others, of which earlier ones are likelier."""

        def key(place: int) -> tuple[bool, float]:
            return not self.pages[place].right, rng.expovariate(1 / (place + 2))

        chosen = sorted(sorted(range(len(self.pages)), key=key)[:READ])
        return replace(self, pages=[self.pages[place] for place in chosen])


class Kind(NamedTuple):
    """How lessons of one kind are taught."""

    share: float
    """Of all lessons."""
    weight: float
    without_own: float
    without_answers: float
    """How often those that are answered lose the passages of their document, or the sentences that answer."""


KINDS = {
    "paragraphs": Kind(0.18, 1.0, 0.30, 0.12),
    "articles": Kind(0.16, 0.8, 0.20, 0.0),  # whole sections answer
    "written": Kind(0.66, 1.0, 0.08, 0.28),
}


def varied(lesson: Lesson, kind: Kind, rng: random.Random) -> Lesson:
    """Take some passages of a lesson, at times without what answers: then nothing does."""
    chance = rng.random() if lesson.answered else 1.0
    whole = lesson.without_own() if chance < kind.without_own else lesson
    some = (whole if whole.pages else lesson).some(rng)
    cut = kind.without_own <= chance < kind.without_own + kind.without_answers
    changed = some.without_answers() if cut else some
    return changed if changed.pages else some


def pairs_of(lessons: Iterable[Lesson]) -> list[Pair]:
    """Return each pair that lessons may come to be, as `varied` makes them, once."""
    every = ([*lesson.pairs, *lesson.without_answers().pairs] for lesson in lessons)
    return list(dict.fromkeys(chain.from_iterable(every)))


def held_out(identity: str) -> bool:
    """Tell whether a document is kept from the reader."""
    return crc32(identity.encode()) % HELD_OUT == 0


def of_world(world: World, weight: float, most: int | None = None) -> Iterator[Lesson]:
    """Ask the questions of a world, ``most`` of them, beside the passages that are found."""
    generation = index(world, StaticEmbedder())
    for gold in world.questions[:most]:
        if question := _understood(gold.question, generation):
            pages = _Asked(generation, gold.places, {identity for identity, _ in gold.places})
            yield Lesson(question.plain, pages.found(question), weight)


def written(folder: Path, weight: float, most: int | None = None) -> Iterator[Lesson]:
    """Ask questions that were written about documents, ``most`` of them, each twice.

    Once beside its own document, and once beside what is found; there, only if that answers it as well.
    """
    generation = index(World(documents_of(folder), []), StaticEmbedder())
    for one in islice(records_of(folder / "questions.jsonl"), most):
        places = [(place["document"], Span(place["start"], place["end"])) for place in one["evidence"]]
        own = {identity for identity, _ in places} or {one["id"].rpartition("-")[0]}
        question = _understood(one["question"], generation)
        if question and not any(map(held_out, own)):
            asked = _Asked(generation, places, own)
            found = asked.found(question)
            for pages in (_alone(asked.all(), found), found):
                lesson = Lesson(question.plain, pages, weight)
                if lesson.answered == bool(places):
                    yield lesson


def _understood(text: str, generation: Generation) -> Question | None:
    try:
        return understand(text, generation)
    except QuestionError:
        return None


def _alone(own: Sequence[Page], found: Sequence[Page]) -> list[Page]:
    """Take the document that was asked, and of what was found a little of others."""
    answering = [place for place, page in enumerate(own) if page.right][:_ANSWERING]
    rest = [place for place, page in enumerate(own) if not page.right]
    chosen = sorted([*answering, *rest][:READ])
    return [own[place] for place in chosen] + [page for page in found if not page.own][:_OTHERS]


class _Asked(NamedTuple):
    """What is asked for of a generation."""

    generation: Generation
    places: Sequence[tuple[str, Span]]
    own: Collection[str]

    def found(self, question: Question) -> list[Page]:
        """Return what retrieval finds."""
        return [self._page(one.passage) for one in retrieve(question, self.generation, FOUND)]

    def all(self) -> list[Page]:
        """Return all of the documents that are asked."""
        numbers = self.generation.passages_of([*self.own])
        return [self._page(passage) for passage in self.generation.read(numbers.tolist())]

    def _page(self, passage: Passage) -> Page:
        document = passage.document
        spans = [self.generation.sentence(number) for number in passage.sentences[:LONGEST]]
        right = [number for number, span in enumerate(spans) if self._answers(document.id, span)]
        texts = tuple(document.text[span.start : span.end] for span in spans)
        excerpt = Excerpt(document.context_at(passage.start), texts)
        return Page(excerpt, frozenset(right), document.id in self.own)

    def _answers(self, document: str, sentence: Span) -> bool:
        return any(document == place and share(sentence, span) for place, span in self.places)
