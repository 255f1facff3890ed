"""What goes over HTTP and `--json` beside answers: requests, hits, documents."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote as percent

from pydantic import BaseModel, ConfigDict, Field

from index.document import Document
from rag.retrieval import Found

BODY = ConfigDict(extra="forbid", strict=True)
"""Of what a client sends: nothing unknown, and no truth value for a number."""


class AskRequest(BaseModel):
    """A question, and where to look."""

    model_config = ConfigDict(**BODY, json_schema_extra={"examples": [{"question": "什么是氛围编码？"}]})

    question: str
    documents: list[str] | None = None
    """Ids of the documents to look in; all, when left out."""
    min_confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    """The confidence that makes an answer; the server's own, when left out."""


class Claim(BaseModel):
    """A quote and where it is said to stand; the rest of a citation may come along."""

    model_config = ConfigDict(strict=True)

    document: str
    start: int
    end: int
    quote: str
    sha256: str | None = None


class VerifyRequest(BaseModel):
    """Citations to check; the rest of an answer may come along."""

    model_config = ConfigDict(strict=True)

    citations: Annotated[list[Claim], Field(min_length=1, max_length=1000)]


@dataclass(frozen=True)
class SearchHit:
    """A passage that was found."""

    passage: int
    document: str
    title: str
    heading: list[str]
    start: int
    end: int
    text: str
    score: float
    dense: float
    lexical: float

    @classmethod
    def of(cls, found: Found) -> "SearchHit":
        """Show what retrieval found."""
        passage = found.passage
        return cls(
            passage=passage.id,
            document=passage.document.id,
            title=passage.document.title,
            heading=passage.headings,
            start=passage.start,
            end=passage.end,
            text=passage.text,
            score=round(found.score, 4),
            dense=round(found.dense, 4),
            lexical=round(found.lexical, 4),
        )


@dataclass(frozen=True)
class Outline:
    """A heading and its place."""

    level: int
    title: str
    start: int
    end: int

    @classmethod
    def all_of(cls, document: Document) -> list["Outline"]:
        """List the headings of a document."""
        return [cls(one.level, one.title, one.start, one.end) for one in document.headings]


@dataclass(frozen=True)
class DocumentSummary:
    """A document without its text."""

    id: str
    title: str
    sha256: str
    characters: int
    about: dict[str, str]
    url: str

    @classmethod
    def of(cls, document: Document) -> "DocumentSummary":
        """Summarise a document."""
        return cls(
            id=document.id,
            title=document.title,
            sha256=document.sha256,
            characters=len(document.text),
            about=document.about,
            url=f"/documents/{percent(document.id)}",
        )


@dataclass(frozen=True)
class DocumentDetail(DocumentSummary):
    """A document with its outline, without its text."""

    outline: list[Outline]

    @classmethod
    def of(cls, document: Document) -> "DocumentDetail":
        """Describe a document."""
        return cls(**vars(DocumentSummary.of(document)), outline=Outline.all_of(document))
