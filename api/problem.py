"""Errors over HTTP: one shape, RFC 9457; below ``/v1`` the one that OpenAI's clients read."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from api.fault import invalid, refused
from api.log import request_id
from index.document import canonical
from index.errors import BuildError, BusyError, ChuchuError, NoIndexError, NotFoundError, StorageError

log = logging.getLogger("chuchu")

_UNREADY = "索引暂时不可用；请在服务器上查看日志，或运行 chuchu build"
_UNWRITTEN = "服务器的磁盘拒绝写入；索引未受影响，请在服务器上查看日志，清理磁盘或检查权限"


def problem(status: int, detail: str, kind: str = "about:blank", **more: Any) -> JSONResponse:
    """Make a problem document; ``kind`` names the error for programs."""
    title = HTTPStatus(status).phrase
    body = {"type": kind, "title": title, "status": status, "detail": detail, **more}
    if (identity := request_id.get()) is not None:
        body["request_id"] = identity
    return JSONResponse(body, status, media_type="application/problem+json")


def refusal(
    path: str,
    status: int,
    detail: str,
    kind: str = "about:blank",
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> JSONResponse:
    """Make the response that says what went wrong, in the shape that callers of ``path`` read."""
    shape = _openai if path.startswith("/v1/") else problem
    response = shape(status, canonical(detail), kind, **more)  # what it repeats may be half a character
    response.headers.update(headers or {})
    return response


def _openai(status: int, detail: str, kind: str, **more: Any) -> JSONResponse:
    code = None if kind == "about:blank" else kind.rpartition(":")[2]
    family = "server_error" if status >= 500 else "invalid_request_error"
    error = {"message": detail, "type": family, "param": None, "code": code, **more}
    return JSONResponse({"error": error}, status)


def _kind(error: Exception) -> str:
    return f"urn:chuchu:{type(error).__name__}"


def problem_of(error: Exception, path: str = "") -> JSONResponse:
    """Make the response to an error, as callers of ``path`` read it; log what they are not to see."""
    if not isinstance(error, ChuchuError):
        log.error("unforeseen", exc_info=error)
        return refusal(path, 500, "服务器出错了；请查看服务器日志")
    if isinstance(error, StorageError | NoIndexError):
        # These messages name folders of the server; a client is told what it can do.
        log.error("%s", error)
        detail = _UNWRITTEN if isinstance(error, BuildError) else _UNREADY
        return refusal(path, 503, detail, _kind(error))
    if isinstance(error, BusyError):
        who = f"任务 {error.job} " if error.job else "另一次重建"
        return refusal(path, 409, f"{who}正在进行；请等它完成，或先取消它", _kind(error), job=error.job)
    return refusal(path, 404 if isinstance(error, NotFoundError) else 422, str(error), _kind(error))


async def _ours(request: Request, error: Exception) -> JSONResponse:
    return problem_of(error, request.url.path)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    bad_json = any(one["type"] == "json_invalid" for one in found)
    detail = "请求有误：" + "；".join(map(invalid, found))
    return refusal(request.url.path, 400 if bad_json else 422, detail, "urn:chuchu:InvalidRequest")


async def _http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    headers = dict(error.headers or {})
    methods = ", ".join(_methods(request)) or "HEAD, GET"  # a mount of files
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = methods
    detail = refused(error, request.method, request.url.path, methods)
    return refusal(request.url.path, error.status_code, detail, headers=headers)


def _methods(request: Request) -> list[str]:
    """Return what every route of a path takes; the router itself names those of the first."""
    routes: list[BaseRoute] = request.app.routes
    taken = [
        method
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]
    return ["HEAD", *taken] if "GET" in taken else taken  # see api.head


def install(app: FastAPI) -> None:
    """Have every error that ``app`` foresees answered; `api.journal` answers the rest."""
    app.add_exception_handler(ChuchuError, _ours)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
