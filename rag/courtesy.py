"""What people say around a question: greetings, requests, thanks, and where they want it answered from."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from index.term import HAN

_NEAR = 80
"""Characters at either end in which courtesies are looked for."""
_EDGE = r"[\s,.!?。;~:…]"

_SAYS = (
    "(?:有没有|是否)?(?:(?:提到|提及|谈到|谈及|说到|讲到|写到|认为|强调|记载|说)(?:了|过|的是|的)?"
    "|(?:指出|介绍|描述)(?:了|过|的是|的)|(?:讲|写)的是?|(?:指出|表示)[,:])"
)
_INSIDE = "(?:的内容)?[里中内](?:面|头|边)?"
_TEXT = "文章|原文|全文|本文|上文|下文|短文|课文"
_BOOK = "文章|文档|资料|材料|报告|书|论文|故事|小说|新闻"
_ANY = f"{_BOOK}|{_TEXT}|内容|文件|文本|文字"
_THIS = "(?:(?:这|本|该|此)一?[篇份本段个些部]?|(?:以|如)?[上下](?:面|述|边)?的?|所?给(?:定|出)?的?|提供的?)"
_SOURCE = "|".join(
    [
        f"请?你?(?:(?:根据|按照?|依据|结合|从){_THIS}?(?:{_ANY})|(?:阅读|读完?|看完?)(?:{_THIS}(?:{_TEXT})|全文|[上下短课原]文|材料))"
        f"(?:{_INSIDE}|的?内容|来看|可知|的说法|的描述)*(?:[,:]|回答[,:]?)",
        f"在?(?:{_THIS}?(?:{_TEXT}){_INSIDE}|{_THIS}(?:{_BOOK}){_INSIDE}|文中)(?:作者)?(?:{_SAYS})?的?",
        f"(?:根据|在)?{_THIS}?(?:{_ANY}){_INSIDE}{_SAYS}的?",
        "作者(?:在(?:文中|文章[里中]))?(?:提到|提及|谈到|认为|觉得|强调)(?:了|过|的是|的)?",
        "(?:according to|based on|in) (?:the|this) (?:article|text|document|passage|report|review),",
    ]
)
"""根据文章, 文中提到的: where the answer is to be taken from, which is where it is looked for anyway."""

_TELL = (
    "(?:告诉|回答|介绍|说明|解释|讲解|讲讲?|说说?|谈谈?|查查|查找|查询|查|找找?|看看?|问问?|分析|总结|科普)"
)
_EXPLAIN = "(?:说明|解释|讲讲|讲解|介绍|说说|描述|阐述|科普)(?:一下|下)?(?![了过的])"
_PLAINLY = "(?:通俗易懂|通俗|浅显易懂|浅显|直白|简单明了|简单|简洁|易懂|大白话|白话)"
_CAN_YOU = "(?:请|麻烦|烦请|拜托)?[你您]?(?:能不能|能否|可不可以|可否|可以|能)?(?:请|麻烦)?"
_REQUEST = "|".join(
    [
        "我?(?:请|想|求|敢)?(?:问|请教|咨询|求教)一下(?:[您你]|大家|各位)?",
        "我?想?请[问教]|求问|我?想(?:问|咨询)",
        "我?(?:很|就|还|只)?(?:想要?|希望)(?:知道|了解|弄清楚?|搞清楚?|搞懂|弄懂|明白)(?:一下)?",
        f"{_CAN_YOU}帮(?:忙|我们?){_TELL}(?:我们?)?(?:一下)?",
        f"{_CAN_YOU}[给跟为向替]我们?(?:讲讲|说说|谈谈|{_TELL}一下)",
        f"{_CAN_YOU}告诉我们?(?:一下)?",
        f"(?:麻烦|烦请|拜托)[你您]?{_TELL}?(?:一下)?",
        f"{_TELL}一下",
        f"{_CAN_YOU}(?:(?:用|以)?{_PLAINLY}[的地]?(?:语言|话|方式)?来?|(?:详细|具体|简要|深入)地?)(?:{_EXPLAIN}|讲)",
        f"{_CAN_YOU}(?:结合|举|通过|用)(?:一?个)?(?:具体的?|实际的?)?(?:实例|例子?|案例)来?{_EXPLAIN}",
        f"(?:谁|有没有(?:大佬|大神|高手|人)|哪位(?:大佬|大神|高手)?)(?:能|可以)?(?:讲讲|说说|告诉我|{_TELL}一下)",
        "(?:(?:can|could|would) you (?:please )?|please )(?:tell me|explain)(?: about)?|tell me(?: about)?",
        "(?:有没有人|有人|有谁|大家|[你您]们?)(?:知不知道|知道)|知不知道",
    ]
)
_GREETING = (
    "(?:[您你]们?|大家|各位|老师们?|早上|上午|下午|晚上)+好|嗨|哈喽|在吗|在么|各位|大家|老师"
    "|不好意思|抱歉|打扰(?:一下|了|大家)?|劳驾|我(?:有|想问)(?:一?个|些)?(?:问题|疑问)(?:想问|请教)?(?:一下)?"
    "|哈{2,}|如题|话说|那么|所以|另外|还有|然后|请回答|求教"
)
_BEFORE = re.compile(rf"(?:(?:(?:{_GREETING}){_EDGE}|(?:hi|hello)\s*[,.!。]|{_REQUEST}|{_SOURCE}){_EDGE}*)+")
_A_BIT = re.compile("下(?=什么|怎|如何|哪|谁|为何|为什么)")
"""Left of 问下, 查下."""

_LABEL = re.compile(
    r"(?:问|q|题目|问题|提问|question)\d{0,2}:\s*"
    r"|[【\[(](?:求助|提问|请教|求问|咨询|紧急|急)[】\])]\s*"
    rf"|\(?\d{{1,2}}[.、)](?:\s+|(?![一二三四五六七八九十两班])(?={HAN}))"
)
_TASK = re.compile(
    r"(?:[\n。.!;:]\s{0,3}|(?:以下|下面|下列|这个|用户)的?|回答)(?:问题|提问|question):\s{0,3}"
)
_PROMPT = re.compile("你是|助手|根据|只用|资料|作答|回答|assistant|answer")
"""A text before 问题： that tells a model what to do; another one tells of the case."""

_THANKS = (
    "(?<!怎么)(?<!怎样)(?<!如何)(?<!为什么)(?<!为何)(?<![说道声句达的用词字叫回写念读])(?:谢谢|多谢)"
    "(?:[您你]们?|大家|各位|老师|了)?|求(?:大神|大佬|高手|解答|告知|指教|指点|科普)(?:们?(?:解答|帮助|回答))?"
    "|有没有(?:大佬|大神|高手|人)(?:能|可以)?(?:讲讲|说说|解答|指点|科普|解释)(?:一下)?"
    "|(?:新人|新手|小白|萌新)求[助带教问解]"
    "|在线等|有(?:没有)?[人谁]知道吗?|[你您]知道吗"
)
_THANKS_APART = (
    "感谢(?:[您你]们?|大家|各位|老师)?|拜托了?|麻烦了|辛苦了|求解|求助|急+| *(?:many )?thanks| *thank you"
)
_ANSWER = (
    "[你您]?(?:尽量|尽可能)?(?:(?:详细|简要|简单|具体|简短|分别|分点|完整|准确)地?|用(?:[一两几]句话|中文)|举例)?"
    "(?:说明|回答|解释|介绍|阐述|描述|列举|作答|解答|举例|说说|谈谈)(?:一下|理由|依据|原因)?|给出(?:依据|出处|理由|例子)"
)
_AFTER = re.compile(
    rf"(?:(?:{_THANKS}|(?<=[,.!?。;…])(?:{_THANKS_APART}|{_ANSWER})"
    rf"|(?<![申邀宴聘提])请(?:{_ANSWER})|\(请?(?:{_ANSWER})\)){_EDGE}*)+$"
)


def without_courtesy(pieces: Sequence[str]) -> str:
    """Return a question without what is said around it; whole where nothing else is left.

    Args:
        pieces: what it is cut into, folded, punctuation and blanks too; no word is cut through, as 讲台
            would be in 文章里讲台上.

    """
    folded, ends = "".join(pieces), [0, *accumulate(map(len, pieces))]
    start = _start(folded, ends)
    for found in _AFTER.finditer(folded, max(start, len(folded) - _NEAR)):
        if found.start() in ends:
            return folded[start : found.start()].rstrip(" ,、") or folded
    return folded[start:] or folded


def _start(folded: str, ends: Sequence[int]) -> int:
    """Return where the question itself begins."""
    start = 0
    if prompt := _PROMPT.search(folded):
        start = max((task.end() for task in _TASK.finditer(folded, prompt.end())), default=0)
    last = start + _NEAR
    while start < last and (further := _past(folded, start, ends)) > start:
        start = further
    return start


def _past(folded: str, start: int, ends: Sequence[int]) -> int:
    """Return the end of courtesies that begin at ``start``, or that."""
    if label := _LABEL.match(folded, start) or (start and _A_BIT.match(folded, start)):
        return label.end()
    if longest := _BEFORE.match(folded, start, start + _NEAR):
        inside = ends[bisect_right(ends, start) : bisect_right(ends, longest.end())]
        return next((end for end in reversed(inside) if _BEFORE.fullmatch(folded, start, end)), start)
    return start
