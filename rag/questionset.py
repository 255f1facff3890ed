"""Read sets of questions, and find their evidence in the documents."""

import json
import re
from pathlib import Path
from typing import Any

from index.document import Span, canonical
from index.errors import EvidenceError
from index.generation import Generation
from index.source import BUNDLED as REVIEW
from rag.asked import Asked, Expected, Place

BUNDLED = REVIEW.parent / "review-questions.jsonl"


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
