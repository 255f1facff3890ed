"""Questions to begin with: those of the bundled set that the documents can answer."""

import json
from dataclasses import dataclass

from index.generation import Generation
from rag.asked import lines_of
from rag.questionset import BUNDLED

LARGEST = 10_000_000
"""Characters of a library that is searched for evidence; reading a larger one keeps its reader waiting."""


@dataclass(frozen=True)
class Example:
    """A question whose evidence the documents hold, and its kind in the bundled set."""

    question: str
    kind: str


def examples(generation: Generation) -> list[Example]:
    """Return the bundled questions whose evidence stands in the documents, word for word.

    Those that the documents do not answer are among them only where no other document could. A library
    of more than `LARGEST` characters has none.
    """
    if generation.manifest.counts["characters"] > LARGEST:
        return []
    records = [json.loads(line) for _, line in lines_of(BUNDLED)]
    texts = {document.id: document.text for document in generation.documents.values()}
    holders = [_holders(record["evidence"], texts) for record in records]
    closed = set().union(*filter(None, holders)) == set(texts)
    return [
        Example(record["question"], record["kind"])
        for record, holding in zip(records, holders, strict=True)
        if (closed if holding is None else holding)
    ]


def _holders(quotes: list[str], texts: dict[str, str]) -> set[str] | None:
    """Return the documents that hold the quotes, none unless each quote has one; None without quotes."""
    if not quotes:
        return None
    holding = [{identity for identity, text in texts.items() if quote in text} for quote in quotes]
    return set().union(*holding) if all(holding) else set()
