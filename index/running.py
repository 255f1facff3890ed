"""Headers and footers: the lines that the pages of a document have in common."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from index.sentence import width_of

_EDGE = 3
"""Lines at either end of a page that may be of its header or footer."""
_OFTEN = 3
"""Pages on which a line has to stand there."""
FULL = 0.8
"""Of the widest line: a line at least so wide is prose, and goes on in the next one."""
_PROSE = re.compile("[，。；：！？]")


class Line(NamedTuple):
    """A line of a page; one without text stands between paragraphs."""

    text: str
    size: float
    """Of its type, in any one unit."""


def without_running(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """Leave out of the pages what an earlier one has at its edge, but for the number of the page."""
    edges = [dict(_edges(lines, number)) for number, lines in enumerate(pages)]
    often = Counter(key for edge in edges for key in set().union(*edge.values()))
    seen: set[str] = set()
    left = []
    for lines, edge in zip(pages, edges, strict=True):
        running = {place: {key for key in keys if often[key] >= _OFTEN} for place, keys in edge.items()}
        left.append([line for place, line in enumerate(lines) if seen.isdisjoint(running.get(place, ()))])
        seen.update(*running.values())
    return left


def _edges(lines: Sequence[Line], page: int) -> Iterator[tuple[int, set[str]]]:
    """Yield the places at the edges of a page that may be of its header or footer, and their keys."""
    places = [place for place, line in enumerate(lines) if line.text]
    widest = max((width_of(line.text) for line in lines), default=0)
    for place in {*places[:_EDGE], *places[-_EDGE:]}:
        text = lines[place].text
        if not _PROSE.search(text) and width_of(text) < FULL * widest:
            yield place, set(_keys(text, page))


def _keys(text: str, page: int) -> Iterator[str]:
    """Yield the text, and what it is with each of its numbers counted from that of the page."""
    yield text
    for match in re.finditer(r"\d{1,6}", text):
        yield f"{text[: match.start()]}\0{int(match[0]) - page}\0{text[match.end() :]}"
