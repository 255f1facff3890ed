"""Split a document's text into sentences."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from index.document import Span
from index.term import HAN

LONGEST = 200
"""Characters of a sentence at most: three quotes have to fit into an answer."""

_END = re.compile(r"[。！？；…｡]+[。！？；…｡!?]*|[!?;]+|\.+")
_ALWAYS = "。！？；…｡"
_CLOSERS = frozenset("”’」』）】》〉〕｝)]}＂＇")
_TWINS = ("**", "__", '"', "'", "*", "_", "`")
"""Marks that open and close alike: they close when an odd number of them stands before."""
_TWIN = re.compile("|".join(re.escape(twin) for twin in _TWINS))
_FIRST_EAST_ASIAN = 0x2E80
_WORD_BEFORE = 16  # characters: the longest abbreviation, and room to see what is before it

_ABBREVIATION = re.compile(
    r"(?:^|[^A-Za-z])(?:[A-Za-z]|vs|etc|e\.g|i\.e|cf|al|[Mm]rs?|[Mm]s|[Dd]r|[Pp]rof|[Ss]t|[Ff]ig|[Nn]o|[Vv]ol"
    r"|[Ee]d|[Pp]p?|Inc|Ltd|Co|Corp|Jr|Sr|approx)$"
)
_LIST_NUMBER = re.compile(r"\s*(?:\d+|[A-Za-z])$")
_BLOCK = re.compile(
    r"\s*(?:[-*+•●·>|#]|```|~~~|\d+(?:[.．](?!\d)|[、)）]|(?:[.．]\d+)+\s)|[(（]?[一二三四五六七八九十]+[、)）]|$)"
)
"""How a line begins that is an item or a table row, or is blank; not 2.5 元, which may end a line above."""
_ROW = re.compile(r"\s*\||[^\n]*\S *\t *\S")
"""A row of a table, which says little in parts."""
_OPENS_CODE = re.compile(r"\s{0,3}(?:```|~~~)\s*\w")
_IMAGE = re.compile(r"!\[[^\]\n]*\]\(")
_NAME = r"[^。！？；…，：“”‘’「」\s]"
_SPEAKER = re.compile(rf"(?<=[”」』]){_NAME}{{1,12}}?[说道问答喊叫笑讲]{_NAME}{{0,6}}[。，：！]")
"""Who said what was quoted just before: ”他说。"""
_WORD = re.compile(r"\w")
_AMID = re.compile(rf"[，。、].*{HAN}$|[，、]$")
_CUT = re.compile(rf"(?<={HAN})[ \t\u3000]*\n[ \t\u3000]*(?={HAN})")
_WIDEST, _NARROW, _NARROWEST = 120, 60, 36
"""Columns of wrapped lines: at most; at least; at least where all lines show that they are wrapped."""
_FULL = 0.85
"""Of the widest line: a line at least so wide goes on in the next one where most lines are so wide."""
_FEWEST = 4  # such lines, so that they are no chance
_BREAKS = re.compile(r"[，、,：:\s）)]")


def width_of(line: str) -> int:
    """Return the columns that a line takes where Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def unwrapped(text: str) -> str:
    """Return the text of sentences with the Chinese words whole again that a newline cuts in two."""
    return _CUT.sub("", text)


def _full(lines: Sequence[str]) -> float:
    """Return the columns from which a line is so long that a newline may only wrap it.

    Fewer than `_NARROW` where the lines show that they were wrapped at less: most are about as wide as
    the widest, and most of these are Chinese prose that ends in mid-sentence.
    """
    if max(map(len, lines)) > _WIDEST:
        return _NARROW
    widths = {number: width_of(line.rstrip()) for number, line in enumerate(lines) if line.strip()}
    widest = max(widths.values(), default=0)
    wide = [lines[number].rstrip() for number, width in widths.items() if width >= _FULL * widest]
    amid = sum(_AMID.search(line) is not None for line in wide)
    wrapped = 2 * len(wide) > len(widths) and 2 * amid > len(wide) and amid >= _FEWEST
    if not wrapped or not _NARROWEST <= widest <= _WIDEST:
        return _NARROW
    return min(_FULL * widest, _NARROW)


