"""Number the tokens of a build while they come, so that its history leaves no trace."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.names import Names

Numbers = NDArray[np.int32]


class Numbering(dict[str, int]):
    """Numbers by token: those of the generation before as there, new ones after them, until all are known."""

    def __init__(self, before: Names) -> None:
        """Begin with the tokens ``before``, none of which has come yet."""
        super().__init__()
        self._before, self._known = before, len(before)
        self._come = np.zeros(len(before), np.bool_)
        self._new: list[str] = []

    def __missing__(self, token: str) -> int:
        number = self._before.number(token) if self._known else None
        if number is None:
            number = self._known + len(self._new)
            self._new.append(token)
        else:
            self._come[number] = True
        self[token] = number
        return number

    def of(self, tokens: Sequence[str]) -> Numbers:
        """Return the number of each token."""
        return np.fromiter(map(self.__getitem__, tokens), np.int32, len(tokens))

    def take_over(self, numbers: NDArray[np.integer]) -> None:
        """Hear that tokens come again, by their numbers in the generation before."""
        self._come[numbers] = True

    def finish(self) -> tuple[Names, Numbers]:
        """Return the tokens that came, and the number among them that each number turns into."""
        return self._before.joined(Names.of(self._new), self._come)
