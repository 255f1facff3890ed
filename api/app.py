"""The HTTP door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from typing import Annotated, Literal

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI, Query
from fastapi.responses import PlainTextResponse

from api import (
    asking,
    completions,
    evaluations,
    examples,
    generations,
    jobs,
    metrics,
    openapi,
    problem,
    static,
    terms,
    toolbox,
    uploads,
)
from api.guard import guard
from api.job import Jobs
from api.metrics import Metrics
from api.schema import DocumentDetail, DocumentSummary, SearchHit, VerifyRequest
from api.serving import Knowledge, Service, Serving
from api.settings import Settings
from rag.citation import Verdict
from rag.retrieval import DEPTH

SPARE_THREADS = 8
"""For what watches the server while all others are at work."""


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application; it opens the index when it starts, and serves without one, unready."""
    settings = settings or Settings()
    counted = Metrics(settings.metrics_folder)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        current_default_thread_limiter().total_tokens = settings.max_requests + SPARE_THREADS
        app.state.serving = Serving(settings, counted.count_answer)
        app.state.serving.refresh()
        app.state.jobs = Jobs(settings.data)
        with app.state.serving.following(), closing(app.state.jobs):
            async with toolbox.running(app):
                yield

    app = FastAPI(
        title="出处 chuchu",
        description="向中文文档提问，答案附带任何人都能核对的出处。",
        lifespan=lifespan,
        middleware=guard(settings, counted),
        docs_url=None,
        redoc_url=None,
    )
    app.state.metrics = counted
    problem.install(app)
    openapi.install(app)
    for module in (asking, completions, evaluations, examples, generations, jobs, metrics, terms, uploads):
        app.include_router(module.router)
    _add_routes(app)
    static.install(app)
    toolbox.install(app)
    return app


def _add_routes(app: FastAPI) -> None:
    @app.get("/search", operation_id="search", summary="检索段落")
    def search(
        knowledge: Knowledge,
        q: Annotated[str, Query(examples=["氛围编码"])],
        k: Annotated[int, Query(ge=1, le=DEPTH)] = 10,
        document: Annotated[list[str] | None, Query()] = None,
    ) -> dict[Literal["hits"], list[SearchHit]]:
        return {"hits": [SearchHit.of(found) for found in knowledge.search(q, k, document)]}

    @app.get("/documents", operation_id="list_documents", summary="列出文档")
    def documents(knowledge: Knowledge) -> dict[Literal["documents"], list[DocumentSummary]]:
        every = knowledge.generation.documents.values()
        return {"documents": [DocumentSummary.of(document) for document in every]}

    @app.get(
        "/documents/{document:path}/text",
        operation_id="read_document",
        summary="读全文",
        response_class=PlainTextResponse,
    )
    def text(document: str, knowledge: Knowledge) -> PlainTextResponse:
        found = knowledge.generation.document(document)
        return PlainTextResponse(found.text, headers={"ETag": f'"{found.sha256}"'})

    @app.get("/documents/{document:path}", operation_id="get_document", summary="文档信息与目录")
    def document(document: str, knowledge: Knowledge) -> DocumentDetail:
        return DocumentDetail.of(knowledge.generation.document(document))

    @app.post("/citations/verify", operation_id="verify_citations", summary="核对引文")
    def verify(request: VerifyRequest, knowledge: Knowledge) -> dict[Literal["results"], list[Verdict]]:
        return {
            "results": [
                knowledge.verify(claim.document, claim.start, claim.end, claim.quote, claim.sha256)
                for claim in request.citations
            ]
        }

    @app.get("/healthz", operation_id="health", summary="进程是否活着")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", operation_id="ready", summary="能否回答问题")
    def ready(serving: Service, knowledge: Knowledge) -> dict[str, str | int]:
        serving.require()
        warning = {"warning": serving.warning} if serving.warning else {}
        return {"status": "ready", "generation": knowledge.generation.number, **warning}
