"""Number the tokens of a build while they come, so that its history leaves no trace."""

from collections.abc import Sequence
from itertools import repeat

import numpy as np
from numpy.typing import NDArray

from index.names import Names

Numbers = NDArray[np.int32]


class Numbering:
    """Numbers by token: those of the generation before as there, new ones after them, until all are known."""

    def __init__(self, before: Names) -> None:
        """Begin with the tokens ``before``, none of which has come yet."""
        self._before, self._come = before, np.zeros(len(before), np.bool_)
        self._numbers: dict[str, int] = {}
        self._new: list[str] = []

    def of(self, tokens: Sequence[str]) -> Numbers:
        """Return the number of each token."""
        unknown = [token for token in dict.fromkeys(tokens) if token not in self._numbers]
        before = self._before.numbers(unknown) if len(self._before) else repeat(None)
        for token, number in zip(unknown, before, strict=False):
            self._numbers[token] = self._new_number(token) if number is None else number
        numbers = np.fromiter(map(self._numbers.__getitem__, tokens), np.int32, len(tokens))
        self.take_over(numbers[numbers < len(self._before)])
        return numbers

    def _new_number(self, token: str) -> int:
        self._new.append(token)
        return len(self._before) + len(self._new) - 1

    def take_over(self, numbers: NDArray[np.integer]) -> None:
        """Note that tokens have come again, by their numbers in the generation before."""
        self._come[numbers] = True

    def finish(self) -> tuple[Names, Numbers]:
        """Return the tokens that came, and the number among them that each number turns into."""
        return self._before.joined(Names.of(self._new), self._come)
