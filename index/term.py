"""Mine the names that documents give to things, and link two names of one thing."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from index.document import Document
from index.fold import fold
from index.segmenter import LONGEST_WORD, Segmenter, is_han

HAN = r"[\u4e00-\u9fff]"
_LATIN = r"[A-Za-z][A-Za-z0-9.+#&'’/-]{0,30}(?:[ ][A-Za-z0-9][A-Za-z0-9.+#&'’/-]{0,30}){0,6}"
_OPEN, _CLOSE = r"[“‘「『《\"*]", r"[”’」』》\"*]"
_PAREN = r"\s?[(（]\s*(?P<inside>[^()（）\n]{2,80}?)\s*[)）]"
_HAN_BEFORE = re.compile(rf"(?P<open>{_OPEN})?\s?(?P<name>{HAN}{{2,16}}+){_CLOSE}{{0,3}}{_PAREN}")
_LATIN_BEFORE = re.compile(rf"(?<![A-Za-z0-9.+/-])(?P<name>{_LATIN}){_CLOSE}{{0,3}}{_PAREN}")
_QUOTED = re.compile(rf"{_OPEN}(?P<name>{HAN}{{2,8}})(?:[(（]|{_CLOSE})")
_COMPOUND = re.compile(r"(?<![A-Za-z0-9])[A-Za-z][A-Za-z0-9]*(?:[-+#&.][A-Za-z0-9]+)*[+#]*(?![A-Za-z0-9])")
_LATIN_NAME = re.compile(r"(?<![A-Za-z0-9])[A-Z][A-Za-z0-9]+(?: [A-Z][A-Za-z0-9]+){0,3}(?![A-Za-z0-9])")
_PARTS = re.compile(r"[,，;；、]\s*")
_WHOLE_LATIN, _WHOLE_HAN = re.compile(_LATIN), re.compile(rf"{HAN}{{2,16}}")

# Words that hold a name's neighbours apart from it, and remarks that are no names.
_FUNCTION = frozenset(
    """
    的 了 在 是 与 和 及 或 而 被 把 将 从 由 对 向 以 为 于 到 用 让 使 给 叫 称 称为 即 指 这 那
    该 其 此 这个 这种 一个 一种 通过 使用 基于 包括 例如 比如 以及 关于 根据 利用 进行 采用 作为
    成为 称作 叫做 所谓 有 也 都 就 则 并 且 等 中 上 下 里 他 她 它 我们 他们 它们 名为 属于 位于
    来自 还有 其中 分别 主要 真正 正是 具备 除了 实现 去 会 还 着手 开始 实施
    """.split()
)
_REMARK = re.compile("如|例如|比如|即|也|又|或|以及|包括|见|参见|注|原|旧|简称|下同|以下|约|含|共")

# Words of a clause about a name: none of them stands in another name of it.
_CLAUSE = frozenset(
    """
    我 我们 你 你们 您 他们 请 这 这是 是 不是 可以 可能 需要 应该 无法 不能 不会 没有 已 已经 现已 因此 正如
    就 都 也 会 要 将 被 又称 又称为 称为
    """.split()
)


class Term(NamedTuple):
    """A name as documents write it, and how often; with ``other`` it is a pair of one meaning."""

    name: str
    other: str | None
    times: int


def _last_words(name: str, segmenter: Segmenter) -> str:
    """Return the words of ``name`` after its last function word, four at most."""
    kept: list[str] = []
    for word in reversed(segmenter.cut(name)):
        if word in _FUNCTION or len(kept) == 4:
            break
        kept.insert(0, word)
    return "".join(kept)


def _is_han_name(part: str, segmenter: Segmenter) -> bool:
    return _WHOLE_HAN.fullmatch(part) is not None and _CLAUSE.isdisjoint(segmenter.cut(part))


def _abbreviates(one: str, other: str) -> bool:
    """Tell whether the shorter name's letters stand in order in the longer: RLVR, Claude Code (CC)."""
    short, long = sorted((fold(one), fold(other)), key=len)
    letters = iter(long)
    return (
        _WHOLE_LATIN.fullmatch(other) is not None
        and len(short) < len(long)
        and short[0] == long[0]
        and all(letter in letters for letter in short)
    )


