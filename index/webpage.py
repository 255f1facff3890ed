"""Read HTML as text with Markdown headings."""

import re
import warnings

from bs4 import BeautifulSoup, ParserRejectedMarkup
from bs4.element import PageElement, ProcessingInstruction, Tag
from markdownify import MarkdownConverter

from index.encoding import decode
from index.errors import SourceError
from index.text import Text

_FURNITURE = "script style noscript template nav header footer aside form button svg iframe rp rt".split()
"""What is not read; how a character is pronounced (rt) would stand in the middle of words."""
_MARKS = "a img b strong i em u s del code span sub sup".split()
"""They would stand in quotes as asterisks and brackets."""
_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_HEAD = 4096  # bytes in which a page names its encoding
_BLANK_LINES = re.compile(r"\n\s*\n\s*\n")
_WRITER = MarkdownConverter(
    heading_style="ATX",
    bullets="-",
    strip=_MARKS,
    escape_asterisks=False,
    escape_underscores=False,
    escape_misc=False,
)


def read(content: bytes, charset: str = "") -> Text:
    """Read a page: its main part, if it marks one, without navigation, scripts and forms.

    Args:
        charset: the encoding as HTTP names it; before what the page says of itself.

    Raises:
        SourceError: it is no text, or too deeply or wrongly nested.

    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # guesses what the page might be instead
        try:
            soup = BeautifulSoup(_decoded(content, charset), "html.parser")
        except ParserRejectedMarkup as error:
            raise SourceError("网页的标签写错了；请在浏览器里打开，另存为网页") from error
    title = " ".join(soup.title.get_text().split()) if soup.title else ""
    for tag in soup(_FURNITURE):
        tag.decompose()
    for instruction in soup(string=lambda text: isinstance(text, ProcessingInstruction)):
        instruction.extract()
    try:
        text: str = _WRITER.convert_soup(_main_part(soup))
    except RecursionError as error:
        raise SourceError("网页的标签嵌套太深；请另存为纯文本再加入") from error
    heading = soup.find("h1")
    return Text(
        _BLANK_LINES.sub("\n\n", text.replace("\xa0", " ")).strip(),
        title or (heading.get_text(strip=True) if heading else None),
    )


def _main_part(soup: BeautifulSoup) -> Tag | PageElement:
    if (main := soup.find("main")) is not None:
        return main
    articles = soup("article")
    return articles[0] if len(articles) == 1 else soup.body or soup


def _decoded(content: bytes, charset: str) -> str:
    named = _CHARSET.search(content[:_HEAD])
    for name in (charset, named[1].decode("ascii") if named else ""):
        # What calls itself gb2312 is GBK more often than not, and GB18030 reads both.
        encoding = "gb18030" if name.lower().startswith("gb") else name
        try:
            if encoding:
                return content.decode(encoding)
        except (LookupError, UnicodeDecodeError):
            continue
    return decode(content)
