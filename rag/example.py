"""Questions to begin with: those of the bundled set that the documents can answer, else some of their own."""

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, islice

from index.document import Document
from index.generation import Generation
from rag.answer import Cited
from rag.asked import records_of
from rag.draft import AS_QUESTION, SHORTEST, subject_of
from rag.knowledge import KnowledgeBase
from rag.questionset import BUNDLED

LARGEST = 10_000_000
"""Characters of a library that is searched for evidence; reading a larger one keeps its reader waiting."""
_MOST, _FEW = 24, 6
"""Questions of their own, from documents spread over the library; fewer where an answer takes longer."""
_TRIED = 3
"""Times as many are asked, at most."""
_LONGEST = 40
_LINE = re.compile(r"[\s*#>-]*(?:[问qQ][：:])?\s*(?P<question>[^。！？!?：:，,“”]+[？?])[\s*]*")
"""A line with a question and nothing else."""


@dataclass(frozen=True)
class Example:
    """A question that the documents answer, and its kind: of the bundled set, or where it was found."""

    question: str
    kind: str


_WHOLE = Example("这篇文章讲了什么？", "whole")


def examples(knowledge: KnowledgeBase) -> list[Example]:
    """Return the bundled questions that the documents answer, else some that they ask themselves."""
    return _bundled(knowledge.generation) or _own(knowledge)


def _bundled(generation: Generation) -> list[Example]:
    """Return the bundled questions whose evidence stands in the documents, word for word.

    Those that the documents do not answer are among them only where no other document could. A library
    of more than `LARGEST` characters has none.
    """
    if generation.manifest.counts["characters"] > LARGEST:
        return []
    records = list(records_of(BUNDLED))
    texts = {document.id: document.text for document in generation.documents.values()}
    holders = [_holders(record["evidence"], texts) for record in records]
    closed = set().union(*filter(None, holders)) == set(texts)
    return [
        Example(record["question"], record["kind"])
        for record, holding in zip(records, holders, strict=True)
        if (closed if holding is None else holding)
    ]


def _own(knowledge: KnowledgeBase) -> list[Example]:
    """Return what some documents ask or speak of themselves, where they are found to answer it."""
    documents = knowledge.generation.contents.documents
    most = _MOST if knowledge.is_quick else _FEW
    each = max(1, most // len(documents))
    found: dict[str, Example] = {}
    for number in range(0, len(documents), -(-len(documents) // most)):
        document = documents[number]
        tried = islice(chain([_WHOLE] if len(documents) == 1 else [], _of(document)), _TRIED * each)
        answered = (one for one in tried if _finds(knowledge, one.question, document))
        found |= {one.question: one for one in islice(answered, each)}
    return list(found.values())


def _finds(knowledge: KnowledgeBase, question: str, document: Document) -> bool:
    with closing(knowledge.ask_stream(question)) as events:  # not further: a model may write the rest
        match next(events):
            case Cited("answered", _, [first, *_]):
                return first.document == document.id and len(first.quote) > 2 * len(question)
    return False


def _of(document: Document) -> Iterator[Example]:
    """Yield what a document asks, in a heading or on a line of its own; then what its headings speak of."""
    titles = [subject_of(heading) for heading in document.headings]
    lines = (_LINE.fullmatch(line) for line in document.text.split("\n") if len(line) <= _LONGEST)
    asking = [title for title in titles if AS_QUESTION.search(title)]
    asking += [line["question"] for line in lines if line]
    yield from (Example(one, "question") for one in asking if len(one) >= SHORTEST)
    yield from (Example(one, "heading") for one in titles if len(one) >= SHORTEST and one not in asking)


def _holders(quotes: list[str], texts: dict[str, str]) -> set[str] | None:
    """Return the documents that hold the quotes, none unless each quote has one; None without quotes."""
    if not quotes:
        return None
    holding = [{identity for identity, text in texts.items() if quote in text} for quote in quotes]
    return set().union(*holding) if all(holding) else set()
