"""Read PDF as text, with the place of each page."""

import re
from collections.abc import Sequence

import pypdfium2

from index.document import canonical
from index.errors import SourceError
from index.sentence import width_of
from index.text import Text

_FULL = 0.8
"""Of the widest line: a line at least so wide goes on in the next one."""
_HYPHEN = "\ufffe"
"""What PDFium reads where a word is broken at the end of a line; the line after it has been joined."""
_ENDS = "。！？；…!?;:：」』”）)"


def read(content: bytes) -> Text:
    """Read the text layer.

    Raises:
        SourceError: it is damaged or encrypted, or holds no text.

    """
    try:
        with pypdfium2.PdfDocument(content) as pdf:
            title = _title(pdf)
            texts = [page.get_textpage().get_text_range().replace(_HYPHEN, "") for page in pdf]
    except pypdfium2.PdfiumError as error:
        raise SourceError(f"PDF 无法读取：{error}；请确认它没有加密、没有损坏") from error
    text, starts = "", []
    for page in map(_joined, map(canonical, texts)):
        text += "\n\n" if text and page else ""
        starts.append(len(text))
        text += page
    if not re.search(r"\w", text):
        raise SourceError("PDF 里没有文字，只有图像；请先做文字识别（OCR）")
    return Text(text, title or None, tuple(starts))


def _title(pdf: pypdfium2.PdfDocument) -> str:
    try:
        title: str = pdf.get_metadata_value("Title")
    except UnicodeDecodeError:
        return ""
    return title.strip()


def _joined(page: str) -> str:
    """Join the lines of a page into paragraphs: a full line that does not end a sentence goes on."""
    lines = [line.strip() for line in page.split("\n")]
    widest = max(map(width_of, lines), default=0)
    text = ""
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        text += line
        goes_on = line and following and line[-1] not in _ENDS and width_of(line) >= _FULL * widest
        text += _between(line, following) if goes_on else "\n"
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def _between(line: str, following: str) -> str:
    return " " if _is_latin(line[-1:]) and _is_latin(following[:1]) else ""


def _is_latin(characters: Sequence[str]) -> bool:
    return all(character.isascii() for character in characters)
