"""The words of jieba: jieba-rs cuts by them, much faster, and jieba weighs new ones against them."""

import logging
import marshal
import tempfile
import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import rjieba

with warnings.catch_warnings():
    # jieba 0.42.1 has invalid escapes in its sources and asks for pkg_resources.
    warnings.simplefilter("ignore")
    import jieba

jieba.setLogLevel(logging.WARNING)

_MARK = "\0"
"""No text is cut into a word with it: marks stand alone."""
_SIZE = 1 << 64
"""What jieba-rs counts modulo."""


def cutter(own: Mapping[str, int]) -> rjieba.Jieba:
    """Return what cuts folded text as jieba does without its HMM, by its dictionary and ``own`` words.

    The own words do not count towards the sum that frequencies are weighed against: they would weigh all
    others anew, also in texts without them.

    Args:
        own: how often each own word is held to occur.

    """
    if not own:
        return _plain()
    made, dictionary = rjieba.Jieba(), b""
    added = 0
    for word, frequency in {**own, **_needed(own, made)}.items():
        if made.has_word(word):
            dictionary = dictionary or b"\n" + Path(jieba.__file__).with_name("dict.txt").read_bytes()
            added -= _frequency(word, dictionary)
        added += made.add_word(word, min(frequency, _SIZE - 1), None)
    made.add_word(_MARK, -added % _SIZE, None)
    return made


@cache
def _plain() -> rjieba.Jieba:
    return rjieba.Jieba()


def _needed(own: Mapping[str, int], made: rjieba.Jieba) -> dict[str, int]:
    """Return the characters that no word would begin with any more: those of own words that never occur."""
    firsts = {word[0] for word, frequency in own.items() if frequency == 0}
    return {first: 1 for first in firsts if not own.get(first, made.has_word(first))}


def _frequency(word: str, dictionary: bytes) -> int:
    before = f"\n{word} ".encode()
    start = dictionary.index(before) + len(before)
    return int(dictionary[start : dictionary.index(b" ", start)])


def scales() -> jieba.Tokenizer:
    """Return what weighs new words, a tokenizer of jieba with a copy of jieba's dictionary."""
    tokenizer, base = jieba.Tokenizer(), _base()
    tokenizer.FREQ, tokenizer.total, tokenizer.initialized = base.FREQ.copy(), base.total, True
    return tokenizer


@cache
def _base() -> jieba.Tokenizer:
    """Load jieba's dictionary once: it takes 0.2 s, in which no other thread runs."""
    tokenizer = jieba.Tokenizer()
    try:
        # What jieba keeps of its dictionary, at once: it would ask the file for each of a million words.
        kept = Path(tempfile.gettempdir(), "jieba.cache").read_bytes()
        tokenizer.FREQ, tokenizer.total = marshal.loads(kept)  # noqa: S302 - as jieba does
        tokenizer.initialized = True
    except (OSError, ValueError, EOFError, TypeError):
        tokenizer.initialize()
    return tokenizer


def know(word: str, frequency: int, tokenizer: jieba.Tokenizer) -> None:
    """Add a word as `cutter` does: not to the sum."""
    frequencies = tokenizer.FREQ
    frequencies[word] = frequency
    for end in range(1, len(word)):
        frequencies.setdefault(word[:end], 0)
