"""Which documents a question names.

创新科技有限公司的能源消耗是多少 names a document by its title: another company's figures are no
answer, however many words they share with the question.
"""

from collections.abc import Iterable, Sequence, Set
from typing import NamedTuple

from index.generation import Generation
from index.lexical import cut

ALONE = 0.25
"""The share where there is one document only, which nobody needs to name: that of an average question of the
sets that the confidence is fitted on."""

NAMED = 0.7
"""The share from which a question is about the document, too."""

_REMEMBERED = 200_000
"""Titles of which the bigrams are kept."""


class _Rarities(NamedTuple):
    """How rare the bigrams of a title are."""

    each: dict[str, float]
    total: float


class Titles:
    """The titles of one generation's documents."""

    def __init__(self, generation: Generation) -> None:
        """Cut each title when it is first met."""
        self._generation = generation
        self._rarities: dict[str, _Rarities] = {}

    def named(self, titles: Iterable[str], bigrams: Iterable[str]) -> list[float]:
        """Return the share of each title's rarity that the bigrams of a question hold, in [0, 1].

        With one document only, `ALONE`.
        """
        titles, held = list(titles), set(bigrams)
        if len(self._generation.documents) == 1:
            return [ALONE] * len(titles)
        shares = {title: _share(self._rarity(title), held) for title in dict.fromkeys(titles)}
        return [shares[title] for title in titles]

    def several(self, titles: Sequence[str], shares: Sequence[float]) -> frozenset[str]:
        """Return the words and bigrams of the titles that a question names, where it names several.

        None of their documents has to speak of the others.

        Args:
            titles: of the documents found.
            shares: see `named`.

        """
        named = {title for title, share in zip(titles, shares, strict=True) if share >= NAMED}
        if len(named) < 2:
            return frozenset()
        return frozenset(
            token for title in named for kind in cut(title, self._generation.segmenter) for token in kind
        )

    def _rarity(self, title: str) -> _Rarities:
        # Other threads may clear the memory at any moment, so it is never read twice.
        if (found := self._rarities.get(title)) is None:
            if len(self._rarities) > _REMEMBERED:
                self._rarities.clear()
            pairs = cut(title, self._generation.segmenter).bigrams
            rarity = self._generation.lexical.bigrams.rarity
            each = {token: rarity(token) for token in pairs}
            found = self._rarities[title] = _Rarities(each, sum(each.values()))
        return found


def _share(rarities: _Rarities, held: Set[str]) -> float:
    each, total = rarities
    return sum(rarity for token, rarity in each.items() if token in held) / total if each else 0.0
