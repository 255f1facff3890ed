"""What is asked, and what is expected of the answer."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from index.document import Document, Span, canonical
from index.errors import EvidenceError


class Place(NamedTuple):
    """A span of a document."""

    document: str
    span: Span


Expected = Sequence[Place]
"""Where evidence stands: one place, or several of which any will do."""


@dataclass(frozen=True)
class Asked:
    """A question and what is expected of its answer; no evidence means that there is none."""

    id: str
    question: str
    kind: str
    evidence: Sequence[Expected]
    answers: Sequence[str] = ()
    grades: Mapping[str, int] = field(default_factory=dict)
    """How relevant documents are, in a set that judges whole documents; else empty."""


def text_of(path: Path) -> str:
    """Read a file of a question set.

    Raises:
        EvidenceError: it is not there, or not UTF-8.

    """
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise EvidenceError(f"无法读取问题集 {path}；请检查路径与编码（UTF-8）") from error


def lines_of(path: Path) -> Iterator[tuple[str, str]]:
    """Yield the lines of a file that are not blank, each with where it stands; see `text_of`."""
    for number, line in enumerate(text_of(path).split("\n"), start=1):
        if line.strip():
            yield f"{path}:{number}", line


def documents_of(folder: Path) -> list[Document]:
    """Return the documents of a set that is known to be right, ``corpus.jsonl``; see `records_of`."""
    records = records_of(folder / "corpus.jsonl")
    return [Document(one["_id"], one["title"], canonical(one["text"])) for one in records]


def records_of(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the records of a file of JSON Lines that is known to be right; see `text_of`."""
    return (json.loads(line) for _, line in lines_of(path))
