"""Server-sent events over HTTP."""

from collections.abc import AsyncIterator, Generator
from typing import Any

from anyio import CancelScope
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse, StreamingResponse
from fastapi.sse import format_sse_event
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.types import Receive, Scope, Send

from api.problem import problem_of

MEDIA_TYPE = "text/event-stream"

Event = tuple[str | None, Any]
"""A name, where it has one, and what is sent: bytes as they are, all else as JSON."""
Events = Generator[Event, None, None]


class EventStream(StreamingResponse):
    """Sends events as they are made; a failure is the last, named problem.

    A client that goes away closes the generator, after the step that it is at.
    """

    media_type = MEDIA_TYPE

    def __init__(self, events: Events) -> None:
        """Make the first event at once, so that an error in it has a status of its own."""
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        super().__init__(_frames(next(events), events), headers=headers)
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `StreamingResponse`."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            with CancelScope(shield=True):
                await run_in_threadpool(self._events.close)


async def _frames(first: Event, rest: Events) -> AsyncIterator[bytes]:
    yield _frame(*first)
    try:
        async for event in iterate_in_threadpool(rest):
            yield _frame(*event)
    except Exception as error:
        yield format_sse_event(event="problem", data_str=bytes(problem_of(error).body).decode())


def _frame(name: str | None, value: Any) -> bytes:
    body = value if isinstance(value, bytes) else JSONResponse(jsonable_encoder(value)).body
    return format_sse_event(event=name, data_str=bytes(body).decode())
