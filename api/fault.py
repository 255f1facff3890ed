"""What is wrong with a request, in Chinese, where FastAPI and Starlette say it in English."""

import json
import re
from typing import Any

from starlette.exceptions import HTTPException

_OBJECT = "应为 JSON 对象，请求头里要有 Content-Type: application/json"
_WHOLE, _NUMBER, _TEXT, _TRUTH = "应为整数", "应为数", "应为字符串", "应为 true 或 false"
_BYTES = "应为字节数，如 8388608 或 8MiB"
_SAID = {
    "missing": "没有写；请补上",
    "extra_forbidden": "没有这一项；请核对名称，或去掉它",
    "json_invalid": "不是有效的 JSON；请检查引号、逗号与括号",
    "model_type": _OBJECT,
    "model_attributes_type": _OBJECT,
    "dict_type": _OBJECT,
    "list_type": "应为数组",
    "string_type": _TEXT,
    "string_unicode": "里有半个字符；请检查 \\u 转义",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "literal_error": "应为 {expected}",
    "greater_than_equal": "应至少为 {ge}",
    "less_than_equal": "应至多为 {le}",
    "string_too_short": "应至少有 {min_length} 个字",
    "string_too_long": "应至多有 {max_length} 个字",
    "too_short": "应至少有 {min_length} 个，却有 {actual_length} 个",
    "too_long": "应至多有 {max_length} 个",
    "url_parsing": "不是网址；请写成 https://主机/路径",
    "url_scheme": "应以 http:// 或 https:// 开头",
    "value_error": "{error}",
    "byte_size": _BYTES,
    "byte_size_unit": _BYTES,
    "greater_than": "应大于 {gt}",
}
"""By the type that pydantic gives an error; what is not here is said as pydantic says it."""
_UNREAD = {
    r"There was an error parsing the body": "请求体无法读取；应为 UTF-8 编码的 JSON",
    r"Too many files\D+(\d+)": r"一次至多添加 \1 个文件；请分几次添加",
    r"Too many fields": "表单里只能有文件；请去掉别的栏",
    r"Missing boundary|Invalid multipart|The Content-Disposition": "表单无法读取；应为 multipart/form-data",
}
"""By what Starlette says of a body that it cannot read."""
_SHOWN = 40  # characters of a value that are said back


def expected(error: dict[str, Any]) -> str:
    """Say what a value should be."""
    said: str = _SAID.get(error["type"], error["msg"])
    return said.format_map(error.get("ctx", {})).replace("' or '", "' 或 '")


def invalid(error: dict[str, Any]) -> str:
    """Say what is wrong with one value: where it stands, what it should be, and what it is."""
    place = ".".join(map(str, error["loc"])) or "body"
    said = expected(error)
    value = error.get("input")
    if isinstance(value, str | int | float) and error["type"] != "json_invalid":
        said += f"（收到 {json.dumps(value, ensure_ascii=False)[:_SHOWN]}）"
    return f"{place} {said}"


def refused(error: HTTPException, method: str, path: str, methods: str) -> str:
    """Say why a request went to no route, or could not be read."""
    if error.status_code == 404:
        return f"没有 {path} 这个地址；/openapi.json 列出全部"
    if error.status_code == 405:
        return f"{path} 不接受 {method}；可用 {methods}"
    for said, ours in _UNREAD.items():
        if match := re.match(said, error.detail):
            return match.expand(ours)
    return f"{method} {path}：{error.detail}"
