"""Read sources into documents."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from charset_normalizer import from_bytes

from index.document import Document, canonical
from index.errors import SourceError

TEXT_SUFFIXES = (".md", ".markdown", ".txt")
SUFFIXES = (*TEXT_SUFFIXES, ".jsonl")
BUNDLED = Path(__file__).parent / "data" / "review"

_ENCODINGS = ["gb18030", "big5", "big5hkscs", "utf_16_le", "utf_16_be"]
_BINARY = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_TITLE = re.compile(r"^#[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Problem:
    """A source that could not be used, and why; the others were."""

    source: str
    reason: str


def decode(raw: bytes) -> str:
    """Decode a text file: UTF-8, UTF-16, GB18030 or Big5.

    Raises:
        SourceError: when the bytes are none of these.

    """
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    if text and text.count("\0") < len(text) / 10:  # more would be UTF-16, or no text
        return text
    best = from_bytes(raw, cp_isolation=_ENCODINGS, threshold=0.3, explain=False).best() if raw else None
    if best is None or (_BINARY.search(raw) and not best.encoding.startswith("utf_16")):
        raise SourceError("不是 UTF-8、UTF-16、GB18030 或 Big5 编码的文本；请另存为 UTF-8")
    return str(best)


def _strings(record: Any) -> dict[str, str]:
    if not isinstance(record, dict):
        raise SourceError("metadata 应为 JSON 对象")
    return {str(key): canonical(str(value)) for key, value in record.items()}


def _about(path: Path) -> dict[str, str]:
    """Read what ``NAME.meta.json`` beside a file says of it: title, author, site, …"""
    beside = path.with_suffix(".meta.json")
    if not beside.is_file():
        return {}
    try:
        return _strings(json.loads(beside.read_text("utf-8")))
    except (ValueError, SourceError) as error:
        raise SourceError(f'{beside.name} 不是 JSON 对象；请写成 {{"title": …, "author": …}}') from error


def _text_document(path: Path, identity: str) -> Document:
    text = canonical(decode(path.read_bytes()))
    about = _about(path)
    title = _TITLE.search(text) if path.suffix.lower() != ".txt" else None
    name = about.pop("title", None) or (title[1] if title else path.stem)
    return Document(identity, name, text, about)


def _json_document(line: str) -> Document:
    record: Any = json.loads(line)
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise SourceError('每行应为 {"_id": …, "title": …, "text": …}')
    if not str(record.get("_id", "")).strip():
        raise SourceError("这一行没有 _id；请给每篇文档一个名字")
    identity = str(record["_id"])
    title = canonical(str(record.get("title") or identity))
    return Document(identity, title, canonical(record["text"]), _strings(record.get("metadata") or {}))


def _json_documents(path: Path) -> Iterator[Document | Problem]:
    for number, line in enumerate(decode(path.read_bytes()).split("\n"), start=1):
        if line.strip():
            try:
                yield _json_document(line)
            except (SourceError, json.JSONDecodeError) as error:
                yield Problem(f"{path}:{number}", str(error))


def _files(source: Path) -> Iterator[tuple[Path, str]]:
    """Yield the files of a source with their names in it, in a stable order."""
    if source.is_file():
        yield source, source.name
        return
    for folder, below, names in os.walk(source):
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder, name)
            if path.suffix.lower() in SUFFIXES and not name.startswith("."):
                yield path, path.relative_to(source).as_posix()


def _documents_of(path: Path, identity: str) -> Iterator[Document | Problem]:
    try:
        if path.suffix.lower() == ".jsonl":
            yield from _json_documents(path)
        elif path.suffix.lower() in TEXT_SUFFIXES:
            yield _text_document(path, identity)
        else:
            yield Problem(
                str(path), f"不支持的文件类型 {path.suffix or path.name}；可用 {' '.join(SUFFIXES)}"
            )
    except (OSError, SourceError, json.JSONDecodeError) as error:
        yield Problem(str(path), getattr(error, "strerror", None) or str(error))


def load(sources: Iterable[Path]) -> Iterator[Document | Problem]:
    """Yield the documents of files and folders; what cannot be used is yielded as a `Problem`.

    A document's id is its ``_id`` (JSON Lines) or its path below the source, with ``/``.

    Raises:
        SourceError: a source that does not exist.

    """
    seen: dict[str, Path] = {}
    for source in sources:
        if not source.exists():
            raise SourceError(f"没有这个文件或文件夹：{source}；请检查路径")
        for path, identity in _files(source):
            for item in _documents_of(path, identity):
                if isinstance(item, Problem):
                    yield item
                elif item.id in seen:
                    yield Problem(f"{path}", f"文档名 {item.id} 已被 {seen[item.id]} 占用；请改名")
                elif not item.text.strip():
                    yield Problem(f"{path}", f"文档 {item.id} 是空的；请填入内容或移走")
                else:
                    seen[item.id] = path
                    yield item
