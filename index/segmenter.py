"""Cut Chinese text into the words and character bigrams that matching works on."""

import hashlib
import re
from collections.abc import Callable, Container, Iterable
from functools import cached_property, lru_cache, partial
from importlib.metadata import version
from itertools import pairwise
from typing import NamedTuple

from index.errors import SettingError
from index.fold import fold
from index.fold import version as folding
from index.words import Words

LONGEST_WORD = 50
"""Characters of a word in a dictionary: jieba keeps every beginning of each."""

_REMEMBERED = 64
"""Texts whose pieces are kept: a question is cut once, not by each that looks at it."""

_KINDS = 1 << 14
"""Words whose part of speech is kept."""

HAN_RANGES = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))
"""The first and the last code point of each range of Chinese characters."""
_HAN_RUN = re.compile(f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last in HAN_RANGES)}]+")
_NAME = "nz"
"""jieba's tag of a name that is neither a person's nor a place's: what own words are, as a rule."""


def is_han(word: str) -> bool:
    """Tell whether ``word`` is made of Chinese characters only."""
    return _HAN_RUN.fullmatch(word) is not None


def _says(piece: str) -> bool:
    """Tell whether it is more than punctuation and blanks."""
    return piece.isalnum() or any(map(str.isalnum, piece))


def bigrams(folded: str) -> list[str]:
    """Return each pair of neighbouring Chinese characters of ``folded``, in order."""
    return [a + b for run in _HAN_RUN.findall(folded) for a, b in pairwise(run)]


class Entry(NamedTuple):
    """A word of the own dictionary."""

    line: str
    """How it was given."""
    word: str
    """Folded."""
    frequency: int
    """How often it is held to occur."""
    parts: list[str]
    """What it was cut into before."""


def _pieces(words: Words, text: str) -> tuple[str, ...]:
    # Not jieba's HMM: it guesses new words from the sentence at hand, so one name may be cut in two ways.
    return tuple(words.cut(fold(text)))


def _kind(own: Container[str], words: Words, token: str) -> str:
    return _NAME if token in own else words.kind(token)


@lru_cache(1)
def _words_of(own: tuple[tuple[str, int], ...]) -> Words:
    """Return what cuts by own words: the next generation and the next build have the same, as a rule."""
    return Words(dict(own))


