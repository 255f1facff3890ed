"""What the OpenAPI document says of every operation: the errors, and the right that it needs."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.access import right_for
from api.stream import MEDIA_TYPE

_ERRORS = {
    "400": "请求读不懂：JSON 有误，或路径、头部有误",
    "401": "没有密钥，或密钥不对",
    "403": "这个密钥不能管理，或请求来自别的网页",
    "404": "没有这个文档、任务或某一代",
    "408": "请求体来得太慢",
    "413": "请求体太大",
    "421": "服务器不叫这个名字",
    "422": "请求的内容有误",
    "429": "同时处理的请求太多",
    "500": "服务器出错了",
    "503": "索引暂时不可用",
    "504": "没有在时限内答完",
}
_TEXT = {"type": "string"}
_PROBLEM = {
    "type": "object",
    "description": "RFC 9457",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {**_TEXT, "description": "给程序看的错误名", "examples": ["urn:chuchu:NotFoundError"]},
        "title": _TEXT,
        "status": {"type": "integer", "examples": [404]},
        "detail": {**_TEXT, "description": "事实、数值与补救的办法"},
        "request_id": {**_TEXT, "description": "与响应头 X-Request-ID、服务器日志中的一致"},
    },
}
_OPENAI_ERROR = {
    "type": "object",
    "description": "OpenAI 的错误格式",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["message", "type", "param", "code"],
            "properties": {
                "message": _TEXT,
                "type": _TEXT,
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
_SHAPES = {"Problem": "application/problem+json", "OpenAIError": "application/json"}
_EVENT = {"type": "object", "properties": {"event": _TEXT, "data": _TEXT}, "required": ["data"]}
_KEY = {"type": "http", "scheme": "bearer"}


def install(app: FastAPI) -> None:
    """Have the document of ``app`` say it."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _complete(
                get_openapi(
                    title=app.title, version=app.version, description=app.description, routes=app.routes
                )
            )
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _complete(document: dict[str, Any]) -> dict[str, Any]:
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas |= {"Problem": _PROBLEM, "OpenAIError": _OPENAI_ERROR}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    components["securitySchemes"] = {
        "read": {**_KEY, "description": "CHUCHU_API_KEY（没有设置时不需要）"},
        "administer": {**_KEY, "description": "CHUCHU_ADMIN_KEY，未设置时为 CHUCHU_API_KEY"},
    }
    components["responses"] = {
        f"{shape}{status}": _response(media_type, shape, description)
        for shape, media_type in _SHAPES.items()
        for status, description in _ERRORS.items()
    }
    for path, operations in document["paths"].items():
        shape = "OpenAIError" if path.startswith("/v1/") else "Problem"
        for method, operation in operations.items():
            for status, response in operation["responses"].items():
                if stream := response.get("content", {}).get(MEDIA_TYPE):
                    stream.pop("schema", None)  # it would be that of the whole stream
                    stream["itemSchema"] = _EVENT
                if status >= "400":  # an error of this route alone
                    response |= _response(_SHAPES[shape], shape, response["description"])
            for status in _ERRORS:
                operation["responses"][status] = {"$ref": f"#/components/responses/{shape}{status}"}
            if (right := right_for(method.upper(), path)) != "anyone":
                operation["security"] = [{right: []}]
    return document


def _response(media_type: str, shape: str, description: str) -> dict[str, Any]:
    schema = {"$ref": f"#/components/schemas/{shape}"}
    return {"description": description, "content": {media_type: {"schema": schema}}}
