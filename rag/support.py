"""How much of a sentence stands in the quotes that it cites, found without a model."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from unicodedata import numeric

from index.fold import fold
from index.segmenter import Segmenter, bigrams, is_han
from rag.question import ASKING

SUPPORTED = 0.5
"""The least score of a sentence that is not marked; see tests/rag/test_support.py."""

_EMPTY = ASKING | frozenset(
    """
    也 都 就 而 及 或 被 把 对 从 为 以 以下 以上 如下 于 由 等
    百分之 这 那 其 它 他 她 它们 他们 这个 那个 这种 一个 一种 一些
    之 与 并 且 并且 而且 以及 因此 所以 因为 由于 但 但是 不过 然而 可以 能 能够 会 将 要 使 使得 让 通过
    进行 作为 成为 称为 称作 叫做 即 就是 也就是 指 指的是 是指 认为 指出 表示 提到 根据 文中 引文 文章
    作者 主要 非常 更 最 很 已 已经 了 着 过 此外 同时 另外 首先 其次 最后 总之 综上所述 换言之 例如 比如
    如 到 上 中 下 里 后 前 时 地 得 所 this that these those they them he she his her their has have
    had not no from at as into than then so
    """.split()
)
"""Words that say nothing which a quote could bear out."""
_DENIALS = frozenset(
    """
    不 没 没有 未 无 非 并非 不是 不会 不能 不可 不再 不必 不用 不要 不得 不准 绝不 从不 并不 并未 尚未 从未
    未能 无法 无需 无须 毋须 没法 缺乏 缺少 拒绝 禁止 not no never without cannot nor
    """.split()
)

_LIST_MARK = re.compile(r"^\s*(?:[-*•#>]+|[(（]?\d{1,2}[.、)）]|第[一二三四五六七八九十]+[,，、:：])\s*")
_ARABIC = re.compile(r"(\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)([万亿]?)")
_NUMERAL = re.compile(r"[零〇一二两三四五六七八九十百千万亿]+")
_COUNTED = re.compile(r"([二两三四五六七八九])[个种条项位名家篇章年月日天周倍点次部代人大步轮级成]?")
"""A word that counts: 三个, but not 三思; 一 seldom counts."""
_RUN = re.compile(r"[零〇一二两三四五六七八九十百千万亿]{2,}")
_DIGIT = re.compile(r"[二两三四五六七八九]")
_LATIN_WEIGHT = 2
"""Of a word that is not Chinese: most are names."""


class Support:
    """Weighs sentences against quotes."""

    def __init__(self, segmenter: Segmenter) -> None:
        """Cut words with ``segmenter``."""
        self._segmenter = segmenter

    def score(self, sentence: str, quotes: Sequence[str]) -> float:
        """Return the share of the sentence's words and bigrams that stand in ``quotes``, in [0, 1].

        It is 0 where a number is not in them, or where only the sentence denies something; 1 where the
        sentence says nothing.
        """
        said = fold(_LIST_MARK.sub("", sentence))
        source = fold("\n".join(quotes))
        words, theirs = self._segmenter.cut(said), self._segmenter.cut(source)
        if not self._stated(said) <= _numbers(source):
            return 0.0
        if not _DENIALS.isdisjoint(words) and _DENIALS.isdisjoint(theirs):
            return 0.0
        empty = _EMPTY | set(filter(_number_word, words))
        latin = [word for word in words if word not in empty and not is_han(word)]
        chinese = [word for word in words if word not in empty and is_han(word)]
        chinese += bigrams(self._segmenter.without(said, empty))
        total = _LATIN_WEIGHT * len(latin) + len(chinese)
        known = _LATIN_WEIGHT * sum(word in theirs for word in latin)
        known += sum(token in source for token in chinese)
        return known / total if total else 1.0

    def _stated(self, folded: str) -> set[Decimal]:
        """Return the numbers that a sentence states."""
        runs = {_value(run) for run in _RUN.findall(folded) if _DIGIT.search(run)}
        counted = map(_COUNTED.fullmatch, self._segmenter.cut(_RUN.sub(" ", folded)))
        return runs | {_value(match[1]) for match in counted if match} | set(_arabic(folded))


def _number_word(word: str) -> bool:
    return bool(_ARABIC.fullmatch(word) or _NUMERAL.fullmatch(word) or _COUNTED.fullmatch(word))


def _numbers(folded: str) -> set[Decimal]:
    """Return all that could be read as a number."""
    return {_value(run) for run in _NUMERAL.findall(folded)} | set(_arabic(folded))


def _arabic(folded: str) -> Iterator[Decimal]:
    for digits, unit in _ARABIC.findall(folded):
        yield Decimal(digits.replace(",", "")) * (int(numeric(unit)) if unit else 1)


def _value(numeral: str) -> Decimal:
    """Read 二〇二五 as 2025, 三十六 as 36, 两万三千 as 23000."""
    values = [int(numeric(character)) for character in numeral.replace("两", "二")]
    if max(values) < 10:
        return Decimal("".join(map(str, values)))
    total = section = digit = 0
    for value in values:
        if value < 10:
            digit = value
        elif value < 10_000:
            section += (digit or 1) * value
            digit = 0
        else:
            head = section + digit or int(not total)
            total = (total + head) * value if total < value else total + head * value
            section = digit = 0
    return Decimal(total + section + digit)