class Segmenter:
    """A jieba tokenizer of its own, with extra dictionary words.

    The global tokenizer of jieba is never touched: what another library adds to it would change
    the index unseen.
    """

    def __init__(self, dictionary: Iterable[str] = ()) -> None:
        """Add ``dictionary`` to jieba's.

        Args:
            dictionary: lines in jieba's user dictionary form, ``word [frequency] [tag]``; they
                are folded like the text they are to match.

        """
        self._parts: dict[str, list[str]] = {}
        self._own: set[str] = set()
        self.entries: list[Entry] = []
        """The own dictionary, in order."""
        self.extend(dictionary)

    @cached_property
    def _words(self) -> Words:
        """Be ready to cut: a build may find that nothing is to be."""
        # While jieba-rs loads no thread runs: a server that opens the next generation would stand still.
        own = tuple(self._frequencies.items())
        return _words_of(own) if own else Words({})  # which is the same for all

    @property
    def _frequencies(self) -> dict[str, int]:
        return {entry.word: entry.frequency for entry in self.entries}

    def load(self) -> None:
        """Be ready to cut, before processes are copied."""
        self.pieces_once("")

    # Not methods of the segmenter: in a circle, it would outlive its generation.
    @cached_property
    def pieces_once(self) -> Callable[[str], tuple[str, ...]]:
        """Cuts a text: the pieces that its folded form falls into, punctuation and blanks too."""
        return partial(_pieces, self._words)

    @cached_property
    def pieces(self) -> Callable[[str], tuple[str, ...]]:
        """Does the same, and remembers it for a while."""
        return lru_cache(_REMEMBERED)(self.pieces_once)

    @classmethod
    def restore(cls, entries: Iterable[Entry]) -> "Segmenter":
        """Make the segmenter that has these `entries`, without weighing their words again."""
        segmenter = cls()
        segmenter.add(entries)
        return segmenter

    def extend(self, dictionary: Iterable[str]) -> None:
        """Add lines to the dictionary.

        Raises:
            SettingError: a line is blank, or its word too long.
        """
        lines = list(dictionary)
        if lines:
            self._forget()
            self._words = Words(self._frequencies)  # others may cut by those that are shared
        for line in lines:
            word, *rest = fold(line).split() or [""]
            if not 0 < len(word) <= LONGEST_WORD:
                raise SettingError(f"用户词典里的词 {line[:20]!r} 应有 1 到 {LONGEST_WORD} 个字；请改短")
            given = int(rest[0]) if rest and rest[0].isdecimal() else None
            frequency = self._words.weigh(word) if given is None else given
            self._hold([Entry(line, word, frequency, list(filter(_says, self.pieces_once(word))))])
            self._words.add({word: frequency})
            vars(self).pop("pieces", None)

    def add(self, entries: Iterable[Entry]) -> None:
        """Add words that have been weighed, after the same words as now."""
        self._hold(list(entries))
        self._forget()

    def _forget(self) -> None:
        for made_before in ("_words", "pieces_once", "pieces", "kind"):
            vars(self).pop(made_before, None)

    def _hold(self, entries: list[Entry]) -> None:
        self.entries += entries
        self._own.update(entry.word for entry in entries)
        for _, word, _, parts in entries:
            if len(parts) > 1:
                self._parts.setdefault(word, parts)

    @property
    def dictionary(self) -> list[str]:
        """The lines of the own dictionary."""
        return [entry.line for entry in self.entries]

    @property
    def own(self) -> dict[str, tuple[int, tuple[str, ...]]]:
        """How often each word of the own dictionary is held to occur, and its parts.

        What a text is cut into depends on nothing else than those of them that it holds, folded.
        """
        return {word: (each, tuple(self._parts.get(word, ()))) for word, each in self._frequencies.items()}

    def owns(self, word: str) -> bool:
        """Tell whether a word, folded, is of the own dictionary."""
        return word in self._own

    @cached_property
    def kind(self) -> Callable[[str], str]:
        """Returns the part of speech of a folded word as jieba has it, ``nz`` (a name) for own words.

        Empty where it is no word.
        """
        return lru_cache(_KINDS)(partial(_kind, self._own, self._words))

    @property
    def fingerprint(self) -> str:
        """Name what decides how text is folded and cut: libraries, Unicode, dictionary."""
        parts = [folding(), version("rjieba"), *self.dictionary]
        digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]
        return f"jieba-{version('jieba')}-{digest}"

    def folded(self, text: str) -> str:
        """Return what `fold` makes of a text, remembered with its `pieces`."""
        return "".join(self.pieces(text))

    def cut(self, text: str) -> list[str]:
        """Return the folded words of ``text`` in order, without punctuation and blanks."""
        return [word for word in self.pieces(text) if _says(word)]

    def without(self, text: str, words: Container[str]) -> str:
        """Return ``text`` folded, with a blank in the place of each of ``words``."""
        return "".join(" " if word in words else word for word in self.pieces(text))

    def words_in(self, piece: str) -> tuple[str, ...]:
        """Return what `words` makes of one of the `pieces`."""
        return (piece, *self._parts.get(piece, ())) if _says(piece) else ()

    def words(self, text: str) -> list[str]:
        """Return what `cut` returns, each word of the own dictionary followed by its parts.

        Who asks for 智能 is to find a text in which 智能体 is a word.
        """
        parts = self._parts
        return [
            part for word in self.cut(text) for part in ((word, *parts[word]) if word in parts else (word,))
        ]
