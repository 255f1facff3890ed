"""Read PDF as text, with the place of each page and Markdown headings."""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pypdfium2
from pypdfium2 import raw

from index.document import canonical
from index.errors import SourceError
from index.running import FULL, Line, without_running
from index.sentence import width_of
from index.text import Text

_HYPHEN = "\ufffe"
"""What PDFium reads where a word is broken at the end of a line; the line after it has been joined."""
_ENDS = "。！？；…!?;:：」』”）)"
_NO_HEADING = "。；，、：,;:"
_NO_TITLES = ("untitled", "anonymous", "(anonymous)", "无标题", "未命名")
_PROGRAM = re.compile(r"^Microsoft \w+ - |\.(?:docx?|pptx?|wps)$")
"""What programs put about a title that is the name of their file."""
_LARGER = 1.15
"""Of the size of most of the text: a line of type so large is a heading."""
_LONGEST, _DEEPEST = 60, 6  # characters and levels of headings
_MOST = 0.2
"""Of all the text: where more of it is large, as on slides, the size tells no headings."""


def read(content: bytes) -> Text:
    """Read the text layer.

    Raises:
        SourceError: it is damaged or encrypted, or holds no text.

    """
    try:
        with pypdfium2.PdfDocument(content) as pdf:
            title = _title(pdf)
            pages = [list(_lines(page.get_textpage())) for page in pdf]
    except pypdfium2.PdfiumError as error:
        why = str(error).rstrip(".")
        raise SourceError(f"PDF 无法读取：{why}；请确认它没有加密、没有损坏") from error
    text, starts = _text_of(without_running(pages))
    if not re.search(r"\w", text):
        raise SourceError("PDF 里没有文字，只有图像；请先做文字识别（OCR）")
    return Text(text, title or None, tuple(starts))


def _title(pdf: pypdfium2.PdfDocument) -> str:
    try:
        title: str = pdf.get_metadata_value("Title")
    except UnicodeDecodeError:
        return ""
    return "" if title.strip().lower() in _NO_TITLES else _PROGRAM.sub("", title).strip()


def _lines(page: pypdfium2.PdfTextPage) -> Iterator[Line]:
    at = 0
    for line in page.get_text_range().splitlines(keepends=True):
        bare = line.strip()
        first = at + _units(line[: line.find(bare)])
        size = min(_size(page, first), _size(page, first + _units(bare[:-1]))) if bare else 0.0
        yield Line(canonical(bare.replace(_HYPHEN, "")).strip(), size)
        at += _units(line)


def _units(text: str) -> int:
    """Return the length that PDFium counts, in UTF-16."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _size(page: pypdfium2.PdfTextPage, place: int) -> float:
    """Return how large the character at a place of the text is set."""
    number, matrix = raw.FPDFText_GetCharIndexFromTextIndex(page, place), raw.FS_MATRIX()
    if number < 0 or not raw.FPDFText_GetMatrix(page, number, matrix):
        return 0.0
    size: float = raw.FPDFText_GetFontSize(page, number) * math.hypot(matrix.c, matrix.d)
    return round(size, 1)


class _Piece(NamedTuple):
    """What a line becomes."""

    text: str
    alone: bool
    """Whether it is a heading."""
    goes_on: bool


def _text_of(pages: Sequence[Sequence[Line]]) -> tuple[str, list[int]]:
    """Join the lines into paragraphs, over pages too; return where each page begins as well."""
    levels = _levels([line for lines in pages for line in lines])
    text, starts, before = "", [], _Piece("", False, False)
    for lines in pages:
        start, new = len(text), True
        for piece in _pieces(lines, levels):
            if piece.text:
                text += (_between(before, piece, new) if text else "") + piece.text
                start, new = len(text) - len(piece.text) if new else start, False
            before = piece
        starts.append(start)
    return text, starts


def _pieces(lines: Sequence[Line], levels: Mapping[float, int]) -> Iterator[_Piece]:
    widest = max((width_of(line.text) for line in lines), default=0)
    for text, size in lines:
        if text and size in levels and len(text) <= _LONGEST and text[-1] not in _NO_HEADING:
            yield _Piece(f"{'#' * levels[size]} {text}", True, False)
        else:
            full = text and text[-1] not in _ENDS and width_of(text) >= FULL * widest
            yield _Piece(text, False, bool(full))


def _levels(lines: Sequence[Line]) -> dict[float, int]:
    """Return the level of each size that headings are set in."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[line.size] += len(line.text)
    usual = max(sizes, key=lambda size: sizes[size], default=0.0)
    large = sorted((size for size in sizes if size > _LARGER * usual > 0), reverse=True)
    if sum(sizes[size] for size in large) > _MOST * sizes.total():
        return {}
    return {size: min(level, _DEEPEST) for level, size in enumerate(large, start=1)}


def _between(before: _Piece, after: _Piece, new_page: bool) -> str:
    if before.goes_on and not after.alone:
        return " " if before.text[-1].isascii() and after.text[0].isascii() else ""
    return "\n\n" if before.alone or after.alone or new_page or not before.text else "\n"
