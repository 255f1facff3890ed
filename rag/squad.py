"""Sets in the nested JSON of SQuAD, CMRC and DRCD: articles, paragraphs, questions, answers."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.document import Span, canonical
from index.errors import EvidenceError
from index.generation import Generation
from rag.asked import Asked, Place, text_of

_FORM = '{"data": [{"title", "paragraphs": [{"context", "qas": [{"id", "question", "answers"}]}]}]}'


@dataclass(frozen=True)
class _Article:
    id: str
    title: str
    paragraphs: list[dict[str, Any]]


def questions(path: Path, generation: Generation) -> Iterator[tuple[str, Asked]]:
    """Yield the questions, each with where it stands; any of the answers given is right.

    Raises:
        EvidenceError: the file has another form, or a paragraph or an answer is not in the documents.

    """
    for article in _articles(path):
        for number, paragraph in enumerate(article.paragraphs):
            where = f"{path}：{article.title} 第 {number + 1} 段"
            context = _text(paragraph.get("context"), where)
            place = _place(article.id, context, generation)
            for record in _list(paragraph.get("qas"), where):
                yield where, _asked(record, context, place, where)


def corpus(path: Path, aside: Path) -> Path:
    """Write the articles as documents into the folder ``aside``; return the file.

    Raises:
        EvidenceError: the file has another form.

    """
    out = aside / "corpus.jsonl"
    with out.open("w", encoding="utf-8") as file:
        for article in _articles(path):
            texts = [_text(one.get("context"), f"{path}：{article.title}") for one in article.paragraphs]
            record = {"_id": article.id, "title": article.title, "text": "\n\n".join(texts)}
            file.write(json.dumps(record, ensure_ascii=False) + "\n")
    return out


def _articles(path: Path) -> Iterator[_Article]:
    try:
        record = json.loads(text_of(path))
        data = record["data"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise EvidenceError(f"{path}：应为 {_FORM}；每行一题的问题集请以 .jsonl 为名") from error
    for number, one in enumerate(_list(data, str(path)), start=1):
        title = canonical(str(one.get("title") or f"{path.stem}-{number}"))
        paragraphs = _list(one.get("paragraphs"), f"{path}：{title}")
        yield _Article(f"{path.stem}-{number}", title, paragraphs)


def _list(value: Any, where: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise EvidenceError(f"{where}：应为 {_FORM}")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise EvidenceError(f"{where}：没有 context；应为 {_FORM}")
    return canonical(value)


def _place(article: str, context: str, generation: Generation) -> Place | None:
    """Find a paragraph in the documents, first in that of its article."""
    own = generation.documents.get(article)
    for document in (*([own] if own else ()), *generation.documents.values()):
        if (start := document.text.find(context)) >= 0:
            return Place(document.id, Span(start, start + len(context)))
    return None


def _asked(record: dict[str, Any], context: str, place: Place | None, where: str) -> Asked:
    try:
        identity, question = canonical(str(record["id"])), canonical(record["question"])
        answers = [] if record.get("is_impossible") else list(record.get("answers") or ())
        found = [(canonical(str(one["text"])).strip(), int(one.get("answer_start", -1))) for one in answers]
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise EvidenceError(f"{where}：每题应有 id、question 与 answers") from error
    if not found:
        return Asked(identity, question, "unanswerable", [])
    if place is None:
        raise EvidenceError(f"{where}（{identity}）：文档里没有这一段；请用 --build，或先为它建立索引")
    spans = [_span(text, start, context, f"{where}（{identity}）") for text, start in found]
    first = place.span.start
    places = [Place(place.document, Span(first + one.start, first + one.end)) for one in dict.fromkeys(spans)]
    return Asked(identity, question, "question", [places], list(dict.fromkeys(text for text, _ in found)))


def _span(answer: str, start: int, context: str, where: str) -> Span:
    """Return where an answer stands: where it is said to, or else where it stands first."""
    if not answer or answer not in context:
        raise EvidenceError(f"{where}：段落里没有答案 {answer[:40]!r}；请照原文抄写")
    if not context.startswith(answer, max(start, 0)):
        start = context.index(answer)
    return Span(max(start, 0), max(start, 0) + len(answer))
