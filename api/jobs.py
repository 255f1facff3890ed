"""Jobs over HTTP: list them, follow one, cancel one."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import JSONResponse, Response
from sse_starlette import EventSourceResponse, ServerSentEvent

from api.job import Job, Jobs
from api.stream import MEDIA_TYPE

router = APIRouter(tags=["jobs"])

_LOOK = 0.1
"""Seconds between two looks at a job that is followed."""
_FOLLOWED = """`Accept: text/event-stream` 时逐步发送 `progress`（stage、done、total），
最后以 `job`（完整的任务）结束。"""


def _jobs(request: Request) -> Jobs:
    jobs: Jobs = request.app.state.jobs
    return jobs


Board = Annotated[Jobs, Depends(_jobs)]


def accepted(job: Job) -> JSONResponse:
    """Answer that a job has begun, and where to follow it."""
    return JSONResponse(asdict(job), 202, {"Location": f"/jobs/{job.id}"})


@router.get("/jobs", operation_id="list_jobs", summary="列出任务")
def list_jobs(jobs: Board) -> dict[Literal["jobs"], list[Job]]:
    """Newest first."""
    return {"jobs": jobs.all()}


@router.get(
    "/jobs/{job}",
    operation_id="get_job",
    summary="查看或跟随一个任务",
    description=_FOLLOWED,
    response_model=Job,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
)
def get_job(job: str, jobs: Board, accept: Annotated[str, Header()] = "") -> Job | Response:
    """Show one job."""
    found = jobs.get(job)
    return EventSourceResponse(_follow(job, jobs), sep="\n") if MEDIA_TYPE in accept else found


async def _follow(identity: str, jobs: Jobs) -> AsyncIterator[ServerSentEvent]:
    """Yield each step of a job, and at its end the whole."""
    told = None
    while (job := jobs.get(identity)).status == "running":
        if (step := {"stage": job.stage, "done": job.done, "total": job.total}) != told:
            yield _event("progress", step)
            told = step
        await asyncio.sleep(_LOOK)
    yield _event("job", asdict(job))


def _event(name: str, value: dict[str, Any]) -> ServerSentEvent:
    return ServerSentEvent(json.dumps(value, ensure_ascii=False), event=name, sep="\n")


@router.delete("/jobs/{job}", operation_id="cancel_job", summary="取消任务")
def cancel_job(job: str, jobs: Board) -> Job:
    """Stop a job; one that has ended stays as it is."""
    return jobs.cancel(job)
