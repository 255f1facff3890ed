"""Read sets of questions, and find their evidence in the documents.

A set is a file in JSON Lines, a file in the nested JSON of SQuAD, CMRC and DRCD, a folder in the form
of BEIR, or a folder with ``questions.jsonl`` and ``corpus.jsonl``.
"""

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from index.document import Span, canonical
from index.errors import EvidenceError, QuestionError
from index.generation import Generation
from index.source import BUNDLED as REVIEW
from rag import beir, squad
from rag.asked import Asked, Expected, Place, lines_of
from rag.question import understand

BUNDLED = REVIEW.parent / "review-questions.jsonl"


def read_questions(path: Path, generation: Generation) -> list[Asked]:
    """Read a question set and find its evidence in the documents.

    Raises:
        EvidenceError: a line is malformed, an id stands twice, a question cannot be asked, evidence is not
            in the documents, or there is no question at all; the message names the file, the line and the
            question.

    """
    if (path / "queries.jsonl").is_file():
        return _checked(path, beir.questions(path, generation), generation)
    if path.suffix.lower() == ".json":
        return _checked(path, squad.questions(path, generation), generation)
    return _checked(path, _questions(file_of(path), generation), generation)


def problems_of(path: Path, generation: Generation) -> tuple[list[str], list[str]]:
    """Return all that is wrong with a set, and what a person should look at.

    A set in JSON Lines is checked line by line; of any other form, the first error is told. To look
    at: a quote that stands in several places, a question that is asked twice.
    """
    wrong: list[str] = []
    found: list[tuple[str, Asked]] = []
    if (path / "queries.jsonl").is_file() or path.suffix.lower() == ".json":
        try:
            found = [("", one) for one in read_questions(path, generation)]
        except EvidenceError as error:
            wrong.append(str(error))
    else:
        for where, line in lines_of(file_of(path)):
            try:
                found.append((where, _asked(line, where, generation)))
                _require_askable(*found[-1], generation)
            except EvidenceError as error:
                wrong.append(str(error))
        wrong += [
            f"{where}：问题编号 {one.id} 重复；请改名" for where, one in _again(found, lambda one: one.id)
        ]
    if not found and not wrong:
        wrong.append(f"问题集 {path} 是空的；请至少写一个问题")
    doubtful = [
        f"{where}（{one.id}）：引文在文档里有 {len(places)} 处；任一处都算对，写长一些可以只指一处"
        for where, one in found
        for places in one.evidence
        if len(places) > 1 and path.suffix.lower() != ".json"
    ]
    repeated = _again(found, lambda one: "".join(one.question.split()))
    return wrong, doubtful + [f"{where}（{one.id}）：问题与前面的一题相同" for where, one in repeated]


def _again(found: Iterable[tuple[str, Asked]], key: Callable[[Asked], str]) -> list[tuple[str, Asked]]:
    """Return those whose key an earlier one has."""
    seen: set[str] = set()
    again = []
    for where, one in found:
        if key(one) in seen:
            again.append((where, one))
        seen.add(key(one))
    return again


def corpus_of(path: Path, aside: Path) -> Path:
    """Return the documents that a set brings along, written into the folder ``aside`` if need be.

    Raises:
        EvidenceError: it brings none.

    """
    if path.suffix.lower() == ".json":
        return squad.corpus(path, aside)
    beside = (path if path.is_dir() else path.parent) / "corpus.jsonl"
    if not beside.is_file():
        raise EvidenceError(
            f"问题集 {path} 没有自己的文档（{beside}）；请先 chuchu build，再不带 --build 评测"
        )
    return beside


def file_of(path: Path) -> Path:
    """Return the file that holds the questions of a set."""
    names = ("queries.jsonl", "questions.jsonl")
    return next((path / name for name in names if (path / name).is_file()), path)


def _checked(path: Path, found: Iterable[tuple[str, Asked]], generation: Generation) -> list[Asked]:
    """Collect questions, each with where it stands."""
    asked: dict[str, Asked] = {}
    for where, one in found:
        if one.id in asked:
            raise EvidenceError(f"{where}：问题编号 {one.id} 重复；请改名")
        _require_askable(where, one, generation)
        asked[one.id] = one
    if not asked:
        raise EvidenceError(f"问题集 {path} 是空的；请至少写一个问题")
    return list(asked.values())


def _require_askable(where: str, one: Asked, generation: Generation) -> None:
    try:
        understand(one.question, generation)
    except QuestionError as error:
        raise EvidenceError(f"{where}（{one.id}）：{error}") from error


def _questions(path: Path, generation: Generation) -> Iterable[tuple[str, Asked]]:
    for where, line in lines_of(path):
        yield where, _asked(line, where, generation)


def _asked(line: str, where: str, generation: Generation) -> Asked:
    try:
        record = json.loads(line)
        identity, question = canonical(str(record["id"])), canonical(record["question"])
        evidence = record["evidence"]
        answers = record.get("answers", [])
        kind = canonical(str(record.get("kind") or "question"))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise EvidenceError(f'{where}：每行应为 {{"id", "question", "evidence": […]}}') from error
    where = f"{where}（{identity}）"
    if not isinstance(evidence, list):
        raise EvidenceError(f"{where}：evidence 应为列表；文中没有答案时写 []")
    if not isinstance(answers, list) or not all(isinstance(one, str) and one.strip() for one in answers):
        raise EvidenceError(f"{where}：answers 应为文字的列表")
    if record.get("draft"):
        raise EvidenceError(f"{where}：这一题还是草稿；请核对后删去 draft")
    return Asked(identity, question, kind, [_expected(e, where, generation) for e in evidence], answers)


def _expected(evidence: Any, where: str, generation: Generation) -> Expected:
    if isinstance(evidence, str):
        quote = canonical(evidence)
        if not quote or not (places := places_of(quote, generation)):
            raise EvidenceError(f"{where}：文档里没有这段引文 {evidence[:40]!r}；请照原文抄写")
        return places
    try:
        document, span = str(evidence["document"]), Span(int(evidence["start"]), int(evidence["end"]))
    except (TypeError, LookupError, ValueError, OverflowError) as error:
        raise EvidenceError(f"{where}：evidence 应为引文或 {{document, start, end}}") from error
    text = generation.documents[document].text if document in generation.documents else None
    if text is None:
        raise EvidenceError(f"{where}：没有文档 {document!r}；请先为它建立索引")
    if not 0 <= span.start < span.end <= len(text):
        raise EvidenceError(f"{where}：区间 {span.start}-{span.end} 超出文档的 {len(text)} 个字；请核对起止")
    return [Place(document, span)]


def places_of(quote: str, generation: Generation) -> list[Place]:
    """Return all places where the documents hold a quote."""
    return [
        Place(document.id, Span(match.start(), match.end()))
        for document in generation.documents.values()
        for match in re.finditer(re.escape(quote), document.text)
    ]
