"""Which documents a question asks about as a whole: 这篇文章讲了什么, 总结一下全文, 主要观点有哪些."""

import re
from collections.abc import Iterable, Sequence

from index.generation import Generation
from rag.evidence import QUOTES
from rag.question import ASKING, Question
from rag.retrieval import Found
from rag.shape import ASKED

_GIST = set(
    """
    大意 主旨 主题 中心 思想 观点 论点 要点 重点 摘要 概要 概述 提要 梗概 总结 概括 归纳 结论 内容 核心 情节
    summarize summarise summary gist idea ideas points takeaways overview abstract
    """.split()
)
_TELLS = set("讲 讲述 述说 说 谈 谈到 写 描述 叙述 介绍 论述 关于 表达 about say says".split())
_TEXT = set(
    """
    文章 本文 一文 全文 文档 课文 短文 原文 作者 article document text paper report book story page author
    """.split()
)
_THIS = re.compile(
    "[这那本该此]一?[篇份本部则封个项]?(?:报告|论文|书评?|小说|故事|新闻|资料|材料|文件|文本|网页|综述|评论|合同|协议"
    "|手册|说明书|制度|规定|规范|办法|条例|通知|公告|讲话|演讲|访谈|教程|教材|指南|纪要|方案|计划|信|邮件|帖子|博客|剧本|诗)"
)
"""What may as well be what a document is about, but for 这."""
_ASKS_ELSE = ("asks_when", "asks_who", "asks_where", "asks_why", "asks_how")
_AROUND = {word for word in ASKING if not any(ASKED[one].search(word) for one in _ASKS_ELSE)} | set(
    """
    主要 大致 大概 大体 简单 简要 简短 快速 用 一句话 两句话 三句话 几句话 整个 整篇 全部 通篇 所有 上述 以上
    这 那 该 此 个 篇 份 本 部 一 些 了 过 下 来 出 到 得出 帮 给 列出 提炼 提取 梳理 方面 东西 事 事情 要
    传达 最 最后 上 里 里面 中 您 你 您好 你好 谢谢 麻烦 this that main key give please short briefly
    """.split()
)


def _any_of(words: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile("|".join(rf"\b{word}\b" if word.isascii() else word for word in longest_first))


_PART = _any_of(_GIST | _TELLS | _TEXT | _AROUND)
_DEFINING = re.compile("什么是|何谓|何为")


def wholes(
    question: Question, found: Sequence[Found], generation: Generation, documents: Sequence[str] | None
) -> list[int]:
    """Return the numbers of at most `QUOTES` documents, none where the question asks for something in them.

    All documents, or where it says a title, those among ``found`` that have it.

    Args:
        question: in any words.
        found: what retrieval found for it.
        generation: has the documents.
        documents: ids of those that are asked; None for all.

    """
    folded = _THIS.sub("本文", generation.segmenter.folded(question.text))
    parts = set(_PART.findall(folded))
    if parts.isdisjoint(_GIST | _TELLS):
        return []
    named = _said(folded, generation) - question.aside
    if parts.isdisjoint(_TEXT) and (named or _DEFINING.match(folded)):
        return []
    if named:
        titles = {one.passage.document.id: one.passage.document.title for one in found}
        asked = [one for one, title in titles.items() if _is_title(named, _said(title, generation))]
        return _numbers(asked[:QUOTES], generation)
    every = generation.documents if documents is None else documents
    return _numbers(list(every), generation) if len(every) <= QUOTES else []


def _said(text: str, generation: Generation) -> set[str]:
    """Return the words of a text that do not ask what it is about."""
    return set(generation.segmenter.cut(_PART.sub(" ", generation.segmenter.folded(text))))


def _is_title(named: set[str], title: set[str]) -> bool:
    return named <= title and 2 * len(named) >= len(title)


def _numbers(ids: Sequence[str], generation: Generation) -> list[int]:
    return [number for number in generation.contents.documents.ids.numbers(ids) if number is not None]
