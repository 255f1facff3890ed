"""Answers, and the writer that makes them of nothing but quotes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from rag.citation import Citation
from rag.evidence import Evidence
from rag.retrieval import Found

Status = Literal["answered", "abstained"]


@dataclass(frozen=True)
class Provenance:
    """What made an answer."""

    generation: int
    embedder: str
    segmenter: str
    ranker: str


@dataclass(frozen=True)
class Answer:
    """A text, the citations it rests on, and how sure it is."""

    question: str
    status: Status
    answer: str
    confidence: float
    """The probability that the documents answer the question and the quotes hold it."""
    mode: str
    citations: list[Citation]
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
class Finished:
    """The whole answer, and what it came from; the last event."""

    answer: Answer
    evidence: Sequence[Evidence]
    found: Sequence[Found]
    """The passages whose sentences were weighed, best first."""


AnswerEvent = Cited | Wrote | Finished


class AnswerWriter(Protocol):
    """Puts an answer into words."""

    mode: str

    def write(self, question: str, citations: Sequence[Citation], status: Status) -> Iterator[Wrote]:
        """Yield the text piece by piece; ``[1]`` marks what rests on citation 1."""
        ...


class ExtractiveWriter:
    """Quotes, and says nothing of its own."""

    mode = "extractive"

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
