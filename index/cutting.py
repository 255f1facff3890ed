"""Cut many texts at once: each token is numbered where it is met, and looked at once."""

from collections.abc import Iterable, Sequence
from itertools import chain, compress
from typing import NamedTuple

import numpy as np

from index.ragged import Ragged
from index.segmenter import HAN_RANGES, Segmenter, is_han

_MARK = "\x1f"
"""Stands between two texts; neither folding nor a word reaches over it."""


class Tokens(NamedTuple):
    """The tokens of each text by their numbers, and what has these numbers."""

    texts: Ragged
    names: Sequence[str]


class _First(dict[str, int]):
    """Numbers what it is asked for, as it comes."""

    def __missing__(self, name: str) -> int:
        number = self[name] = len(self)
        return number

    def all(self, names: Iterable[str]) -> list[int]:
        return list(map(self.__getitem__, names))


def cut_all(texts: Sequence[str], segmenter: Segmenter) -> tuple[Tokens, Tokens]:
    """Return the words and the bigrams of each text, the same as `index.lexical.cut` does."""
    pieces = segmenter.pieces_once(_MARK.join(text.replace(_MARK, " ") for text in texts))
    words, pairs = _words(pieces, segmenter), _pairs("".join(pieces), len(texts))
    beside = np.array([not is_han(name) for name in words.names], np.bool_)
    numbers = len(pairs.names) - 1 + np.cumsum(beside, dtype=np.int32)
    others = words.texts.where(beside[words.texts.values])
    both = pairs.texts.beside(Ragged(numbers[others.values], others.bounds))
    return words, Tokens(both, [*pairs.names, *compress(words.names, beside)])


def _words(pieces: Sequence[str], segmenter: Segmenter) -> Tokens:
    """Return the words of each text; those of each kind of piece are looked up once."""
    kinds, numbers = _First({_MARK: 0}), _First()
    sequence = np.array(kinds.all(pieces), np.int64)
    ends = np.flatnonzero(sequence == 0)
    found = [segmenter.words_in(kind) for kind in kinds]
    values = np.array(numbers.all(chain.from_iterable(found)), np.int32)
    bounds = np.cumsum([0, *map(len, found)], dtype=np.int64)
    words = Ragged(values, bounds).take(sequence)
    return Tokens(Ragged(words.values, words.bounds[[0, *ends, len(sequence)]]), list(numbers))


def _pairs(folded: str, texts: int) -> Tokens:
    """Return each pair of neighbouring Chinese characters; see `index.segmenter.bigrams`."""
    points = np.frombuffer(folded.encode("utf-32-le", "surrogatepass"), np.uint32)
    han = np.zeros(len(points), np.bool_)
    for first, last in HAN_RANGES:
        han |= (points >= first) & (points <= last)
    places = np.flatnonzero(han[:-1] & han[1:])
    keys = points[places].astype(np.uint64) << np.uint64(32) | points[places + 1]
    distinct, numbers = np.unique(keys, return_inverse=True)
    both = np.stack([distinct >> np.uint64(32), distinct & np.uint64(0xFFFFFFFF)], axis=1)
    names = both.astype("<u4").tobytes().decode("utf-32-le")
    ends = np.searchsorted(places, np.flatnonzero(points == ord(_MARK)))
    bounds = np.array([0, *ends, len(places)], np.int64)[: texts + 1]
    return Tokens(
        Ragged(numbers.astype(np.int32), bounds), [names[n : n + 2] for n in range(0, len(names), 2)]
    )
