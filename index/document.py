"""The canonical text of a source, and the headings in it."""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple


class Span(NamedTuple):
    """A half-open range ``[start, end)`` of Unicode code points in a document's text."""

    start: int
    end: int


class Heading(NamedTuple):
    """A line that names what follows, up to the next heading of its level or above."""

    start: int
    end: int
    level: int
    title: str


@dataclass(frozen=True)
class Document:
    """Text that never changes: every offset in chuchu counts its code points."""

    id: str
    title: str
    text: str
    about: dict[str, str] = field(default_factory=dict)
    """What the source says of itself, such as author and site."""
    origin: str = ""
    """The file or address that it was read from."""
    raw: str = ""
    """The hash of that file, if all of it could be used."""
    pages: tuple[int, ...] = ()
    """Where each page begins; empty where there are no pages."""

    @cached_property
    def sha256(self) -> str:
        """The hash of the text in UTF-8, in hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @cached_property
    def headings(self) -> tuple[Heading, ...]:
        """The headings in order of their place."""
        return tuple(find_headings(self.text))

    @cached_property
    def heading_starts(self) -> frozenset[int]:
        """Where headings begin."""
        return frozenset(heading.start for heading in self.headings)

    def headings_at(self, offset: int) -> list[str]:
        """Return the titles of the headings over ``offset``, outermost first."""
        place = bisect_right(self.headings, offset, key=lambda heading: heading.start)
        return list(self._paths[place - 1]) if place else []

    def page_at(self, offset: int) -> int | None:
        """Return the page of ``offset``, from 1; None where there are no pages."""
        return max(1, bisect_right(self.pages, offset)) if self.pages else None

    def context_at(self, offset: int) -> str:
        """Return the title and the headings over ``offset``, one a line: what a passage is about."""
        return "\n".join([self.title[:_NAMING], *self.headings_at(offset)])

    @cached_property
    def _paths(self) -> list[tuple[str, ...]]:
        """The titles over each heading's text, its own last."""
        path: list[Heading] = []
        paths = []
        for heading in self.headings:
            while path and path[-1].level >= heading.level:
                path.pop()
            path.append(heading)
            paths.append(tuple(one.title for one in path))
        return paths


_NEWLINES = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ufeff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def canonical(raw: str) -> str:
    """Make a document's text: one kind of newline, no control characters, valid Unicode.

    All but CR LF pairs and a leading byte order mark keep their length.
    """
    text = _NEWLINES.sub("\n", raw.removeprefix("\ufeff"))
    return _SURROGATES.sub("\ufffd", _CONTROLS.sub(" ", text))


_FENCE = re.compile(r"\s{0,3}(```|~~~)")
_MARKDOWN = re.compile(r" {0,3}(#{1,6})[ \t]+(.+)")
_UNDERLINE = re.compile(r" {0,3}(?:=+|-{3,})[ \t]*$")
_NUMERAL = r"[一二三四五六七八九十百零〇\d]+"
# Each shape of a plain-text heading, outermost level first.
_PLAIN = (
    re.compile(rf"(?:第{_NUMERAL}[编編篇卷部章]|(?:主题|專題|专题|部分|篇章){_NUMERAL}\s*[:：、.\s]|附录)"),
    re.compile(
        rf"(?:第{_NUMERAL}[节節条條]|{_NUMERAL}\s*、|{_NUMERAL}[.．]\s*(?![\d\s])"
        r"|\d{1,2}[ \u3000]+(?=[\u4e00-\u9fff]{2})|【[^】]+】$)"
    ),
    re.compile(rf"(?:[(（]{_NUMERAL}[)）]|\d+[.．]\d+[.．\s])"),
)
_NAMING = 500  # characters of a title or a heading that are read with each passage below it
_LONGEST = 60  # characters; a longer line is prose, however it begins
_TITLE = 30  # characters; a longer line that does not stand alone is an item
_COMMA = re.compile("[，,；;。\t]")
_OWN = ("第", "【", "0.0")
"""How a line is marked that is a heading without a blank line above, too."""
_ENDS_A_SENTENCE = "。！？；…!?;,，、:："


def _plain_level(line: str) -> int | None:
    if len(line) > _LONGEST or line[-1] in _ENDS_A_SENTENCE:
        return None
    return next((n for n, shape in enumerate(_PLAIN, start=1) if shape.match(line)), None)


def _is_underlined(lines: list[str], number: int) -> bool:
    """Tell whether a line is a heading by the === or --- below it, and the only one above that."""
    if not any(map(_UNDERLINE.match, lines[number + 1 : number + 2])):
        return False
    line, above = lines[number].strip(), "".join(lines[max(0, number - 1) : number])
    return (
        len(line) <= _LONGEST
        and line[-1] not in _ENDS_A_SENTENCE
        and not (above.strip() or line[0] in "|>-=")
    )


def _marker(line: str) -> str:
    """Return what numbers a line, whichever number it is: 第一条 of 第七条."""
    found = next(filter(None, (shape.match(line) for shape in _PLAIN)), None)
    mark = re.sub("[一二三四五六七八九十百零〇]+", "一", found[0]) if found else ""
    return re.sub(r"\d+", "0", mark).rstrip()


def _is_plain(lines: Sequence[str], number: int) -> bool:
    """Tell whether a numbered line is a heading: it stands alone, or over text as a title does.

    A title has no comma, and no item of the same list stands above or below it.
    """
    above, line, below = (lines[n] if 0 <= n < len(lines) else "" for n in range(number - 1, number + 2))
    if not (above.strip() or below.strip()):
        return True
    line, marker = line.strip(), _marker(line.strip())
    listed = marker in (_marker(above.strip()), _marker(below.strip()))
    goes_on = line[0].isdigit() and below[:1].isspace()
    if listed or goes_on or len(line) > _TITLE or _COMMA.search(line):
        return False
    return not above.strip() or marker.startswith(_OWN)


def _unclosed(title: str) -> str:
    """Leave out the # that may end a heading: those after a blank, for C# is a name."""
    bare = title.rstrip("#")
    return bare.rstrip() if bare[-1:].isspace() else title


def find_headings(text: str) -> list[Heading]:
    """Find Markdown headings, and plain numbered lines that stand alone or over text as titles do."""
    found: list[Heading] = []
    fence, offset = "", 0
    lines = text.split("\n")
    for number, line in enumerate(lines):
        start, offset = offset, offset + len(line) + 1
        if mark := _FENCE.match(line):
            fence = mark[1] if not fence else "" if fence == mark[1] else fence
        if fence or not (bare := line.strip()):
            continue
        span = Span(start + line.index(bare), start + line.index(bare) + len(bare))
        if (match := _MARKDOWN.match(line)) and 0 < len(title := _unclosed(match[2].strip())) <= _NAMING:
            found.append(Heading(*span, len(match[1]), title))
        elif _is_underlined(lines, number):
            found.append(Heading(*span, 1 if "=" in lines[number + 1] else 2, bare))
        elif (level := _plain_level(bare)) and _is_plain(lines, number):
            found.append(Heading(*span, level, bare))
    return found
