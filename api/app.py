"""The HTTP door."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI

from api import (
    asking,
    completions,
    documents,
    evaluations,
    examples,
    generations,
    health,
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
from api.serving import Serving
from api.settings import Settings

_ROUTES = (
    *(asking, completions, documents, evaluations, examples, generations),
    *(health, jobs, metrics, terms, uploads),
)
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
    for routes in _ROUTES:
        app.include_router(routes.router)
    static.install(app)
    toolbox.install(app)
    return app
