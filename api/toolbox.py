"""The tools over HTTP, made when they are first asked for: MCP takes a second to import, and 25 MB."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
from anyio.to_thread import run_sync
from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from rag.knowledge import KnowledgeBase

PATH = "/mcp"


class Toolbox:
    """Serves the tools; every request stands for itself, so any worker will do."""

    def __init__(self, knowledge: Callable[[], KnowledgeBase]) -> None:
        """Use what ``knowledge`` returns at each call of a tool."""
        self._knowledge = knowledge
        self._wanted, self._ready = anyio.Event(), anyio.Event()
        self._manager: Any = None

    async def serve(self) -> None:
        """Wait until the tools are asked for, and serve them until cancelled."""
        await self._wanted.wait()
        self._manager = await run_sync(self._make)
        async with self._manager.run():
            self._ready.set()
            await anyio.sleep_forever()

    def _make(self) -> Any:
        from mcp.server.transport_security import TransportSecuritySettings

        from api.tools import make_server

        server = make_server(self._knowledge)
        # Names and origins are checked by `api.access`, before any route.
        security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        server.streamable_http_app(stateless_http=True, json_response=True, transport_security=security)
        return server.session_manager

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand a request to the tools."""
        self._wanted.set()
        await self._ready.wait()
        await self._manager.handle_request(scope, receive, send)


class _Endpoint:
    """Hands a request to the toolbox of the application that runs."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await scope["app"].state.toolbox.handle(scope, receive, send)


@asynccontextmanager
async def running(app: FastAPI) -> AsyncIterator[None]:
    """Have the tools ready to be asked for while the application runs."""
    app.state.toolbox = Toolbox(lambda: app.state.serving.knowledge)
    async with anyio.create_task_group() as group:
        group.start_soon(app.state.toolbox.serve)
        yield
        group.cancel_scope.cancel()


def install(app: FastAPI) -> None:
    """Put the tools at `PATH`; there is nothing to listen to between calls."""
    app.router.routes.append(Route(PATH, _Endpoint(), methods=["POST"]))
