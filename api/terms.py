"""What a document speaks of, over HTTP: its terms, their other names, and where they stand."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query

from api.schema import Outline
from api.serving import Knowledge
from index.mention import Concept, Link, concepts, links

router = APIRouter()


@dataclass(frozen=True)
class DocumentTerm:
    """A term of a document."""

    name: str
    """As the document most often writes it."""
    others: list[str]
    """Its other names, in other languages or written out."""
    count: int
    places: list[tuple[int, int]]
    """Start and end of each mention, in order."""

    @classmethod
    def of(cls, concept: Concept) -> "DocumentTerm":
        """Show a concept."""
        name, *others = concept.names
        distinct = [other for other in others if other.casefold() != name.casefold()]
        return cls(name, distinct, len(concept.places), [(one.start, one.end) for one in concept.places])


@dataclass(frozen=True)
class TermMap:
    """The terms of a document, and which of them it names in one sentence."""

    document: str
    title: str
    sha256: str
    characters: int
    outline: list[Outline]
    terms: list[DocumentTerm]
    links: list[Link]


@router.get("/terms", operation_id="map_terms", summary="文档的术语与所在之处")
def terms(
    knowledge: Knowledge,
    document: Annotated[str, Query(description="文档的 id", examples=["karpathy-2025-review.txt"])],
    limit: Annotated[int, Query(ge=1, le=200, description="至多多少个术语")] = 36,
) -> TermMap:
    """Show what a document speaks of."""
    generation = knowledge.generation
    source = generation.document(document)
    chosen = concepts(source, generation.segmenter, generation.terms, limit)
    return TermMap(
        document=source.id,
        title=source.title,
        sha256=source.sha256,
        characters=len(source.text),
        outline=Outline.all_of(source),
        terms=[DocumentTerm.of(concept) for concept in chosen],
        links=links(source, chosen),
    )
