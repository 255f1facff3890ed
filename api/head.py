"""HEAD, which RFC 9110 asks of every server."""

from starlette.types import ASGIApp, Receive, Scope, Send


class Head:
    """Answers HEAD with the head of what GET would get; the server sends no body after it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See the ASGI specification."""
        if scope.get("method") != "HEAD":
            await self.app(scope, receive, send)
            return
        asked = {**scope, "method": "GET"}
        await self.app(asked, receive, send)
        scope["route"] = asked.get("route")  # for the log and the metrics
