"""Find what is to be indexed: files, folders of them, and pages of the web."""

import re
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from io import FileIO
from pathlib import Path

from index.document import Document, canonical
from index.documents import Unchanged
from index.errors import SourceError
from index.folder import BESIDE, File, files
from index.reader import SUFFIXES, Problem, Raw, read

BUNDLED = Path(__file__).parent / "data" / "review"

Source = str | Path
"""A file, a folder, or the address of a page."""
Known = Callable[[str, str], Sequence[Unchanged]]
"""Gives the documents of an origin, if this was the hash of what was found there."""

_IMPOSSIBLE_ID = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]|(?:^|/)\.{0,2}(?:/|$)|/text$")
"""Ids that no URL can carry, or that would name another document's text."""
_UNWRITABLE = re.compile(r"[\x00\ud800-\udfff]")


def is_address(source: Source) -> bool:
    """Tell whether a source is to be fetched."""
    return str(source).startswith(("http://", "https://"))


def address_of(source: Source) -> str:
    """Return a source in the one way that it is recorded in.

    Raises:
        SourceError: it is blank, or cannot be written down.

    """
    if not str(source).strip():
        raise SourceError("来源是空的；请写明文件、文件夹或网址（当前文件夹写作 .）")
    address = str(source) if is_address(source) else str(Path(source).absolute())
    if _UNWRITABLE.search(address):
        raise SourceError(f"路径 {canonical(address)} 里有写不下来的字符；请给文件或文件夹改名")
    return address


def holds(source: str, origin: str) -> bool:
    """Tell whether what was read from ``origin`` belongs to ``source``, both as they are recorded."""
    return origin == source or origin.startswith(source.rstrip("/") + "/")


def _content(path: Path) -> bytes:
    with FileIO(path) as file:  # a buffer would take longer than the reading
        return file.readall()


def _raw(file: File | Problem) -> Raw | Problem:
    if isinstance(file, Problem):
        return file
    path, beside = file.path, file.beside
    try:
        if not file.plain and not stat.S_ISREG(path.stat().st_mode):
            return Problem(str(path), "不是普通文件；请指定文件或文件夹")
        about = _content(beside) if beside and beside.is_file() else b""
        kind = path.suffix.lower()
        content = _content(path) if kind in SUFFIXES else b""  # a table may be larger than memory
        return Raw(str(path), file.identity, kind, content, about)
    except OSError as error:
        return Problem(str(path), error.strerror or str(error))


def _page(address: str, private: bool) -> Raw | Problem:
    from index.web import fetch  # only where a page is to be fetched

    try:
        return fetch(address, private)
    except SourceError as error:
        return Problem(address, str(error))


def _find(source: Source, vanished: str | None, private: bool) -> Iterator[Raw | Problem]:
    """Yield what is to be read of one source."""
    if is_address(source):
        yield _page(str(source), private)
        return
    path = Path(source).absolute()
    if not path.exists():
        if vanished is None:
            raise SourceError(f"没有这个文件或文件夹：{source}；请检查路径")
        yield Problem(str(path), vanished)
    elif not path.is_dir():
        yield _raw(File(path, path.name, path.with_suffix(BESIDE), plain=False))
    else:
        yield from map(_raw, files(path))


def load(
    sources: Iterable[Source],
    known: Known = lambda *_: (),
    recorded: Sequence[str] = (),
    allow_private: bool = False,
) -> Iterator[Document | Unchanged | Problem]:
    """Yield the documents of files and folders; what cannot be used is yielded as a `Problem`.

    A document's id is its ``_id`` (JSON Lines) or its path below the source, with ``/``.

    Args:
        known: documents that need not be read again.
        recorded: sources that were there before; where one of them is gone, that is a problem only.
        allow_private: whether pages may lie in private networks and on this machine.

    Raises:
        SourceError: another source does not exist.

    """
    seen: dict[str, str] = {}
    done: set[str] = set()
    for source in sources:
        vanished = "不见了；请放回原处，或不再把它写作来源" if address_of(source) in recorded else None
        for found in _find(source, vanished, allow_private):
            if isinstance(found, Problem):
                yield Problem(canonical(found.source), canonical(found.reason))
            elif found.origin not in done:  # an earlier source may hold the same file
                done.add(found.origin)
                yield from _documents(found, known, seen)


def _documents(raw: Raw, known: Known, seen: dict[str, str]) -> Iterator[Document | Unchanged | Problem]:
    """Yield what one file holds; its hash goes to its documents if there is no problem in it."""
    hashed = raw.hash
    again = known(raw.origin, hashed)
    if not raw.holds_many:  # the same file may be found by two sources
        again = [one for one in again if one.record.id == raw.identity]
    if again and seen.keys().isdisjoint(one.record.id for one in again):
        seen.update((one.record.id, raw.origin) for one in again)
        yield from again
        return
    items = [_checked(where, item, seen) for where, item in read(raw)]
    whole = "" if any(isinstance(item, Problem) for item in items) else hashed
    for item in items:
        yield item if isinstance(item, Problem) or item.raw == whole else replace(item, raw=whole)


def _checked(where: str, item: Document | Problem, seen: dict[str, str]) -> Document | Problem:
    if isinstance(item, Problem):
        return Problem(canonical(item.source), canonical(item.reason))
    if _IMPOSSIBLE_ID.search(item.id):
        return Problem(canonical(where), f"文档名 {canonical(item.id)!r} 不能用作网址；请改名")
    if item.id in seen:
        return Problem(where, f"文档名 {item.id} 已被 {seen[item.id]} 占用；请改名")
    if not re.search(r"\w", item.text):
        return Problem(where, f"文档 {item.id} 没有一个字可以引用；请填入内容或移走")
    seen[item.id] = where
    return item
