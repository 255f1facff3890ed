"""Answers, the events that make them, and the writer that uses nothing but quotes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from rag.citation import Citation
from rag.evidence import Evidence
from rag.retrieval import Found

Status = Literal["answered", "abstained"]
Failure = Literal["timeout", "rate-limit", "error", "cut", "unsupported"]
Mode = Literal["extractive", "llm", "extractive-fallback"]


@dataclass(frozen=True)
class Provenance:
    """What made an answer."""

    generation: int
    embedder: str
    segmenter: str
    ranker: str


@dataclass(frozen=True)
class Statement:
    """A sentence that a model wrote, checked against the quotes that it cites."""

    start: int
    end: int
    """The place in the answer's text, ``[start, end)``, its marks included."""
    citations: list[int]
    score: float
    """How much of it stands in those quotes, in [0, 1]; see `rag.support`."""
    supported: bool


@dataclass(frozen=True)
class Writing:
    """What became of the text of a model."""

    model: str
    failure: Failure | None
    """Why the answer is made of quotes after all."""
    sentences: list[Statement]
    unknown_citations: int
    """Marks and links of the model that stand for no evidence; they were dropped."""

    @property
    def mode(self) -> Mode:
        """Who wrote the text that the reader sees."""
        return "llm" if self.failure is None else "extractive-fallback"


@dataclass(frozen=True)
class Answer:
    """A text, the citations it rests on, and how sure it is."""

    question: str
    status: Status
    answer: str
    confidence: float
    """The probability that the documents answer the question and the quotes hold it."""
    mode: Mode
    citations: list[Citation]
    writing: Writing | None
    """None where no model was asked."""
    provenance: Provenance
    timings_ms: dict[str, float]


@dataclass(frozen=True)
class Cited:
    """What the answer will rest on, before a word of it is written; the first event."""

    status: Status
    confidence: float
    citations: list[Citation]


@dataclass(frozen=True)
class Wrote:
    """A piece of the answer's text."""

    text: str


@dataclass(frozen=True)
class Withdrew:
    """All text so far is taken back; what follows stands in its place."""


@dataclass(frozen=True)
class Finished:
    """The whole answer, and what it came from; the last event."""

    answer: Answer
    evidence: Sequence[Evidence]
    found: Sequence[Found]
    """The passages whose sentences were weighed, best first."""


AnswerEvent = Cited | Wrote | Withdrew | Finished


class AnswerWriter(Protocol):
    """Puts an answer into words."""

    def write(
        self, question: str, citations: Sequence[Citation], status: Status
    ) -> Iterator[Wrote | Withdrew | Writing]:
        """Yield the text piece by piece; ``[1]`` marks what rests on citation 1.

        A writer that asks a model yields what became of it last.
        """
        ...


class ExtractiveWriter:
    """Quotes, and says nothing of its own."""

    def write(self, question: str, citations: Sequence[Citation], status: Status) -> Iterator[Wrote]:
        """See `AnswerWriter.write`."""
        if not citations:
            yield Wrote("文中没有与这个问题有关的内容。")
            return
        if status == "abstained":
            yield Wrote("文中没有找到这个问题的答案。最接近的内容是：\n")
        for citation in citations:
            line = " ".join(citation.quote.split())
            end = "\n" if citation.number < len(citations) else ""
            yield Wrote(f"{line} [{citation.number}]{end}")
