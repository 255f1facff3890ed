"""Propose questions from what the documents say of themselves."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from index.document import Document, Heading
from index.fold import fold
from index.generation import Generation

AS_QUESTION = re.compile(r"[?？]$|^(?:什么|如何|怎么|怎样|为什么|为何|谁|哪)|(?:什么|吗|呢|多少)$")
_NUMBERING = re.compile(r"^(?:第?[一二三四五六七八九十百\d]+[章节部分]?[、.．:：\s]+)+")
_DEFINITION = re.compile(
    r"(?:^|[，。；：,;:])(?P<name>[^，。；：,;:\s]{2,24}?)(?:是指|指的是|是一种|是一个|是一类|的定义是)"
)
SHORTEST = 4
"""Characters of a title that is a question by itself."""
_LONGEST = 200
_POINTING = re.compile(r"^(?:这|那|它|他|她|此|其|该|本|我|你|也|就|都|但|而)")


@dataclass(frozen=True)
class Draft:
    """A question for a person to check, and the quote that seems to answer it."""

    id: str
    question: str
    kind: str
    evidence: list[str]
    draft: bool = True


def subject_of(heading: Heading) -> str:
    """Return the title of a heading without its number."""
    return _NUMBERING.sub("", heading.title).strip()


def drafts(generation: Generation) -> list[Draft]:
    """Propose questions: headings that ask, sentences that define, terms with two names.

    Each question is asked once, in the order of the documents.
    """
    found: dict[str, Draft] = {}
    for document in generation.documents.values():
        for question, kind, quote in _proposed(document, generation):
            if question not in found:
                found[question] = Draft(f"{kind}-{len(found) + 1}", question, kind, [quote])
    return list(found.values())


def _proposed(document: Document, generation: Generation) -> Iterator[tuple[str, str, str]]:
    sentences = _sentences(document, generation)
    for heading in document.headings:
        title = subject_of(heading)
        below = (text for start, text in sentences if start >= heading.end)
        if len(title) >= SHORTEST and AS_QUESTION.search(title) and (quote := next(below, None)):
            yield title, "heading", quote
    for _, text in sentences:
        if (match := _DEFINITION.match(text)) and not _POINTING.match(text):
            yield f"什么是{match['name']}？", "definition", text
    for term in generation.terms:
        for _, text in sentences:
            if term.other and term.name in fold(text) and term.other in fold(text):
                written = re.search(re.escape(term.name), text, re.IGNORECASE)
                yield f"什么是{written[0] if written else term.name}？", "term", text
                break


def _sentences(document: Document, generation: Generation) -> list[tuple[int, str]]:
    """Return the sentences of a document that are prose, with where they begin."""
    passages = generation.read(generation.passages_of([document.id]).tolist())
    spans = [generation.sentence(number) for passage in passages for number in passage.sentences]
    return [
        (span.start, document.text[span.start : span.end])
        for span in spans
        if span.start not in document.heading_starts and span.end - span.start <= _LONGEST
    ]
