"""What of a question's words and bigrams stands in texts."""

from collections.abc import Iterable, Sequence, Set
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.lexical import Cut
from index.postings import Ids
from index.ragged import Ragged
from index.store import Lexical, Tokens
from rag.absence import Kind, absence
from rag.echo import echo
from rag.prevalence import HELPING, settled_rarity

Matrix = NDArray[np.float32]
Held = NDArray[np.bool_]
"""Which tokens texts hold, (tokens, texts), words before bigrams."""

_ASIDE = 0.1
"""What a token that is told aside weighs of what it would."""
_LEAST = 15.0
"""What the others weigh together at least, to be enough: as much as one word that is seldom seen."""
_GREATEST = np.iinfo(np.int32).max
_LAST_BITS = (1 << 14) - 1
"""Of a number: far more endings than a question has tokens."""


def _settled(field: Tokens, token: str) -> float:
    return settled_rarity(token, field.frequency(token), field.size)


def _loose(tokens: Cut) -> Set[str]:
    """Return the bigrams that only helping words make with their neighbours, where there are others."""
    beside = {
        one[-1] + other[0] for one, other in pairwise(tokens.words) if not HELPING.isdisjoint((one, other))
    }
    inside = {one + other for word in tokens.words if word not in HELPING for one, other in pairwise(word)}
    loose = beside - inside
    return frozenset() if loose.issuperset(tokens.bigrams) else loose


class _Weights(NamedTuple):
    """What the tokens weigh."""

    each: Matrix
    total: float
    """Never zero."""

    @classmethod
    def of(cls, rarities: Iterable[float], shares: Sequence[float]) -> "_Weights":
        each = np.array([rarity * share for rarity, share in zip(rarities, shares, strict=True)], np.float32)
        return cls(each, float(each.sum()) or 1.0)


class _Asked:
    """The different tokens of one kind, in their order."""

    def __init__(
        self, field: Tokens, tokens: Sequence[str], kind: Kind, aside: Set[str], loose: Set[str] = frozenset()
    ) -> None:
        self.field = field
        self.tokens = list(dict.fromkeys(tokens))
        echoes = [echo(one) for one in self.tokens]
        self.weights = _Weights.of(map(field.rarity, self.tokens), echoes)
        absences = [0.0 if one in loose else absence(one, kind) for one in self.tokens]
        settled = _Weights.of(map(partial(_settled, field), self.tokens), absences)
        self.settled = [settled]
        """Weights that do not depend on how few the documents are; and those without what is told aside."""
        if not aside.isdisjoint(self.tokens):
            rest = _Weights.of(settled.each, [_ASIDE if one in aside else 1.0 for one in self.tokens])
            if rest.total >= _LEAST:
                self.settled.append(rest)
        numbers = [field.number(one) for one in self.tokens]
        known = sorted((number, row) for row, number in enumerate(numbers) if number is not None)
        self.known = [number for number, _ in known]
        """The numbers of those that the documents hold, ascending."""
        self.rows = np.array([row for _, row in known], np.int64)
        """The place of each of them among the tokens."""
        # The last is greater than all: who looks for a number always finds one.
        self._numbers = np.array([*self.known, _GREATEST], np.int32)
        self._endings = np.zeros(_LAST_BITS + 1, np.bool_)
        """Of the numbers; most others are told from them by these alone."""
        self._endings[self._numbers[:-1] & _LAST_BITS] = True

    def places(self, texts: Ragged) -> tuple[Ids, Ids]:
        """Return which of the tokens stands where: their places among the tokens, and those in the values."""
        likely = np.flatnonzero(self._endings.take(texts.values & _LAST_BITS))
        numbers = texts.values.take(likely)
        places = self._numbers.searchsorted(numbers)
        found = self._numbers.take(places) == numbers
        return self.rows.take(places[found]), likely[found]


