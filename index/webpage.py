"""Read HTML as text with Markdown headings."""

import re
import warnings
from itertools import islice

from bs4 import BeautifulSoup, ParserRejectedMarkup
from bs4.element import NavigableString, PageElement, ProcessingInstruction, Tag
from markdownify import MarkdownConverter

from index.document import canonical
from index.encoding import decode
from index.errors import SourceError
from index.text import Text

_FURNITURE = (
    "script style noscript template nav header footer aside button select datalist textarea".split()
    + "svg iframe audio video canvas rp rt".split()
)
"""What is not read; how a character is pronounced (rt) would stand in the middle of words."""
_MARKS = "a img b strong i em u s del code span sub".split()
"""They would stand in quotes as asterisks and brackets."""
_CHARSET = re.compile(rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_HEAD = 4096  # bytes in which a page names its encoding
_HEADINGS = "h1 h2 h3 h4 h5 h6".split()
_NEAR = 20  # levels that are looked at, for a hostile page has a million
_CELLS = "thead tbody tfoot tr th td".split()
_HAN = "[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]"
_FOLDED = re.compile(rf"(?<={_HAN})\s*\n\s*(?={_HAN})")
"""A newline between Chinese characters, where browsers show no blank."""
_NOT_SHOWN = re.compile(r"(?:^|;)\s*display\s*:\s*none", re.IGNORECASE)
"""Not ``visibility: hidden``, which the articles of WeChat begin with."""
_BASE = re.compile(r"[A-Za-z0-9)\u0370-\u03ff]")
"""What may have an exponent."""
_POWER = re.compile(r"(?![A-Za-z]{2,}$)[-+−]?[0-9A-Za-z]+(?P<more>(?:[-+−/.·][0-9A-Za-z]+)*)")
"""What may be an exponent: no ordinal (st, th), mark of trade or note in brackets."""
_BLANK_LINES = re.compile(r"\n\s*\n\s*\n")


class _Writer(MarkdownConverter):
    """Writes a paragraph as one line, however its source is folded."""

    def process_text(self, el: PageElement, parent_tags: set[str] | None = None) -> str:
        """See `MarkdownConverter.process_text`."""
        text: str = super().process_text(el, parent_tags)  # type: ignore[misc]
        return text if "pre" in (parent_tags or ()) else _FOLDED.sub("", text).replace("\n", " ")

    def convert_sup(self, el: Tag, text: str, parent_tags: set[str]) -> str:
        """Write 10³ as 10^3, which is not 103, and the number of a note in brackets."""
        if el.find("a"):
            return f"[{text}]" if text.isdecimal() else text
        before, power = el.previous_element, _POWER.fullmatch(text.strip())
        if power is None or not isinstance(before, NavigableString) or not _BASE.match(before[-1:]):
            return text
        return f"^({power[0]})" if power["more"] else f"^{power[0]}"


_WRITER = _Writer(
    heading_style="ATX",
    bullets="-",
    strip=_MARKS,
    escape_asterisks=False,
    escape_underscores=False,
    escape_misc=False,
)


def read(content: bytes, charset: str = "") -> Text:
    """Read a page: its main part, if it marks one, without navigation and scripts.

    Args:
        charset: the encoding as HTTP names it; before what the page says of itself.

    Raises:
        SourceError: it is no text, or too deeply or wrongly nested.

    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # guesses what the page might be instead
        try:
            soup = BeautifulSoup(_decoded(content, charset), "lxml")
        except ParserRejectedMarkup as error:
            raise SourceError("网页的标签写错了；请在浏览器里打开，另存为网页") from error
    title = " ".join(soup.title.get_text().split()) if soup.title else ""
    for tag in soup(_FURNITURE):
        if not (tag.decomposed or _heads_an_article(tag)):
            tag.decompose()
    for table in list(filter(None, (_around(inner, "table") for inner in soup(["table", *_HEADINGS])))):
        _unlay(table)
    for instruction in soup(string=lambda text: isinstance(text, ProcessingInstruction)):
        instruction.extract()
    part = _main_part(soup)
    _drop_hidden(part)
    try:
        text: str = _WRITER.convert_soup(part)
    except RecursionError as error:
        raise SourceError("网页的标签嵌套太深；请另存为纯文本再加入") from error
    heading = soup.find("h1")
    return Text(
        _BLANK_LINES.sub("\n\n", text.replace("\xa0", " ")).strip(),
        title or (heading.get_text(strip=True) if heading else None),
    )


def _heads_an_article(tag: Tag) -> bool:
    """Tell a header that holds the heading of an article from that of a site."""
    return tag.name == "header" and _around(tag, "main", "article") is not None


def _drop_hidden(part: Tag) -> None:
    """Remove what a reader does not see, unless it is most of the page: that is shown by a script."""
    hidden: list[Tag] = []
    below: set[int] = set()
    for tag in part(True):
        if id(tag) not in below and _is_hidden(tag):
            hidden.append(tag)
            below.update(map(id, tag(True)))
    if 2 * sum(len(tag.get_text()) for tag in hidden) <= len(part.get_text()):
        for tag in hidden:
            tag.decompose()


def _is_hidden(tag: Tag) -> bool:
    if tag.get("aria-hidden") == "true" and tag.name in _MARKS:  # icons, and the second form of a formula
        return True
    if tag.name == "dialog" and not tag.has_attr("open"):
        return True
    hidden = tag.get("hidden", "until-found") != "until-found" or _NOT_SHOWN.search(str(tag.get("style", "")))
    return bool(hidden) and tag.find("math", recursive=False) is None  # of which a picture is shown


def _around(tag: Tag, *names: str) -> Tag | None:
    """Return the next tag of these names around a tag."""
    return next((one for one in islice(tag.parents, _NEAR) if one.name in names), None)


def _unlay(table: Tag) -> None:
    """Make paragraphs of the cells of a table that lays out a page; of a table in it they stay cells."""
    parts = [table]
    while parts:
        part = parts.pop()
        part.name = "div"
        parts += part(_CELLS, recursive=False)


def _main_part(soup: BeautifulSoup) -> Tag:
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
                return canonical(content.decode(encoding))
        except (LookupError, UnicodeError):  # "undefined", as scripts write it, is one that Python knows
            continue
    return decode(content)