def _pairs(text: str, segmenter: Segmenter) -> Iterator[tuple[str, str]]:
    for match in _HAN_BEFORE.finditer(text):
        name = match["name"]
        if not match["open"]:
            name = _last_words(name, segmenter)
        for part in _PARTS.split(match["inside"])[:2]:
            if len(name) > 1 and _WHOLE_LATIN.fullmatch(part):
                yield name, part
    for match in _LATIN_BEFORE.finditer(text):
        for part in _PARTS.split(match["inside"])[:2]:
            if _REMARK.match(part):
                break
            if _is_han_name(part, segmenter) or _abbreviates(match["name"], part):
                yield match["name"], part


def _names(text: str) -> Iterator[str]:
    for match in _QUOTED.finditer(text):
        yield match["name"]
    for match in _LATIN_NAME.finditer(text):
        yield match[0]
    for match in _COMPOUND.finditer(text):
        if not match[0].isalnum() and not match[0].replace(".", "").isdigit():
            yield match[0]


def mine(documents: Iterable[Document], segmenter: Segmenter) -> list[Term]:
    """Return the terms of ``documents``, folded, most frequent first."""
    counts: Counter[tuple[str, str | None]] = Counter()
    for document in documents:
        counts.update((fold(name), None) for name in _names(document.text))
        for name, other in _pairs(document.text, segmenter):
            if (a := fold(name)) != (b := fold(other)):
                counts[a, b] += 1
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0][0], item[0][1] or ""))
    return [Term(name, other, count) for (name, other), count in ranked]


def dictionary_of(terms: Iterable[Term], segmenter: Segmenter) -> list[str]:
    """Return the names that the segmenter should keep whole: short, and no function word in them."""
    words = []
    for term in terms:
        for name in filter(None, (term.name, term.other)):
            parts = segmenter.cut(name)
            short = len(name) <= LONGEST_WORD
            han = is_han(name) and len(name) <= 8 and not _FUNCTION.intersection(parts)
            compound = " " not in name and _COMPOUND.fullmatch(name) is not None
            if len(parts) > 1 and short and (han or compound):
                words.append(name)
    return list(dict.fromkeys(words))


class Glossary:
    """Finds the other names of what a question speaks of.

    A name glossed in many ways has no other name (``null(…)``, ``key(…)``): where there are more
    than `FEW` in one script, only those that were met again are kept.
    """

    LONGEST = 8  # words of a name
    FEW = 2

    def __init__(self, terms: Iterable[Term], segmenter: Segmenter) -> None:
        """Index both names of each pair."""
        self._segmenter = segmenter
        links: dict[tuple[str, bool], list[tuple[str, int]]] = {}
        for term in terms:
            if term.other is not None:
                for name, other in ((term.name, term.other), (term.other, term.name)):
                    links.setdefault((self._key(name), is_han(other)), []).append((other, term.times))
        self._others: dict[str, list[str]] = {}
        for (key, _), others in links.items():
            kept = [other for other, count in others if count > 1 or len(others) <= self.FEW]
            self._others.setdefault(key, []).extend(kept[: self.FEW])

    def _key(self, name: str) -> str:
        return "".join(self._segmenter.cut(name))

    def others(self, text: str) -> list[str]:
        """Return the other names of each name in ``text``, in the order of its words."""
        words = self._segmenter.cut(text)
        found: dict[str, None] = {}
        for start in range(len(words)):
            for end in range(start + 1, min(start + self.LONGEST, len(words)) + 1):
                found.update(dict.fromkeys(self._others.get("".join(words[start:end]), ())))
        return list(found)