class Overlap:
    """Tells which of a question's tokens texts hold, and what they weigh."""

    def __init__(self, lexical: Lexical, tokens: Cut, kind: Kind, aside: Set[str] = frozenset()) -> None:
        """Weigh each of ``tokens`` once, by its rarity and its `echo`.

        Args:
            lexical: has them counted.
            tokens: of a question.
            kind: see `rag.absence`.
            aside: see `rag.aside`.

        """
        self._words, self._bigrams = (
            _Asked(lexical.words, tokens.words, kind, aside),
            _Asked(lexical.bigrams, tokens.bigrams, kind, aside, _loose(tokens)),
        )
        self._kinds = ((self._words, 0), (self._bigrams, len(self._words.tokens)))
        self.words = slice(0, len(self._words.tokens))
        """The rows of the words in what `held` returns."""
        self.bigrams = slice(len(self._words.tokens), None)
        self.total, self.bigrams_total = self._words.weights.total, self._bigrams.weights.total
        known = sum(self._words.weights.each[np.sort(self._words.rows)].tolist())
        self.unknown = 1 - known / self.total
        """The share that the words are which the documents lack."""

    @property
    def tokens(self) -> Sequence[str]:
        """The different words of the question."""
        return self._words.tokens

    def rarest_known(self) -> int | None:
        """Return the number of the word that weighs most of those the documents hold, None without one."""
        rows = self._words.rows
        lightness = (-self._words.weights.each[rows]).tolist()
        return min(zip(lightness, rows.tolist(), self._words.known, strict=True), default=(0.0, 0, None))[2]

    def held(self, words: Ragged, bigrams: Ragged) -> Held:
        """Return which tokens each of some texts holds, (tokens, texts).

        ``bigrams`` may be those of fewer texts, the first of them; the others hold none.
        """
        held = np.zeros((len(self._words.tokens) + len(self._bigrams.tokens), len(words)), np.bool_)
        for (asked, first), texts in zip(self._kinds, (words, bigrams), strict=True):
            rows, places = asked.places(texts)
            held[first + rows, texts.bounds.searchsorted(places, "right") - 1] = True
        return held

    def places(self, words: Ragged) -> tuple[Ids, Ids]:
        """Return where words of the question stand in texts: their rows, and their places in the values."""
        return self._words.places(words)

    def held_between(self, starts: Ids, stops: Ids) -> Held:
        """Return which tokens the passages of some documents hold, (tokens, documents)."""
        held = np.zeros((len(self._words.tokens) + len(self._bigrams.tokens), len(starts)), np.bool_)
        for asked, first in self._kinds:
            held[first + asked.rows] = asked.field.stand_in(asked.known, starts, stops)
        return held

    def shares(self, held: Held) -> Matrix:
        """Return the share of the question that each word is which a text holds, else 0, (texts, words)."""
        shares: Matrix = held[self.words].T * self._words.weights.each / np.float32(self.total)
        return shares

    def share(self, *held: Held | Matrix) -> Matrix:
        """Return the share of the question's words that each text holds, (held, texts)."""
        return _weighed([one[self.words] for one in held], self._words.weights)

    def settled_share(self, held: Held | Matrix) -> Matrix:
        """Return the share of the question's words that each text holds, by settled weights, (1, texts)."""
        return _most([held[self.words]], self._words.settled)

    def bigram_share(self, *held: Held) -> Matrix:
        """Return the share of the question's bigrams that each text holds, (held, texts).

        Of its words, where it has no bigrams: 猫是什么.
        """
        if not self._bigrams.tokens:
            return self.share(*held)
        return _weighed([one[self.bigrams] for one in held], self._bigrams.weights)

    def settled_bigram_share(self, held: Held) -> Matrix:
        """Return the same by settled weights, (1, texts)."""
        if not self._bigrams.tokens:
            return self.settled_share(held)
        return _most([held[self.bigrams]], self._bigrams.settled)

    def rarest_missing(self, *held: Held) -> Matrix:
        """Return the share of the rarest word that each text lacks, (held, texts)."""
        missing = ~np.concatenate([one[self.words] for one in held], axis=1)
        rarest: Matrix = (missing * self._words.weights.each[:, None]).max(axis=0, initial=0)
        return rarest.reshape(len(held), -1) / np.float32(self.total)

    def longest_run(self, held: Held) -> Matrix:
        """Return the longest run of bigrams that each text holds, as a share of all, (texts,)."""
        pairs = held[self.bigrams]
        places = np.arange(len(pairs))[:, None]
        gaps = np.maximum.accumulate(np.where(pairs, -1, places), axis=0)
        longest: Matrix = (places - gaps).max(axis=0, initial=0).astype(np.float32)
        return longest / np.float32(max(len(pairs), 1))


def _most(held: Sequence[Held | Matrix], weights: Sequence[_Weights]) -> Matrix:
    share: Matrix = np.maximum.reduce([_weighed(held, one) for one in weights])
    return share


def _weighed(held: Sequence[Held | Matrix], weights: _Weights) -> Matrix:
    # Row by row, whatever the order in memory: sums of another order would be other sums.
    rows = np.concatenate(held, axis=1).T.astype(np.float32, order="C")
    texts = rows.reshape(len(held), held[0].shape[1], len(weights.each))
    with np.errstate(invalid="ignore"):  # OpenBLAS raises that flag now and then with no NaN (numpy#24067)
        share: Matrix = texts @ weights.each / np.float32(weights.total)
    return share
