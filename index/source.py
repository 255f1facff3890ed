"""Read sources into documents."""

import json
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.document import Document, canonical
from index.encoding import decode
from index.errors import SourceError

TEXT_SUFFIXES = (".md", ".markdown", ".txt")
SUFFIXES = (*TEXT_SUFFIXES, ".jsonl")
BUNDLED = Path(__file__).parent / "data" / "review"

_IMPOSSIBLE_ID = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]|(?:^|/)\.{0,2}(?:/|$)|/text$")
"""Ids that no URL can carry, or that would name another document's text."""


@dataclass(frozen=True)
class Problem:
    """A source that could not be used, and why; the others were."""

    source: str
    reason: str


def _strings(record: Any) -> dict[str, str]:
    if not isinstance(record, dict):
        raise SourceError('应为 JSON 对象，例如 {"title": …, "author": …}')
    return {canonical(str(key)): canonical(str(value)) for key, value in record.items() if value is not None}


def _about(path: Path) -> dict[str, str]:
    """Read what ``NAME.meta.json`` beside a file says of it: title, author, site."""
    beside = path.with_suffix(".meta.json")
    if not beside.is_file():
        return {}
    try:
        return _strings(json.loads(decode(beside.read_bytes())))
    except (ValueError, RecursionError, SourceError) as error:
        raise SourceError(f"{beside.name} 无法读取：{error}") from error


def _text_document(path: Path, identity: str) -> Document:
    document = Document(identity, path.stem, canonical(decode(path.read_bytes())), _about(path))
    title = document.about.pop("title", None)
    if title is None and path.suffix.lower() != ".txt":
        title = next((heading.title for heading in document.headings if heading.level == 1), None)
    return Document(identity, title or path.stem, document.text, document.about)


def _json_document(line: str) -> Document:
    record: Any = json.loads(line)
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise SourceError('每行应为 {"_id": …, "title": …, "text": …}')
    identity = record.get("_id")
    if not isinstance(identity, str | int) or not str(identity):
        raise SourceError("这一行没有 _id；请给每篇文档一个名字")
    title = canonical(str(record.get("title") or identity))
    return Document(str(identity), title, canonical(record["text"]), _strings(record.get("metadata") or {}))


def _json_documents(path: Path) -> Iterator[tuple[str, Document | Problem]]:
    for number, line in enumerate(decode(path.read_bytes()).split("\n"), start=1):
        where = f"{path}:{number}"
        if line.strip():
            try:
                yield where, _json_document(line)
            except (SourceError, ValueError, RecursionError) as error:
                yield where, Problem(where, str(error))


def _walk(source: Path) -> Iterator[Path | Problem]:
    """Yield the files of a folder in a stable order, hidden ones and indexes of chuchu left out."""
    problems: list[OSError] = []
    for folder, below, names in os.walk(source, onerror=problems.append):
        if "CURRENT" in names and "generations" in below:
            below.clear()
            continue
        below[:] = sorted(name for name in below if not name.startswith("."))
        for name in sorted(names):
            if Path(name).suffix.lower() in SUFFIXES and not name.startswith("."):
                yield Path(folder, name)
    for error in problems:
        yield Problem(os.fsdecode(error.filename), error.strerror or str(error))


def _documents_of(path: Path, identity: str) -> Iterator[tuple[str, Document | Problem]]:
    """Yield the documents of one file, each with where it stands."""
    where = str(path)
    try:
        if path.exists() and not path.is_file():
            yield where, Problem(where, "不是普通文件")
        elif path.suffix.lower() == ".jsonl":
            yield from _json_documents(path)
        elif path.suffix.lower() in TEXT_SUFFIXES:
            yield where, _text_document(path, identity)
        else:
            kinds = " ".join(SUFFIXES)
            yield where, Problem(where, f"不支持的文件类型 {path.suffix or path.name}；可用 {kinds}")
    except (OSError, SourceError) as error:
        yield where, Problem(where, getattr(error, "strerror", None) or str(error))


def _all(sources: Iterable[Path]) -> Iterator[tuple[str, Document | Problem]]:
    for source in sources:
        if not source.exists():
            raise SourceError(f"没有这个文件或文件夹：{source}；请检查路径")
        if not source.is_dir():
            yield from _documents_of(source, source.name)
            continue
        for path in _walk(source):
            if isinstance(path, Problem):
                yield path.source, path
            else:
                yield from _documents_of(path, path.relative_to(source).as_posix())


def load(sources: Iterable[Path]) -> Iterator[Document | Problem]:
    """Yield the documents of files and folders; what cannot be used is yielded as a `Problem`.

    A document's id is its ``_id`` (JSON Lines) or its path below the source, with ``/``.

    Raises:
        SourceError: a source that does not exist.
    """
    seen: dict[str, str] = {}
    for where, item in _all(sources):
        if isinstance(item, Problem):
            yield Problem(canonical(item.source), canonical(item.reason))
        elif _IMPOSSIBLE_ID.search(item.id):
            yield Problem(canonical(where), f"文档名 {item.id!r} 不能用作网址；请改名")
        elif item.id in seen:
            yield Problem(where, f"文档名 {item.id} 已被 {seen[item.id]} 占用；请改名")
        elif not item.text.strip():
            yield Problem(where, f"文档 {item.id} 是空的；请填入内容或移走")
        else:
            seen[item.id] = where
            yield item
