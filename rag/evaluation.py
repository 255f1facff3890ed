"""Measure how well answers hold what a set of questions expects of them."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

from index.build import Progress, silent
from index.document import Span, canonical
from index.errors import EvidenceError
from index.generation import Generation
from index.source import BUNDLED as REVIEW
from rag.answer import Answer
from rag.citation import Citation

DEPTHS = (1, 3)
METRICS = (
    *(f"{name}@{depth}" for name in ("recall", "hit", "answer") for depth in DEPTHS),
    "answered_share",
    "false_answer_rate",
)
"""Names of what is measured."""
BUNDLED = REVIEW.parent / "review-questions.jsonl"


class Place(NamedTuple):
    """A span of a document."""

    document: str
    span: Span


Expected = Sequence[Place]
"""Where evidence stands: one place, or several where the documents repeat it."""


@dataclass(frozen=True)
class Asked:
    """A question and what is expected of its answer; no evidence means that there is none."""

    id: str
    question: str
    kind: str
    evidence: Sequence[Expected]
    answers: Sequence[str]


@dataclass(frozen=True)
class Score:
    """How one answer did."""

    id: str
    question: str
    kind: str
    answerable: bool
    answered: bool
    confidence: float
    metrics: dict[str, float]


@dataclass(frozen=True)
class Report:
    """Averages over a set of questions, and each question's own score.

    ``metrics`` and ``kinds`` average over the answerable questions; an abstention counts as zero.
    """

    questions: int
    answerable: int
    metrics: dict[str, float]
    answered_share: float
    """Of the answerable questions."""
    false_answer_rate: float | None
    """Of the unanswerable questions; None where there are none."""
    kinds: dict[str, dict[str, float]]
    scores: list[Score]

    def value(self, metric: str) -> float | None:
        """Return one of `METRICS`; None where the questions cannot tell."""
        rates = {"answered_share": self.answered_share, "false_answer_rate": self.false_answer_rate}
        return rates[metric] if metric in rates else self.metrics.get(metric)


def _places(quote: str, generation: Generation) -> list[Place]:
    return [
        Place(document.id, Span(match.start(), match.end()))
        for document in generation.documents.values()
        for match in re.finditer(re.escape(quote), document.text)
    ]


def _expected(evidence: Any, where: str, generation: Generation) -> Expected:
    if isinstance(evidence, str):
        quote = canonical(evidence)
        if not quote or not (places := _places(quote, generation)):
            raise EvidenceError(f"{where}：文档里没有这段引文 {evidence[:40]!r}；请照原文抄写")
        return places
    try:
        document, span = str(evidence["document"]), Span(int(evidence["start"]), int(evidence["end"]))
    except (TypeError, LookupError, ValueError) as error:
        raise EvidenceError(f"{where}：evidence 应为引文或 {{document, start, end}}") from error
    text = generation.documents[document].text if document in generation.documents else None
    if text is None:
        raise EvidenceError(f"{where}：没有文档 {document!r}；请先为它建立索引")
    if not 0 <= span.start < span.end <= len(text):
        raise EvidenceError(f"{where}：区间 {span.start}-{span.end} 超出文档的 {len(text)} 个字")
    return [Place(document, span)]


def _asked(line: str, where: str, generation: Generation) -> Asked:
    try:
        record = json.loads(line)
        identity, question, evidence = str(record["id"]), str(record["question"]), record["evidence"]
        answers = record.get("answers", [])
        kind = str(record.get("kind", "question"))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise EvidenceError(f'{where}：每行应为 {{"id", "question", "evidence": […]}}') from error
    if not isinstance(evidence, list):
        raise EvidenceError(f"{where}：evidence 应为列表；文中没有答案时写 []")
    if not isinstance(answers, list) or not all(isinstance(one, str) and one.strip() for one in answers):
        raise EvidenceError(f"{where}：answers 应为文字的列表")
    if not question.strip():
        raise EvidenceError(f"{where}：问题是空的")
    where = f"{where}（{identity}）"
    return Asked(identity, question, kind, [_expected(e, where, generation) for e in evidence], answers)


def read_questions(path: Path, generation: Generation) -> list[Asked]:
    """Read a question set in JSON Lines and find its evidence in the documents.

    Raises:
        EvidenceError: a line is malformed, an id stands twice, evidence is not in the documents, or
            there is no question at all.

    """
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvidenceError(f"无法读取问题集 {path}；请检查路径与编码（UTF-8）") from error
    asked: dict[str, Asked] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            one = _asked(line, f"{path}:{number}", generation)
            if one.id in asked:
                raise EvidenceError(f"{path}:{number}：问题编号 {one.id} 重复；请改名")
            asked[one.id] = one
    if not asked:
        raise EvidenceError(f"问题集 {path} 是空的；请至少写一个问题")
    return list(asked.values())


def _inside(span: Span, document: str, citations: Iterable[Citation]) -> int:
    """Count the characters of a span that lie inside quotes."""
    covered: set[int] = set()
    for citation in citations:
        if citation.document == document:
            covered.update(range(max(span.start, citation.start), min(span.end, citation.end)))
    return len(covered)


def recall(asked: Asked, citations: Sequence[Citation]) -> float:
    """Return the share of evidence of which at least half the characters lie inside quotes."""
    return fmean(
        any(2 * _inside(span, document, citations) >= span.end - span.start for document, span in places)
        for places in asked.evidence
    )


def hit(asked: Asked, citations: Sequence[Citation]) -> float:
    """Return 1 if some quote and some evidence share at least half of the shorter one."""
    return float(
        any(
            citation.document == document
            and 2 * _inside(span, document, [citation])
            >= min(span.end - span.start, citation.end - citation.start)
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


def score(asked: Asked, answer: Answer) -> Score:
    """Measure one answer; an abstention is worth nothing."""
    answered = answer.status == "answered"
    metrics: dict[str, float] = {}
    if asked.evidence:
        for depth in DEPTHS:
            citations = answer.citations[:depth] if answered else []
            metrics[f"recall@{depth}"] = recall(asked, citations)
            metrics[f"hit@{depth}"] = hit(asked, citations)
            if asked.answers:
                metrics[f"answer@{depth}"] = answer_recall(asked, citations)
    return Score(
        asked.id, asked.question, asked.kind, bool(asked.evidence), answered, answer.confidence, metrics
    )


def _averages(scores: Sequence[Score]) -> dict[str, float]:
    names = sorted({name for one in scores for name in one.metrics})
    return {name: fmean(one.metrics[name] for one in scores if name in one.metrics) for name in names}


def evaluate(
    questions: Sequence[Asked],
    ask: Callable[[str], Answer],
    progress: Progress = silent,
) -> Report:
    """Ask all questions and measure the answers."""
    scores = []
    for number, one in enumerate(questions, start=1):
        scores.append(score(one, ask(one.question)))
        progress("evaluate", number, len(questions))
    answerable = [one for one in scores if one.answerable]
    others = [one for one in scores if not one.answerable]
    kinds = sorted({one.kind for one in answerable})
    return Report(
        questions=len(scores),
        answerable=len(answerable),
        metrics=_averages(answerable),
        answered_share=fmean([one.answered for one in answerable] or [0.0]),
        false_answer_rate=fmean(one.answered for one in others) if others else None,
        kinds={kind: _averages([one for one in answerable if one.kind == kind]) for kind in kinds},
        scores=scores,
    )
