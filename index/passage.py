"""Group sentences into the passages that are retrieved."""

import math
from collections.abc import Iterator, Sequence

from index.document import Document, Span

SIZE = 300
"""Characters of a passage, at most, unless one sentence is longer."""


def _sections(document: Document, sentences: Sequence[Span]) -> Iterator[range]:
    """Yield the sentences from each heading up to the next."""
    starts = {heading.start for heading in document.headings}
    first = 0
    for number, sentence in enumerate(sentences):
        if sentence.start in starts and number > first:
            yield range(first, number)
            first = number
    if sentences:
        yield range(first, len(sentences))


def passages_of(document: Document, sentences: Sequence[Span]) -> list[range]:
    """Return the passages as runs of sentence numbers, in order, none across a heading.

    A section longer than `SIZE` is cut into parts of about the same length.
    """
    passages = []
    for section in _sections(document, sentences):
        length = sentences[section[-1]].end - sentences[section[0]].start
        target = length / math.ceil(length / SIZE)
        first = section.start
        for number in section:
            reach = sentences[number].end - sentences[first].start
            if number > first and reach > SIZE:
                passages.append(range(first, number))
                first = number
            elif reach >= target and number + 1 < section.stop:
                passages.append(range(first, number + 1))
                first = number + 1
        passages.append(range(first, section.stop))
    return passages
