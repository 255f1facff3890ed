"""Citations: a number that stands for an exact place in a document."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote as percent

from index.errors import NotFoundError
from index.generation import Generation
from rag.evidence import Evidence


@dataclass(frozen=True)
class Place:
    """A passage by its id and its span in the document."""

    id: int
    start: int
    end: int


@dataclass(frozen=True)
class Citation:
    """A quote and all that is needed to check it: ``text[start:end] == quote``."""

    number: int
    document: str
    title: str
    heading: list[str]
    start: int
    end: int
    quote: str
    sha256: str
    """Of the document's text in UTF-8."""
    passage: Place
    score: float
    url: str
    page: int | None = None
    """Of a document that has pages, from 1."""


@dataclass(frozen=True)
class Verdict:
    """Whether a quote stands where it is said to, and if not, why."""

    valid: bool
    reason: str | None = None
    found: str | None = None
    """What stands there instead."""


def url_of(document: str, start: int, end: int) -> str:
    """Return where a quote can be read, as a fragment of RFC 5147."""
    return f"/documents/{percent(document)}/text#char={start},{end}"


def where_of(title: str, heading: Sequence[str]) -> str:
    """Name the place of a quote for people; the first heading of a document may be its title."""
    return " › ".join(dict.fromkeys([title, *heading]))


def cite(evidence: Sequence[Evidence]) -> list[Citation]:
    """Number the evidence, most convincing first."""
    return [_citation(number, one) for number, one in enumerate(evidence, start=1)]


def _citation(number: int, evidence: Evidence) -> Citation:
    document, passage = evidence.document, evidence.passage
    return Citation(
        number=number,
        document=document.id,
        title=document.title,
        heading=document.headings_at(evidence.start),
        start=evidence.start,
        end=evidence.end,
        quote=evidence.quote,
        sha256=document.sha256,
        passage=Place(passage.id, passage.start, passage.end),
        score=round(evidence.probability, 4),
        url=url_of(document.id, evidence.start, evidence.end),
        page=document.page_at(evidence.start),
    )


def verify(
    generation: Generation, document: str, start: int, end: int, quote: str, sha256: str | None = None
) -> Verdict:
    """Check a quote against the documents in service."""
    try:
        source = generation.document(document)
    except NotFoundError as error:
        return Verdict(False, str(error))
    if sha256 is not None and sha256 != source.sha256:
        return Verdict(False, "文档内容已变：sha256 不同")
    if not 0 <= start < end <= len(source.text):
        return Verdict(False, f"区间超出文档的 {len(source.text)} 个字")
    if (found := source.text[start:end]) != quote:
        return Verdict(False, "该处的文字不同", found)
    return Verdict(True)
