"""Group sentences into the passages that are retrieved."""

import math
import re
from collections.abc import Iterator, Sequence

from index.document import Document, Span

SIZE = 240
"""Characters of a passage, at most, unless one sentence is longer."""
LEADING = r"[：:?？][”’」』\"'*_)）]*"
"""How a line ends that belongs to what follows: a list's lead-in, a question before its answer."""
_LEADS = re.compile(f"{LEADING}$")


def _split(document: Document, sentences: Sequence[Span]) -> Iterator[list[range]]:
    """Yield the paragraphs of each section, from one heading up to the next."""
    starts = document.heading_starts
    section: list[range] = []
    first = 0
    for number in range(1, len(sentences) + 1):
        last = number == len(sentences)
        heading = not last and sentences[number].start in starts
        if last or "\n" in document.text[sentences[number - 1].end : sentences[number].start]:
            section.append(range(first, number))
            first = number
        if last or heading:
            yield section
            section = []


def _pieces(paragraph: range, sentences: Sequence[Span]) -> Iterator[range]:
    """Cut a paragraph longer than `SIZE` into parts of about the same length."""
    length = sentences[paragraph[-1]].end - sentences[paragraph[0]].start
    target = length / math.ceil(length / SIZE)
    first = paragraph.start
    for number in paragraph:
        if number > first and sentences[number].end - sentences[first].start > SIZE:
            yield range(first, number)
            first = number
        if sentences[number].end - sentences[first].start >= target:
            yield range(first, number + 1)
            first = number + 1
    if first < paragraph.stop:
        yield range(first, paragraph.stop)


def passages_of(document: Document, sentences: Sequence[Span]) -> list[range]:
    """Return the passages as runs of sentence numbers, in order, none across a heading.

    A passage holds as many whole paragraphs as fit into `SIZE`.
    """
    passages: list[range] = []
    for section in _split(document, sentences) if sentences else ():
        pieces = [piece for paragraph in section for piece in _pieces(paragraph, sentences)]
        run = pieces[0]
        for piece in pieces[1:]:
            if _length(range(run.start, piece.stop), sentences) > SIZE:
                first = _first(run, piece, document, sentences)
                passages.append(range(run.start, first))
                run = range(first, run.stop)
            run = range(run.start, piece.stop)
        passages.append(run)
    return passages


def _length(run: range, sentences: Sequence[Span]) -> int:
    return sentences[run[-1]].end - sentences[run[0]].start


def _first(run: range, piece: range, document: Document, sentences: Sequence[Span]) -> int:
    """Return the first sentence of the passage after a run: what leads in the next piece, where it fits."""
    last = run[-1]
    leads = len(run) > 1 and _LEADS.search(document.text[sentences[last].start : sentences[last].end])
    return last if leads and _length(range(last, piece.stop), sentences) <= SIZE else piece.start
