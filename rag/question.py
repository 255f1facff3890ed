"""A question, and what of it is worth looking up."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from index.document import canonical
from index.errors import QuestionError
from index.generation import Generation
from index.segmenter import is_han
from index.term import HAN
from rag.aside import aside
from rag.courtesy import without_courtesy
from rag.shape import ASKED
from rag.translation import chinese

LONGEST = 2000
"""Characters of a question; more is a document, not a question."""

ASKING = frozenset(
    """
    什么 甚么 是什么 为什么 为何 何 如何 怎么 怎么样 怎样 怎么办 哪 哪些 哪个 哪里 哪一个 哪种 哪一 哪家 哪位
    何种 何地 何人 何事 何物 何以
    哪儿 哪年 哪天 谁 啥 多少 几 几个 几种 几天 几年 几月 几次 几点 几人 几位 几名 几岁
    多大 多高 多长 多远 多久 何时 何处 吗 呢 吧 么 啊 呀 嘛 啦 是 的 了
    是否 是不是 有没有 能不能 会不会 可不可以 请问 请 问 告诉 我 想 知道 说说 谈谈 讲讲 介绍 一下 解释
    说明 那么 所以 简述 总结 概括 结合 根据 比较 分别 各自 更 到底 究竟 有 和 与
    在 what which who whom whose when where why how is are was were do does did the a an of to in on
    for and or it its by with be can could should would will many much me tell please explain about
    between
    """.split()
)
"""Words that ask, or hold a question together; looked up, they find other questions."""

_ENGLISH = frozenset(
    """
    i you he she we they him her us them my your his our their one this that these those there here as at
    from into than then so if not no up out off over per any some have has had am been being do done get got
    go goes s t
    """.split()
)
"""The same where all of a question is in English; beside Chinese words, this may be what it is about."""

_HOW = r"(?<![许很更诸众最太大差])多[大高长远久重宽深快](?=\W|了|$)"
_MEASURES = "个种位条片场家份类项名边里儿处座部本款支只件次所届段期号样首篇章"
_WHICH = re.compile(
    rf"{_HOW}|多少钱|几块钱|来着(?!\w)|(?<!为)什么(?:时候|样(?![本品式]))|多长时间|可不可以"
    r"|(?<![功性职智社机协核动热势电技事])(?:([能会要该可])不\1(?!求)|[能可]否(?![定认决则]))|"
    f"哪(?!吒)(?:[一二两三四五六七八九十几]?[{_MEASURES}]|些|[一二两三四五六七八九十])?|(?<![十百千好无])几(?:[{_MEASURES}岁人天]|(?=世纪|年代))"
)
"""What asks, however jieba cuts it: 有多大, 哪一种 with its measure word, 几世纪, 什么时候, 能不能."""

_SPOKEN = {
    "啥|甚么": "什么",
    "(?<!咋)咋(?!舌|呼|咋)": "怎么",
    "(?<![饼豆])干嘛": "干什么",
    "哪儿(?![童科女子媳])": "哪里",
}
"""What one says for asking, and what one writes."""

_EITHER = re.compile(rf"((?![动时]){HAN})[不没]\1")
"""难不难, 值不值得: either is asked, and one of them is looked up."""
_LAST = frozenset("不 没 没有 不成 呗".split())
"""What asks where nothing follows: 能退不, 结婚没."""

_BROKEN = re.compile(rf"(?<={HAN}) *\n *(?={HAN})|(?<!{HAN})(?:{HAN} +){{2,}}(?={HAN})")
"""A line that goes on below, or characters set apart, as they come out of a PDF."""

_LANGUAGE = "用?[英中日法德俄][文语]"
_NAMING = re.compile(
    rf"(?:(?:{_LANGUAGE})?(?:[全简][称名]|缩写)|{_LANGUAGE}名[称字]?)(?:[叫是]什么)?"
    rf"|{_LANGUAGE}(?:怎么[说写叫]|[叫是]什么(?:意思|名字)?)"
)
"""英文全称, 用中文怎么说: what asks for another name."""


@dataclass(frozen=True)
class Question:
    """A question as asked, and the parts that retrieval looks up."""

    text: str
    plain: str
    """Folded, as one writes it (什么 for 啥), without courtesies."""
    topic: str
    """The same, without the words that ask, names spelt as the documents spell them; with the other names of
    what it speaks of where it is in English or asks for these."""
    names: tuple[str, ...]
    """Other names of what it speaks of: Vibe Coding for 氛围编码."""
    asks_definition: bool
    """Whether it asks what one thing is, and nothing else."""
    aside: frozenset[str]
    """Words and bigrams that it tells beside what it asks; see `rag.aside`."""


def understand(text: str, generation: Generation) -> Question:
    """Take a question apart with the words and terms of an index.

    Raises:
        QuestionError: it is blank, too long, or nothing but punctuation.

    """
    text = canonical(text).strip()
    if not text:
        raise QuestionError("问题是空的；请写下要问的内容，例如：什么是氛围编码？")
    if len(text) > LONGEST:
        raise QuestionError(f"问题有 {len(text)} 个字；请缩短到 {LONGEST} 个字以内")
    if not generation.segmenter.cut(text):
        raise QuestionError(f"问题 {text[:20]!r} 里没有文字；请用文字提问")
    plain = _plain(generation.segmenter.pieces(text))
    defining = ASKED["asks_definition"].search(plain) is not None
    topic = _topic(plain, generation) or text
    names = tuple(generation.glossary.others(topic))
    if names and _NAMING.search(plain):
        topic, names = " ".join([_topic(_NAMING.sub(" ", plain), generation), *names]), ()
    elif not any(map(is_han, plain)):
        # A question in another language: the names are what Chinese text calls its words.
        topic, names = " ".join([_translated(topic, generation), *names]), ()
    return Question(text, plain, topic, names, defining, aside(plain, generation.segmenter))


def _plain(pieces: Sequence[str]) -> str:
    plain = _BROKEN.sub(lambda found: "".join(found[0].split()), without_courtesy(pieces))
    for spoken, written in _SPOKEN.items():
        plain = re.sub(spoken, written, plain)
    return plain


def _topic(plain: str, generation: Generation) -> str:
    """Return what is asked about, spelt as the documents spell it, empty where all of it asks."""
    said = _unasked(generation.segmenter.pieces(_EITHER.sub(r"\1", _WHICH.sub(" ", plain))))
    asking = ASKING if any(map(is_han, plain)) else ASKING | _ENGLISH
    topic = _mended(generation.segmenter.without(said, asking), generation)
    return topic if generation.segmenter.cut(topic) else ""


def _unasked(pieces: Sequence[str]) -> str:
    """Join pieces but for those that ask at the end of a clause."""
    follows = (any(map(str.isalnum, piece)) for piece in [*pieces[1:], ""])
    return "".join(
        piece for piece, goes_on in zip(pieces, follows, strict=True) if goes_on or piece not in _LAST
    )


def _mended(topic: str, generation: Generation) -> str:
    lexical = generation.lexical

    def held(word: str) -> bool:
        return lexical.words.number(word) is not None

    def known(word: str, follower: str) -> bool:
        pair = word[-1] + follower[:1]
        beside = len(pair) < 2 or not is_han(pair) or lexical.bigrams.number(pair) is not None
        # An English word is no slip, but where the documents have it in the other number.
        right = bool(chinese(word)) and not (held(f"{word}s") or held(word.removesuffix("s")))
        return right or (beside and held(word))

    return generation.spelling.mend(topic, generation.segmenter.cut(topic), known)


def _translated(topic: str, generation: Generation) -> str:
    """Put beside English words, or in the place of those that the documents lack, what Chinese calls them."""
    words = generation.lexical.words

    def said(word: str) -> list[str]:
        shares = {other: share for other, share in chinese(word).items() if words.ids([other])}
        most = max(shares.values(), default=0.0)
        others = [other for other, share in shares.items() if share >= most / 2]
        return [word, *others] if words.ids([word]) or not others else others

    return " ".join(one for word in generation.segmenter.cut(topic) for one in said(word))
