"""Documents that are added over HTTP."""

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, HttpUrl, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile

from api.generations import RebuildRequest, rebuild_of, turn_to_build
from api.job import Job, Jobs
from api.jobs import Board, accepted
from api.serving import Service
from api.settings import Settings
from api.upload import folder_of, store
from index.errors import SourceError

router = APIRouter(tags=["documents"])

_FIELD = "files"
_MOST_FILES = 1000


class Page(BaseModel):
    """A page of the web to index."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"url": "https://example.org/"}]}
    )

    url: HttpUrl


_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": [_FIELD],
                "properties": {
                    _FIELD: {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}}
                },
            }
        },
        "application/json": {"schema": Page.model_json_schema()},
    },
}


@router.post(
    "/documents",
    operation_id="add_documents",
    summary="添加文档",
    description="文件（`multipart/form-data` 的 `files`，可有多个；同名的被替换）或网页（JSON 的 `url`），"
    "然后重建索引。",
    status_code=202,
    response_model=Job,
    responses={409: {"description": "已有重建在进行"}},
    openapi_extra={"requestBody": _BODY},
)
async def add_documents(request: Request, jobs: Board, serving: Service) -> Response:
    """Store what is added, and rebuild with it."""
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        async with request.form(max_files=_MOST_FILES, max_fields=0) as form:
            return await run_in_threadpool(_add_files, _files(form), jobs, serving.settings)
    try:
        page = Page.model_validate_json(await request.body())
    except ValidationError as error:
        errors = [{**one, "loc": ("body", *one["loc"])} for one in error.errors()]
        raise RequestValidationError(errors) from error
    return await run_in_threadpool(_add, str(page.url), jobs, serving.settings)


def _files(form: FormData) -> list[UploadFile]:
    files = [one for name, one in form.multi_items() if name == _FIELD and isinstance(one, UploadFile)]
    if not files:
        raise SourceError(f"请求里没有文件；请把文件放在 {_FIELD} 里")
    return files


def _add_files(files: Sequence[UploadFile], jobs: Jobs, settings: Settings) -> Response:
    folder = folder_of(settings.data)
    with turn_to_build(jobs, settings.data) as start:
        store([(file.filename or "", file.file) for file in files], settings.data, settings.max_document)
        return accepted(start(rebuild_of(RebuildRequest(), settings, add=str(folder))))


def _add(source: str, jobs: Jobs, settings: Settings) -> Response:
    with turn_to_build(jobs, settings.data) as start:
        return accepted(start(rebuild_of(RebuildRequest(), settings, add=source)))
