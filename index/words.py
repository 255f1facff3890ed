"""Cut folded text into words as ``jieba.Tokenizer.cut(text, HMM=False)`` does, in less than half its time.

jieba lists all words that begin at each character, then weighs each path through them, word by
word, by logarithms; here both are one pass over the same dictionary, and no logarithm is taken twice.
"""

import math
import re
import string
from collections.abc import Mapping

_BLOCK = re.compile(r"[\u4E00-\u9FD5a-zA-Z0-9+#&\._%\-]+")
_LOOSE = frozenset(string.ascii_letters + string.digits)
_BESIDE = re.compile(r"\r\n|.", re.DOTALL)


class Weights(dict[int, float]):
    """The logarithm of each frequency's share of ``total``; a mere beginning of words, 0, has none."""

    def __init__(self, total: int) -> None:
        """Weigh against ``total``."""
        super().__init__({0: -math.inf})
        self._total = math.log(total)

    def __missing__(self, frequency: int) -> float:
        weight = self[frequency] = math.log(frequency) - self._total
        return weight


def words_of(text: str, frequencies: Mapping[str, int], weights: Weights) -> list[str]:
    """Return the words of ``text``, and each blank and mark between them.

    Args:
        frequencies: of all words, and 0 of what they begin with.

    """
    words: list[str] = []
    seen = 0
    for match in _BLOCK.finditer(text):
        words += _BESIDE.findall(text, seen, match.start())
        seen = match.end()
        words += _cut(match[0], frequencies, weights)
    return words + _BESIDE.findall(text, seen)


def _cut(block: str, frequencies: Mapping[str, int], weights: Weights) -> list[str]:
    """Follow the likeliest path; letters and digits that stand alone on it stay together."""
    ends = _ends(block, frequencies, weights)
    words: list[str] = []
    start, loose = 0, ""
    while start < len(block):
        word = block[start : ends[start]]
        start = ends[start]
        if word in _LOOSE:
            loose += word
            continue
        if loose:
            words.append(loose)
            loose = ""
        words.append(word)
    return [*words, loose] if loose else words


def _ends(block: str, frequencies: Mapping[str, int], weights: Weights) -> list[int]:
    """Return where the first word of the likeliest path from each character ends, the longer of equals."""
    length = len(block)
    scores, ends = [0.0] * (length + 1), [0] * length
    frequency_of, unknown = frequencies.get, weights[1]
    for start in range(length - 1, -1, -1):
        best, last, end = -math.inf, start, start + 1
        frequency = frequency_of(block[start])
        while frequency is not None:
            score = weights[frequency] + scores[end]
            if score >= best:
                best, last = score, end
            end += 1
            if end > length:
                break
            frequency = frequency_of(block[start:end])
        known = best > -math.inf
        scores[start] = best if known else unknown + scores[start + 1]
        ends[start] = last if known else start + 1
    return ends
