"""Read a misspelt name as the name that the documents use."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

from index.segmenter import is_han

_SHORTEST_HAN, _SHORTEST = 4, 5  # characters; nearer than that stand other names
_WORDS = 6  # that a misspelt name may be cut into


class Spelling:
    """Names, found by each spelling that is one slip away: a wrong, lost, added or swapped character.

    A name stands under itself and under itself without any one of its characters; two spellings
    that meet there are compared (the symmetric deletes of SymSpell).
    """

    def __init__(self, names: Iterable[str]) -> None:
        """Index folded names."""
        self._names: dict[str, list[str]] = {}
        self._lengths: set[int] = set()
        """Of the spellings that may be near to a name."""
        for name in dict.fromkeys(names):
            if len(plain := _plain(name)) >= (_SHORTEST_HAN if is_han(plain) else _SHORTEST):
                for key in _keys(plain):
                    self._names.setdefault(key, []).append(name)
                self._lengths.update(range(len(plain) - 1, len(plain) + 2))

    def mend(self, text: str, words: Sequence[str], known: Callable[[str, str], bool]) -> str:
        """Return ``text`` with each misspelt name replaced by the name.

        Args:
            text: folded.
            words: what ``text`` is cut into, in order.
            known: tells whether the documents hold a word, beside the one that follows it; a name is
                sought only where they do not.

        """
        strange = [not known(word, follower) for word, follower in pairwise([*words, ""])]
        start = 0
        while any(strange[start:]):
            stop, name = self._name_from(words, strange, start)
            if name:
                run = r"\s*".join(map(re.escape, words[start:stop]))
                text = re.sub(run, lambda _: name, text, count=1)  # noqa: B023
            start = stop
        return text

    def _name_from(self, words: Sequence[str], strange: Sequence[bool], start: int) -> tuple[int, str]:
        """Return where the longest misspelt name at ``start`` stops, and the name, empty for none."""
        for stop in range(min(start + _WORDS, len(words)), start, -1):
            if any(strange[start:stop]):
                for name in self._near("".join(words[start:stop])):
                    return stop, name
        return start + 1, ""

    def _near(self, spelling: str) -> Iterator[str]:
        if len(spelling) not in self._lengths:
            return
        for names in filter(None, map(self._names.get, _keys(spelling))):
            for name in names:
                plain = _plain(name)
                if _scripts(plain) == _scripts(spelling) and _one_slip(spelling, plain):
                    yield name


def _plain(name: str) -> str:
    return name.replace(" ", "")


def _scripts(name: str) -> set[bool]:
    return set(map(is_han, name))


def _keys(name: str) -> list[str]:
    return [name, *[name[:n] + name[n + 1 :] for n in range(len(name))]]


def _one_slip(a: str, b: str) -> bool:
    """Tell whether two spellings that share a key differ, and by one slip only."""
    if len(a) != len(b):
        return True
    different = [n for n in range(len(a)) if a[n] != b[n]]
    if len(different) == 2:
        first, second = different
        return second == first + 1 and a[first] == b[second] and a[second] == b[first]
    return len(different) == 1
