"""How one answer did."""

from collections.abc import Sequence
from dataclasses import dataclass

from index.document import Span
from index.generation import Generation
from rag.answer import Answer
from rag.asked import Asked
from rag.citation import Citation
from rag.metric import cited_metrics, right

_SHOWN = 300
"""Characters kept of a quote in a report; some evidence is a whole document."""


@dataclass(frozen=True)
class Quoted:
    """A place in a document, and how its text begins."""

    document: str
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Score:
    """A question, what was expected, what was cited, and how well the two agree."""

    id: str
    question: str
    kind: str
    answerable: bool
    answered: bool
    confidence: float
    right: bool
    """Whether the citations, even those of an abstention, hold an answer, or evidence where the
    question names no answers: what the confidence is the probability of."""
    exact: float | None
    """Share of the citations that the document holds verbatim; None without citations."""
    characters: int
    """Quoted, in all."""
    milliseconds: float
    metrics: dict[str, float]
    """Of an answerable question; an abstention is worth nothing."""
    expected: list[Quoted]
    citations: list[Quoted]


def score(asked: Asked, answer: Answer, milliseconds: float, generation: Generation) -> Score:
    """Measure one answer, but for the ranking of its passages."""
    answered = answer.status == "answered"
    held = cited_metrics(asked, answer.citations) if asked.evidence else {}
    return Score(
        id=asked.id,
        question=asked.question,
        kind=asked.kind,
        answerable=bool(asked.evidence),
        answered=answered,
        confidence=answer.confidence,
        right=right(held),
        exact=_exact(answer.citations, generation),
        characters=sum(len(citation.quote) for citation in answer.citations),
        milliseconds=round(milliseconds, 3),
        metrics={name: value if answered else 0.0 for name, value in held.items()},
        expected=[_quoted(places[0].document, places[0].span, generation) for places in asked.evidence],
        citations=[_quoted(one.document, Span(one.start, one.end), generation) for one in answer.citations],
    )


def _quoted(document: str, span: Span, generation: Generation) -> Quoted:
    text = generation.documents[document].text[span.start : min(span.end, span.start + _SHOWN)]
    return Quoted(document, span.start, span.end, text + ("…" if len(text) < span.end - span.start else ""))


def _exact(citations: Sequence[Citation], generation: Generation) -> float | None:
    if not citations:
        return None
    exact = 0
    for one in citations:
        document = generation.documents.get(one.document)
        exact += document is not None and document.text[one.start : one.end] == one.quote
    return exact / len(citations)
