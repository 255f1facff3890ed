"""The documents over HTTP: find passages, read texts, check quotes."""

from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query
from fastapi.responses import PlainTextResponse, Response

from api.schema import DocumentDetail, DocumentSummary, SearchHit, VerifyRequest
from api.serving import Knowledge
from rag.citation import Verdict
from rag.retrieval import DEPTH

router = APIRouter()


@router.get("/search", operation_id="search", summary="检索段落")
def search(
    knowledge: Knowledge,
    q: Annotated[str, Query(examples=["氛围编码"])],
    k: Annotated[int, Query(ge=1, le=DEPTH)] = 10,
    document: Annotated[list[str] | None, Query()] = None,
) -> dict[Literal["hits"], list[SearchHit]]:
    """Find passages, best first."""
    return {"hits": [SearchHit.of(found) for found in knowledge.search(q, k, document)]}


@router.get("/documents", operation_id="list_documents", summary="列出文档")
def documents(knowledge: Knowledge) -> dict[Literal["documents"], list[DocumentSummary]]:
    """List all, without their texts."""
    every = knowledge.generation.documents.values()
    return {"documents": [DocumentSummary.of(document) for document in every]}


@router.get(
    "/documents/{document:path}/text",
    operation_id="read_document",
    summary="读全文",
    response_class=PlainTextResponse,
    responses={304: {"description": "`If-None-Match` 里有它的哈希"}},
)
def text(document: str, knowledge: Knowledge, if_none_match: Annotated[str, Header()] = "") -> Response:
    """Give the text that all offsets count in."""
    found = knowledge.generation.document(document)
    headers = {"ETag": f'"{found.sha256}"'}
    if found.sha256 in if_none_match:
        return Response(status_code=304, headers=headers)
    return PlainTextResponse(found.text, headers=headers)


@router.get("/documents/{document:path}", operation_id="get_document", summary="文档信息与目录")
def document(document: str, knowledge: Knowledge) -> DocumentDetail:
    """Describe one, without its text."""
    return DocumentDetail.of(knowledge.generation.document(document))


@router.post("/citations/verify", operation_id="verify_citations", summary="核对引文")
def verify(request: VerifyRequest, knowledge: Knowledge) -> dict[Literal["results"], list[Verdict]]:
    """Check each quote against the document that it is said to stand in."""
    return {
        "results": [
            knowledge.verify(claim.document, claim.start, claim.end, claim.quote, claim.sha256)
            for claim in request.citations
        ]
    }
