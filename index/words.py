"""Cut folded text into the words of ``jieba.Tokenizer.cut(text, HMM=False)``, by jieba-rs: much faster."""

import weakref
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

import rjieba

_MARK = "\0"
"""No text is cut into a word with it: marks stand alone."""
_SIZE = 1 << 64
"""What jieba-rs counts modulo."""


class Words:
    """jieba's words, and own ones.

    Own words do not count towards the sum that frequencies are weighed against: they would weigh all others
    anew, also in texts without them.
    """

    def __init__(self, own: Mapping[str, int]) -> None:
        """Know jieba's words and ``own`` ones, each with how often it is held to occur; 0 for never."""
        self._told = _nearest(own)
        weakref.finalize(self, _leave, self._told).atexit = False
        self.add(own)

    def cut(self, text: str) -> list[str]:
        """Return the words of ``text``, and each blank and mark between them."""
        return self._told.jieba.cut(text, hmm=False)

    def weigh(self, word: str) -> int:
        """Return how often a word has to occur to be kept whole."""
        return self._told.jieba.suggest_freq(word)

    def add(self, own: Mapping[str, int]) -> None:
        """Hold own words to occur so often."""
        for word, frequency in own.items():
            self._told.tell(word, min(frequency, _SIZE - 1))
        self._told.balance()


class _Told:
    """jieba-rs, and what it was told of words."""

    def __init__(self) -> None:
        self.jieba = rjieba.Jieba()
        self._own: dict[str, int] = {}
        """How often words occur, as it was told."""
        self._listed: dict[str, int] = {}
        """How often these occur in its own dictionary."""
        self._added = 0
        """The sum of the one, less the sum of the other."""

    def tell(self, word: str, frequency: int) -> None:
        if word not in self._own:
            self._own[word] = self._listed[word] = _frequency(word) if self.jieba.has_word(word) else 0
        if frequency == self._own[word]:
            return
        self._added += frequency - self._own[word]
        self._own[word] = frequency
        self.jieba.add_word(word, frequency, None)
        if not frequency and not self._own.get(word[0], self.jieba.has_word(word[0])):
            self.tell(word[0], 1)  # what no word begins with could not be cut

    def distance(self, own: Mapping[str, int]) -> int:
        return len(self._own.keys() ^ own.keys())

    def take_back_all_but(self, own: Mapping[str, int]) -> bool:
        """Return False where that would leave a trace: the character that `tell` adds."""
        others = self._own.keys() - own.keys()
        if not all(self._listed.get(word[0], self.jieba.has_word(word[0])) for word in others):
            return False
        for word in others:
            self.tell(word, self._listed[word])
        return True

    def balance(self) -> None:
        """Keep the sum of all frequencies what it was."""
        self.jieba.add_word(_MARK, -self._added % _SIZE, None)


_left: list[_Told] = []
"""Two that nobody uses any more: a build wants one without its own words first. To load one takes 65 ms."""


def _leave(told: _Told) -> None:
    _left[:] = [*_left, told][-2:]


def _nearest(own: Mapping[str, int]) -> _Told:
    for told in sorted(_left, key=lambda told: told.distance(own)):
        with suppress(ValueError):  # another thread was quicker
            _left.remove(told)
            if told.take_back_all_but(own):
                return told
            _left.append(told)
    return _Told()


@cache
def _frequency(word: str) -> int:
    """Return what jieba-rs does not tell: how often a word of its dictionary occurs there."""
    dictionary, before = _dictionary(), f"\n{word} ".encode()
    start = dictionary.index(before) + len(before)
    return int(dictionary[start : dictionary.index(b" ", start)])


@cache
def _dictionary() -> bytes:
    """Return jieba's, a line for each word."""
    return b"\n" + Path(str(distribution("jieba").locate_file("jieba/dict.txt"))).read_bytes()