def _wraps(line: str, following: str, full: float) -> bool:
    """Tell whether a newline only wraps a paragraph: a long line that ends in mid-sentence; or opens code."""
    bare = line.rstrip()
    return _OPENS_CODE.match(bare) is not None or (
        bool(bare)
        and bare[-1] not in _ALWAYS + "!?;.:："
        and bare[-1] not in _CLOSERS
        and not _BLOCK.match(following)
        and not bare.lstrip().startswith(("#", "~~~", "```"))
        and not _ROW.match(bare)
        and full <= width_of(bare) <= _WIDEST
    )


def _blocks(text: str) -> Iterator[Span]:
    """Yield the paragraphs: lines, joined where a newline only wraps."""
    start = offset = 0
    lines = text.split("\n")
    full = _full(lines)
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        offset += len(line) + 1
        if not _wraps(line, following, full):
            yield Span(start, offset - 1)
            start = offset


def _ends_at_stop(text: str, start: int, stop: int, end: int) -> bool:
    """Tell whether the Latin full stop at ``stop`` ends the sentence begun at ``start``."""
    if stop + 1 == end or text[stop + 1] in _CLOSERS:
        return True
    before = text[max(start, stop - _WORD_BEFORE) : stop]
    numbers = stop - start < _WORD_BEFORE and _LIST_NUMBER.fullmatch(before)
    if text[stop + 1].isspace():
        following = text[stop + 1 : stop + 1 + _WORD_BEFORE].lstrip()[:1]
        return not (following.islower() or numbers or _ABBREVIATION.search(before))
    return ord(text[stop + 1]) > _FIRST_EAST_ASIAN and not (before[-1:].isdigit() or numbers)


def _ends(text: str, start: int, match: re.Match[str], end: int) -> bool:
    mark = match[0]
    if mark[0] in _ALWAYS:
        return True
    if mark == ".":
        return _ends_at_stop(text, start, match.start(), end)
    if _IMAGE.match(text, match.end() - 1, end):
        return False
    following = text[match.end()] if match.end() < end else " "
    return not (following.isascii() and (following.isalnum() or following in "=&/"))


class _Closing:
    """Finds where quotes and brackets close; reads a paragraph once, from left to right."""

    def __init__(self, text: str, block: Span) -> None:
        self._text, self._end = text, block.end
        self._seen = block.start
        self._open = dict.fromkeys(_TWINS, False)

    def _read_to(self, position: int) -> None:
        for match in _TWIN.finditer(self._text, self._seen, position):
            self._open[match[0]] = not self._open[match[0]]
        self._seen = position

    def after(self, position: int) -> int:
        """Move past the quotes and brackets that close at ``position``."""
        self._read_to(position)
        while position < self._end:
            twin = _TWIN.match(self._text, position, self._end)
            if self._text[position] in _CLOSERS:
                position += 1
            elif twin and self._open[twin[0]]:
                position = twin.end()
                self._read_to(position)
            else:
                break
        return position


def _cut_long(text: str, span: Span) -> Iterator[Span]:
    """Yield stripped parts of at most `LONGEST` characters, broken after a comma or blank where one is."""
    start, end = span
    while end - start > LONGEST:
        breaks = [m.end() for m in _BREAKS.finditer(text, start + LONGEST // 2, start + LONGEST)]
        places = range(start + LONGEST, start + LONGEST // 2, -1)
        whole = (place for place in places if unicodedata.category(text[place])[0] not in "MS")
        stop = breaks[-1] if breaks else next(whole, start + LONGEST)
        yield _strip(text, start, stop)
        start = stop
    yield _strip(text, start, end) if start > span.start else span


def _strip(text: str, start: int, end: int) -> Span:
    part = text[start:end]
    return Span(start + len(part) - len(part.lstrip()), start + len(part.rstrip()))


def split(text: str) -> list[Span]:
    """Return the sentences of ``text`` in order.

    They do not overlap, begin and end with a visible character, hold at least one letter, digit
    or ideograph, are at most `LONGEST` long, and leave out nothing that does.
    """
    sentences: list[Span] = []
    for block in _blocks(text):
        closing = _Closing(text, block)
        start = block.start
        ends = []
        for match in () if _ROW.match(text, *block) else _END.finditer(text, *block):
            if match.start() >= start and _ends(text, start, match, block.end):
                after = closing.after(match.end())
                if not _SPEAKER.match(text, after, block.end):
                    start = after
                    ends.append(start)
        start = block.start
        for end in [*ends, block.end]:
            parts = _cut_long(text, _strip(text, start, end))
            sentences += [span for span in parts if _WORD.search(text, *span)]
            start = end
    return sentences
