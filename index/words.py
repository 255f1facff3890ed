"""Cut folded text into the words of ``jieba.Tokenizer.cut(text, HMM=False)``, by jieba-rs: much faster.

Where two ways weigh the same, such as 团 and 团团 or 团团 and 团, the last bits of a sum decide, and it
may take the other.
"""

from collections.abc import Mapping
from functools import cache
from importlib.machinery import PathFinder
from importlib.metadata import distribution
from importlib.util import find_spec, module_from_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rjieba import Jieba

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
        """Know jieba's words and ``own`` ones; see `add`."""
        self._jieba: Jieba
        self._own: dict[str, int] = {}
        self._added = 0
        """The frequencies of own words, less those that jieba held them to have."""
        if own:
            self.add(own)
        else:
            self._jieba = _plain()

    def cut(self, text: str) -> list[str]:
        """Return the words of ``text``, and each blank and mark between them."""
        return self._jieba.cut(text, hmm=False)

    def kind(self, word: str) -> str:
        """Return what jieba's dictionary says a word is: n, v, ns …; empty where it is none of its words."""
        tagged = self._jieba.tag(word, hmm=False)
        return tagged[0][1] if len(tagged) == 1 else ""

    def weigh(self, word: str) -> int:
        """Return how often a word has to occur to be kept whole."""
        return self._jieba.suggest_freq(word)

    def add(self, own: Mapping[str, int]) -> None:
        """Take own words to occur so often; 0 is never, but once for a single character."""
        if not own:
            return
        if not self._own:  # the plain one is for all
            self._jieba = _jieba()
        for word, frequency in own.items():
            self._tell(word, min(max(frequency, len(word) == 1), _SIZE - 1))
        self._jieba.add_word(_MARK, -self._added % _SIZE, None)

    def _tell(self, word: str, frequency: int) -> None:
        self._added += frequency - self._frequency(word)
        self._own[word] = frequency
        self._jieba.add_word(word, frequency, None)
        if not frequency and not self._frequency(word[0]):
            self._tell(word[0], 1)  # what no word begins with could not be cut

    def _frequency(self, word: str) -> int:
        if word in self._own or not self._jieba.has_word(word):
            return self._own.get(word, 0)
        return _listed(word)


def _jieba() -> "Jieba":
    """Load a dictionary of one's own."""
    made: Jieba = _library().Jieba()
    return made


@cache
def _library() -> Any:
    """Load jieba-rs without its Python package, which loads one more dictionary: 0.1 s and 24 MB."""
    package = find_spec("rjieba")
    within = package and PathFinder.find_spec("rjieba", package.submodule_search_locations)
    if within is None or within.loader is None:
        raise ImportError("rjieba is not what it was: its extension is not in its package", name="rjieba")
    library = module_from_spec(within)
    within.loader.exec_module(library)
    return library


@cache
def _plain() -> "Jieba":
    """Load jieba-rs, to be told nothing; it takes 65 ms."""
    return _jieba()


@cache
def _listed(word: str) -> int:
    """Return what jieba-rs does not tell: how often a word of its dictionary occurs there."""
    dictionary, before = _dictionary(), f"\n{word} ".encode()
    start = dictionary.index(before) + len(before)
    return int(dictionary[start : dictionary.index(b" ", start)])


@cache
def _dictionary() -> bytes:
    """Return jieba's, a line for each word."""
    return b"\n" + Path(str(distribution("jieba").locate_file("jieba/dict.txt"))).read_bytes()
