"""Find where a document speaks of its terms, and which it speaks of together."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, combinations

from index.document import Document, Span
from index.fold import fold
from index.segmenter import Segmenter
from index.sentence import split
from index.term import Term, mine

_CANDIDATES = 400
"""Names looked for in a document; each costs a walk through its text."""
_FEW = 3
"""A name glossed in more ways than these is no name of one thing: null(…), key(…)."""


@dataclass(frozen=True)
class Concept:
    """What a document calls by one name or several, and every place where it does."""

    names: tuple[str, ...]
    """As the document writes them, the commonest first; names it never writes come last, folded."""
    places: tuple[Span, ...]
    """In order, none within another concept's."""


@dataclass(frozen=True)
class Link:
    """Two concepts, by their place in the list, and the number of sentences that name both."""

    one: int
    other: int
    count: int


def concepts(document: Document, segmenter: Segmenter, known: Iterable[Term], limit: int) -> list[Concept]:
    """Return the ``limit`` concepts that a document names most often, twice at least; of equals, the earlier.

    Args:
        known: terms of all documents; another name that they give to a thing twice counts here too.

    """
    own = mine([document], segmenter)[:_CANDIDATES]
    others = _others([*own, *(term for term in known if term.times > 1)])
    groups = _groups([term.name for term in own], others)
    found = _places({name for group in groups for name in group}, document.text)
    made = [_concept(group, found, document.text) for group in groups]
    again = (one for one in made if len(one.places) > 1)
    ranked = sorted(again, key=lambda one: (-len(one.places), one.places[0]))
    return ranked[:limit]


def links(document: Document, chosen: Sequence[Concept]) -> list[Link]:
    """Return the pairs of concepts that share a sentence, those that share most first."""
    sentences = split(document.text)
    together: Counter[tuple[int, int]] = Counter()
    places = sorted((place.start, number) for number, one in enumerate(chosen) for place in one.places)
    at = 0
    for sentence in sentences:
        inside = set()
        while at < len(places) and places[at][0] < sentence.end:
            inside.add(places[at][1])
            at += 1
        together.update(combinations(sorted(inside), 2))
    return [
        Link(one, other, count)
        for (one, other), count in sorted(together.items(), key=lambda item: (-item[1], item[0]))
    ]


def _others(terms: Iterable[Term]) -> dict[str, list[str]]:
    """Return the other names of each name, none of a name that has more than a few."""
    others: dict[str, dict[str, None]] = {}
    for term in terms:
        if term.other is not None:
            others.setdefault(term.name, {})[term.other] = None
            others.setdefault(term.other, {})[term.name] = None
    return {name: list(found) for name, found in others.items() if len(found) <= _FEW}


def _groups(names: Iterable[str], others: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Put the names of one thing together: whatever leads from one to the next, both ways."""
    groups: list[list[str]] = []
    seen: set[str] = set()
    for name in names:
        group = [] if name in seen else [name]
        seen.add(name)
        for member in group:  # which grows as others are found
            linked = [one for one in others.get(member, ()) if one not in seen and one in others]
            seen.update(linked)
            group += linked
        groups += [group] if group else []
    return groups


def _concept(names: Iterable[str], found: dict[str, list[Span]], text: str) -> Concept:
    places = sorted(place for name in names for place in found.get(name, ()))
    written: dict[str, Counter[str]] = {
        name: Counter(text[place.start : place.end] for place in found.get(name, ())) for name in names
    }
    ordered = sorted(names, key=lambda name: -written[name].total())
    shown = (written[name].most_common(1)[0][0] if written[name] else name for name in ordered)
    return Concept(tuple(shown), tuple(places))


def _places(names: Iterable[str], text: str) -> dict[str, list[Span]]:
    """Return where each folded name stands in ``text``; of names that overlap, the longest."""
    pieces = [_fold_one(character) for character in text]
    folded = "".join(pieces)
    starts = list(accumulate(map(len, pieces), initial=0))
    origin = [number for number, piece in enumerate(pieces) for _ in piece]
    taken = bytearray(len(folded))
    found: dict[str, list[Span]] = {}
    for name in sorted(names, key=lambda name: (-len(name), name)):
        for at in _occurrences(name, folded):
            end = at + len(name)
            whole = starts[origin[at]] == at and starts[origin[end - 1] + 1] == end
            if whole and not any(taken[at:end]):
                taken[at:end] = b"\1" * len(name)
                found.setdefault(name, []).append(Span(origin[at], origin[end - 1] + 1))
    return found


def _occurrences(name: str, folded: str) -> Iterator[int]:
    """Yield where ``name`` begins, never within a longer Latin word or number."""
    at = folded.find(name)
    while at >= 0:
        before, after = folded[at - 1 : at], folded[at + len(name) : at + len(name) + 1]
        if not (_joins(before, name[0]) or _joins(name[-1], after)):
            yield at
        at = folded.find(name, at + 1)


def _joins(left: str, right: str) -> bool:
    return left.isascii() and left.isalnum() and right.isascii() and right.isalnum()


@cache
def _fold_one(character: str) -> str:
    return fold(character)
