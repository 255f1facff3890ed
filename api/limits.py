"""How much a request may bring, how long it may take, and how many there may be at once."""

import asyncio
import logging
from contextlib import suppress

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problem import refusal
from api.settings import LimitSettings

log = logging.getLogger("chuchu")

WATCHING = {"/healthz", "/readyz", "/metrics"}
"""What watches the server must be answered when it has too much to do."""
_UPLOAD = ("POST", "/documents")
_MEBIBYTE = 2**20
_LINGER_BYTES, _LINGER_SECONDS = 2**16, 1


_FAULTS = {
    400: ("AmbiguousBody", "请求同时有 Content-Length 与 Transfer-Encoding；请只用一个"),
    408: ("BodyTooSlow", "请求体来得太慢，每 1 MiB 须在 {seconds:g} 秒内到达；请再试一次"),
    413: ("BodyTooLarge", "请求体超过 {most} 字节；请分几次发送"),
}


class _Body:
    """The body of one request, cut off where it grows too large or comes too slowly."""

    def __init__(self, scope: Scope, receive: Receive, most: int, seconds: float) -> None:
        self._receive, self._most, self._seconds = receive, most, seconds
        self._received = 0
        self._begun: float | None = None
        headers = Headers(scope=scope)
        length, chunked = headers.get("content-length"), "transfer-encoding" in headers
        self.complete = not (length or chunked)
        self._waits = "expect" in headers  # to hear that its body is wanted
        self.fault: int | None = None
        if length and chunked:
            self.fault = 400  # another server on the way may have believed the other one
        elif length and int(length) > most:
            self.fault = 413

    def refuse(self, path: str) -> JSONResponse:
        """Say what is wrong with the body."""
        status = self.fault or 400
        kind, detail = _FAULTS[status]
        detail = detail.format(seconds=self._seconds, most=self._most)
        return refusal(path, status, detail, f"urn:chuchu:{kind}", {"Connection": "close"})

    def _cut(self, status: int) -> Message:
        self.fault = status
        return {"type": "http.disconnect"}

    async def receive(self) -> Message:
        """Pass on what arrives; what is cut off looks to the application like a client that left."""
        if self.fault:
            return {"type": "http.disconnect"}
        if self.complete:
            return await self._receive()
        now = asyncio.get_running_loop().time()
        self._begun = self._begun or now
        try:
            async with asyncio.timeout_at(self._begun + self._seconds * (1 + self._received // _MEBIBYTE)):
                message = await self._receive()
        except TimeoutError:
            return self._cut(408)
        self._received += len(message.get("body", b""))
        self.complete = not message.get("more_body", False)
        return self._cut(413) if self._received > self._most else message

    async def linger(self) -> bool:
        """Read on a little, for a client that is still writing hears no answer; say whether that was all."""
        if self._waits and not self._begun:
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_SECONDS):
                while not self.complete and not self.fault and self._received < _LINGER_BYTES:
                    await self.receive()
        return self.complete


class BodyLimit:
    """Refuses a body that is too large (413) or too slow (408)."""

    def __init__(self, app: ASGIApp, settings: LimitSettings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        upload = (scope["method"], scope["path"]) == _UPLOAD
        most = self.settings.max_upload if upload else self.settings.max_body
        body = _Body(scope, receive, most, self.settings.body_seconds)
        started = False

        async def reply(message: Message) -> None:
            nonlocal started
            if body.fault and not started:
                return  # the application speaks of a client that left
            if message["type"] == "http.response.start":
                started = True
                if not await body.linger():
                    MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        try:
            if not body.fault:
                await self.app(scope, body.receive, reply)
        except Exception:
            if not body.fault or started:
                raise
        if body.fault and not started:
            await body.refuse(scope["path"])(scope, receive, send)


class AnswerLimit:
    """Answers 504 for a request that takes too long, not counting the time that its client takes."""

    def __init__(self, app: ASGIApp, settings: LimitSettings) -> None:
        self.app = app
        self._seconds = settings.answer_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        loop, clock = asyncio.get_running_loop(), asyncio.timeout(None)

        async def hear() -> Message:
            with suppress(RuntimeError):  # the clock has run out
                clock.reschedule(None)
            message = await receive()
            with suppress(RuntimeError):
                clock.reschedule(None if started else loop.time() + self._seconds)
            return message

        started = False

        async def reply(message: Message) -> None:
            nonlocal started
            if not clock.expired():
                started = True
                clock.reschedule(None)
                await send(message)

        # A task of its own, because a thread at work cannot be stopped; what it says later is not heard.
        work = asyncio.ensure_future(self.app(scope, hear, reply))
        try:
            async with clock:
                clock.reschedule(loop.time() + self._seconds)
                await asyncio.shield(work)
        except TimeoutError:
            if not clock.expired():
                raise
            work.add_done_callback(_forget)
            await refusal(
                scope["path"],
                504,
                f"{self._seconds:g} 秒内没有答完；请把问题问得窄一些，或稍后再试",
                "urn:chuchu:AnswerTooSlow",
            )(scope, receive, send)
        except asyncio.CancelledError:
            work.cancel()
            raise


def _forget(work: "asyncio.Future[None]") -> None:
    if not work.cancelled() and (error := work.exception()):
        log.error("a request that had been given up failed", exc_info=error)


class CrowdLimit:
    """Refuses one request too many (429)."""

    def __init__(self, app: ASGIApp, settings: LimitSettings) -> None:
        self.app = app
        self._most = settings.max_requests
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http" or scope["path"] in WATCHING:
            await self.app(scope, receive, send)
            return
        if self._running >= self._most:
            detail = f"同时处理的请求已有 {self._most} 个；请稍后再试"
            response = refusal(scope["path"], 429, detail, "urn:chuchu:TooManyRequests", {"Retry-After": "1"})
            await response(scope, receive, send)
            return
        self._running += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._running -= 1
