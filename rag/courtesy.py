"""What people say around a question: greetings, requests, thanks, and where they want it answered from."""

import re

_SAYS = (
    "(?:提到|提及|谈到|谈及|说到|讲到|写到|指出|认为|强调|提出|表示|记载|介绍(?!信)|描述(?!符)"
    "|说(?![明话法服唱谎书教])|讲(?![解话座课义述])|写(?![作法字生]))(?:了|过|的是)?"
)
_INSIDE = "(?:的内容)?(?:里(?!程)|中(?![文国心间央学英子])|内(?![容部存置核外在]))(?:面|头|边)?"
_TEXT = "文章|原文|全文|本文|上文|下文|短文|课文|正文"
_BOOK = "文章|文档|资料|材料|报告|书|论文|故事|小说|新闻"
_ANY = f"{_BOOK}|内容|文件|文本|文字"
_THIS = "(?:(?:这|本|该|此)一?[篇份本段个些部]?|(?:以|如)?[上下](?:面|述|边)?的?|所?给(?:定|出)?的?|提供的?)"
_SOURCE = "|".join(
    [
        f"请?你?(?:根据|按照?|依据|基于|结合|参考|阅读|读完?|看完?|从){_THIS}?(?:{_TEXT}|{_ANY})"
        f"(?:{_INSIDE}|的?内容|来看|可知|的说法|的描述)*(?:[,，:：]|回答[,，:：]?)",
        f"在?(?:{_THIS}?(?:{_TEXT}){_INSIDE}|{_THIS}(?:{_BOOK}){_INSIDE}|文中(?!子))"
        f"(?:作者)?(?:有没有|是否)?(?:{_SAYS})?的?",
        f"(?:根据|在)?{_THIS}?(?:{_ANY}){_INSIDE}(?:有没有|是否)?{_SAYS}的?",
        f"作者(?:在(?:文中|文章[里中]))?{_SAYS}的?",
        "(?:according to|based on|in) (?:the|this) (?:article|text|document|passage|report|review),?",
    ]
)
"""根据文章, 文中提到的: where the answer is to be taken from, which is where it is looked for anyway."""

_TELL = (
    "(?:告诉|回答|介绍|说明|解释|讲解|讲讲?(?!述)|说说?(?!法)|谈谈?|查查|查找|查询|查|找找?|看看?|问问?"
    "|分析|总结|科普)"
)
_A_BIT = "(?:一下(?![午子])|下(?![载单雨降列]))"
_CAN_YOU = "(?:请|麻烦|烦请|拜托)?[你您]?(?:能不能|能否|可不可以|可否|可以|能)?(?:请|麻烦)?"
_REQUEST = "|".join(
    [
        "话说(?!明)|那么|所以|哈{2,}(?!镜)",
        f"我?(?:请|想|求|敢)?(?:问|请教|咨询|求教){_A_BIT}(?:[您你]|大家|各位)?",
        "我?想?请(?:问|教(?![授师练皇育]))|求[问教]|请回答[:：,，]|我?想问(?!点)",
        f"我?(?:很|就|还|只)?(?:想要?|希望)(?:知道|了解|弄清楚?|搞清楚?|搞懂|弄懂|明白){_A_BIT}?",
        f"{_CAN_YOU}(?:帮忙|[帮给跟为向替]我们?){_TELL}(?:我们?)?{_A_BIT}?",
        f"{_CAN_YOU}告诉我们?{_A_BIT}?",
        f"(?:麻烦|烦请|拜托)[你您]?{_TELL}?{_A_BIT}?",
        f"{_TELL}一下(?![午子])",
        "(?:(?:can|could|would) you (?:please )?|please )(?:tell me|explain)(?: about)?\\b",
        "tell me(?: about)?\\b",
        "(?:有没有人|有人|有谁|大家|[你您]们?)(?:知不知道|知道)|知不知道",
    ]
)
_GREETING = (
    "(?:[您你]们?|大家|各位|老师们?|早上|上午|下午|晚上)+好|嗨|哈喽|在吗|在么|各位|大家|老师"
    "|不好意思|抱歉|打扰(?:一下|了|大家)?|劳驾|我(?:有|想问)(?:一?个|些)?(?:问题|疑问)(?:想问|请教)?(?:一下)?"
    "|另外|还有|然后|(?:hi|hello)(?! )"
)
_LABEL = (
    r"(?:问|q|题目)\d{0,2}[:：]|[(（]?\d{1,2}[.、)）](?=\s|[一-鿿])"
    r"|(?s:.*[\n。.!！;；])?(?:请?(?:回答|解答)?(?:以下|下面|下列|这个|用户)?的?)(?:问题|提问|question)\d{0,2}[:：]"
)
"""1., 问：, and what a prompt says before 问题：."""
_THANKS = (
    "(?<![说道声句])(?:谢谢|多谢)(?:[您你]们?|大家|各位|老师|了)?|感谢(?:[您你]们?|大家|各位|老师)"
    "|求(?:大神|大佬|高手|解答|告知|指教|指点|科普)(?:们?(?:解答|帮助|回答))?|在线等|thanks|thank you"
    "|有(?:没有)?[人谁]知道吗?|[你您]知道吗"
)
_THANKS_APART = "感谢|拜托了?|麻烦了|辛苦了|求解|求助|急+"
_ANSWER = (
    "[你您]?(?:尽量|尽可能)?(?:(?:详细|简要|简单|具体|简短|分别|分点|完整|准确)地?|用(?:[一两几]句话|中文)|举例)?"
    "(?:说明|回答|解释|介绍|阐述|描述|列举|作答|解答|举例|说说|谈谈)(?:一下|理由|依据|原因)?|给出(?:依据|出处|理由|例子)"
)
_EDGE = r"[\s,，.!！?？。;；~～:：…]"
_BEFORE = re.compile(
    rf"(?:(?:(?:{_GREETING})(?={_EDGE})|{_LABEL}|{_REQUEST}|{_SOURCE}){_EDGE}*)+", re.IGNORECASE
)
_AFTER = re.compile(
    rf"(?:(?:{_THANKS}|(?<=[,，.!！?？。;；…])(?:{_THANKS_APART}|{_ANSWER})"
    rf"|(?<![申邀宴聘提])请(?:{_ANSWER})|[(（]请?(?:{_ANSWER})[)）]){_EDGE}*)+$",
    re.IGNORECASE,
)


def without_courtesy(question: str) -> str:
    """Return a question, simplified, without what is said around it; whole where nothing else is left."""
    bare = question.strip()
    if found := _BEFORE.match(bare):
        bare = bare[found.end() :]
    if found := _AFTER.search(bare):
        bare = bare[: found.start()].rstrip(" ,，、")
    return bare or question
