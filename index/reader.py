"""Turn the bytes of a source into documents."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Any

from xxhash import xxh3_128, xxh3_128_digest

from index.document import Document, canonical
from index.encoding import decode
from index.errors import SourceError
from index.text import Text

TEXT_SUFFIXES = (".md", ".markdown", ".txt")
_RICH_SUFFIXES = (".html", ".htm", ".xhtml", ".pdf", ".docx", ".epub")
SUFFIXES = (*TEXT_SUFFIXES, ".jsonl", *_RICH_SUFFIXES)

_FRONT_MATTER = re.compile(r"\s*---[ \t]*\n(?:.*\n)*?(?:---|\.\.\.)[ \t]*(?:\n|$)")
_TITLE = re.compile(r"^title:[ \t]*(\S.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Problem:
    """A source that could not be used, and why; the others were."""

    source: str
    reason: str


@dataclass(frozen=True)
class Raw:
    """A file or a page as it was found."""

    origin: str
    """Its path or its address."""
    identity: str
    """The id of its document, where it is only one."""
    suffix: str
    """What kind it is, in lower case, such as ``.md``."""
    content: bytes
    beside: bytes = b""
    """What ``NAME.meta.json`` beside it holds: title, author, site."""
    charset: str = ""
    """Its encoding, where HTTP names it."""

    @property
    def holds_many(self) -> bool:
        """Whether it names its documents itself."""
        return self.suffix == ".jsonl"

    @property
    def hash(self) -> str:
        """The hash of all that its documents are made of, but for its id."""
        digest = xxh3_128(self.content)
        if self.beside:
            digest.update(xxh3_128_digest(self.beside))
        if self.charset:
            digest.update(self.charset.encode())
        return digest.hexdigest()


def read(raw: Raw) -> Iterator[tuple[str, Document | Problem]]:
    """Yield the documents of one source, each with where it stands."""
    try:
        if raw.holds_many:
            yield from _json_documents(raw)
        elif raw.suffix in TEXT_SUFFIXES:
            yield raw.origin, _text_document(raw)
        elif raw.suffix in _RICH_SUFFIXES:
            yield raw.origin, _rich_document(raw)
        else:
            kind = raw.suffix or PurePath(raw.origin).name
            raise SourceError(f"不支持的文件类型 {kind}；可用 {' '.join(SUFFIXES)}")
    except SourceError as error:
        yield raw.origin, Problem(raw.origin, str(error))


def _strings(record: Any) -> dict[str, str]:
    if not isinstance(record, dict):
        raise SourceError('应为 JSON 对象，例如 {"title": …, "author": …}')
    return {canonical(str(key)): canonical(str(value)) for key, value in record.items() if value is not None}


def _about(raw: Raw) -> dict[str, str]:
    try:
        return _strings(json.loads(decode(raw.beside))) if raw.beside else {}
    except (ValueError, RecursionError, SourceError) as error:
        name = PurePath(raw.origin).with_suffix(".meta.json").name
        raise SourceError(f"{name} 无法读取：{error}") from error


def _text_document(raw: Raw) -> Document:
    about = _about(raw)
    title = about.pop("title", "").strip()
    stem = PurePath(raw.identity).stem
    document = Document(raw.identity, stem, canonical(decode(raw.content)), about, raw.origin)
    if not title and raw.suffix != ".txt":
        title = _titled(document)
    return replace(document, title=title or stem)


def _titled(markdown: Document) -> str:
    """Return the title of what comes before Markdown (YAML), or its first heading."""
    before = _FRONT_MATTER.match(markdown.text)
    if before and (title := _TITLE.search(before[0])):
        return title[1].strip(" \t'\"")
    return next((heading.title for heading in markdown.headings if heading.level == 1), "").strip()


def _rich_document(raw: Raw) -> Document:
    about, found = _about(raw), _rich_text(raw)
    titles = about.pop("title", ""), canonical(found.title or ""), PurePath(raw.identity).stem
    title = next(filter(None, map(str.strip, titles)), raw.identity)
    text = found.text if found.pages else canonical(found.text)
    return Document(raw.identity, title, text, about, raw.origin, pages=found.pages)


def _rich_text(raw: Raw) -> Text:
    # Each reader is imported only where there is something for it to read.
    if raw.suffix == ".pdf":
        from index import pdf

        return pdf.read(raw.content)
    if raw.suffix in (".docx", ".epub"):
        from index import packed

        return packed.read_docx(raw.content) if raw.suffix == ".docx" else packed.read_epub(raw.content)
    from index import webpage

    return webpage.read(raw.content, raw.charset)


def _json_documents(raw: Raw) -> Iterator[tuple[str, Document | Problem]]:
    for number, line in enumerate(decode(raw.content).split("\n"), start=1):
        where = f"{raw.origin}:{number}"
        if line.strip():
            try:
                yield where, replace(_json_document(line), origin=raw.origin)
            except SourceError as error:
                yield where, Problem(where, str(error))


def _json_document(line: str) -> Document:
    try:
        record: Any = json.loads(line)
    except (ValueError, RecursionError):
        record = None
    if not isinstance(record, dict) or not isinstance(record.get("text"), str):
        raise SourceError('每行应为 {"_id": …, "title": …, "text": …}')
    identity = record.get("_id")
    if not isinstance(identity, str | int) or not str(identity):
        raise SourceError("这一行没有 _id；请给每篇文档一个名字")
    title = canonical(str(record.get("title") or "")).strip() or canonical(str(identity))
    return Document(str(identity), title, canonical(record["text"]), _strings(record.get("metadata") or {}))
