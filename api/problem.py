"""Errors over HTTP: one shape, RFC 9457."""

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from index.errors import BusyError, ChuchuError, NoIndexError, NotFoundError, StorageError

log = logging.getLogger("chuchu")

_UNREADY = "索引暂时不可用；请在服务器上查看日志，或运行 chuchu build"


def problem(status: int, detail: str, kind: str = "about:blank", **more: Any) -> JSONResponse:
    """Make a problem document; ``kind`` names the error for programs."""
    title = HTTPStatus(status).phrase
    body = {"type": kind, "title": title, "status": status, "detail": detail, **more}
    return JSONResponse(body, status, media_type="application/problem+json")


def _kind(error: Exception) -> str:
    return f"urn:chuchu:{type(error).__name__}"


def problem_of(error: Exception) -> JSONResponse:
    """Make the problem document of an error, and log what a client is not to see."""
    if not isinstance(error, ChuchuError):
        log.error("unforeseen", exc_info=error)
        return problem(500, "服务器出错了；请查看服务器日志")
    if isinstance(error, StorageError | NoIndexError):
        # These messages name folders of the server; a client is told what it can do.
        log.error("%s", error)
        return problem(503, _UNREADY, _kind(error))
    if isinstance(error, BusyError):
        who = f"任务 {error.job} " if error.job else "另一次重建"
        return problem(409, f"{who}正在进行；请等它完成，或先取消它", _kind(error), job=error.job)
    return problem(404 if isinstance(error, NotFoundError) else 422, str(error), _kind(error))


async def _ours(request: Request, error: Exception) -> JSONResponse:
    return problem_of(error)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    places = [".".join(map(str, one["loc"])) + ": " + one["msg"] for one in found]
    bad_json = any(one["type"] == "json_invalid" for one in found)
    return problem(400 if bad_json else 422, "请求有误：" + "；".join(places), "urn:chuchu:InvalidRequest")


async def _http(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    response = problem(error.status_code, f"{request.method} {request.url.path}：{error.detail}")
    response.headers.update(error.headers or {})
    return response


def install(app: FastAPI) -> None:
    """Have every error of ``app`` answered as a problem document."""
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(ChuchuError, _ours)
    app.add_exception_handler(Exception, _ours)
