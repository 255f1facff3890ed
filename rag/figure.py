"""Where the figures and dates stand that a question asks for.

公司降低了能源消耗 holds all words of 能源消耗是多少 and no answer: an answer has a number of its
own, close to what the question asks about.
"""

import re
from enum import Enum, auto

import numpy as np
from numpy.typing import NDArray

from index.ragged import Ragged
from index.store import Tokens
from rag.overlap import Matrix, Overlap

_REACH = 5.0
"""Words between a figure and what it is of, at which they count for 1 / e."""


class Kind(Enum):
    """What a question asks for."""

    NUMBER = auto()
    DATE = auto()


_ASKS = {
    Kind.DATE: re.compile(
        r"何时|什么时候|什么时间|哪一?[年天日月]|几[月号日]|年份|日期|when\b|(?:what|which) year",
        re.IGNORECASE,
    ),
    Kind.NUMBER: re.compile(
        r"多少|几[个种次位名项条人岁点所座家倍届集年天月]|第几|[好有]几|多[大长高远重久深宽快]|比例|比率"
        r"|how (?:many|much|long|old|far|often)",
        re.IGNORECASE,
    ),
}
_NUMBER = re.compile(
    r"\d|^[二两三四五六七八九十百千万亿零〇]+.?$|^一[十百千万亿]"
    r"|^(?:one|two|three|four|five|six|seven|eight|nine|ten)$"
)
_UNITS_OF_DATES = "年 月 日 号 世纪 年代 年度 月份 年间 年初 年底 年末".split()


def kind_of(folded: str) -> Kind | None:
    """Tell what a question asks for, None where that is no figure."""
    return next((kind for kind, asks in _ASKS.items() if asks.search(folded)), None)


class Figures:
    """Tells numbers from other words of a generation."""

    def __init__(self, words: Tokens) -> None:
        """Look at each word when it is first met."""
        self._words = words
        self._known = np.zeros(len(words.tokens), np.int8)
        """1 for a number, -1 for none, 0 for what was not met yet."""
        self._dates = np.array(sorted(words.ids(_UNITS_OF_DATES)), np.int64)

    def near(self, asked: Overlap, texts: Ragged, kind: Kind | None) -> Matrix:
        """Tell how near each word of a question stands to a figure that is not the question's.

        Returns:
            exp(-words between / `_REACH`), 0 where the text lacks the word or the figure, and where no
            figure is asked for, (words, texts).

        """
        near = np.zeros((len(asked.tokens), len(texts)), np.float32)
        if kind is None:
            return near
        rows, places = asked.places(texts)
        figures = self._figures(texts, places, kind)
        if not len(figures):
            return near
        of_places, of_figures = (texts.bounds.searchsorted(one, "right") - 1 for one in (places, figures))
        after = figures.searchsorted(places)
        for other in (np.maximum(after - 1, 0), np.minimum(after, len(figures) - 1)):
            between = np.abs(figures[other] - places) - 1
            closeness = np.where(of_figures[other] == of_places, np.exp(-between / _REACH), 0)
            np.maximum.at(near, (rows, of_places), closeness.astype(np.float32))
        return near

    def _figures(self, texts: Ragged, asked: NDArray[np.integer], kind: Kind) -> NDArray[np.int64]:
        """Return the places of the numbers that are dates, or of those that are not."""
        words = texts.values
        for word in np.unique(words[self._known[words] == 0]).tolist():
            self._known[word] = 1 if _NUMBER.search(self._words.tokens[word]) else -1
        numbers = self._known[words] > 0
        numbers[asked] = False
        dated = np.append(np.isin(words[1:], self._dates), np.False_)
        dated[texts.bounds[1:] - 1] = False  # what follows the last word is of the next text
        return np.flatnonzero(numbers & dated if kind is Kind.DATE else numbers & ~dated)
