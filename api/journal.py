"""Each request gets an id, a line in the log and a place in the metrics."""

import logging
import re
from secrets import token_hex
from time import perf_counter

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.log import request_id
from api.metrics import Metrics
from api.problem import problem_of

log = logging.getLogger("chuchu.access")

_SANE = re.compile(r"[A-Za-z0-9._-]{1,64}")
_PATH = 200
"""Characters of a path that are logged."""


class Journal:
    """Names, logs and counts requests, and answers what nothing else foresaw with 500."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        identity = given if _SANE.fullmatch(given) else token_hex(16)
        begun, status = perf_counter(), 0

        async def reply(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = identity
            await send(message)

        token = request_id.set(identity)
        try:
            await self.app(scope, receive, reply)
        except Exception as error:
            if status:
                raise  # the server cuts the connection, for the response cannot be completed
            await problem_of(error, scope["path"])(scope, receive, reply)
        finally:
            self._write(scope, status, perf_counter() - begun)
            request_id.reset(token)

    def _write(self, scope: Scope, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", None)
        self.metrics.count_request(scope["method"], route, status, seconds)
        # The query is left out, for it may hold a question.
        fields = {
            "method": scope["method"][:20],
            "path": scope["path"][:_PATH],
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
            "client": (scope.get("client") or [None])[0],
        }
        log.info("request", extra={"fields": fields})
