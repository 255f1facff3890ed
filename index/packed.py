"""Read what is a zip file inside: DOCX and EPUB."""

import posixpath
import re
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from urllib.parse import unquote
from zipfile import BadZipFile, ZipFile

import mammoth
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from index import webpage
from index.errors import SourceError
from index.text import Text

MOST = 512 * 2**20
"""Bytes of all that is inside, unpacked."""
MOST_FILES = 20_000

_STYLES = {"Title": 1, "标题": 1, **{f"标题 {n}": n for n in range(1, 7)}}
"""Headings that mammoth does not know by itself, with their levels."""
_HEADINGS = "\n".join(f"p[style-name='{name}'] => h{level}:fresh" for name, level in _STYLES.items())
_CONTAINER = "META-INF/container.xml"
_PAGES = ("application/xhtml+xml", "text/html")


def read_docx(content: bytes) -> Text:
    """Read a Word document.

    Raises:
        SourceError: it is damaged, or larger inside than `MOST`.

    """
    with _opened(content, "DOCX"):
        html = mammoth.convert_to_html(
            BytesIO(content), style_map=_HEADINGS, convert_image=mammoth.images.img_element(lambda _: {})
        )
        return webpage.read(f'<meta charset="utf-8">{html.value}'.encode())


def read_epub(content: bytes) -> Text:
    """Read an electronic book in the order of its spine.

    Raises:
        SourceError: it is damaged or encrypted, or larger inside than `MOST`.

    """
    with _opened(content, "EPUB") as archive:
        if "META-INF/rights.xml" in archive.namelist():
            raise SourceError("EPUB 带有版权保护（DRM），无法读取；请换没有 DRM 的版本")
        root = fromstring(archive.read(_CONTAINER)).find(".//{*}rootfile")
        where = root.attrib["full-path"]
        package = fromstring(archive.read(where))
        chapters = [webpage.read(archive.read(name)).text for name in _spine(package, where)]
        title = package.findtext(".//{*}title")
        return Text("\n\n".join(filter(None, chapters)), title.strip() if title else None)


def _spine(package, where: str) -> Iterator[str]:  # type: ignore[no-untyped-def]
    """Yield the names of the chapters in their order."""
    hrefs = {
        item.get("id"): item.get("href")
        for item in package.iterfind(".//{*}manifest/{*}item")
        if item.get("media-type") in _PAGES
    }
    for reference in package.iterfind(".//{*}spine/{*}itemref"):
        if href := hrefs.get(reference.get("idref")):
            yield posixpath.normpath(posixpath.join(posixpath.dirname(where), unquote(href)))


@contextmanager
def _opened(content: bytes, kind: str) -> Iterator[ZipFile]:
    """Open an archive whose size inside is bearable; nothing of it is ever written to the disk."""
    try:
        with ZipFile(BytesIO(content)) as archive:
            _check(archive, kind)
            yield archive
    except SourceError:
        raise
    # What a file that is made up of three formats raises when it is damaged, no list holds.
    except (BadZipFile, ParseError, DefusedXmlException, Exception) as error:
        raise SourceError(f"{kind} 无法读取：{error}；请确认它没有损坏、没有加密") from error


def _check(archive: ZipFile, kind: str) -> None:
    files = archive.infolist()
    size = sum(file.file_size for file in files)
    if len(files) > MOST_FILES or size > MOST:
        raise SourceError(
            f"{kind} 解压后有 {len(files)} 个文件、{size} 字节；至多 {MOST_FILES} 个、{MOST} 字节，请拆成几份"
        )
    for file in files:
        if re.search(r"(?:^|/)\.\.(?:/|$)|^/|^[A-Za-z]:|\\", file.filename):
            raise SourceError(f"{kind} 里有不该有的路径 {file.filename[:80]!r}；请重新保存后再试")
