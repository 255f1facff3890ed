"""The page's files: each with its right type, checked by the browser each time, and nothing beside them."""

import mimetypes
from os import PathLike, stat_result
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "page"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "Cache-Control": "no-cache",
}
mimetypes.add_type("text/javascript", ".js")  # which the registry of a Windows machine may call text/plain


class PageFiles(StaticFiles):
    """Files that a browser asks about each time and loads again only when they have changed."""

    def file_response(
        self, full_path: str | PathLike[str], stat_result: stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """See `StaticFiles.file_response`."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers.update(_HEADERS)
        return response


def install(app: FastAPI) -> None:
    """Serve the page at ``/`` and its files below ``/page``."""
    files = PageFiles(directory=FOLDER)
    app.mount("/page", files)

    @app.get("/", include_in_schema=False)
    async def page(request: Request) -> Response:
        return await files.get_response("index.html", request.scope)
