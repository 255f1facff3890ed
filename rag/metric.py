"""Metrics of one answer."""

from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

from index.document import Span
from rag.asked import Asked
from rag.citation import Citation

DEPTHS = (1, 3, 5)
"""Citations looked at. An answer holds three at most, so that @5 says what @3 says until it holds more."""

PASSAGE_DEPTHS = (1, 5, 10)
"""Passages of `search` looked at; it goes deeper than the citations of an answer."""

CITED = tuple(f"{name}@{depth}" for name in ("recall", "hit", "answer") for depth in DEPTHS)
RANKED = (
    *(f"passage_recall@{depth}" for depth in PASSAGE_DEPTHS),
    "passage_hit@10",
    "passage_mrr@10",
    "passage_ndcg@10",
)
JUDGED = (
    "answered_share",
    "false_answer_rate",
    "auroc",
    "ece",
    "exactness",
    "characters",
    "latency_p50",
    "latency_p99",
)
METRICS = (*CITED, *RANKED, *JUDGED)
"""Names of all that is measured; `rag.report` says what they are."""


def inside(span: Span, document: str, citations: Iterable[Citation]) -> int:
    """Count the characters of a span that lie inside quotes, each once."""
    covered = end = 0
    quotes = sorted((one.start, one.end) for one in citations if one.document == document)
    for start, stop in quotes:
        first, end = max(start, span.start, end), max(end, min(stop, span.end))
        covered += max(0, end - first)
    return covered


def recall(asked: Asked, citations: Sequence[Citation]) -> float:
    """Return the share of evidence of which at least half the characters lie inside quotes."""
    return fmean(
        any(2 * inside(span, document, citations) >= span.end - span.start for document, span in places)
        for places in asked.evidence
    )


def share(one: Span, other: Span) -> bool:
    """Say whether two spans of a document share at least half of the shorter one."""
    common = min(one.end, other.end) - max(one.start, other.start)
    return 2 * common >= min(one.end - one.start, other.end - other.start)


def hit(asked: Asked, citations: Sequence[Citation]) -> float:
    """Return 1 if some quote and some evidence share at least half of the shorter one."""
    return float(
        any(
            citation.document == document and share(span, Span(citation.start, citation.end))
            for places in asked.evidence
            for document, span in places
            for citation in citations
        )
    )


def answer_recall(asked: Asked, citations: Sequence[Citation]) -> float:
    """Return 1 if some answer stands inside a quote from a document of the evidence."""
    documents = {place.document for places in asked.evidence for place in places}
    quotes = [citation.quote for citation in citations if citation.document in documents]
    return float(any(answer in quote for answer in asked.answers for quote in quotes))


def cited_metrics(asked: Asked, citations: Sequence[Citation]) -> dict[str, float]:
    """Return those of `CITED` that the question can tell: answer@k needs answers, recall@k spans.

    Where whole documents are judged, no quote could hold half of one, and recall@k is left out.
    """
    measured: dict[str, float] = {}
    for depth in DEPTHS:
        first = citations[:depth]
        measured[f"hit@{depth}"] = hit(asked, first)
        if not asked.grades:
            measured[f"recall@{depth}"] = recall(asked, first)
        if asked.answers:
            measured[f"answer@{depth}"] = answer_recall(asked, first)
    return {name: measured[name] for name in CITED if name in measured}


def right(cited: Mapping[str, float]) -> bool:
    """Say whether citations hold an answer, or evidence where the question names no answers."""
    return cited.get("answer@3", cited.get("hit@3", 0.0)) > 0
