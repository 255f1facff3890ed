"""Which documents a question names.

创新科技有限公司的能源消耗是多少 names a document by its title: another company's figures are no
answer, however many words they share with the question.
"""

from collections.abc import Iterable, Sequence, Set
from functools import cached_property
from itertools import dropwhile
from typing import NamedTuple

import numpy as np

from index.generation import Generation
from index.lexical import cut

ALONE = 0.25
"""The share where there is one document only, which nobody needs to name: that of an average question of the
sets that the confidence is fitted on."""

NAMED = 0.7
"""The share from which a question is about the document, too."""

_APART = 0.3
"""The share of what tells a title from others from which a question surely means its document."""
_SAMPLE = 256
"""Passages by which it is told what titles have in common."""
_SEVERAL, _MANY = 3, 0.05
"""What so many titles hold, and such a share of all, they have in common."""

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

    @cached_property
    def _common(self) -> frozenset[int]:
        """The ids of the bigrams that many titles hold, or headings: a sample tells."""
        contents, field = self._generation.contents, self._generation.lexical.bigrams
        size = len(contents.passages)
        sample = np.unique(np.linspace(0, size - 1, min(size, _SAMPLE)).astype(np.int64))
        documents, first = np.unique(contents.passages[sample][:, 0], return_index=True)
        lists = field.contexts.take(sample[first])
        held = np.unique(np.column_stack([lists.values, np.repeat(first, lists.lengths)]), axis=0)
        tokens, counts = np.unique(held[:, 0], return_counts=True)
        return frozenset(tokens[counts >= max(_SEVERAL, _MANY * len(documents))].tolist())

    def misnamed(self, title: str, bigrams: Iterable[str]) -> float:
        """Tell how surely a question with these bigrams names another document of the kind, in [0, 1].

        It is the share that it holds of what the title has in common with others; less, the more it holds of
        what tells the title apart. What comes before that is no kind: all of a company's own rules begin
        with its name.
        """
        each, held = self._rarity(title).each, set(bigrams)
        number = self._generation.lexical.bigrams.number
        apart = {token: rarity for token, rarity in each.items() if number(token) not in self._common}
        after = dropwhile(lambda token: token not in apart, each)
        common = [token for token in after if token not in apart]
        if not common:
            return 0.0
        shared = sum(token in held for token in common) / len(common)
        told = _share(_Rarities(apart, sum(apart.values())), held)
        return shared * max(0.0, 1 - told / _APART)

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
